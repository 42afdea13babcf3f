#include "common/base/limits.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <xsimd/xsimd.hpp>

#include "common/base/machine.hpp"
#include "common/base/threads.hpp"

#ifdef __SSE__
#include <xmmintrin.h>
#endif

namespace kbk {

namespace {

using Vector = xsimd::batch<float>;

// Each chain waits for its own last step only. Twelve of them keep two units busy at a latency of up to six
// cycles, and fit into sixteen registers together with the two factors. They have names of their own, because
// compilers keep an array of them in memory.
constexpr int chains = 12;

float run_chains(std::int64_t rounds, float factor, float summand) {
    const Vector f(factor), s(summand);
    Vector a(0.0f), b(1.0f), c(2.0f), d(3.0f), e(4.0f), g(5.0f), h(6.0f), i(7.0f), j(8.0f), k(9.0f), l(10.0f),
        m(11.0f);
    for (std::int64_t round = 0; round < rounds; ++round) {
        a = xsimd::fma(a, f, s), b = xsimd::fma(b, f, s), c = xsimd::fma(c, f, s), d = xsimd::fma(d, f, s);
        e = xsimd::fma(e, f, s), g = xsimd::fma(g, f, s), h = xsimd::fma(h, f, s), i = xsimd::fma(i, f, s);
        j = xsimd::fma(j, f, s), k = xsimd::fma(k, f, s), l = xsimd::fma(l, f, s), m = xsimd::fma(m, f, s);
    }
    return xsimd::hadd(((a + b) + (c + d)) + ((e + g) + (h + i)) + ((j + k) + (l + m)));
}

// The compiler must neither know the factors nor drop the sums.
volatile float halving = 0.5f, one = 1.0f;
thread_local volatile float sink;

constexpr std::int64_t block = 1 << 18;  // floats of a task of a copy: small enough to share out evenly
constexpr std::size_t line = 64;         // bytes of a cache line

}  // namespace

double multiply_add(std::int64_t rounds) {
    // More tasks than threads: one that begins late takes fewer.
    const std::int64_t tasks = 8 * threads();
    parallel_for(tasks, [&](std::int64_t) { sink = run_chains(rounds, halving, one); });
    return 2.0 * chains * Vector::size * double(tasks) * double(rounds);
}

void Copy::Free::operator()(float* memory) const {
    operator delete[](memory, std::align_val_t(line));
}

Copy::Copy() {
    // Four times the last cache, within reason: 32 MiB to 256 MiB in each array.
    const std::int64_t bytes =
        std::clamp<std::int64_t>(4 * machine().last_cache(), std::int64_t(1) << 25, std::int64_t(1) << 28);
    size_ = bytes / std::int64_t(sizeof(float));
    from_.reset(new (std::align_val_t(line)) float[std::size_t(size_)]);
    to_.reset(new (std::align_val_t(line)) float[std::size_t(size_)]);
    std::fill_n(from_.get(), size_, 1.0f);
    clear();
}

bool Copy::agrees() const {
    return std::equal(from_.get(), from_.get() + size_, to_.get());
}

void Copy::clear() {
    std::fill_n(to_.get(), size_, 0.0f);
}

void Copy::plain() {
    parallel_ranges(size_, block, [&](std::int64_t begin, std::int64_t end) {
        std::memcpy(to_.get() + begin, from_.get() + begin, std::size_t(end - begin) * sizeof(float));
    });
}

void Copy::streaming() {
#ifdef __SSE__
    // Whole cache lines, so that the processor's write-combining buffers leave as one.
    parallel_ranges(size_, block, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; i += 16)
            for (std::int64_t part = i; part < i + 16; part += 4)
                _mm_stream_ps(to_.get() + part, _mm_load_ps(from_.get() + part));
        _mm_sfence();
    });
#else
    plain();
#endif
}

}  // namespace kbk
