#include <algorithm>

#include "chapters/05_matmul/exercises/blocks.hpp"

namespace kbk::exercise {

void multiply_in_blocks(Watched& a, Watched& b, Watched& c) {
    // A block of B takes 24 lines; one line of A and one of C pass by.
    constexpr std::int64_t rows = 24, columns = 16;
    const std::int64_t n = c.size();
    for (std::int64_t j0 = 0; j0 < n; j0 += columns)
        for (std::int64_t l0 = 0; l0 < n; l0 += rows)
            for (std::int64_t i = 0; i < n; ++i)
                for (std::int64_t l = l0; l < std::min(l0 + rows, n); ++l) {
                    const float factor = a(i, l);
                    for (std::int64_t j = j0; j < std::min(j0 + columns, n); ++j) c(i, j) += factor * b(l, j);
                }
}

}  // namespace kbk::exercise
