/// @file
/// A gallery of broken kernels, each with one fault that has been seen in real ones. The check that grades every rung
/// must reject them all, and say what is wrong.
#pragma once

#include <bit>
#include <limits>
#include <string_view>
#include <vector>

#include "common/base/threads.hpp"
#include "kernels/matmul/reference.hpp"

/// The exhibits. Each computes the right product, but for its fault.
namespace kbk::test::broken {

inline void right(const Matmul& p, Scratch&) { reference(p); }

inline void transposes_b(const Matmul& p, Scratch&) {
    Matmul q = p;
    q.transpose_b = !p.transpose_b;
    if (p.n == p.k) reference(q);  // of the same size, so that nothing crashes
    else reference(p);
}

inline void drops_the_tail(const Matmul& p, Scratch&) {
    Matmul q = p;
    q.ldc = p.stride_c();
    q.ldb = p.stride_b();
    q.n = p.n / 8 * 8;
    reference(q);
}

inline void does_nothing_the_second_time(const Matmul& p, Scratch&) {
    static bool done = false;
    if (!done) reference(p);
    done = !done;
}

inline void writes_zeros(const Matmul& p, Scratch&) {
    for (std::int64_t item = 0; item < p.batch.count(); ++item)
        for (std::int64_t i = 0; i < p.m; ++i)
            for (std::int64_t j = 0; j < p.n; ++j) p.item(item).c[i * p.stride_c() + j] = 0;
}

inline void writes_nan(const Matmul& p, Scratch&) {
    reference(p);
    if (p.m > 2 && p.n > 2) p.c[2 * p.stride_c() + 1] = std::numeric_limits<float>::quiet_NaN();
}

inline void sums_in_half_precision(const Matmul& p, Scratch&) {
    // Keep 11 significant bits, as IEEE's half precision does.
    const auto half = [](float x) { return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & 0xffffe000u); };
    reference(p);
    for (std::int64_t i = 0; i < p.m; ++i)
        for (std::int64_t j = 0; j < p.n; ++j) p.c[i * p.stride_c() + j] = half(p.c[i * p.stride_c() + j]);
}

inline void writes_past_the_end(const Matmul& p, Scratch&) {
    reference(p);
    if (p.m && p.n) p.c[(p.m - 1) * p.stride_c() + p.n] = 0;
}

inline void writes_before_the_beginning(const Matmul& p, Scratch&) {
    reference(p);
    if (p.m && p.n) p.c[-1] = 0;
}

inline void writes_into_the_gaps(const Matmul& p, Scratch&) {
    reference(p);
    if (p.m > 1 && p.stride_c() > p.n) p.c[p.n] = 0;
}

inline void ignores_beta(const Matmul& p, Scratch&) {
    Matmul q = p;
    q.beta = 0;
    reference(q);
}

inline void forgets_the_bias(const Matmul& p, Scratch&) {
    Matmul q = p;
    q.epilogue.bias = nullptr;
    reference(q);
}

inline void activates_before_the_bias(const Matmul& p, Scratch&) {
    Matmul q = p;
    q.epilogue.bias = nullptr;
    reference(q);
    if (!p.epilogue.bias) return;
    for (std::int64_t i = 0; i < p.m; ++i)
        for (std::int64_t j = 0; j < p.n; ++j) p.c[i * p.stride_c() + j] += p.epilogue.bias[j];
}

inline void reads_c_when_beta_is_zero(const Matmul& p, Scratch&) {
    std::vector<float> old;
    for (std::int64_t i = 0; i < p.m; ++i)
        for (std::int64_t j = 0; j < p.n; ++j) old.push_back(p.beta * p.c[i * p.stride_c() + j]);
    reference(p);
    if (p.beta != 0) return;
    for (std::int64_t i = 0; i < p.m; ++i)
        for (std::int64_t j = 0; j < p.n; ++j) p.c[i * p.stride_c() + j] += old[std::size_t(i * p.n + j)];
}

inline void skips_zeros(const Matmul& p, Scratch&) {
    reference(p);
    for (std::int64_t i = 0; i < p.m; ++i)
        for (std::int64_t j = 0; j < p.n; ++j) {
            float& c = p.c[i * p.stride_c() + j];
            if (c != c) c = 0;  // what 0 * NaN becomes when zeros are skipped
        }
}

inline void counts_on_zeros_in_the_scratch(const Matmul& p, Scratch& scratch) {
    const Scratch::Frame frame(scratch);
    const float* sums = scratch.take<float>(p.n);
    reference(p);
    for (std::int64_t i = 0; i < p.m; ++i)
        for (std::int64_t j = 0; j < p.n; ++j) p.c[i * p.stride_c() + j] += sums[j];
}

inline void sums_by_the_number_of_threads(const Matmul& p, Scratch& scratch) {
    // Each thread would add up a part of k, and the parts be added at the end.
    Matmul part = p;
    part.lda = p.stride_a();
    for (int t = 0; t < threads(); ++t) {
        const std::int64_t begin = p.k * t / threads(), end = p.k * (t + 1) / threads();
        part.a = p.a + begin * (p.transpose_a ? p.stride_a() : 1);
        part.b = p.b + begin * (p.transpose_b ? 1 : p.stride_b());
        part.ldb = p.stride_b();
        part.k = end - begin;
        part.beta = t == 0 ? p.beta : 1.0f;
        part.epilogue = t + 1 == threads() ? p.epilogue : Epilogue<float>{};
        right(part, scratch);
    }
}

/// One exhibit: a matrix product with a fault.
struct Exhibit {
    std::string_view fault;                ///< what is wrong with it
    void (*run)(const Matmul&, Scratch&);  ///< the faulty kernel
    std::string_view message;              ///< what the check must say, in part
};

/// @return the gallery, but for the fault that only the check of thread counts sees
inline std::vector<Exhibit> gallery() {
    return {
        {"it reads B transposed", transposes_b, "are wrong"},
        {"it drops the columns that fill no vector", drops_the_tail, "never written"},
        {"it leaves the last answer standing", does_nothing_the_second_time, "second run: 221 of 221"},
        {"it writes zeros", writes_zeros, "0 instead of"},
        {"it writes a NaN", writes_nan, "nan instead of"},
        {"it rounds to half precision", sums_in_half_precision, "are wrong"},
        {"it writes past the end", writes_past_the_end, "wrote 1 elements past the last"},
        {"it writes before the beginning", writes_before_the_beginning, "wrote 1 elements before the first"},
        {"it writes between the rows", writes_into_the_gaps, "instead of an untouched gap"},
        {"it ignores beta", ignores_beta, "beta=0.5"},
        {"it forgets the bias", forgets_the_bias, "bias"},
        {"it activates before it adds the bias", activates_before_the_bias, "bias relu"},
        {"it reads C though beta is zero", reads_c_when_beta_is_zero, "never written, or made from what was never written"},
        {"it skips zeros", skips_zeros, "0 instead of nan"},
        {"it counts on zeros in the scratch memory", counts_on_zeros_in_the_scratch, "made from what was never written"},
    };
}

}  // namespace kbk::test::broken
