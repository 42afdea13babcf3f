#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/kernels/activation_cases.hpp"
#include "tests/kernels/bias_cases.hpp"
#include "tests/kernels/optimizer_cases.hpp"
#include "tests/kernels/softmax_cross_entropy_cases.hpp"

namespace kbk::test {

namespace {

// The gallery: mistakes that are easily made, each in a kernel that is right but for it.
template <class P>
struct Exhibit {
    const char* fault;
    void (*run)(const P&, Scratch&);
};

// Each exhibit must fail some case, and the reference none.
template <class P>
void check_gallery(const std::vector<Exhibit<P>>& gallery, const std::vector<Case<P>>& cases) {
    for (const auto& [fault, run] : gallery) {
        const bool rejected =
            std::any_of(cases.begin(), cases.end(), [&](const auto& c) { return !c.check(run).empty(); });
        CHECK_MESSAGE(rejected, "a kernel passes though ", fault);
    }
    for (const auto& test : cases) {
        const std::string wrong = test.check([](const P& p, Scratch&) { reference(p); });
        CHECK_MESSAGE(wrong.empty(), wrong);
    }
}

float half_precision(float x) {
    return float(bfloat16::round(x));
}

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("broken activations are rejected") {
    check_gallery<ActivationForward>(
        {
            {"it hides NaNs",
             [](const ActivationForward& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.count; ++i) p.y[i] = std::max(0.0f, p.x[i]);
             }},
            {"it leaks",
             [](const ActivationForward& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.count; ++i) p.y[i] = p.x[i] > 0 ? p.x[i] : 0.01f * p.x[i];
             }},
            {"it drops the tail",
             [](const ActivationForward& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.count / 8 * 8; ++i) p.y[i] = activate(p.kind, p.x[i]);
             }},
            {"it writes whole vectors",
             [](const ActivationForward& p, Scratch&) {
                 for (std::int64_t i = 0; i < (p.count + 7) / 8 * 8; ++i)
                     p.y[i] = i < p.count ? activate(p.kind, p.x[i]) : 0;
             }},
            {"it does nothing", [](const ActivationForward&, Scratch&) {}},
        },
        {activation_case(Activation::relu, reals(19, "x")),
         activation_case(Activation::relu, {1, -1, nan}).expect({1, 0, nan})});
    check_gallery<ActivationBackward>(
        {
            {"its slope at 0 is 1",
             [](const ActivationBackward& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.count; ++i) p.dx[i] = p.y[i] >= 0 ? p.dy[i] : 0;
             }},
            {"it looks at dy",
             [](const ActivationBackward& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.count; ++i) p.dx[i] = p.dy[i] > 0 ? p.dy[i] : 0;
             }},
            {"it clears dx before it reads dy",
             [](const ActivationBackward& p, Scratch&) {
                 std::fill_n(p.dx, p.count, 0.0f);
                 for (std::int64_t i = 0; i < p.count; ++i)
                     if (p.y[i] > 0) p.dx[i] = p.dy[i];
             }},
        },
        {activation_backward_case(Activation::relu, {0, 0.5f, 2, 0}, {1, 2, -3, 4}),
         activation_backward_case(Activation::relu, {0, 0.5f, 2, 0}, {1, 2, -3, 4}, Place::over)});
}

TEST_CASE("broken biases are rejected") {
    check_gallery<Bias>(
        {
            {"it adds an element a row",
             [](const Bias& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.rows * p.columns; ++i)
                     p.y[i] += p.bias[i / p.columns % p.columns];
             }},
            {"it overwrites",
             [](const Bias& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.rows * p.columns; ++i) p.y[i] = p.bias[i % p.columns];
             }},
            {"it leaves out the last row",
             [](const Bias& p, Scratch&) {
                 for (std::int64_t i = 0; i < (p.rows - 1) * p.columns; ++i) p.y[i] += p.bias[i % p.columns];
             }},
        },
        {bias_case(5, 7, integers(35, "y"), integers(7, "bias"))});
    check_gallery<BiasGradient>(
        {
            {"it multiplies an old gradient by beta = 0",
             [](const BiasGradient& p, Scratch&) {
                 for (std::int64_t j = 0; j < p.columns; ++j) {
                     p.gradient[j] *= p.beta;
                     for (std::int64_t i = 0; i < p.rows; ++i) p.gradient[j] += p.dy[i * p.columns + j];
                 }
             }},
            {"it always overwrites",
             [](const BiasGradient& p, Scratch&) {
                 for (std::int64_t j = 0; j < p.columns; ++j) {
                     p.gradient[j] = 0;
                     for (std::int64_t i = 0; i < p.rows; ++i) p.gradient[j] += p.dy[i * p.columns + j];
                 }
             }},
            {"it takes any beta but 0 for 1",
             [](const BiasGradient& p, Scratch&) {
                 for (std::int64_t j = 0; j < p.columns; ++j) {
                     if (p.beta == 0) p.gradient[j] = 0;
                     for (std::int64_t i = 0; i < p.rows; ++i) p.gradient[j] += p.dy[i * p.columns + j];
                 }
             }},
            {"it averages",
             [](const BiasGradient& p, Scratch&) {
                 reference(p);
                 for (std::int64_t j = 0; j < p.columns; ++j) p.gradient[j] /= float(p.rows);
             }},
            {"it adds in half precision",
             [](const BiasGradient& p, Scratch&) {
                 for (std::int64_t j = 0; j < p.columns; ++j) {
                     float sum = p.beta == 0 ? 0 : p.beta * p.gradient[j];
                     for (std::int64_t i = 0; i < p.rows; ++i)
                         sum = half_precision(sum + p.dy[i * p.columns + j]);
                     p.gradient[j] = sum;
                 }
             }},
        },
        {bias_gradient_case(5, 7, integers(35, "dy"), std::vector<float>(7, poison()), 0, true),
         bias_gradient_case(5, 7, integers(35, "dy"), integers(7, "old"), 0.5f, true),
         bias_gradient_case(50, 3, reals(150, "dy"), reals(3, "old"), 1, false)});
}

TEST_CASE("broken losses are rejected") {
    std::vector<Case<SoftmaxCrossEntropy>> cases;
    for (const GradientPlace place : {GradientPlace::none, GradientPlace::beside, GradientPlace::over}) {
        cases.push_back(softmax_case("reals", reals(6 * 11, "logits"), some_labels(6, 11), place, 0.25f));
        cases.push_back(softmax_case("large", {100, 90, 80, -100, -100, -90}, {1, 0}, place, 0.25f));
    }
    check_gallery<SoftmaxCrossEntropy>(
        {
            {"it does not shift by the largest logit",
             [](const SoftmaxCrossEntropy& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.rows; ++i) {
                     const float* z = p.logits + i * p.classes;
                     float sum = 0;
                     for (std::int64_t j = 0; j < p.classes; ++j) sum += std::exp(z[j]);
                     p.loss[i] = std::log(sum) - z[p.labels[i]];
                     for (std::int64_t j = 0; j < p.classes && p.gradient; ++j)
                         p.gradient[i * p.classes + j] =
                             p.scale * (std::exp(z[j]) / sum - float(j == p.labels[i]));
                 }
             }},
            {"it takes the logarithm of a probability that is 0",
             [](const SoftmaxCrossEntropy& p, Scratch&) {
                 const std::vector<float> z(p.logits, p.logits + p.rows * p.classes);
                 reference(p);
                 for (std::int64_t i = 0; i < p.rows; ++i) {
                     const float* row = z.data() + i * p.classes;
                     const float largest = *std::max_element(row, row + p.classes);
                     float sum = 0;
                     for (std::int64_t j = 0; j < p.classes; ++j) sum += std::exp(row[j] - largest);
                     p.loss[i] = -std::log(std::exp(row[p.labels[i]] - largest) / sum + 1e-7f);
                 }
             }},
            {"its gradient lacks the true class",
             [](const SoftmaxCrossEntropy& p, Scratch&) {
                 reference(p);
                 for (std::int64_t i = 0; i < p.rows && p.gradient; ++i)
                     p.gradient[i * p.classes + p.labels[i]] += p.scale;
             }},
            {"it forgets the scale",
             [](const SoftmaxCrossEntropy& p, Scratch&) {
                 SoftmaxCrossEntropy q = p;
                 q.scale = 1;
                 reference(q);
             }},
            {"it reads a logit that its gradient has overwritten",
             [](const SoftmaxCrossEntropy& p, Scratch&) {
                 SoftmaxCrossEntropy losses = p;
                 losses.gradient = nullptr;
                 reference(p);
                 reference(losses);
             }},
            {"it adds up whole vectors, tail and all",
             [](const SoftmaxCrossEntropy& p, Scratch&) {
                 // A tail filled with 0 in place of minus infinity adds e^-M for each filled lane.
                 const std::vector<float> z(p.logits, p.logits + p.rows * p.classes);
                 reference(p);
                 for (std::int64_t i = 0; i < p.rows; ++i) {
                     const float* row = z.data() + i * p.classes;
                     const float largest = *std::max_element(row, row + p.classes);
                     float sum = float((8 - p.classes % 8) % 8) * std::exp(-largest);
                     for (std::int64_t j = 0; j < p.classes; ++j) sum += std::exp(row[j] - largest);
                     p.loss[i] = std::log(sum) - (row[p.labels[i]] - largest);
                 }
             }},
            {"its exponentials have half precision",
             [](const SoftmaxCrossEntropy& p, Scratch&) {
                 const std::vector<float> z(p.logits, p.logits + p.rows * p.classes);
                 reference(p);
                 for (std::int64_t i = 0; i < p.rows; ++i) {
                     const float* row = z.data() + i * p.classes;
                     const float largest = *std::max_element(row, row + p.classes);
                     float sum = 0;
                     for (std::int64_t j = 0; j < p.classes; ++j)
                         sum += half_precision(std::exp(row[j] - largest));
                     p.loss[i] = std::log(sum) - (row[p.labels[i]] - largest);
                 }
             }},
        },
        cases);
}

TEST_CASE("broken optimisers are rejected") {
    Sgd rates{};
    rates.learning_rate = 0.1f, rates.momentum = 0.9f, rates.weight_decay = 0.01f;
    check_gallery<Sgd>(
        {
            {"it moves by the velocity of the step before",
             [](const Sgd& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.count; ++i) {
                     const float old = p.weight[i];
                     p.weight[i] -= p.learning_rate * p.velocity[i];
                     p.velocity[i] = p.momentum * p.velocity[i] + (p.gradient[i] + p.weight_decay * old);
                 }
             }},
            {"its velocity holds the learning rate",
             [](const Sgd& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.count; ++i) {
                     p.velocity[i] = p.momentum * p.velocity[i] +
                                     p.learning_rate * (p.gradient[i] + p.weight_decay * p.weight[i]);
                     p.weight[i] -= p.velocity[i];
                 }
             }},
            {"it damps the gradient",
             [](const Sgd& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.count; ++i) {
                     p.velocity[i] = p.momentum * p.velocity[i] +
                                     (1 - p.momentum) * (p.gradient[i] + p.weight_decay * p.weight[i]);
                     p.weight[i] -= p.learning_rate * p.velocity[i];
                 }
             }},
            {"it forgets the decay",
             [](const Sgd& p, Scratch&) {
                 Sgd q = p;
                 q.weight_decay = 0;
                 reference(q);
             }},
        },
        {sgd_case("reals", rates, 21)});

    Adam first_step{}, tenth_step{};
    first_step.step = 1, tenth_step.step = 10, tenth_step.weight_decay = 0.1f;
    check_gallery<Adam>(
        {
            {"it does not correct the moments",
             [](const Adam& p, Scratch&) {
                 Adam q = p;
                 q.step = 1000000;
                 reference(q);
             }},
            {"it counts steps from 0",
             [](const Adam& p, Scratch&) {
                 Adam q = p;
                 q.step = p.step + 1;
                 reference(q);
             }},
            {"its decays are exchanged",
             [](const Adam& p, Scratch&) {
                 Adam q = p;
                 std::swap(q.beta1, q.beta2);
                 reference(q);
             }},
            {"epsilon is under the root",
             [](const Adam& p, Scratch&) {
                 std::vector<float> old(p.weight, p.weight + p.count);
                 reference(p);
                 const auto step = adam_step<float>(p);
                 for (std::int64_t i = 0; i < p.count; ++i)
                     p.weight[i] = step.keep * old[std::size_t(i)] -
                                   step.rate * p.first[i] /
                                       std::sqrt(p.second[i] * step.correction * step.correction + p.epsilon);
             }},
            {"its decay goes through the moments",
             [](const Adam& p, Scratch&) {
                 std::vector<float> gradient(p.gradient, p.gradient + p.count);
                 for (std::int64_t i = 0; i < p.count; ++i)
                     gradient[std::size_t(i)] += p.weight_decay * p.weight[i];
                 Adam q = p;
                 q.gradient = gradient.data(), q.weight_decay = 0;
                 reference(q);
             }},
            {"it takes 1 - beta2^t in half precision",
             [](const Adam& p, Scratch&) {
                 const std::vector<float> old(p.weight, p.weight + p.count);
                 reference(p);
                 const float correction = half_precision(1 - std::pow(p.beta2, float(p.step)));
                 const auto step = adam_step<float>(p);
                 for (std::int64_t i = 0; i < p.count; ++i)
                     p.weight[i] = step.keep * old[std::size_t(i)] -
                                   step.rate * p.first[i] / (std::sqrt(p.second[i] / correction) + p.epsilon);
             }},
        },
        {adam_case("fresh", first_step, {1, 2, 3}, {0.5f, -1e-4f, 20}, {0, 0, 0}, {0, 0, 0}),
         adam_case("reals", tenth_step, 21)});
}

}  // namespace kbk::test
