/// @file
/// The micro-kernels, one for each size of tile, and the choice among them.
#include "kernels/matmul/microkernel.hpp"

#include <array>
#include <utility>

namespace kbk::cpu {

namespace {

// Steps of k in one round of the loop: each round pays for counting, and code that grows beyond what the
// processor keeps decoded pays too. Sanitizers check every access, and would take minutes to compile that many.
#ifdef __SANITIZE_ADDRESS__
constexpr int steps_at_once = 1;
#else
constexpr int steps_at_once = 4;
#endif

/// Where a micro-kernel finds A and B, and whether it asks for C ahead of time.
enum class Source { anywhere, panels, panels_prefetching };

// [matmul_hold]
/// Keep a vector in its register. Compilers know that a multiply-add can take an operand from memory, and
/// would load a vector of B again for each row of the tile: more loads than the processor has ports for.
/// @param v just loaded
inline void hold([[maybe_unused]] Vector& v) {
#ifdef __AVX512F__
    asm("" : "+v"(v.data));
#elif defined(__SSE2__)
    asm("" : "+x"(v.data));
#elif defined(__aarch64__)
    asm("" : "+w"(v.data));
#endif
}
// [matmul_hold]

// [matmul_microkernel]
/// Compute a tile of constant size with all its sums in registers.
template <Source source, int rows, int vectors>
void microkernel(const Tile& t) {
    // Copy the operands, or the compiler reads them again after each store to C, which may have changed them.
    constexpr bool packed = source != Source::anywhere;
    const std::int64_t k = t.k, c_row = t.c_row, a_row = packed ? 1 : t.a_row;
    const std::int64_t a_step = packed ? tile_rows : t.a_step, b_step = packed ? tile_columns : t.b_step;
    const float *a = t.a, *b = t.b, beta = t.beta;
    float* const c = t.c;

    // Ask for both ends of each row of C, so that they have arrived when the sums are ready.
    if constexpr (source == Source::panels_prefetching)
#pragma GCC unroll 32
        for (int i = 0; i < rows; ++i) {
            __builtin_prefetch(c + i * c_row, 1);
            __builtin_prefetch(c + i * c_row + vectors * lanes - 1, 1);
        }

    Vector sum[rows][vectors];
#pragma GCC unroll 32
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 32
        for (int v = 0; v < vectors; ++v) sum[i][v] = Vector(0.0f);

    // Add one column of A times one row of B in each step.
#pragma GCC unroll steps_at_once
    for (std::int64_t l = 0; l < k; ++l, a += a_step, b += b_step) {
        Vector row_of_b[vectors];
#pragma GCC unroll 32
        for (int v = 0; v < vectors; ++v) {
            row_of_b[v] = Vector::load_unaligned(b + v * lanes);
            hold(row_of_b[v]);
        }
#pragma GCC unroll 32
        for (int i = 0; i < rows; ++i) {
            const Vector element_of_a(a[i * a_row]);
#pragma GCC unroll 32
            for (int v = 0; v < vectors; ++v) sum[i][v] = xsimd::fma(element_of_a, row_of_b[v], sum[i][v]);
        }
    }

    // Store the sums, with the old values where they count.
    if (beta != 0)
#pragma GCC unroll 32
        for (int i = 0; i < rows; ++i)
#pragma GCC unroll 32
            for (int v = 0; v < vectors; ++v)
                sum[i][v] =
                    xsimd::fma(Vector(beta), Vector::load_unaligned(c + i * c_row + v * lanes), sum[i][v]);
#pragma GCC unroll 32
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 32
        for (int v = 0; v < vectors; ++v) sum[i][v].store_unaligned(c + i * c_row + v * lanes);
}
// [matmul_microkernel]

/// @return the micro-kernel of a size; null where its sums would not fit the registers
template <Source source, int rows, int vectors>
constexpr auto kernel_of() -> void (*)(const Tile&) {
    if constexpr (rows * vectors <= tile_sums)
        return microkernel<source, rows, vectors>;
    else
        return nullptr;
}

template <Source source>
void compute(const Tile& t, std::int64_t rows, std::int64_t columns) {
    // One micro-kernel for each size, so that small tiles do not pay for full ones. Panels of A have tile_rows rows.
    using Kernel = void (*)(const Tile&);
    constexpr int most_rows = source == Source::anywhere ? tile_sums : tile_rows;
    static constexpr auto kernels = []<int... index>(std::integer_sequence<int, index...>) {
        return std::array<Kernel, sizeof...(index)>{kernel_of<source, index / tile_vectors + 1, index % tile_vectors + 1>()...};
    }
    (std::make_integer_sequence<int, most_rows * tile_vectors>());
    const std::int64_t vectors = divide_up(columns, lanes);
    const Kernel kernel = kernels[static_cast<std::size_t>((rows - 1) * tile_vectors + vectors - 1)];

    if (columns == vectors * lanes) return kernel(t);
    float buffer[tile_sums * tile_columns];
    Tile whole = t;
    whole.c = buffer;
    whole.c_row = tile_columns;
    whole.beta = 0;
    kernel(whole);
    for (std::int64_t i = 0; i < rows; ++i) {
        const float* sums = buffer + i * tile_columns;
        float* c = t.c + i * t.c_row;
        std::int64_t j = 0;
        for (; j + lanes <= columns; j += lanes) {
            const Vector sum = Vector::load_unaligned(sums + j);
            (t.beta == 0 ? sum : xsimd::fma(Vector(t.beta), Vector::load_unaligned(c + j), sum)).store_unaligned(c + j);
        }
        for (; j < columns; ++j) c[j] = t.beta == 0 ? sums[j] : sums[j] + t.beta * c[j];
    }
}

}  // namespace

void compute_tile(const Tile& t, std::int64_t rows, std::int64_t columns) {
    compute<Source::anywhere>(t, rows, columns);
}

template <Prefetch prefetch>
void compute_packed_tile(const Tile& t, std::int64_t rows, std::int64_t columns) {
    compute<prefetch == Prefetch::yes ? Source::panels_prefetching : Source::panels>(t, rows, columns);
}
template void compute_packed_tile<Prefetch::no>(const Tile&, std::int64_t, std::int64_t);
template void compute_packed_tile<Prefetch::yes>(const Tile&, std::int64_t, std::int64_t);

}  // namespace kbk::cpu
