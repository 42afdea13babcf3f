#include <doctest/doctest.h>

#include "chapters/14_transformer/exercises/parameters.hpp"

using kbk::exercise::parameters;
using kbk::exercise::widest;

TEST_CASE("the chapter's models") {
    CHECK(parameters(78, 64, 2, 128) == 414976);
    CHECK(parameters(65, 64, 4, 128) == 809856);
    CHECK(parameters(50257, 1024, 12, 768) == 124439808);
}

TEST_CASE("a model without blocks, and one of one channel") {
    CHECK(parameters(10, 5, 0, 4) == 68);
    CHECK(parameters(1, 1, 1, 1) == 29);
}

TEST_CASE("the widest that a budget allows") {
    CHECK(widest(124439808, 50257, 1024, 12) == 768);
    CHECK(widest(124439807, 50257, 1024, 12) == 704);
    CHECK(widest(1000000, 65, 64, 4) == 128);
    CHECK(widest(1000, 65, 64, 4) == 0);
    CHECK(widest(174604259328, 50257, 2048, 96) == 12288);
}
