/// @file
/// Exercise 1 of chapter 3: the gradient of one neuron, link by link.
#pragma once

namespace kbk::exercise {

/// What the way back finds.
struct NeuronGradient {
    double w;  ///< derivative of the loss by the weight
    double b;  ///< by the bias
    double x;  ///< by the input
};

/// Derivatives of L = (tanh(w x + b) - y)^2 / 2.
/// @param w weight
/// @param b bias
/// @param x input
/// @param y truth
/// @return them
NeuronGradient neuron_gradient(double w, double b, double x, double y);

}  // namespace kbk::exercise
