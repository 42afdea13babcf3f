/// @file
/// A network in plain loops over plain numbers: what one does on paper, and in the same order.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace kbk {

using Numbers = std::vector<double>;  ///< one number a unit
using Rows = std::vector<Numbers>;    ///< one row of weights a unit

/// The bends that this chapter needs.
enum class Bend { relu, sigmoid };

/// @return 1 / (1 + exp(-z))
inline double sigmoid(double z) {
    return 1 / (1 + std::exp(-z));
}

// [bends]
/// @return f(z)
inline double bend(Bend f, double z) {
    return f == Bend::relu ? (z > 0 ? z : 0) : sigmoid(z);
}

/// @return f'(z)
inline double slope(Bend f, double z) {
    return f == Bend::relu ? (z > 0 ? 1 : 0) : sigmoid(z) * (1 - sigmoid(z));
}
// [bends]

/// One layer: a row of weights and a bias for each unit, and the bend that all units share.
struct Layer {
    Rows weight;   ///< (units, inputs)
    Numbers bias;  ///< (units), or empty: no biases
    Bend f;        ///< the bend
};

/// Layers, from the input on.
using Network = std::vector<Layer>;

/// What a layer computed on the way forward, kept for the way back.
struct Pass {
    Numbers input;  ///< what it was given
    Numbers z;      ///< weighted sums
    Numbers a;      ///< activations: f(z)
};

// [forward]
/// @param net a network
/// @param x   its input
/// @return what each layer was given and computed; the last one's `a` is the prediction
inline std::vector<Pass> forward(const Network& net, Numbers x) {
    std::vector<Pass> passes;
    for (const Layer& layer : net) {
        Pass pass{x, {}, {}};
        for (std::size_t i = 0; i < layer.weight.size(); ++i) {
            double z = layer.bias.empty() ? 0 : layer.bias[i];
            for (std::size_t j = 0; j < x.size(); ++j) z += layer.weight[i][j] * x[j];
            pass.z.push_back(z);
            pass.a.push_back(bend(layer.f, z));
        }
        x = pass.a;
        passes.push_back(pass);
    }
    return passes;
}
// [forward]

/// What the way back finds in a layer.
struct LayerGradient {
    Numbers delta;  ///< derivative of the loss by each weighted sum
    Rows weight;    ///< by each weight
    Numbers bias;   ///< by each bias
};

// [backward]
/// @param net    a network
/// @param passes what `forward` returned
/// @param delta  derivative of the loss by the last layer's weighted sums
/// @return the derivatives by everything
inline std::vector<LayerGradient> backward(const Network& net, const std::vector<Pass>& passes,
                                           Numbers delta) {
    std::vector<LayerGradient> gradients(net.size());
    for (std::size_t l = net.size(); l-- > 0;) {
        // A weight: the error at its end times the number at its beginning.
        LayerGradient& g = gradients[l];
        g.delta = delta;
        if (!net[l].bias.empty()) g.bias = delta;
        for (const double d : delta) {
            g.weight.emplace_back();
            for (const double input : passes[l].input) g.weight.back().push_back(d * input);
        }
        if (l == 0) break;

        // A unit of the layer before: the errors of all units that it feeds, through their weights, times its
        // slope.
        Numbers before;
        for (std::size_t j = 0; j < passes[l].input.size(); ++j) {
            double sum = 0;
            for (std::size_t i = 0; i < delta.size(); ++i) sum += net[l].weight[i][j] * delta[i];
            before.push_back(sum * slope(net[l - 1].f, passes[l - 1].z[j]));
        }
        delta = before;
    }
    return gradients;
}
// [backward]

// [step]
/// One step against the gradient.
/// @param net       changed
/// @param gradients what `backward` returned
/// @param rate      the learning rate
inline void descend(Network& net, const std::vector<LayerGradient>& gradients, double rate) {
    for (std::size_t l = 0; l < net.size(); ++l)
        for (std::size_t i = 0; i < net[l].weight.size(); ++i) {
            if (!net[l].bias.empty()) net[l].bias[i] -= rate * gradients[l].bias[i];
            for (std::size_t j = 0; j < net[l].weight[i].size(); ++j)
                net[l].weight[i][j] -= rate * gradients[l].weight[i][j];
        }
}
// [step]

/// The two losses of this chapter.
enum class Loss { cross_entropy, squared };

/// @param kind  binary cross-entropy, or half the squared error
/// @param z     the output unit's weighted sum, before its sigmoid
/// @param truth 0 or 1 for cross-entropy, any number for the squared error
/// @return the loss; cross-entropy from z itself, so that it survives predictions of 0 and 1
inline double loss_of(Loss kind, double z, double truth) {
    if (kind == Loss::squared) return 0.5 * std::pow(sigmoid(z) - truth, 2);
    return std::fmax(z, 0) - z * truth + std::log1p(std::exp(-std::fabs(z)));
}

// [output_delta]
/// @return derivative of the loss by z, with which the way back begins
inline double output_delta(Loss kind, double z, double truth) {
    const double prediction = sigmoid(z);
    return kind == Loss::squared ? (prediction - truth) * slope(Bend::sigmoid, z) : prediction - truth;
}
// [output_delta]

}  // namespace kbk
