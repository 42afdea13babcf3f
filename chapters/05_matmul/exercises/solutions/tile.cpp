#include "chapters/05_matmul/exercises/tile.hpp"

namespace kbk::exercise {

void add_tile(std::int64_t k, const float* a, const float* b, float* c, std::int64_t c_row) {
    // The widest vectors that the processor has, as many as make sixteen columns.
    using Vector = float __attribute__((vector_size(__BIGGEST_ALIGNMENT__), aligned(4)));
    constexpr int lanes = __BIGGEST_ALIGNMENT__ / 4, vectors = 16 / lanes;
    Vector sum[4][vectors] = {};
    for (std::int64_t l = 0; l < k; ++l)
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i)
#pragma GCC unroll 4
            for (int v = 0; v < vectors; ++v)
                sum[i][v] += a[4 * l + i] * *reinterpret_cast<const Vector*>(b + 16 * l + lanes * v);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) *reinterpret_cast<Vector*>(c + i * c_row + lanes * v) += sum[i][v];
}

}  // namespace kbk::exercise
