#include <doctest/doctest.h>

#include <numeric>

#include "chapters/14_transformer/exercises/windows.hpp"

using kbk::exercise::Window;
using kbk::exercise::windows;
using Tokens = std::vector<int>;

TEST_CASE("abracadabra in windows of four") {
    const auto found = windows({0, 1, 4, 0, 2, 0, 3, 0, 1, 4, 0}, 4);
    REQUIRE(found.size() == 3);
    CHECK(found[0].x == Tokens{0, 1, 4, 0});
    CHECK(found[0].next == Tokens{1, 4, 0, 2});
    CHECK(found[1].x == Tokens{2, 0, 3, 0});
    CHECK(found[1].next == Tokens{0, 3, 0, 1});
    CHECK(found[2].x == Tokens{1, 4});
    CHECK(found[2].next == Tokens{4, 0});
}

TEST_CASE("each token but the first is told once") {
    for (int count = 0; count < 30; ++count)
        for (int time = 1; time < 12; ++time) {
            Tokens tokens(static_cast<std::size_t>(count));
            std::iota(tokens.begin(), tokens.end(), 100);
            Tokens told;
            for (const Window& window : windows(tokens, time)) {
                CHECK(!window.x.empty());
                CHECK(window.x.size() <= static_cast<std::size_t>(time));
                CHECK(window.x.size() == window.next.size());
                for (std::size_t i = 0; i < window.x.size(); ++i) CHECK(window.next[i] == window.x[i] + 1);
                told.insert(told.end(), window.next.begin(), window.next.end());
            }
            CHECK(told == (count ? Tokens(tokens.begin() + 1, tokens.end()) : Tokens{}));
        }
}
