#include <doctest/doctest.h>

#include <stdexcept>

#include "chapters/14_transformer/exercises/encode.hpp"

using kbk::exercise::encode;

TEST_CASE("the chapter's word") {
    CHECK(encode("abcdr", "abracadabra") == std::vector<int>{0, 1, 4, 0, 2, 0, 3, 0, 1, 4, 0});
}

TEST_CASE("any alphabet, in any order") {
    CHECK(encode("zyx", "xyzzy") == std::vector<int>{2, 1, 0, 0, 1});
    CHECK(encode("\n a", "a a\n") == std::vector<int>{2, 1, 2, 0});
    CHECK(encode("abc", "").empty());
}

TEST_CASE("a character that is not in the alphabet is refused") {
    CHECK_THROWS_AS(encode("abc", "abx"), std::invalid_argument);
    CHECK_THROWS_AS(encode("", "a"), std::invalid_argument);
}
