// Apart from close.cpp, which benchmarks use without a test framework.
#include <doctest/doctest.h>

#include <vector>

#include "tests/support/close.hpp"

namespace kbk::test {

void require_close(std::span<const float> actual, std::span<const float> expected,
                   std::span<const double> tolerance) {
    const std::string wrong = find_difference(actual, expected, tolerance);
    REQUIRE_MESSAGE(wrong.empty(), wrong);
}

void require_close(std::span<const float> actual, std::span<const float> expected, double same) {
    require_close(actual, expected, std::vector<double>(expected.size(), same));
}

}  // namespace kbk::test
