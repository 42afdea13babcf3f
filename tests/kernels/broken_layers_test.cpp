#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/kernels/activation_cases.hpp"
#include "tests/kernels/bias_cases.hpp"
#include "tests/kernels/gallery.hpp"
#include "tests/kernels/optimizer_cases.hpp"
#include "tests/kernels/softmax_cases.hpp"
#include "tests/kernels/softmax_cross_entropy_cases.hpp"

namespace kbk::test {

namespace {

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

TEST_CASE("broken sigmoids and gelus are rejected") {
    check_gallery<ActivationForward>(
        {
            {"its exponential overflows",
             [](const ActivationForward& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.count; ++i) p.y[i] = std::exp(p.x[i]) / (1 + std::exp(p.x[i]));
             }},
            {"its small values have lost their digits",
             [](const ActivationForward& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.count; ++i) p.y[i] = 1 - 1 / (1 + std::exp(p.x[i]));
             }},
            {"its exponential has half precision",
             [](const ActivationForward& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.count; ++i) p.y[i] = 1 / (1 + half_precision(std::exp(-p.x[i])));
             }},
            {"it forgets the bias",
             [](const ActivationForward& p, Scratch&) {
                 ActivationForward q = p;
                 q.bias = nullptr;
                 reference(q);
             }},
            {"it adds the bias after the function",
             [](const ActivationForward& p, Scratch&) {
                 ActivationForward q = p;
                 q.bias = nullptr;
                 reference(q);
                 for (std::int64_t i = 0; i < p.count && p.bias; ++i) p.y[i] += p.bias[i % p.columns];
             }},
        },
        {activation_case(Activation::sigmoid, {-20, -3, 0.5f, 2, 90, -90}),
         activation_case(Activation::sigmoid, reals(21, "x"), Place::beside, reals(7, "bias"))});
    check_gallery<ActivationBackward>(
        {
            {"it lacks the second term of the product",
             [](const ActivationBackward& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.count; ++i) p.dx[i] = 0.5f * std::erfc(-0.70710678f * p.x[i]) * p.dy[i];
             }},
            {"it takes the other form's derivative",
             [](const ActivationBackward& p, Scratch&) {
                 ActivationBackward q = p;
                 q.kind = Activation::gelu_tanh;
                 reference(q);
             }},
            {"it reads the value where it needs the argument",
             [](const ActivationBackward& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.count; ++i)
                     p.dx[i] = activation_derivative(p.kind, activate(p.kind, p.x[i])) * p.dy[i];
             }},
        },
        {activation_backward_case(Activation::gelu, reals(21, "x"), reals(21, "dy"))});
}

TEST_CASE("broken softmaxes are rejected") {
    check_gallery<Softmax>(
        {
            {"it does not shift by the largest logit",
             [](const Softmax& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.rows; ++i) {
                     float sum = 0;
                     for (std::int64_t j = i * p.columns; j < (i + 1) * p.columns; ++j) sum += p.y[j] = std::exp(p.x[j]);
                     for (std::int64_t j = i * p.columns; j < (i + 1) * p.columns; ++j) p.y[j] /= sum;
                 }
             }},
            {"it normalises all rows together",
             [](const Softmax& p, Scratch&) { reference(Softmax{p.x, p.y, 1, p.rows * p.columns}); }},
            {"it shifts by the first logit",
             [](const Softmax& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.rows; ++i) {
                     const float first = p.x[i * p.columns];
                     float sum = 0;
                     for (std::int64_t j = i * p.columns; j < (i + 1) * p.columns; ++j)
                         sum += p.y[j] = std::exp(p.x[j] - first);
                     for (std::int64_t j = i * p.columns; j < (i + 1) * p.columns; ++j) p.y[j] /= sum;
                 }
             }},
            {"its sum counts the filling of the last vector",
             [](const Softmax& p, Scratch&) {
                 reference(p);
                 for (std::int64_t i = 0; i < p.rows * p.columns; ++i) p.y[i] /= 1 + 1e-3f * float((8 - p.columns % 8) % 8);
             }},
        },
        {softmax_rows_case("reals", 3, reals(33, "logits")), softmax_rows_case("large", 2, {0, 100, 90, -100, -100, -90})});
    check_gallery<SoftmaxBackward>(
        {
            {"it takes the diagonal of the matrix alone",
             [](const SoftmaxBackward& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.rows * p.columns; ++i) p.dx[i] = p.y[i] * (1 - p.y[i]) * p.dy[i];
             }},
            {"its dot product lacks the probabilities",
             [](const SoftmaxBackward& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.rows; ++i) {
                     float sum = 0;
                     for (std::int64_t j = i * p.columns; j < (i + 1) * p.columns; ++j) sum += p.dy[j];
                     for (std::int64_t j = i * p.columns; j < (i + 1) * p.columns; ++j)
                         p.dx[j] = p.y[j] * (p.dy[j] - sum / float(p.columns));
                 }
             }},
            {"it reads a dy that it has overwritten",
             [](const SoftmaxBackward& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.rows; ++i)
                     for (std::int64_t j = i * p.columns; j < (i + 1) * p.columns; ++j) {
                         float dot = 0;
                         for (std::int64_t k = i * p.columns; k < (i + 1) * p.columns; ++k) dot += p.y[k] * p.dy[k];
                         p.dx[j] = p.y[j] * (p.dy[j] - dot);
                     }
             }},
        },
        {softmax_backward_case(3, 11), softmax_backward_case(3, 11, 1, Over::input)});
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

    rates.nesterov = true;
    check_gallery<Sgd>(
        {
            {"it does not look ahead",
             [](const Sgd& p, Scratch&) {
                 Sgd q = p;
                 q.nesterov = false;
                 reference(q);
             }},
            {"it looks ahead with the velocity of the step before",
             [](const Sgd& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.count; ++i) {
                     const float g = p.gradient[i] + p.weight_decay * p.weight[i], old = p.velocity[i];
                     p.velocity[i] = p.momentum * old + g;
                     p.weight[i] -= p.learning_rate * (g + p.momentum * old);
                 }
             }},
        },
        {sgd_case("reals", rates, 21)});

    Adagrad sum{};
    sum.weight_decay = 0.1f;
    check_gallery<Adagrad>(
        {
            {"it divides by the sum of the step before",
             [](const Adagrad& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.count; ++i) {
                     const float g = p.gradient[i] + p.weight_decay * p.weight[i];
                     p.weight[i] -= p.learning_rate * g / (std::sqrt(p.square[i]) + p.epsilon);
                     p.square[i] += g * g;
                 }
             }},
            {"it forgets the root",
             [](const Adagrad& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.count; ++i) {
                     const float g = p.gradient[i] + p.weight_decay * p.weight[i];
                     p.square[i] += g * g;
                     p.weight[i] -= p.learning_rate * g / (p.square[i] + p.epsilon);
                 }
             }},
        },
        {scaled_case("reals", sum, 21)});

    RmsProp mean{};
    mean.epsilon = 0.01f;
    check_gallery<RmsProp>(
        {
            {"it adds up like Adagrad",
             [](const RmsProp& p, Scratch&) {
                 reference(Adagrad{p.weight, p.gradient, p.square, p.count, p.learning_rate, p.epsilon});
             }},
            {"its smoothing is exchanged",
             [](const RmsProp& p, Scratch&) {
                 RmsProp q = p;
                 q.smoothing = 1 - p.smoothing;
                 reference(q);
             }},
            {"epsilon is under the root",
             [](const RmsProp& p, Scratch&) {
                 for (std::int64_t i = 0; i < p.count; ++i) {
                     p.square[i] = p.smoothing * p.square[i] + (1 - p.smoothing) * p.gradient[i] * p.gradient[i];
                     p.weight[i] -= p.learning_rate * p.gradient[i] / std::sqrt(p.square[i] + p.epsilon);
                 }
             }},
        },
        {scaled_case("reals", mean, 21)});

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
                 const auto step = adam_rule<float>(p);
                 for (std::int64_t i = 0; i < p.count; ++i)
                     p.weight[i] = step.keep * old[std::size_t(i)] -
                                   step.rate * p.first[i] /
                                       std::sqrt(p.second[i] * step.correction * step.correction + p.epsilon);
             }},
            {"its decay goes through the moments",
             [](const Adam& p, Scratch&) {
                 Adam q = p;
                 q.decoupled = !p.decoupled;
                 reference(q);
             }},
            {"it takes 1 - beta2^t in half precision",
             [](const Adam& p, Scratch&) {
                 const std::vector<float> old(p.weight, p.weight + p.count);
                 reference(p);
                 const float correction = half_precision(1 - std::pow(p.beta2, float(p.step)));
                 const auto step = adam_rule<float>(p);
                 for (std::int64_t i = 0; i < p.count; ++i)
                     p.weight[i] = step.keep * old[std::size_t(i)] -
                                   step.rate * p.first[i] / (std::sqrt(p.second[i] / correction) + p.epsilon);
             }},
        },
        {adam_case("fresh", first_step, {1, 2, 3}, {0.5f, -1e-4f, 20}, {0, 0, 0}, {0, 0, 0}),
         adam_case("reals", tenth_step, 21)});
}

}  // namespace kbk::test
