#include "tests/kernels/residual_cases.hpp"

#include "kernels/activation/destination.hpp"
#include "kernels/residual/rungs.hpp"
#include "tests/support/ladder_check.hpp"
#include "tests/support/message_of.hpp"

namespace kbk::test {

TEST_CASE("every rung adds") {
    std::vector<Case<Residual>> cases;
    for (const std::int64_t n : {0, 1, 3, 4, 7, 8, 9, 33, 255, 257, 1000, 70001})
        for (const SumPlace place : {SumPlace::beside, SumPlace::over_a, SumPlace::over_b})
            if (n <= 1000 || !checked_cuda()) cases.push_back(residual_case(n, place));
    check_rungs(residual(), cases);
    check_thread_counts(residual(), std::vector<Case<Residual>>{residual_case(100003)});
}

TEST_CASE("arrays that no cache holds") {
    if (checked_cuda()) return;
    // An odd number of elements at an odd address: the stores past the caches begin and end within a vector.
    const std::int64_t n = cpu::cache_budget() / 11 + 5;
    const auto test = residual_case(n);
    CHECK(residual().best(Device::cpu, test.problem()).name == "streamed");
    CHECK(test.check(residual().rung("cpu/streamed").run) == "");
    CHECK(cost(test.problem()).bytes == 12 * double(n));
}

TEST_CASE("validate names the value and its limit") {
    float x[2] = {};
    Scratch scratch;
    CHECK(message_of([&] { residual().run({x, x, x, -2}, scratch); }) == "residual: count is -2, it must not be negative");
    CHECK(message_of([&] { residual().run({x, nullptr, x, 2}, scratch); }) ==
          "residual: a null pointer where 2 elements are expected");
}

}  // namespace kbk::test
