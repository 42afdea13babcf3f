/// @file
/// The chapter's model: a multilayer perceptron, as a struct of layers.
#pragma once

#include <span>
#include <vector>

#include "common/nn/layers.hpp"

namespace kbk {

// [mlp]
/// Fully connected layers with a ReLU between each two.
/// @tparam T float to train, double to check gradients
template <class T>
struct Mlp {
    std::vector<Linear<T>> linear;  ///< one for each pair of neighbouring sizes
    std::vector<ReLU<T>> relu;      ///< one after each linear layer but the last

    /// @param sizes   features of the input, of each hidden layer, and of the output: at least two numbers
    /// @param initial how the layers begin
    /// @param seed    of their random numbers
    /// @param device  where they compute
    Mlp(std::span<const std::int64_t> sizes, Initial initial, std::uint64_t seed, Device device = Device::cpu)
        : relu(sizes.size() < 2 ? 0 : sizes.size() - 2) {
        require(sizes.size() >= 2, "a perceptron needs at least 2 sizes, input and output; {} given", sizes.size());
        linear.reserve(sizes.size() - 1);
        for (std::size_t i = 1; i < sizes.size(); ++i)
            linear.emplace_back("fc" + std::to_string(i), sizes[i - 1], sizes[i], initial, seed, device);
    }

    /// @param x (rows, features)
    /// @return (rows, outputs)
    const Tensor<T>& forward(const Tensor<T>& x) {
        const Tensor<T>* h = &linear.front().forward(x);
        for (std::size_t i = 1; i < linear.size(); ++i) h = &linear[i].forward(relu[i - 1].forward(*h));
        return *h;
    }

    /// @param dy (rows, outputs), gradient of the loss by what `forward` returned
    void backward(const Tensor<T>& dy) {
        const Tensor<T>* d = &dy;
        for (std::size_t i = linear.size() - 1; i > 0; --i) d = &relu[i - 1].backward(linear[i].backward(*d));
        linear.front().backward_parameters(*d);
    }

    /// @return weight and bias of each layer, from the input on
    Parameters<T> parameters() {
        Parameters<T> all;
        for (auto& layer : linear)
            for (auto* p : layer.parameters()) all.push_back(p);
        return all;
    }
};
// [mlp]

}  // namespace kbk
