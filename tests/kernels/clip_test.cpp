#include "tests/kernels/clip_cases.hpp"

#include "tests/support/ladder_check.hpp"
#include "tests/support/message_of.hpp"

namespace kbk::test {

TEST_CASE("every rung sums squares") {
    constexpr std::int64_t block = SquareSums::block;
    std::vector<Case<SquareSums>> cases;
    for (const std::int64_t n : {std::int64_t(0), std::int64_t(1), std::int64_t(31), std::int64_t(33), std::int64_t(1000),
                                 block - 1, block, block + 1, 3 * block + 100})
        if (n <= 1000 || !checked_cuda()) cases.push_back(square_sums_case(reals(n, "x")));
    if (checked_cuda()) cases.push_back(square_sums_case(reals(block + 40, "x")));
    check_rungs(square_sums(), cases);
    check_thread_counts(square_sums(), std::vector<Case<SquareSums>>{square_sums_case(reals(5 * block + 7, "x"))});

    // 1 + 4 + 9 in the one block that there is.
    check_rungs(square_sums(), {Case<SquareSums>("by hand", SquareSums{nullptr, nullptr, 3})
                                    .input(&SquareSums::x, std::vector<float>{1, -2, 3})
                                    .output(&SquareSums::sums, {0}).expect({14})});
}

TEST_CASE("every rung multiplies") {
    std::vector<Case<Rescale>> cases;
    for (const std::int64_t n : {0, 1, 3, 4, 7, 9, 33, 257, 1000, 70001})
        for (const float factor : {0.25f, 0.3f, 0.0f, -1.5f})
            if (n <= 1000 || !checked_cuda()) cases.push_back(rescale_case(n, factor));
    check_rungs(rescale(), cases);
    check_thread_counts(rescale(), std::vector<Case<Rescale>>{rescale_case(100003, 0.3f)});
}

TEST_CASE("cost and validate") {
    float x[2] = {};
    Scratch scratch;
    CHECK(cost(SquareSums{x, x, SquareSums::block + 1}).bytes == 4.0 * (SquareSums::block + 1 + 2));
    CHECK(cost(Rescale{x, 10, 1}).bytes == 80);
    CHECK(message_of([&] { square_sums().run({x, x, -2}, scratch); }) == "square_sums: count is -2, it must not be negative");
    CHECK(message_of([&] { square_sums().run({x, nullptr, 2}, scratch); }) ==
          "square_sums: a null pointer where 2 elements are expected");
    CHECK(message_of([&] { rescale().run({nullptr, 2, 1}, scratch); }) == "rescale: a null pointer where 2 elements are expected");
}

}  // namespace kbk::test
