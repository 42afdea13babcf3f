#include "chapters/01_activations/exercises/softmax_backward.hpp"

namespace kbk::exercise {

void softmax_backward(std::span<const double> y, std::span<const double> dy, std::span<double> dx) {
    double dot = 0;
    for (std::size_t k = 0; k < y.size(); ++k) dot += y[k] * dy[k];
    for (std::size_t j = 0; j < y.size(); ++j) dx[j] = y[j] * (dy[j] - dot);
}

}  // namespace kbk::exercise
