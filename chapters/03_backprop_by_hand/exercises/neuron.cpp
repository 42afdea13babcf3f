#include "chapters/03_backprop_by_hand/exercises/neuron.hpp"

#include <cmath>

namespace kbk::exercise {

NeuronGradient neuron_gradient(double w, double b, double x, double y) {
    // Your turn. Go forward first and keep what you find; the derivative of tanh is 1 - tanh^2.
    (void)w, (void)b, (void)x, (void)y;
    return {0, 0, 0};
}

}  // namespace kbk::exercise
