#include "chapters/05_matmul/exercises/tile.hpp"

namespace kbk::exercise {

void add_tile(std::int64_t k, const float* a, const float* b, float* c, std::int64_t c_row) {
    // Your turn. Each sum here is loaded from C and stored again at each step. Let all 64 live in an array of constant
    // size while they add up: the compiler gives it registers, if it can unroll every loop over it.
    for (std::int64_t l = 0; l < k; ++l)
        for (int i = 0; i < 4; ++i)
            for (int j = 0; j < 16; ++j) c[i * c_row + j] += a[4 * l + i] * b[16 * l + j];
}

}  // namespace kbk::exercise
