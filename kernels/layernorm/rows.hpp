/// @file
/// Rows of a layer normalisation by whole vectors: the loops of the rungs vectorized, threaded and streamed.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "common/base/threads.hpp"
#include "kernels/activation/destination.hpp"
#include "kernels/activation/vector_math.hpp"
#include "kernels/layernorm/rungs.hpp"

namespace kbk::cpu {

/// @param from first of the elements
/// @return a vector of them
inline Vector take(const float* from, Vector) {
    return Vector::load_unaligned(from);
}
/// @param from the element
/// @return the element: the end of a row is taken one by one
inline float take(const float* from, float) {
    return *from;
}
/// @param to receives the elements @param v a vector of them
inline void put(float* to, Vector v) {
    v.store_unaligned(to);
}
/// @param to receives the element @param v the element
inline void put(float* to, float v) {
    *to = v;
}

// [layernorm_row_sums]
/// Sums over a row, each in four vectors of running sums, so that an addition need not wait for the one before it.
/// @tparam count how many sums
/// @param n     elements of the row
/// @param terms called with an index j and a Vector or a float; returns the `count` terms of the elements from j on that
///              fill one, as an array
/// @return the sums
template <std::size_t count, class Terms>
std::array<float, count> row_sums(std::int64_t n, const Terms& terms) {
    constexpr std::int64_t width = Vector::size;
    constexpr std::size_t chains = 4;
    std::array<Vector, count> sums[chains];
    for (auto& chain : sums) chain.fill(Vector(0.0f));
    const auto add = [&](auto& to, const auto& t) {
        for (std::size_t k = 0; k < count; ++k) to[k] += t[k];
    };
    std::int64_t j = 0;
    for (; j + std::int64_t(chains) * width <= n; j += std::int64_t(chains) * width)
        for (std::size_t c = 0; c < chains; ++c) add(sums[c], terms(j + std::int64_t(c) * width, Vector()));
    for (; j + width <= n; j += width) add(sums[0], terms(j, Vector()));

    std::array<float, count> total;
    for (std::size_t k = 0; k < count; ++k)
        total[k] = xsimd::hadd((sums[0][k] + sums[1][k]) + (sums[2][k] + sums[3][k]));
    for (; j < n; ++j) add(total, terms(j, 0.0f));
    return total;
}
// [layernorm_row_sums]

/// y[j] = f(j) over a row.
/// @tparam to where y goes
/// @param n elements of the row
/// @param y receives them
/// @param f called with an index j and a Vector or a float; returns the elements from j on that fill one
template <Destination to, class F>
void write_row(std::int64_t n, float* y, const F& f) {
    constexpr std::int64_t width = Vector::size;
    std::int64_t j = 0;
    if constexpr (to == Destination::memory) {
        // Such stores need whole, aligned vectors: go to the first in the ordinary way.
        for (; j < n && reinterpret_cast<std::uintptr_t>(y + j) % sizeof(Vector) != 0; ++j) y[j] = f(j, 0.0f);
        for (; j + width <= n; j += width) store_past_cache(y + j, f(j, Vector()));
    } else {
        for (; j + width <= n; j += width) put(y + j, f(j, Vector()));
    }
    for (; j < n; ++j) y[j] = f(j, 0.0f);
}

// [layernorm_vectorized]
/// Normalise rows [begin, end).
/// @tparam to where y goes
template <Destination to>
void normalise_rows(const LayerNormForward& p, std::int64_t begin, std::int64_t end) {
    const std::int64_t n = p.columns;
    const float *gamma = p.gamma, *beta = p.beta;
    for (std::int64_t i = begin; i < end; ++i) {
        const float *x = p.x + i * n, *s = p.branch ? p.sum + i * n : x;
        // Take the mean of the row, and add the branch on the way.
        const auto total = p.branch ? row_sums<1>(n, [x, b = p.branch + i * n, sum = p.sum + i * n](std::int64_t j, auto kind) {
            const auto v = take(x + j, kind) + take(b + j, kind);
            put(sum + j, v);
            return std::array{v};
        }) : row_sums<1>(n, [x](std::int64_t j, auto kind) { return std::array{take(x + j, kind)}; });
        const float mean = total[0] / float(n);

        // The row lies in the first-level cache now: reading it twice more is nearly free.
        const auto squares = row_sums<1>(n, [=](std::int64_t j, auto kind) {
            const auto distance = take(s + j, kind) - mean;
            return std::array{distance * distance};
        });
        const float rstd = 1 / std::sqrt(squares[0] / float(n) + p.epsilon);
        write_row<to>(n, p.y + i * n, [=](std::int64_t j, auto kind) {
            return take(gamma + j, kind) * ((take(s + j, kind) - mean) * rstd) + take(beta + j, kind);
        });
        if (p.mean) p.mean[i] = mean;
        if (p.rstd) p.rstd[i] = rstd;
    }
    if constexpr (to == Destination::memory) finish_streaming();
}
// [layernorm_vectorized]

// [layernorm_backward_vectorized]
/// Gradients of rows [begin, end).
/// @tparam to where dx goes
/// @param p       the problem
/// @param begin   first row
/// @param end     one past the last row
/// @param d_gamma (columns), to which these rows' gradients are added
/// @param d_beta  (columns), the same
template <Destination to>
void backward_rows(const LayerNormBackward& p, std::int64_t begin, std::int64_t end, float* d_gamma, float* d_beta) {
    const std::int64_t n = p.columns;
    const float* gamma = p.gamma;
    for (std::int64_t i = begin; i < end; ++i) {
        const float *x = p.x + i * n, *dy = p.dy + i * n, mean = p.mean[i], rstd = p.rstd[i];
        // From one reading of x and dy take both sums of the row, and a term of each column's sums.
        const auto sums = row_sums<2>(n, [=](std::int64_t j, auto kind) {
            const auto g = take(dy + j, kind), value = (take(x + j, kind) - mean) * rstd, h = take(gamma + j, kind) * g;
            put(d_gamma + j, take(d_gamma + j, kind) + g * value);
            put(d_beta + j, take(d_beta + j, kind) + g);
            return std::array{h, h * value};
        });

        const float by_one = sums[0] / float(n), by_value = sums[1] / float(n);
        const auto dx = [=](std::int64_t j, auto kind) {
            const auto value = (take(x + j, kind) - mean) * rstd;
            return (take(gamma + j, kind) * take(dy + j, kind) - by_one - value * by_value) * rstd;
        };
        if (p.residual)
            write_row<to>(n, p.dx + i * n, [=, residual = p.residual + i * n](std::int64_t j, auto kind) {
                return dx(j, kind) + take(residual + j, kind);
            });
        else
            write_row<to>(n, p.dx + i * n, dx);
    }
    if constexpr (to == Destination::memory) finish_streaming();
}
// [layernorm_backward_vectorized]

/// Begin the sums of columns: with zeros, or with the old ones.
/// @param sums    (columns)
/// @param factor  of the old ones; with 0 they are never read
/// @param columns how many
inline void begin_sums(float* sums, float factor, std::int64_t columns) {
    for (std::int64_t j = 0; j < columns; ++j) sums[j] = factor == 0 ? 0 : factor * sums[j];
}

// [layernorm_backward_threaded]
/// Gradients of all rows, in blocks that are shared among the threads. A block adds up its rows' part of d_gamma and
/// d_beta by itself; then the parts are added in the order of the blocks. Blocks depend on the sizes alone, and so do all
/// bits.
/// @param p       the problem
/// @param kept    elements of dx, the first of them, that go into the caches; the others go past them
/// @param scratch lends the parts
inline void backward_blocks(const LayerNormBackward& p, std::int64_t kept, Scratch& scratch) {
    constexpr std::int64_t grain = 1 << 14, most_blocks = 64;
    const std::int64_t n = p.columns, least = std::max<std::int64_t>(1, grain / std::max<std::int64_t>(1, n));
    const std::int64_t height = std::max(least, (p.rows + most_blocks - 1) / most_blocks);
    const std::int64_t blocks = (p.rows + height - 1) / height;
    const Scratch::Frame frame(scratch);
    float* parts = scratch.take<float>(blocks * 2 * n);
    parallel_for(blocks, [&](std::int64_t b) {
        float* part = parts + b * 2 * n;
        std::fill_n(part, 2 * n, 0.0f);
        const auto gradients = b * height * n < kept ? backward_rows<Destination::cache> : backward_rows<Destination::memory>;
        gradients(p, b * height, std::min(p.rows, (b + 1) * height), part, part + n);
    });

    constexpr std::int64_t strip = 1 << 9;  // columns of a task: four KiB of each part
    parallel_ranges(n, strip, [&](std::int64_t begin, std::int64_t end) {
        begin_sums(p.d_gamma + begin, p.old_gamma, end - begin);
        begin_sums(p.d_beta + begin, p.old_beta, end - begin);
        for (std::int64_t b = 0; b < blocks; ++b) {
            const float* part = parts + b * 2 * n;
            for (std::int64_t j = begin; j < end; ++j) {
                p.d_gamma[j] += part[j];
                p.d_beta[j] += part[n + j];
            }
        }
    });
}
// [layernorm_backward_threaded]

}  // namespace kbk::cpu
