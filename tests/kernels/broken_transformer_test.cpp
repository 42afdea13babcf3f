#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/kernels/clip_cases.hpp"
#include "tests/kernels/embedding_cases.hpp"
#include "tests/kernels/gallery.hpp"
#include "tests/kernels/layernorm_cases.hpp"
#include "tests/kernels/residual_cases.hpp"

namespace kbk::test {

TEST_CASE("broken layer normalisations are rejected") {
    auto far = reals(3 * 16, "x");
    for (float& v : far) v += 1000;
    check_gallery<LayerNormForward>(
        {
            {"it divides by n - 1",
             [](const LayerNormForward& p, Scratch&) {
                 reference(p);
                 const double shrink = std::sqrt(double(p.columns - 1) / double(p.columns));
                 for (std::int64_t i = 0; i < p.rows * p.columns; ++i) {
                     const float beta = p.beta[i % p.columns];
                     p.y[i] = beta + float(shrink) * (p.y[i] - beta);
                 }
             }},
            {"it adds epsilon behind the root",
             [](const LayerNormForward& p, Scratch&) {
                 LayerNormForward q = p;
                 q.epsilon = 0;
                 reference(q);
                 for (std::int64_t i = 0; p.rstd && i < p.rows; ++i) p.rstd[i] = 1 / (1 / p.rstd[i] + p.epsilon);
             }},
            {"its variance is the mean of the squares less the square of the mean",
             [](const LayerNormForward& p, Scratch&) {
                 reference(p);
                 const float* s = p.branch ? p.sum : p.x;
                 for (std::int64_t i = 0; p.rstd && s != p.y && i < p.rows; ++i) {
                     float sum = 0, squares = 0;
                     for (std::int64_t j = 0; j < p.columns; ++j) {
                         const float v = s[i * p.columns + j];
                         sum += v, squares += v * v;
                     }
                     const float n = float(p.columns), mean = sum / n;
                     p.rstd[i] = 1 / std::sqrt(squares / n - mean * mean + p.epsilon);
                 }
             }},
            {"it forgets the branch",
             [](const LayerNormForward& p, Scratch&) {
                 LayerNormForward q = p;
                 q.branch = nullptr;
                 reference(q);
             }},
            {"it normalises the branch too late",
             [](const LayerNormForward& p, Scratch&) {
                 reference(p);
                 for (std::int64_t i = 0; p.branch && i < p.rows * p.columns; ++i) p.sum[i] = p.x[i];
             }},
            {"it drops the columns that fill no vector",
             [](const LayerNormForward& p, Scratch&) {
                 LayerNormForward q = p;
                 q.columns = p.columns / 8 * 8;
                 if (p.rows == 1 && q.columns > 0) reference(q);
             }},
            {"it shifts before it scales",
             [](const LayerNormForward& p, Scratch&) {
                 reference(p);
                 for (std::int64_t i = 0; i < p.rows * p.columns; ++i) {
                     const std::int64_t j = i % p.columns;
                     p.y[i] += p.gamma[j] * p.beta[j] - p.beta[j];
                 }
             }},
        },
        {layernorm_case(1, reals(17, "x")), layernorm_case(3, reals(3 * 12, "x"), Stream::branch),
         layernorm_case(3, reals(3 * 9, "x"), Stream::in_place), layernorm_case(3, far),
         // A row that hardly varies, in which epsilon counts.
         layernorm_case(1, {1.001f, 1.002f, 1.003f, 1.001f, 1.004f})});
}

TEST_CASE("broken gradients of layer normalisations are rejected") {
    check_gallery<LayerNormBackward>(
        {
            {"it takes mean and variance for constants",
             [](const LayerNormBackward& p, Scratch&) {
                 const std::vector<float> dy(p.dy, p.dy + p.rows * p.columns);
                 reference(p);
                 for (std::int64_t i = 0; i < p.rows * p.columns; ++i)
                     p.dx[i] = p.gamma[i % p.columns] * dy[std::size_t(i)] * p.rstd[i / p.columns] +
                               (p.residual ? p.residual[i] : 0);
             }},
            {"it takes the variance for a constant",
             [](const LayerNormBackward& p, Scratch&) {
                 const std::vector<float> dy(p.dy, p.dy + p.rows * p.columns);
                 reference(p);
                 for (std::int64_t i = 0; i < p.rows; ++i) {
                     float mean = 0;
                     for (std::int64_t j = 0; j < p.columns; ++j)
                         mean += p.gamma[j] * dy[std::size_t(i * p.columns + j)] / float(p.columns);
                     for (std::int64_t j = 0; j < p.columns; ++j) {
                         const std::int64_t at = i * p.columns + j;
                         p.dx[at] = (p.gamma[j] * dy[std::size_t(at)] - mean) * p.rstd[i] + (p.residual ? p.residual[at] : 0);
                     }
                 }
             }},
            {"it forgets the residual gradient",
             [](const LayerNormBackward& p, Scratch&) {
                 LayerNormBackward q = p;
                 q.residual = nullptr;
                 reference(q);
             }},
            {"it always overwrites",
             [](const LayerNormBackward& p, Scratch&) {
                 LayerNormBackward q = p;
                 q.old_gamma = q.old_beta = 0;
                 reference(q);
             }},
            {"it multiplies an old gradient by 0",
             [](const LayerNormBackward& p, Scratch&) {
                 std::vector<float> old;
                 for (std::int64_t j = 0; j < p.columns; ++j) old.push_back(p.old_beta * p.d_beta[j]);
                 reference(p);
                 for (std::int64_t j = 0; j < p.columns && p.old_beta == 0; ++j) p.d_beta[j] += old[std::size_t(j)];
             }},
            {"it reads dy after dx has overwritten it",
             [](const LayerNormBackward& p, Scratch&) {
                 std::vector<float> d_gamma(p.d_gamma, p.d_gamma + p.columns), d_beta(p.d_beta, p.d_beta + p.columns);
                 reference(p);
                 std::copy(d_gamma.begin(), d_gamma.end(), p.d_gamma);
                 std::copy(d_beta.begin(), d_beta.end(), p.d_beta);
                 std::vector<float> ignored(std::size_t(p.rows * p.columns));
                 LayerNormBackward q = p;
                 q.dx = ignored.data();
                 reference(q);
             }},
        },
        {layernorm_backward_case(3, 7), layernorm_backward_case(4, 12, 0.5f, true), layernorm_backward_case(5, 9, 1, true, true)});
}

TEST_CASE("broken embeddings are rejected") {
    check_gallery<EmbeddingForward>(
        {
            {"it counts places through the batch",
             [](const EmbeddingForward& p, Scratch&) {
                 reference(p);
                 for (std::int64_t i = p.time; p.time && i < p.rows; ++i)
                     for (std::int64_t j = 0; j < p.width; ++j)
                         p.y[i * p.width + j] = p.table[p.tokens[i] * p.width + j] + p.positions[(p.time - 1) * p.width + j];
             }},
            {"it forgets the places",
             [](const EmbeddingForward& p, Scratch&) {
                 EmbeddingForward q = p;
                 q.positions = nullptr;
                 reference(q);
             }},
            {"it takes row i for token i",
             [](const EmbeddingForward& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.rows; ++i)
                     for (std::int64_t j = 0; j < p.width; ++j)
                         p.y[i * p.width + j] = p.table[i % p.vocabulary * p.width + j];
             }},
        },
        {embedding_case({12, 5, 7}), embedding_case({12, 5, 7, 4})});
    check_gallery<EmbeddingBackward>(
        {
            {"the last token wins",
             [](const EmbeddingBackward& p, Scratch&) {
                 for (std::int64_t i = 0; p.beta == 0 && i < p.vocabulary * p.width; ++i) p.gradient[i] = 0;
                 for (std::int64_t i = 0; i < p.rows; ++i)
                     for (std::int64_t j = 0; j < p.width; ++j)
                         p.gradient[p.tokens[i] * p.width + j] = p.dy[i * p.width + j];
             }},
            {"it leaves rows that nobody named as they were",
             [](const EmbeddingBackward& p, Scratch&) {
                 std::vector<bool> named(std::size_t(p.vocabulary), false);
                 for (std::int64_t i = 0; i < p.rows; ++i) named[std::size_t(p.tokens[i])] = true;
                 const std::vector<float> old(p.gradient, p.gradient + p.vocabulary * p.width);
                 reference(p);
                 for (std::int64_t i = 0; i < p.vocabulary * p.width; ++i)
                     if (!named[std::size_t(i / p.width)]) p.gradient[i] = old[std::size_t(i)];
             }},
            {"it always overwrites",
             [](const EmbeddingBackward& p, Scratch&) {
                 EmbeddingBackward q = p;
                 q.beta = 0;
                 reference(q);
             }},
        },
        {embedding_backward_case({12, 20, 7}), embedding_backward_case({12, 5, 7}, 1), embedding_backward_case({3, 5, 7}, 0.5f)});
}

TEST_CASE("broken sums are rejected") {
    check_gallery<Residual>({{"it adds into the wrong array",
                              [](const Residual& p, Scratch&) {
                                  for (std::int64_t i = 0; i < p.count; ++i) p.y[i] = p.a[i] + p.a[i];
                              }},
                             {"it drops the tail",
                              [](const Residual& p, Scratch&) {
                                  for (std::int64_t i = 0; i < p.count / 8 * 8; ++i) p.y[i] = p.a[i] + p.b[i];
                              }}},
                            {residual_case(13), residual_case(13, SumPlace::over_b)});
    check_gallery<SquareSums>({{"it sums magnitudes",
                                [](const SquareSums& p, Scratch&) {
                                    p.sums[0] = 0;
                                    for (std::int64_t i = 0; i < p.count; ++i) p.sums[0] += std::abs(p.x[i]);
                                }},
                               {"its last block reads past the end",
                                [](const SquareSums& p, Scratch&) {
                                    SquareSums q = p;
                                    q.count = (p.count + 7) / 8 * 8;
                                    reference(q);
                                }},
                               {"it takes the root",
                                [](const SquareSums& p, Scratch&) {
                                    reference(p);
                                    p.sums[0] = std::sqrt(p.sums[0]);
                                }}},
                              {square_sums_case(reals(13, "x"))});
    check_gallery<Rescale>({{"it divides", [](const Rescale& p, Scratch&) {
                                 for (std::int64_t i = 0; i < p.count; ++i) p.x[i] /= p.factor;
                             }}},
                           {rescale_case(13, 0.3f)});
}

}  // namespace kbk::test
