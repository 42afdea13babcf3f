/// @file
/// What the chapter measures of a processor.
#include "chapters/05_matmul/measure.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <numeric>
#include <span>
#include <type_traits>
#include <xsimd/xsimd.hpp>

#include "common/base/error.hpp"
#include "common/base/machine.hpp"
#include "common/base/philox.hpp"

namespace kbk::lesson {

namespace {

using Vector = xsimd::batch<float>;
constexpr std::int64_t line = 64;

// The compiler must neither know the numbers nor drop the results.
volatile float halving = 0.5f, one = 1.0f, sink;
volatile std::int64_t increment = 1, sink_integer;

// Memory in pages of the plain size or, where the system has them, in huge ones, which need few entries of the
// table of addresses.
class Pages {
  public:
    Pages(std::int64_t bytes, bool huge) : bytes_(std::size_t((bytes + huge_page - 1) / huge_page * huge_page)) {
        memory_ = static_cast<char*>(std::aligned_alloc(huge_page, bytes_));
        if (!memory_) throw std::bad_alloc();
        ::madvise(memory_, bytes_, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
        std::memset(memory_, 0, bytes_);
    }
    ~Pages() { std::free(memory_); }
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;
    [[nodiscard]] char* data() const { return memory_; }

  private:
    static constexpr std::int64_t huge_page = std::int64_t(1) << 21;
    std::size_t bytes_;
    char* memory_;
};

template <class Number>
Number fma(Number x, Number factor, Number summand) {
    if constexpr (std::is_same_v<Number, float>)
        return x * factor + summand;  // one instruction where the processor has it
    else
        return xsimd::fma(x, factor, summand);
}

// [chains]
template <int chains, class Number>
Number run_chains(std::int64_t rounds, Number factor, Number summand) {
    Number sum[chains];
#pragma GCC unroll 16
    for (int c = 0; c < chains; ++c) sum[c] = Number(float(c));
    for (std::int64_t round = 0; round < rounds; ++round)
#pragma GCC unroll 16
        for (int c = 0; c < chains; ++c) sum[c] = lesson::fma(sum[c], factor, summand);
#pragma GCC unroll 16
    for (int c = 1; c < chains; ++c) sum[0] = sum[0] + sum[c];
    return sum[0];
}
// [chains]

template <int chains>
double time_chains(bool vector) {
    constexpr std::int64_t rounds = 400000 / chains;
    const float factor = halving, summand = one;
    const double seconds = fastest([&] {
        if (vector)
            sink = xsimd::hadd(run_chains<chains>(rounds, Vector(factor), Vector(summand)));
        else
            sink = run_chains<chains>(rounds, factor, summand);
    });
    return seconds / double(rounds);
}

}  // namespace

double cycle_seconds() {
    constexpr std::int64_t rounds = 1000000;
    const double seconds = fastest([] {
        std::int64_t sum = increment;
        const std::int64_t step = increment;
        for (std::int64_t i = 0; i < rounds; ++i) {
            // Four additions in a row; the empty statements keep the compiler from making one of them.
#pragma GCC unroll 4
            for (int part = 0; part < 4; ++part) {
                sum += step;
                asm volatile("" : "+r"(sum));
            }
        }
        sink_integer = sum;
    });
    return seconds / (4.0 * double(rounds));
}

double step_seconds(int chains, bool vector) {
    switch (chains) {
        case 1: return time_chains<1>(vector);
        case 2: return time_chains<2>(vector);
        case 4: return time_chains<4>(vector);
        case 6: return time_chains<6>(vector);
        case 8: return time_chains<8>(vector);
        case 10: return time_chains<10>(vector);
        case 12: return time_chains<12>(vector);
    }
    fail("{} chains: 1, 2, 4, 6, 8, 10 or 12 are compiled", chains);
}

int vector_floats() {
    return int(Vector::size);
}

double load_seconds(std::int64_t lines, std::int64_t spread) {
    // Visit the lines in one random cycle, so that no processor can foresee the next.
    std::vector<std::uint32_t> order(static_cast<std::size_t>(lines));
    std::iota(order.begin(), order.end(), 0u);
    Philox(1, stream_id("chase", std::uint64_t(lines))).shuffle(std::span(order));
    const Pages pages(lines * spread, spread == line);
    const auto place = [&](std::size_t i) { return pages.data() + std::int64_t(order[i]) * spread; };
    for (std::size_t i = 0; i < order.size(); ++i) {
        char* next = place((i + 1) % order.size());
        std::memcpy(place(i), &next, sizeof next);
    }

    // [chase]
    const auto chase = [&](std::int64_t loads) {
        char* at = pages.data();
        for (std::int64_t i = 0; i < loads; ++i) std::memcpy(&at, at, sizeof at);
        sink_integer = at - pages.data();
    };
    // [chase]
    chase(lines);
    const std::int64_t loads = 60000;
    return fastest([&] { chase(loads); }, 7) / double(loads);
}

double read_rate(std::int64_t bytes) {
    const Pages pages(bytes, true);
    const auto* numbers = reinterpret_cast<const float*>(pages.data());
    constexpr std::int64_t at_once = 8 * std::int64_t(Vector::size);
    const std::int64_t count = bytes / 4 / at_once * at_once;
    // A few milliseconds, or one pass.
    const std::int64_t passes = std::max<std::int64_t>(1, (std::int64_t(1) << 26) / bytes);
    const double seconds = fastest([&] {
        Vector sum[8];
#pragma GCC unroll 8
        for (auto& s : sum) s = Vector(0.0f);
        for (std::int64_t pass = 0; pass < passes; ++pass)
            for (std::int64_t i = 0; i < count; i += at_once)
#pragma GCC unroll 8
                for (int s = 0; s < 8; ++s)
                    sum[s] = sum[s] + Vector::load_aligned(numbers + i + s * std::int64_t(Vector::size));
#pragma GCC unroll 8
        for (int s = 1; s < 8; ++s) sum[0] = sum[0] + sum[s];
        sink = xsimd::hadd(sum[0]);
    });
    return double(passes) * double(count) * 4 / seconds;
}

double strided_seconds(std::int64_t stride) {
    static const std::int64_t bytes = std::clamp<std::int64_t>(2 * machine().last_cache(), 1 << 25, 1 << 27);
    static const Pages pages(bytes, false);
    // Each pass begins a line further on, so that it finds nothing that the pass before has fetched.
    const std::int64_t loads = std::min<std::int64_t>(bytes / stride - 1, 1 << 16) / 4 * 4;
    std::int64_t begin = 0;
    const double seconds = fastest([&] {
        float sum[4] = {};
        const char* at = pages.data() + begin;
        for (std::int64_t i = 0; i < loads; i += 4)
#pragma GCC unroll 4
            for (int part = 0; part < 4; ++part, at += stride) {
                float number;
                std::memcpy(&number, at, sizeof number);
                sum[part] += number;
            }
        sink = sum[0] + sum[1] + sum[2] + sum[3];
        begin = stride <= line ? (begin + loads * stride) % (bytes - loads * stride) : (begin + line) % stride;
    });
    return seconds / double(loads);
}

// [cache_sizes]
std::vector<std::int64_t> cache_sizes(const std::vector<Sample>& curve) {
    // A larger set cannot be faster: what lies above a later point was disturbed.
    std::vector<double> seconds;
    for (const Sample& sample : curve) seconds.push_back(sample.seconds);
    for (std::size_t i = seconds.size() - 1; i-- > 0;) seconds[i] = std::min(seconds[i], seconds[i + 1]);

    // A cache ends where loads take half as long again as on its flat part; the next flat part begins where
    // they hardly rise any more.
    std::vector<std::int64_t> ends;
    double flat = seconds.front();
    for (std::size_t i = 1; i < curve.size(); ++i) {
        if (seconds[i] <= 1.5 * flat) continue;
        ends.push_back(curve[i - 1].bytes);
        while (i + 1 < curve.size() && seconds[i + 1] > 1.2 * seconds[i]) ++i;
        flat = seconds[i];
    }
    return ends;
}
// [cache_sizes]

}  // namespace kbk::lesson
