#include "chapters/05_matmul/exercises/panels.hpp"

#include <algorithm>

namespace kbk::exercise {

void pack_panels(const float* b, std::int64_t b_row, bool transposed, std::int64_t k, std::int64_t n, float* panels) {
    std::fill_n(panels, k * ((n + 7) / 8 * 8), 0.0f);
    for (std::int64_t j = 0; j < n; ++j)
        for (std::int64_t l = 0; l < k; ++l)
            panels[j / 8 * 8 * k + 8 * l + j % 8] = transposed ? b[j * b_row + l] : b[l * b_row + j];
}

}  // namespace kbk::exercise
