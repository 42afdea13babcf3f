#include "chapters/05_matmul/exercises/blocks.hpp"
#include "chapters/05_matmul/exercises/products.hpp"

using namespace kbk::exercise;

TEST_CASE("right for any size") {
    for (const std::int64_t n : {1, 2, 7, 16, 33, 50}) misses_of_product(n, multiply_in_blocks);
}

TEST_CASE("at most 1008 misses, as the chapter's blocks have") {
    const auto misses = misses_of_product(48, multiply_in_blocks);
    MESSAGE("your product misses " << misses << " times");
    CHECK(misses <= 1008);
    CHECK(misses > 0);
}
