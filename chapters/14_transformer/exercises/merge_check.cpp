#include <doctest/doctest.h>

#include "chapters/14_transformer/exercises/merge.hpp"

using kbk::exercise::learn_merges;
using Merges = std::vector<std::pair<std::string, std::string>>;

TEST_CASE("abracadabra") {
    // ab and br and ra stand there twice; ab comes first. Then abr, then abra.
    CHECK(learn_merges("abracadabra", 3) == Merges{{"a", "b"}, {"ab", "r"}, {"abr", "a"}});
}

TEST_CASE("it ends where no pair stands twice") {
    CHECK(learn_merges("abracadabra", 100).size() == 3);
    CHECK(learn_merges("abc", 5).empty());
    CHECK(learn_merges("", 5).empty());
    CHECK(learn_merges("abab", 0).empty());
}

TEST_CASE("overlapping pairs merge from the left") {
    CHECK(learn_merges("aaa", 5) == Merges{{"a", "a"}});
    CHECK(learn_merges("aaaa", 5) == Merges{{"a", "a"}});
    CHECK(learn_merges("aaaaaaaa", 5) == Merges{{"a", "a"}, {"aa", "aa"}});
}

TEST_CASE("the most frequent pair wins, wherever it stands") {
    // xy twice, yx once, zb three times, bz twice.
    CHECK(learn_merges("xyxyzbzbzb", 2) == Merges{{"z", "b"}, {"x", "y"}});
    CHECK(learn_merges("the theme then", 3) == Merges{{"h", "e"}, {"t", "he"}, {" ", "the"}});
}
