/// @file
/// matmul/cpu/blocked: the reordered loops, on blocks that stay in the cache.
///
/// *Change*: the loops over l and j are cut into blocks, and all rows of A pass over one block of B before
/// the next. *Why*: the reordered rung streams all of B through the cache once for each row of C. A block
/// that fits the second-level cache is fetched once and used m times. Predicted: no change while B fits the
/// cache anyway, and a gain that grows with n beyond. *Limits*: one product, no epilogue; B as stored.
/// *Next*: packed, which also keeps sums in registers: here each multiplication still loads and stores an
/// element of C.
#include <algorithm>

#include "kernels/matmul/rungs.hpp"

namespace kbk::cpu {

namespace {

// A block of B is 128 x 512 floats, 256 KiB: half of a common second-level cache, or a quarter of a large
// one. Its rows are long, so that the vector loop over j runs many times between two changes of row.
constexpr std::int64_t block_k = 128, block_n = 512;

}  // namespace

// [matmul_blocked]
void blocked(const Matmul& p, Scratch&) {
    const std::int64_t a_row = p.transpose_a ? 1 : p.stride_a(), a_column = p.transpose_a ? p.stride_a() : 1;

    for (std::int64_t i = 0; i < p.m; ++i)
        for (std::int64_t j = 0; j < p.n; ++j) {
            float& c = p.c[i * p.stride_c() + j];
            c = p.beta == 0 ? 0.0f : p.beta * c;
        }

    for (std::int64_t j0 = 0; j0 < p.n; j0 += block_n)
        for (std::int64_t l0 = 0; l0 < p.k; l0 += block_k) {
            // Multiply by one block of B, rows l0... and columns j0..., while it stays in the cache.
            const std::int64_t columns = std::min(block_n, p.n - j0), l1 = std::min(l0 + block_k, p.k);
            for (std::int64_t i = 0; i < p.m; ++i) {
                float* c = p.c + i * p.stride_c() + j0;
                for (std::int64_t l = l0; l < l1; ++l) {
                    const float a = p.a[i * a_row + l * a_column];
                    const float* b = p.b + l * p.stride_b() + j0;
                    for (std::int64_t j = 0; j < columns; ++j) c[j] += a * b[j];
                }
            }
        }
}
// [matmul_blocked]

}  // namespace kbk::cpu
