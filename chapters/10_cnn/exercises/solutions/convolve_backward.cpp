#include "chapters/10_cnn/exercises/convolve_backward.hpp"

#include <algorithm>

namespace kbk::exercise {

void convolve_backward(std::span<const double> x, std::int64_t height, std::int64_t width, std::span<const double> w,
                       std::int64_t size, std::span<const double> dy, std::span<double> dw, std::span<double> dx) {
    std::ranges::fill(dw, 0.0);
    std::ranges::fill(dx, 0.0);
    const std::int64_t rows = height - size + 1, columns = width - size + 1;
    for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < columns; ++j)
            for (std::int64_t u = 0; u < size; ++u)
                for (std::int64_t v = 0; v < size; ++v) {
                    const auto tap = std::size_t(u * size + v), pixel = std::size_t((i + u) * width + j + v);
                    const double delta = dy[std::size_t(i * columns + j)];
                    dw[tap] += delta * x[pixel];
                    dx[pixel] += delta * w[tap];
                }
}

}  // namespace kbk::exercise
