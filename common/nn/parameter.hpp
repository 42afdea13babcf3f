/// @file
/// What training changes: a tensor of values and the gradient of the loss by it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/tensor/tensor.hpp"

namespace kbk {

/// A learned tensor. Tied weights are one Parameter that two layers see: their gradients add up.
/// @tparam T float for training, double for gradient checks
template <class T>
struct Parameter {
    std::string name;    ///< such as "fc1.weight": its name in checkpoints
    Tensor<T> value;     ///< what the layer computes with
    Tensor<T> gradient;  ///< of the loss by `value`, of the same shape
    bool empty = true;   ///< whether `gradient` is still to be written in this step

    /// @param parameter_name its name in checkpoints
    /// @param shape          shape of value and gradient; the values start undefined
    /// @param device         where both lie
    Parameter(std::string parameter_name, Shape shape, Device device)
        : name(std::move(parameter_name)), value(shape, device), gradient(shape, device) {}

    /// Called once by each kernel that writes the gradient.
    /// @return 0 for the first in a step, which overwrites the gradient, and 1 for all others, which add to
    /// it
    T beta() { return std::exchange(empty, false) ? T(0) : T(1); }
};

/// The parameters of a model, in a fixed order.
template <class T>
using Parameters = std::vector<Parameter<T>*>;

/// Tensors with their names, for checkpoints.
using Tensors = std::vector<std::pair<std::string, Tensor<float>*>>;

/// Begin a step: the next gradient of each parameter overwrites the last step's.
/// @param parameters of a model
template <class T>
void zero_gradients(const Parameters<T>& parameters) {
    for (Parameter<T>* p : parameters) p->empty = true;
}

}  // namespace kbk
