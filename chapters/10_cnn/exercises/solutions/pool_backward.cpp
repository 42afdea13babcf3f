#include <algorithm>

#include "chapters/10_cnn/exercises/pool_backward.hpp"

namespace kbk::exercise {

void pool_backward(std::span<const double> x, std::int64_t height, std::int64_t width, std::span<const double> dy,
                   std::span<double> dx) {
    std::ranges::fill(dx, 0.0);
    for (std::int64_t i = 0; i < height / 2; ++i)
        for (std::int64_t j = 0; j < width / 2; ++j) {
            std::int64_t winner = 2 * i * width + 2 * j;
            for (const std::int64_t other : {winner + 1, winner + width, winner + width + 1})
                if (x[std::size_t(other)] > x[std::size_t(winner)]) winner = other;
            dx[std::size_t(winner)] = dy[std::size_t(i * (width / 2) + j)];
        }
}

}  // namespace kbk::exercise
