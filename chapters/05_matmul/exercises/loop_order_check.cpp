#include "chapters/05_matmul/exercises/loop_order.hpp"
#include "chapters/05_matmul/exercises/products.hpp"

using namespace kbk::exercise;

TEST_CASE("right for any size") {
    for (const std::int64_t n : {1, 2, 7, 16, 33}) misses_of_product(n, multiply);
}

TEST_CASE("no more misses than the best order of three loops") {
    const auto misses = misses_of_product(48, multiply);
    MESSAGE("your product misses " << misses << " times; the best order 7200 times");
    CHECK(misses <= 7200);
    CHECK(misses > 0);
}
