/// @file
/// Chapter 3: backpropagation by hand. The program reads from top to bottom as the chapter does.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "chapters/03_backprop_by_hand/autodiff.hpp"
#include "chapters/03_backprop_by_hand/matrices.hpp"
#include "chapters/03_backprop_by_hand/network.hpp"
#include "common/app/app.hpp"
#include "common/base/philox.hpp"
#include "common/report/figure.hpp"

using namespace kbk;

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

std::string six(double value) {
    return std::fabs(value) < 0.01 && value != 0 ? fmt::format("{:.6g}", value) : show(value, Unit::plain, 6);
}

// ---------------------------------------------------------------------------------------------------------------
// One neuron.

void one_neuron(Report& report) {
    report.section("One neuron");
    // [neuron]
    const double x = 2, y = 1;
    double w = 0.3, b = -0.1;

    // Forward.
    const double z = w * x + b;
    const double prediction = sigmoid(z);
    const double loss = -std::log(prediction);

    // Backward, one link of the chain after the other.
    const double dloss_dprediction = -1 / prediction;
    const double dprediction_dz = prediction * (1 - prediction);
    const double dloss_dz = dloss_dprediction * dprediction_dz;
    const double dloss_dw = dloss_dz * x;
    const double dloss_db = dloss_dz * 1;

    // One step against the gradient.
    w -= 0.5 * dloss_dw;
    b -= 0.5 * dloss_db;
    const double loss_after = -std::log(sigmoid(w * x + b));
    // [neuron]

    const auto value = [&](const char* name, const char* label, double v) {
        report.value(std::string("neuron.") + name, label, v, Unit::plain, 6);
    };
    value("z", "z = w x + b", z);
    value("prediction", "prediction", prediction);
    value("loss", "loss", loss);
    value("dprediction", "derivative of the loss by the prediction", dloss_dprediction);
    value("slope", "derivative of the prediction by z", dprediction_dz);
    value("dz", "derivative of the loss by z", dloss_dz);
    value("short", "the same by the short formula: prediction - y", prediction - y);
    value("dw", "derivative of the loss by w", dloss_dw);
    value("db", "derivative of the loss by b", dloss_db);
    value("w_after", "w after a step of 0.5", w);
    value("b_after", "b after a step of 0.5", b);
    value("loss_after", "loss after the step", loss_after);
    // What w does: the loss itself, asked twice.
    const double h = 1e-4;
    const auto loss_at = [&](double weight) { return -std::log(sigmoid(weight * x - 0.1)); };
    value("nudged", "loss at w = 0.3001", loss_at(0.3 + h));
    value("quotient", "its change, divided by 0.0001", (loss_at(0.3 + h) - loss_at(0.3)) / h);

    report.figure(
        "neuron",
        GraphPlot{.title = "One neuron: values forward, derivatives backward",
                  .nodes = {{"x", 0, 0, x, dloss_dz * 0.3},
                            {"w", 0, 1, 0.3, dloss_dw},
                            {"b", 0, 2, -0.1, dloss_db},
                            {"z = w x + b", 1, 1, z, dloss_dz},
                            {"p = σ(z)", 2, 1, prediction, dloss_dprediction},
                            {"L = −log p", 3, 1, loss, 1}},
                  .edges = {{"x", "z = w x + b", 0.3},
                            {"w", "z = w x + b", x},
                            {"b", "z = w x + b", 1},
                            {"z = w x + b", "p = σ(z)", dprediction_dz},
                            {"p = σ(z)", "L = −log p", dloss_dprediction}},
                  .description =
                      "A graph from input, weight and bias over the weighted sum and the prediction to "
                      "the loss. Each box holds its value and the derivative of the loss by it; each "
                      "arrow holds the derivative of its end by its beginning. The derivative in a box "
                      "is that of the next box times the number at the arrow."});
}

// ---------------------------------------------------------------------------------------------------------------
// D0's network: three inputs, one hidden unit, one output.

const double d0_x[] = {1, 2, 3};
constexpr double d0_truth = 1;

struct D0Network {
    double w1[3], b1, w2, b2;
};

struct D0Pass {
    double z1, a1, z2, prediction, loss;
};

// [d0_forward]
D0Pass d0_forward(const D0Network& n) {
    D0Pass p{};
    p.z1 = n.w1[0] * d0_x[0] + n.w1[1] * d0_x[1] + n.w1[2] * d0_x[2] + n.b1;
    p.a1 = p.z1 > 0 ? p.z1 : 0;
    p.z2 = n.w2 * p.a1 + n.b2;
    p.prediction = sigmoid(p.z2);
    p.loss = loss_of(Loss::cross_entropy, p.z2, d0_truth);
    return p;
}
// [d0_forward]

enum class D0Rule { right, printed, program, sign_mended };

struct D0Errors {
    double delta1, delta2;
};

// [d0_backward]
// The errors of both units: derived above, printed in D0's text, computed by D0's program, and by the program
// with only its sign mended.
D0Errors d0_backward(const D0Network& n, const D0Pass& p, D0Rule rule) {
    double delta2 = p.prediction - d0_truth;
    if (rule == D0Rule::program) delta2 = d0_truth - p.prediction;
    double slope1 = p.z1 > 0 ? 1 : 0;
    if (rule == D0Rule::printed) slope1 = 1 - p.a1;
    if (rule == D0Rule::program || rule == D0Rule::sign_mended) slope1 = sigmoid(p.z1) * (1 - sigmoid(p.z1));
    return {n.w2 * delta2 * slope1, delta2};
}

D0Network d0_step(D0Network n, D0Rule rule, double rate) {
    const D0Pass p = d0_forward(n);
    const auto [delta1, delta2] = d0_backward(n, p, rule);
    for (int j = 0; j < 3; ++j) n.w1[j] -= rate * delta1 * d0_x[j];
    n.b1 -= rate * delta1;
    n.w2 -= rate * delta2 * p.a1;
    n.b2 -= rate * delta2;
    return n;
}
// [d0_backward]

const D0Network d0_start = {{0.1, 0.2, 0.3}, 0.1, 0.4, -0.6};

void d0_by_hand(Report& report) {
    report.section("D0's network: 3-1-1");
    const auto value = [&](std::string name, const std::string& label, double v) {
        report.value("d0." + name, label, v, Unit::plain, 6);
    };
    D0Pass p = d0_forward(d0_start);
    if (std::fabs(p.z2) < 1e-15) p.z2 = 0;  // 0.4 * 1.5 - 0.6, which binary fractions only come near to
    value("z1", "z1", p.z1);
    value("a1", "a1", p.a1);
    value("z2", "z2", p.z2);
    value("prediction", "prediction", p.prediction);
    value("loss", "loss", p.loss);
    const struct {
        D0Rule rule;
        const char *name, *label;
    } rules[] = {{D0Rule::right, "right", "derived"},
                 {D0Rule::printed, "printed", "as D0 prints it"},
                 {D0Rule::program, "program", "as D0's program computes it"}};
    for (const auto& [rule, name, label] : rules) {
        report.text("{}:", label);
        const auto [delta1, delta2] = d0_backward(d0_start, p, rule);
        const D0Network after = d0_step(d0_start, rule, 0.1);
        const std::string prefix = std::string(name) + ".";
        value(prefix + "delta2", "delta2", delta2);
        value(prefix + "delta1", "delta1", delta1);
        for (int j = 0; j < 3; ++j)
            value(fmt::format("{}w1{}", prefix, j + 1), fmt::format("w1{}", j + 1), after.w1[j]);
        value(prefix + "b1", "b1", after.b1);
        value(prefix + "w2", "w21", after.w2);
        value(prefix + "b2", "b2", after.b2);
        value(prefix + "prediction", "prediction after the step", d0_forward(after).prediction);
        value(prefix + "loss", "loss after the step", d0_forward(after).loss);
    }

    const auto [delta1, delta2] = d0_backward(d0_start, p, D0Rule::right);
    GraphPlot graph{
        .title = "D0's network, with weights of our own",
        .nodes = {{"z₁", 1, 1, p.z1, delta1},
                  {"a₁", 2, 1, p.a1, delta2 * d0_start.w2},
                  {"z₂", 3, 1, p.z2, delta2},
                  {"L", 4, 1, p.loss, 1}},
        .edges = {{"z₁", "a₁", 1}, {"a₁", "z₂", d0_start.w2}, {"z₂", "L", delta2}},
        .description =
            "Three inputs feed one hidden unit, which feeds the output. Arrows from the inputs hold "
            "the weights; the errors of the units run back along them."};
    const char* inputs[] = {"x₁", "x₂", "x₃"};
    for (int j = 0; j < 3; ++j) {
        graph.nodes.push_back({inputs[j], 0, double(j), d0_x[j], delta1 * d0_start.w1[j]});
        graph.edges.push_back({inputs[j], "z₁", d0_start.w1[j]});
    }
    report.figure("d0_graph", graph);
}

// ---------------------------------------------------------------------------------------------------------------
// D3's network: two inputs, three hidden units, one output, no biases.

// [d3_network]
// Weights 1 to 9, each times a scale: 1 as D3 prints them, 1/100 so that something can be learned.
Network d3_network(double scale) {
    const Rows hidden = {{1 * scale, 4 * scale}, {2 * scale, 5 * scale}, {3 * scale, 6 * scale}};
    return {{hidden, {}, Bend::relu}, {{{7 * scale, 8 * scale, 9 * scale}}, {}, Bend::sigmoid}};
}
// [d3_network]

const Numbers d3_x = {1, 2};

void d3_by_hand(Report& report) {
    report.section("D3's network: 2-3-1");

    // As printed: the forward pass ends far out on the sigmoid.
    const Network printed = d3_network(1);
    const auto passes = forward(printed, d3_x);
    for (std::size_t i = 0; i < 3; ++i)
        report.value(fmt::format("d3.z{}", i + 1),
                     fmt::format("hidden unit {} (D3 states {})", i + 1, 5 * i + 6), passes[0].z[i],
                     Unit::plain, 6);
    const double z = passes[1].z[0];
    report.value("d3.z", "output before its sigmoid", z, Unit::plain, 6);
    report.value("d3.prediction", "prediction (D3 states 0.9)", passes[1].a[0]);
    report.value("d3.loss", "loss", loss_of(Loss::cross_entropy, z, 1));

    // Let the prediction be the 0.9 that D3 states, and compare its nine updates with the right ones.
    // [d3_updates]
    Network mended = printed;
    const auto gradients = backward(printed, passes, {0.9 - 1});
    descend(mended, gradients, 0.1);
    // [d3_updates]
    for (std::size_t j = 0; j < 3; ++j)
        report.value(fmt::format("d3.delta{}", j + 1), fmt::format("error of hidden unit {}", j + 1),
                     gradients[0].delta[j], Unit::plain, 6);
    const double errors_as_printed[] = {0.01, 0.07, 0.08},
                 claimed[] = {0.99, 1.98, 2.97, 3.93, 4.94, 5.97, 6.92, 7.88, 8.94};
    std::vector<std::vector<std::string>> rows;
    for (std::size_t k = 0; k < 9; ++k) {
        const double own = double(k + 1) - 0.1 * errors_as_printed[k / 3] * double(k % 3 + 1);
        const double right = k < 6 ? mended[0].weight[k % 3][k / 3] : mended[1].weight[0][k % 3];
        const std::string name = fmt::format("d3.theta{}{}", k / 3 + 1, k % 3 + 1);
        report.value(name + ".own",
                     fmt::format("theta{}{}, what D3's own product gives", k / 3 + 1, k % 3 + 1), own,
                     Unit::plain, 6);
        report.value(name, "the same, right", right, Unit::plain, 6);
        rows.push_back({fmt::format("theta{}{}", k / 3 + 1, k % 3 + 1), show(claimed[k], Unit::plain, 2),
                        six(own), six(right)});
    }
    report.table("Nine weights after one step, for a prediction of 0.9",
                 {"weight", "printed", "its own product", "right"}, rows);

    // The same network with weights a hundred times smaller.
    report.text("The same with all weights divided by 100:");
    const auto value = [&](std::string name, const std::string& label, double v) {
        report.value("d3s." + name, label, v, Unit::plain, 6);
    };
    Network small = d3_network(0.01);
    const auto small_passes = forward(small, d3_x);
    const Pass &hidden = small_passes[0], &output = small_passes[1];
    const auto g = backward(small, small_passes, {output_delta(Loss::cross_entropy, output.z[0], 1)});
    for (std::size_t i = 0; i < 3; ++i)
        value(fmt::format("z{}", i + 1), fmt::format("hidden unit {}", i + 1), hidden.z[i]);
    value("z", "output before its sigmoid", output.z[0]);
    value("prediction", "prediction", output.a[0]);
    value("loss", "loss", loss_of(Loss::cross_entropy, output.z[0], 1));
    value("delta", "error of the output", g[1].delta[0]);
    for (std::size_t i = 0; i < 3; ++i)
        value(fmt::format("delta{}", i + 1), fmt::format("error of hidden unit {}", i + 1), g[0].delta[i]);
    for (std::size_t k = 0; k < 9; ++k)
        value(fmt::format("d{}{}", k / 3 + 1, k % 3 + 1),
              fmt::format("derivative by theta{}{}", k / 3 + 1, k % 3 + 1),
              k < 6 ? g[0].weight[k % 3][k / 3] : g[1].weight[0][k % 3]);
    descend(small, g, 0.1);
    for (std::size_t k = 0; k < 9; ++k)
        value(fmt::format("theta{}{}", k / 3 + 1, k % 3 + 1),
              fmt::format("theta{}{} after a step", k / 3 + 1, k % 3 + 1),
              k < 6 ? small[0].weight[k % 3][k / 3] : small[1].weight[0][k % 3]);
    const auto after = forward(small, d3_x);
    value("prediction_after", "prediction after the step", after[1].a[0]);
    value("loss_after", "loss after the step", loss_of(Loss::cross_entropy, after[1].z[0], 1));

    // The graph of the small one.
    const Network before = d3_network(0.01);
    GraphPlot graph{
        .title = "D3's network, its weights divided by 100",
        .nodes = {{"x₁", 0, 0.5, 1, none}, {"x₂", 0, 1.5, 2, none}},
        .edges = {},
        .description =
            "Two inputs, three hidden units, one output. Every hidden unit gets the output's error "
            "through its own weight."};
    const char *sums[] = {"z₁", "z₂", "z₃"}, *activations[] = {"a₁", "a₂", "a₃"};
    for (std::size_t i = 0; i < 3; ++i) {
        graph.nodes.push_back({sums[i], 1, double(i), hidden.z[i], g[0].delta[i]});
        graph.nodes.push_back(
            {activations[i], 2, double(i), hidden.a[i], g[1].delta[0] * before[1].weight[0][i]});
        graph.edges.push_back({"x₁", sums[i], none});
        graph.edges.push_back({"x₂", sums[i], none});
        graph.edges.push_back({sums[i], activations[i], 1});
        graph.edges.push_back({activations[i], "z", before[1].weight[0][i]});
    }
    graph.nodes.push_back({"z", 3, 1, output.z[0], g[1].delta[0]});
    graph.nodes.push_back({"L", 4, 1, loss_of(Loss::cross_entropy, output.z[0], 1), 1});
    graph.edges.push_back({"z", "L", g[1].delta[0]});
    report.figure("d3_graph", graph);
}

// ---------------------------------------------------------------------------------------------------------------
// D2's network: one input, two hidden layers of three, one output, sigmoids throughout.

// [d2_network]
Network d2_network() {
    const Rows first = {{0.1}, {0.2}, {0.3}};
    const Rows second = {{0.1, 0.2, 0.3}, {0.4, 0.5, 0.6}, {0.7, 0.8, 0.9}};
    const Rows third = {{0.1, 0.2, 0.3}};
    return {{first, {}, Bend::sigmoid}, {second, {}, Bend::sigmoid}, {third, {}, Bend::sigmoid}};
}
// [d2_network]

const Numbers d2_x = {1};
constexpr double d2_truth = 0.8;

std::vector<LayerGradient> d2_gradients(const Network& net) {
    const auto passes = forward(net, d2_x);
    return backward(net, passes, {output_delta(Loss::squared, passes.back().z[0], d2_truth)});
}

void d2_by_hand(Report& report) {
    report.section("D2's network: 1-3-3-1");
    const Network net = d2_network();
    const auto passes = forward(net, d2_x);
    const auto g = d2_gradients(net);
    const auto value = [&](const std::string& name, const std::string& label, double v) {
        report.value("d2." + name, label, v, Unit::plain, 9);
    };
    for (std::size_t l = 0; l < 2; ++l)
        for (std::size_t i = 0; i < 3; ++i) {
            value(fmt::format("z{}{}", l + 1, i + 1), fmt::format("layer {}, unit {}: sum", l + 1, i + 1),
                  passes[l].z[i]);
            value(fmt::format("a{}{}", l + 1, i + 1), "its sigmoid", passes[l].a[i]);
        }
    value("z3", "sum of the output", passes[2].z[0]);
    value("prediction", "prediction", passes[2].a[0]);
    value("loss", "loss", loss_of(Loss::squared, passes[2].z[0], d2_truth));
    value("delta3", "error of the output", g[2].delta[0]);
    for (std::size_t j = 0; j < 3; ++j)
        value(fmt::format("g3{}", j + 1), fmt::format("derivative by theta3, weight {}", j + 1),
              g[2].weight[0][j]);
    for (std::size_t i = 0; i < 3; ++i)
        value(fmt::format("delta2{}", i + 1), fmt::format("error of layer 2, unit {}", i + 1), g[1].delta[i]);
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j)
            value(fmt::format("g2{}{}", i + 1, j + 1),
                  fmt::format("derivative by theta2, unit {}, weight {}", i + 1, j + 1), g[1].weight[i][j]);
    for (std::size_t i = 0; i < 3; ++i)
        value(fmt::format("g1{}", i + 1), fmt::format("derivative by theta1, unit {}", i + 1),
              g[0].weight[i][0]);

    // [d2_formulas]
    // D2's formulas, read as kindly as they allow: from each unit j back through the unit j of the layer
    // before.
    double by_theta1[3];
    const double by_theta3 = (d2_truth - passes[2].a[0]) * slope(Bend::sigmoid, passes[2].z[0]);
    for (std::size_t j = 0; j < 3; ++j)
        by_theta1[j] = by_theta3 * net[2].weight[0][j] * slope(Bend::sigmoid, passes[1].z[j]) *
                       net[1].weight[j][j] * slope(Bend::sigmoid, passes[0].z[j]);
    // [d2_formulas]
    value("printed3", "D2's derivative by each weight of theta3", by_theta3);
    for (std::size_t j = 0; j < 3; ++j) {
        value(fmt::format("printed1{}", j + 1), fmt::format("D2's derivative by theta1, unit {}", j + 1),
              by_theta1[j]);
        report.value(fmt::format("d2.path{}", j + 1), "the one path that it follows, as a share of all three",
                     -by_theta1[j] * d2_x[0] / g[0].weight[j][0], Unit::percent);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// The same in matrices, and the gradient check.

// All weights and biases of a network, as places to read and change.
std::vector<double*> parameters(Network& net) {
    std::vector<double*> all;
    for (Layer& layer : net)
        for (std::size_t i = 0; i < layer.weight.size(); ++i) {
            for (double& w : layer.weight[i]) all.push_back(&w);
            if (!layer.bias.empty()) all.push_back(&layer.bias[i]);
        }
    return all;
}

// Gradients in the same order.
Numbers in_order(const std::vector<LayerGradient>& gradients) {
    Numbers all;
    for (const LayerGradient& g : gradients)
        for (std::size_t i = 0; i < g.weight.size(); ++i) {
            all.insert(all.end(), g.weight[i].begin(), g.weight[i].end());
            if (!g.bias.empty()) all.push_back(g.bias[i]);
        }
    return all;
}

// Largest difference of two gradients, as a share of the largest entry of the second.
double relative_error(const Numbers& found, const Numbers& truth) {
    double error = 0, size = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        error = std::max(error, std::fabs(found[i] - truth[i]));
        size = std::max(size, std::fabs(truth[i]));
    }
    return error / size;
}

std::string below(double value, double limit, const char* text) {
    return value < limit ? text : fmt::format("{:.2g}", value);
}

void compare_with_matrices(Report& report) {
    report.section("The same in matrices");
    // A batch of five random samples for a network 4-6-5-1 with random weights.
    const Philox random(1, stream_id("matrices"));
    std::uint64_t drawn = 0;
    const auto next = [&] { return 2.0 * random.uniform(drawn++) - 1; };
    Network net;
    const std::size_t sizes[] = {4, 6, 5, 1};
    for (std::size_t l = 0; l < 3; ++l) {
        Layer layer{{}, {}, l == 0 ? Bend::relu : Bend::sigmoid};
        for (std::size_t i = 0; i < sizes[l + 1]; ++i) {
            layer.weight.emplace_back();
            for (std::size_t j = 0; j < sizes[l]; ++j) layer.weight.back().push_back(next());
            layer.bias.push_back(next());
        }
        net.push_back(layer);
    }
    Rows x;
    const Numbers truth = {1, 0, 0, 1, 1};
    for (std::size_t s = 0; s < truth.size(); ++s) x.push_back({next(), next(), next(), next()});

    // The loops, sample by sample; the mean of their gradients is that of the mean loss.
    Numbers mean(parameters(net).size());
    for (std::size_t s = 0; s < x.size(); ++s) {
        const auto passes = forward(net, x[s]);
        const auto g = in_order(
            backward(net, passes, {output_delta(Loss::cross_entropy, passes.back().z[0], truth[s])}));
        for (std::size_t i = 0; i < g.size(); ++i) mean[i] += g[i] / double(x.size());
    }
    const auto together = in_order(gradients_in_matrices(net, x, truth));
    report.value("matrices.parameters", "weights and biases", mean.size());
    report.value("matrices.difference", "largest difference of matrices and loops, relative",
                 below(relative_error(together, mean), 1e-14, "below 1e-14"));
}

// [gradient_check]
double d2_loss(const Network& net) {
    return loss_of(Loss::squared, forward(net, d2_x).back().z[0], d2_truth);
}

Numbers central_differences(Network net, double h) {
    Numbers gradient;
    for (double* w : parameters(net)) {
        const double old = *w;
        *w = old + h;
        const double up = d2_loss(net);
        *w = old - h;
        const double down = d2_loss(net);
        *w = old;
        gradient.push_back((up - down) / (2 * h));
    }
    return gradient;
}
// [gradient_check]

Numbers one_sided_differences(Network net, double h) {
    Numbers gradient;
    const double here = d2_loss(net);
    for (double* w : parameters(net)) {
        const double old = *w;
        *w = old + h;
        gradient.push_back((d2_loss(net) - here) / h);
        *w = old;
    }
    return gradient;
}

void check_gradients(Report& report) {
    report.section("Checking a gradient");
    const Network net = d2_network();
    const Numbers truth = in_order(d2_gradients(net));
    Series one_sided{.name = "one-sided", .mark = Mark::line_and_points},
        central{.name = "central", .mark = Mark::line_and_points};
    for (int k = 2; k <= 26; ++k) {
        const double h = std::pow(10, -0.5 * k);
        one_sided.x.push_back(h), central.x.push_back(h);
        one_sided.y.push_back(relative_error(one_sided_differences(net, h), truth));
        central.y.push_back(relative_error(central_differences(net, h), truth));
    }
    report.value("check.one_sided_1e-2", "error of one-sided differences, step 0.01",
                 relative_error(one_sided_differences(net, 1e-2), truth));
    report.value("check.one_sided_1e-3", "the same, step 0.001",
                 relative_error(one_sided_differences(net, 1e-3), truth));
    report.value("check.central_1e-2", "error of central differences, step 0.01",
                 relative_error(central_differences(net, 1e-2), truth));
    report.value("check.central_1e-3", "the same, step 0.001",
                 relative_error(central_differences(net, 1e-3), truth));
    report.value("check.central_1e-5", "the same, step 0.00001",
                 below(relative_error(central_differences(net, 1e-5), truth), 1e-9, "below 1e-9"));
    report.figure(
        "gradient_check",
        LinePlot{.title = "The error of a difference quotient, and its step",
                 .x = {.label = "step h", .scale = Scale::log10},
                 .y = {.label = "largest error, relative", .scale = Scale::log10},
                 .series = {central, one_sided},
                 .description =
                     "From large steps to small ones both errors fall along straight lines, that of "
                     "central differences twice as steeply, until rounding takes over and they rise."});

    // What the check says of D0's and D2's formulas.
    Numbers as_printed = truth;
    for (double& g : as_printed) g = -g;
    report.value("check.wrong_sign", "error of a gradient with the wrong sign, relative",
                 relative_error(as_printed, truth));
}

// ---------------------------------------------------------------------------------------------------------------
// D0's NumPy program, run.

void run_d0_program(Report& report) {
    report.section("D0's program, run");
    // What numpy.random.seed(0) makes of np.random.rand, in the order in which the program draws.
    const D0Network start = {{0.5488135039273248, 0.7151893663724195, 0.6027633760716439},
                             0.4236547993389047,
                             0.5448831829968969,
                             0.6458941130666561};
    const struct {
        D0Rule rule;
        const char *name, *label;
    } variants[] = {{D0Rule::right, "mended", "mended"},
                    {D0Rule::sign_mended, "sign_mended", "sign mended only"},
                    {D0Rule::program, "coded", "as coded"}};
    std::vector<Series> series;
    for (const auto& [rule, name, label] : variants) {
        D0Network net = start;
        series.push_back({.name = label});
        for (int step = 0; step <= 1000; ++step) {
            const D0Pass p = d0_forward(net);
            if (step % 10 == 0) {
                series.back().x.push_back(step);
                series.back().y.push_back(p.loss);
            }
            if (step == 0 || step == 1 || step == 10 || step == 100 || step == 1000) {
                const std::string key = fmt::format("program.{}.{}.", name, step);
                report.value(key + "prediction", fmt::format("{}: prediction after {} steps", label, step),
                             p.prediction);
                if (rule == D0Rule::right) {
                    report.value(key + "loss", "its loss", p.loss, Unit::plain, 6);
                    report.value(key + "w2", "its output weight", net.w2, Unit::plain, 6);
                }
            }
            net = d0_step(net, rule, 0.01);
        }
    }
    report.figure(
        "d0_program",
        LinePlot{.title = "A thousand steps of D0's program",
                 .x = {.label = "step"},
                 .y = {.label = "loss", .scale = Scale::log10},
                 .series = series,
                 .description =
                     "As coded, the loss climbs from 0.05 to several hundred. With the sign mended it "
                     "falls, wholly mended it falls faster."});

    // A gradient check finds the wrong derivative at once, though the loss falls.
    const D0Network net = start;
    const D0Pass p = d0_forward(net);
    const double h = 1e-5;
    D0Network up = net, down = net;
    up.w1[0] += h, down.w1[0] -= h;
    const double truth = (d0_forward(up).loss - d0_forward(down).loss) / (2 * h);
    report.value("program.check.truth", "derivative by w11, by central differences", truth);
    report.value("program.check.sign_mended", "the same, as the program with its sign mended computes it",
                 d0_backward(net, p, D0Rule::sign_mended).delta1 * d0_x[0]);
}

// ---------------------------------------------------------------------------------------------------------------
// Automatic differentiation.

// [on_a_tape]
// A network's loss on a tape: the forward pass alone, written with variables in place of numbers.
Variable loss_on_tape(Tape& tape, const Network& net, const Numbers& input, Loss kind, double truth,
                      std::vector<Variable>& weights) {
    std::vector<Variable> x;
    for (const double v : input) x.push_back(tape.leaf(v));
    for (const Layer& layer : net) {
        std::vector<Variable> a;
        for (std::size_t i = 0; i < layer.weight.size(); ++i) {
            Variable z = tape.leaf(0);
            for (std::size_t j = 0; j < x.size(); ++j) {
                weights.push_back(tape.leaf(layer.weight[i][j]));
                z = z + weights.back() * x[j];
            }
            if (!layer.bias.empty()) {
                weights.push_back(tape.leaf(layer.bias[i]));
                z = z + weights.back();
            }
            a.push_back(layer.f == Bend::relu ? relu(z) : sigmoid(z));
        }
        x = a;
    }
    const Variable y = tape.leaf(truth), one = tape.leaf(1), zero = tape.leaf(0);
    if (kind == Loss::squared) return tape.leaf(0.5) * ((x[0] - y) * (x[0] - y));
    return zero - (y * log(x[0]) + (one - y) * log(one - x[0]));
}
// [on_a_tape]

void differentiate_automatically(Report& report) {
    report.section("Automatic differentiation");
    const Network d0 = {{{{d0_start.w1[0], d0_start.w1[1], d0_start.w1[2]}}, {d0_start.b1}, Bend::relu},
                        {{{d0_start.w2}}, {d0_start.b2}, Bend::sigmoid}};
    const struct {
        const char *name, *label;
        Network net;
        Numbers x;
        Loss loss;
        double truth;
    } cases[] = {
        {"d0", "D0's network", d0, {1, 2, 3}, Loss::cross_entropy, 1},
        {"d3", "D3's network, weights divided by 100", d3_network(0.01), d3_x, Loss::cross_entropy, 1},
        {"d2", "D2's network", d2_network(), d2_x, Loss::squared, d2_truth}};
    double worst = 0;
    for (const auto& [name, label, net, x, kind, truth] : cases) {
        const auto passes = forward(net, x);
        const Numbers by_hand =
            in_order(backward(net, passes, {output_delta(kind, passes.back().z[0], truth)}));

        // [use_the_tape]
        Tape tape;
        std::vector<Variable> weights;
        const Variable loss = loss_on_tape(tape, net, x, kind, truth, weights);
        const std::vector<double> gradient = tape.gradients(loss);
        Numbers automatic;
        for (const Variable w : weights) automatic.push_back(gradient[w.at]);
        // [use_the_tape]
        worst = std::max(worst, relative_error(automatic, by_hand));
        report.value(fmt::format("tape.{}", name), fmt::format("{}: entries on the tape", label),
                     tape.size());
    }
    report.value("tape.difference", "largest difference of tape and hand, relative",
                 below(worst, 1e-14, "below 1e-14"));
}

void chapter(const Options&, Report& report) {
    one_neuron(report);
    d0_by_hand(report);
    d3_by_hand(report);
    d2_by_hand(report);
    compare_with_matrices(report);
    check_gradients(report);
    run_d0_program(report);
    differentiate_automatically(report);
}

}  // namespace

int main(int argc, char** argv) {
    return run_chapter(argc, argv, {.name = "03_backprop_by_hand", .title = "Backpropagation by hand"},
                       chapter);
}
