#include "chapters/10_cnn/exercises/convolve.hpp"

namespace kbk::exercise {

void convolve(std::span<const double> x, std::int64_t height, std::int64_t width, std::span<const double> w,
              std::int64_t size, std::span<double> y) {
    const std::int64_t rows = height - size + 1, columns = width - size + 1;
    for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < columns; ++j) {
            double sum = 0;
            for (std::int64_t u = 0; u < size; ++u)
                for (std::int64_t v = 0; v < size; ++v)
                    sum += w[std::size_t(u * size + v)] * x[std::size_t((i + u) * width + j + v)];
            y[std::size_t(i * columns + j)] = sum;
        }
}

}  // namespace kbk::exercise
