/// @file
/// Cases of adding two arrays, for the ladder's test and for the gallery of broken kernels.
#pragma once

#include <vector>

#include "kernels/residual/reference.hpp"
#include "tests/support/case.hpp"
#include "tests/support/data.hpp"

namespace kbk::test {

/// Where a sum goes.
enum class SumPlace { beside, over_a, over_b };

/// @param count number of elements
/// @param place where the sum goes
/// @return the case; one correctly rounded addition an element, so the sums must be equal
inline Case<Residual> residual_case(std::int64_t count, SumPlace place = SumPlace::beside) {
    const auto a = reals(count, "a"), b = reals(count, "b");
    const char* names[] = {"", ", over a", ", over b"};
    Case<Residual> test(fmt::format("{} elements{}", count, names[int(place)]), Residual{nullptr, nullptr, nullptr, count});
    if (place != SumPlace::over_a) test.input(&Residual::a, a);
    if (place != SumPlace::over_b) test.input(&Residual::b, b);
    if (place == SumPlace::over_a) return test.output([](Residual& p, float* memory) { p.a = p.y = memory; }, a);
    if (place == SumPlace::over_b) return test.output([](Residual& p, float* memory) { p.b = p.y = memory; }, b);
    return test.output(&Residual::y, std::vector<float>(a.size(), poison()));
}

}  // namespace kbk::test
