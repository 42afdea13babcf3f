/// @file
/// The chapter's network: fully connected layers with one function between each two.
#pragma once

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "common/nn/layers.hpp"

namespace kbk {

// [network]
/// A network in which every bend is of the same kind.
struct Network {
    std::vector<Linear<float>> linear;         ///< one for each pair of neighbouring sizes
    std::vector<ActivationLayer<float>> bend;  ///< one after each linear layer but the last

    /// @param sizes  numbers in the input, in each hidden layer, and in the output
    /// @param kind   the bend
    /// @param gain   weights are uniform with variance gain^2 / inputs; biases begin at 0
    /// @param seed   of their random numbers
    /// @param device where it computes
    Network(std::span<const std::int64_t> sizes, Activation kind, double gain, std::uint64_t seed,
            Device device) {
        for (std::size_t i = 1; i < sizes.size(); ++i) {
            const std::string name = "fc" + std::to_string(i);
            linear.emplace_back(name, sizes[i - 1], sizes[i], Initial::keras, seed, device);
            Tensor<float> weight(linear.back().weight.value.shape());
            const float bound = float(gain * std::sqrt(3 / double(sizes[i - 1])));
            Philox(seed, stream_id(name)).fill_uniform(weight.values(), -bound, bound);
            linear.back().weight.value = weight.to(device);
            if (i + 1 < sizes.size()) bend.emplace_back(kind);
        }
    }

    /// @param x (rows, inputs)
    /// @return (rows, outputs)
    const Tensor<float>& forward(const Tensor<float>& x) {
        const Tensor<float>* h = &linear.front().forward(x);
        for (std::size_t i = 1; i < linear.size(); ++i) h = &linear[i].forward(bend[i - 1].forward(*h));
        return *h;
    }

    /// @param dy (rows, outputs), gradient of the loss by what `forward` returned
    void backward(const Tensor<float>& dy) {
        const Tensor<float>* d = &dy;
        for (std::size_t i = linear.size() - 1; i > 0; --i) d = &bend[i - 1].backward(linear[i].backward(*d));
        linear.front().backward_parameters(*d);
    }

    /// @return weight and bias of each layer, from the input on
    Parameters<float> parameters() {
        Parameters<float> all;
        for (auto& layer : linear)
            for (auto* p : layer.parameters()) all.push_back(p);
        return all;
    }
};
// [network]

}  // namespace kbk
