#include "chapters/06_gpu/exercises/puzzle.hpp"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <cmath>
#include <cstring>

#include "chapters/06_gpu/watch.hpp"
#include "common/base/error.hpp"
#include "common/base/philox.hpp"

namespace kbk::puzzle {

namespace {

void complain(const std::string& what, const std::source_location& where) {
    ADD_FAIL_CHECK_AT(where.file_name(), int(where.line()), what);
}

// The first element that is not as expected, in words; empty where there is none.
template <class T>
std::string difference(const std::vector<T>& found, const std::vector<T>& expected, double tolerance,
                       const std::vector<T>& before) {
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (std::fabs(double(found[i]) - double(expected[i])) <= tolerance) continue;
        if (std::memcmp(&found[i], &before[i], sizeof(T)) == 0)
            return fmt::format("out[{}] should be {}, and is what it was before the launch", i, expected[i]);
        return fmt::format("out[{}] is {}, and should be {}", i, found[i], expected[i]);
    }
    return "";
}

}  // namespace

std::vector<float> numbers(std::size_t count, std::uint64_t stream) {
    std::vector<float> values(count);
    Philox(6, stream).fill_uniform(values, -1, 1);
    return values;
}

template <class T>
bool right(const std::vector<T>& expected, const std::function<void(T*)>& launch,
           const std::vector<T>& before, double tolerance, std::source_location where) {
    // Bytes of all ones: as floats not a number, so that whoever reads them finds out.
    std::vector<T> poison(expected.size());
    std::memset(poison.data(), 0xff, poison.size() * sizeof(T));
    const std::vector<T>& start = before.empty() ? poison : before;
    for (const bool reverse : {false, true}) {
        const DeviceArray<T> out("out", start);
        std::string wrong = lesson::mistake_in([&] { launch(out.data()); }, reverse);
        if (wrong.empty()) wrong = difference(out.values(), expected, tolerance, start);
        if (wrong.empty()) continue;
        complain(reverse ? wrong + " (threads in reverse order)" : wrong, where);
        return false;
    }
    return true;
}

template bool right(const std::vector<float>&, const std::function<void(float*)>&, const std::vector<float>&,
                    double, std::source_location);
template bool right(const std::vector<int>&, const std::function<void(int*)>&, const std::vector<int>&,
                    double, std::source_location);

cuda::profiler::KernelProfile measure(const std::function<void()>& launch) {
    return lesson::watch(launch);
}

void score(const char* what, std::int64_t yours, std::int64_t possible, std::int64_t allowed,
           std::source_location where) {
    fmt::print("score: {} {}, possible {}\n", what, yours, possible);
    std::fflush(stdout);
    if (yours > allowed)
        complain(fmt::format("right, but: your kernel needs {} {}; possible are {}", yours, what, possible),
                 where);
}

void score(const char* what, std::int64_t yours, std::int64_t possible, std::source_location where) {
    score(what, yours, possible, possible, where);
}

}  // namespace kbk::puzzle
