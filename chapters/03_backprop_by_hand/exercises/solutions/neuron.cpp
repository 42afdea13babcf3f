#include "chapters/03_backprop_by_hand/exercises/neuron.hpp"

#include <cmath>

namespace kbk::exercise {

NeuronGradient neuron_gradient(double w, double b, double x, double y) {
    const double prediction = std::tanh(w * x + b);
    const double dz = (prediction - y) * (1 - prediction * prediction);
    return {dz * x, dz, dz * w};
}

}  // namespace kbk::exercise
