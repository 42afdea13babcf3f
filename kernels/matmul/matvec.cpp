/// @file
/// matmul/cpu/matvec: one row times a matrix, or a matrix times one column.
///
/// *Change*: no tiles at all: B is read once, along its rows, by all threads. *Why*: each element of B is used
/// once, so nothing repays a copy of it, and a tile of one row would leave most of the micro-kernel's
/// registers empty. Four rows of B at a time are added to C, or four dot products are summed side by side, so
/// that additions do not wait for each other. Predicted: the speed of memory, or of the cache that holds B.
/// *Limits*: m = 1, or n = 1 with a C that has no gaps. *Next*: xtensor, the first of the libraries.
#include <algorithm>
#include <cstdint>

#include "common/base/threads.hpp"
#include "kernels/matmul/epilogue.hpp"
#include "kernels/matmul/microkernel.hpp"
#include "kernels/matmul/rungs.hpp"

namespace kbk::cpu {

namespace {

// Tasks that the columns of C are cut into, where there are enough of them.
constexpr std::int64_t enough_tasks = 16;
// Work that repays waking the threads: some ten microseconds at the speed of memory.
constexpr double parallel_flops = 5e5;
// Columns of a task are a multiple of a cache line, so that no two threads write to one.
constexpr std::int64_t line = 16;

// [matmul_matvec]
/// c = beta c + a B for a few columns of a B as stored: the sum of its rows, four at a time.
/// @param p       a product with m = 1, without transposes
/// @param begin   first column
/// @param end     one past the last
void row_times_rows(const Matmul& p, std::int64_t begin, std::int64_t end) {
    float* c = p.c + begin;
    const std::int64_t n = end - begin;
    for (std::int64_t j = 0; j < n; ++j) c[j] = p.beta == 0 ? 0.0f : p.beta * c[j];

    std::int64_t l = 0;
    for (; l + 4 <= p.k; l += 4) {
        const float *a = p.a + l, *b0 = p.b + l * p.stride_b() + begin, *b1 = b0 + p.stride_b(),
                    *b2 = b1 + p.stride_b(), *b3 = b2 + p.stride_b();
        const Vector a0(a[0]), a1(a[1]), a2(a[2]), a3(a[3]);
        std::int64_t j = 0;
        for (; j + lanes <= n; j += lanes) {
            const auto at = [j](const float* b) { return Vector::load_unaligned(b + j); };
            const Vector first = xsimd::fma(a0, at(b0), a1 * at(b1)),
                         second = xsimd::fma(a2, at(b2), a3 * at(b3));
            (at(c) + (first + second)).store_unaligned(c + j);
        }
        for (; j < n; ++j) c[j] += (a[0] * b0[j] + a[1] * b1[j]) + (a[2] * b2[j] + a[3] * b3[j]);
    }
    for (; l < p.k; ++l)
        for (std::int64_t j = 0; j < n; ++j) c[j] += p.a[l] * p.b[l * p.stride_b() + begin + j];
}

/// The same for a transposed B: each element of c is the dot product of a and a stored row of B.
/// @param p       a product with m = 1 and transpose_b
/// @param begin   first column
/// @param end     one past the last
void row_times_columns(const Matmul& p, std::int64_t begin, std::int64_t end) {
    constexpr int rows = 4;
    for (std::int64_t j = begin; j < end; j += rows) {
        const float* b[rows];
        for (int r = 0; r < rows; ++r) b[r] = p.b + std::min(j + r, end - 1) * p.stride_b();

        Vector sums[rows] = {Vector(0.0f), Vector(0.0f), Vector(0.0f), Vector(0.0f)};
        std::int64_t l = 0;
        for (; l + lanes <= p.k; l += lanes) {
            const Vector a = Vector::load_unaligned(p.a + l);
#pragma GCC unroll 4
            for (int r = 0; r < rows; ++r) sums[r] = xsimd::fma(a, Vector::load_unaligned(b[r] + l), sums[r]);
        }
        for (int r = 0; r < rows && j + r < end; ++r) {
            float parts[lanes], sum = 0;
            sums[r].store_unaligned(parts);
            for (const float part : parts) sum += part;
            for (std::int64_t s = l; s < p.k; ++s) sum += p.a[s] * b[r][s];
            float& c = p.c[j + r];
            c = p.beta == 0 ? sum : sum + p.beta * c;
        }
    }
}
// [matmul_matvec]

/// @param p a product with n = 1
/// @return its transpose, a product with m = 1
Matmul transposed_vector(const Matmul& p) {
    Matmul q = p;
    q.a = p.b, q.transpose_a = !p.transpose_b, q.lda = p.stride_b();
    q.b = p.a, q.transpose_b = !p.transpose_a, q.ldb = p.stride_a();
    q.m = 1, q.n = p.m, q.ldc = p.m;
    std::swap(q.batch.outer_a, q.batch.outer_b);
    std::swap(q.batch.inner_a, q.batch.inner_b);
    q.epilogue = {};
    return q;
}

}  // namespace

void matvec(const Matmul& p, Scratch& scratch) {
    const bool column = p.m != 1;
    const Matmul row = column ? transposed_vector(p) : p;

    // Gather rows of A that are stored as columns.
    const Scratch::Frame frame(scratch);
    const bool gathers = row.transpose_a && row.stride_a() != 1;
    const std::int64_t count = row.batch.count();
    float* gathered = gathers ? scratch.take<float>(count * row.k) : nullptr;
    if (gathers)
        for (std::int64_t item = 0; item < count; ++item)
            for (std::int64_t l = 0; l < row.k; ++l) gathered[item * row.k + l] = row.item(item).a[l * row.stride_a()];

    const std::int64_t lines = divide_up(row.n, line),
                       parts = std::max<std::int64_t>(1, std::min(divide_up(enough_tasks, std::max<std::int64_t>(count, 1)), lines));
    const auto body = [&](std::int64_t task) {
        const std::int64_t item = task / parts, part = task % parts;
        Matmul q = row.item(item);
        if (gathers) q.a = gathered + item * row.k;
        const std::int64_t begin = lines * part / parts * line, end = std::min(row.n, lines * (part + 1) / parts * line);
        q.transpose_b ? row_times_columns(q, begin, end) : row_times_rows(q, begin, end);
        if (column) {
            // Elements begin to end of the row are rows of the column that it stands for.
            Matmul finished = p.item(item);
            finished.c += begin * p.stride_c(), finished.m = end - begin;
            apply_epilogue(finished);
        } else {
            q.c += begin, q.n = end - begin;
            if (q.epilogue.bias) q.epilogue.bias += begin;
            apply_epilogue(q);
        }
    };
    const double flops = 2.0 * double(row.n) * double(row.k) * double(count);
    if (flops >= parallel_flops) return parallel_for(count * parts, body);
    for (std::int64_t task = 0; task < count * parts; ++task) body(task);
}

}  // namespace kbk::cpu
