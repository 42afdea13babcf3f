#include "chapters/10_cnn/exercises/convolve_backward.hpp"

#include <algorithm>

namespace kbk::exercise {

void convolve_backward(std::span<const double> x, std::int64_t height, std::int64_t width, std::span<const double> w,
                       std::int64_t size, std::span<const double> dy, std::span<double> dw, std::span<double> dx) {
    // Your turn. The forward pass adds w[u][v] x[i + u][j + v] to y[i][j]. What does this product owe to w, and what to
    // x, if the loss changes by dy[i][j] for each unit of y[i][j]?
    (void)x, (void)height, (void)width, (void)w, (void)size, (void)dy;
    std::ranges::fill(dw, 0.0);
    std::ranges::fill(dx, 0.0);
}

}  // namespace kbk::exercise
