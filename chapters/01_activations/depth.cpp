/// @file
/// Gradients through thirty layers.
#include <cmath>
#include <numbers>
#include <numeric>

#include "chapters/01_activations/experiments.hpp"
#include "chapters/01_activations/network.hpp"

namespace kbk {

namespace {

constexpr int depth = 30;
constexpr std::int64_t width = 128, rows = 64;

double root_mean_square(const Tensor<float>& values) {
    const Tensor<float> host = values.to(Device::cpu);
    double sum = 0;
    for (const float v : host.values()) sum += double(v) * double(v);
    return std::sqrt(sum / double(host.size()));
}

struct Journey {
    std::vector<double> signal;  // size of the numbers after each layer
    std::vector<double>
        gradient;  // size of the gradient by each layer's output, as a share of the last one's
};

// [go_deep]
// Send random numbers forward through thirty layers, and a random gradient back.
Journey travel(Activation kind, double gain, const Options& options) {
    const std::vector<std::int64_t> sizes(depth + 2, width);
    Network net(sizes, kind, gain, options.seed, options.device);
    Tensor<float> x({rows, width}), dy({rows, width});
    Philox(options.seed, stream_id("input")).fill_normal(x.values(), 0, 1);
    Philox(options.seed, stream_id("gradient")).fill_normal(dy.values(), 0, 1);
    x = x.to(options.device);
    dy = dy.to(options.device);

    Journey journey;
    const Tensor<float>* h = &x;
    for (int i = 0; i < depth; ++i) {
        h = &net.bend[std::size_t(i)].forward(net.linear[std::size_t(i)].forward(*h));
        journey.signal.push_back(root_mean_square(*h));
    }
    const Tensor<float>* d = &dy;
    for (int i = depth - 1; i >= 0; --i) {
        journey.gradient.insert(journey.gradient.begin(), root_mean_square(*d));
        d = &net.linear[std::size_t(i)].backward(net.bend[std::size_t(i)].backward(*d));
    }
    for (double& g : journey.gradient) g /= root_mean_square(dy);
    return journey;
}
// [go_deep]

// [gain]
// The root of the mean of f(z)^2 over standard normal numbers z, by the trapezium rule.
template <class F>
double size_of(const F& f) {
    double mean = 0;
    constexpr double step = 1.0 / 256;
    for (double z = -12; z <= 12; z += step)
        mean += f(z) * f(z) * std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi) * step;
    return std::sqrt(mean);
}

// The gain that keeps the size of such numbers through a bend, and what it makes of a gradient's on the way
// back.
double gain_of(Activation kind) {
    return 1 / size_of([=](double z) { return activate(kind, z); });
}
double growth_back(Activation kind) {
    return gain_of(kind) * size_of([=](double z) { return slope(kind, z); });
}
// [gain]

}  // namespace

void go_deep(const Options& options, Report& report) {
    report.section("Thirty layers");
    struct Traveller {
        const char *key, *label;
        Activation kind;
        double gain;
    };
    const double gelu = gain_of(Activation::gelu), silu = gain_of(Activation::silu),
                 relu = gain_of(Activation::relu);
    report.value("gain.relu", "gain that keeps numbers their size through ReLU", relu, Unit::plain, 3);
    report.value("gain.gelu", "through GELU", gelu, Unit::plain, 3);
    report.value("gain.silu", "through SiLU", silu, Unit::plain, 3);
    report.value("gain.gelu_back", "a gradient of 1 after one layer back through GELU",
                 growth_back(Activation::gelu), Unit::plain, 3);
    report.value("gain.silu_back", "after one through SiLU", growth_back(Activation::silu), Unit::plain, 3);
    const Traveller travellers[] = {
        {"sigmoid", "sigmoid, gain 1", Activation::sigmoid, 1},
        {"tanh", "tanh, gain 1", Activation::tanh, 1},
        {"relu", "ReLU, gain 1", Activation::relu, 1},
        {"relu_he", "ReLU, its gain", Activation::relu, relu},
        {"leaky_relu_he", "leaky ReLU, same", Activation::leaky_relu, relu},
        {"gelu_he", "GELU, its gain", Activation::gelu, gelu},
        {"silu_he", "SiLU, its gain", Activation::silu, silu},
    };
    LinePlot gradients{
        .title = "The gradient on its way back through thirty layers",
        .x = {.label = "layer"},
        .y = {.label = "size, as a share of the last layer's", .scale = Scale::log10},
        .description =
            "The sigmoid's gradient falls by some eighteen orders of magnitude, that of ReLU with "
            "gain 1 by four, the others' by little."};
    LinePlot signals{
        .title = "The numbers on their way forward",
        .x = {.label = "layer"},
        .y = {.label = "root mean square", .scale = Scale::log10},
        .description =
            "With gain 1 ReLU's numbers shrink by a factor of the square root of two a layer; with "
            "its own gain they keep their size."};
    std::vector<double> layers(depth);
    std::iota(layers.begin(), layers.end(), 1.0);
    for (const Traveller& t : travellers) {
        const Journey journey = travel(t.kind, t.gain, options);
        gradients.series.push_back({.name = t.label, .x = layers, .y = journey.gradient});
        signals.series.push_back({.name = t.label, .x = layers, .y = journey.signal});
        report.value(fmt::format("deep.{}", t.key),
                     fmt::format("{}: log10 of the first layer's gradient", t.label),
                     std::log10(journey.gradient.front()), Unit::plain, 1);
    }
    report.value("deep.quarter", "log10 of a quarter to the 29th power", 29 * std::log10(0.25), Unit::plain,
                 1);
    report.figure("deep_gradients", gradients);
    report.figure("deep_signals", signals);
}

}  // namespace kbk
