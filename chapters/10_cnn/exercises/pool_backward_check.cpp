#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "chapters/10_cnn/exercises/pool_backward.hpp"

using namespace kbk::exercise;

namespace {

std::vector<double> gradient(const std::vector<double>& x, std::int64_t height, std::int64_t width,
                             const std::vector<double>& dy) {
    std::vector<double> dx(x.size(), std::nan(""));
    pool_backward(x, height, width, dy, dx);
    return dx;
}

}  // namespace

TEST_CASE("to the largest of each window") {
    CHECK(gradient({1, 4, -2, -3, 0, 3, -5, -9}, 2, 4, {10, 20}) == std::vector<double>{0, 10, 20, 0, 0, 0, 0, 0});
    CHECK(gradient({1, 2, 3, 4}, 2, 2, {7}) == std::vector<double>{0, 0, 0, 7});
}

TEST_CASE("of equals, to the first") {
    CHECK(gradient({5, 5, 5, 5}, 2, 2, {7}) == std::vector<double>{7, 0, 0, 0});
    CHECK(gradient({1, 2, 2, 2}, 2, 2, {7}) == std::vector<double>{0, 7, 0, 0});
}

TEST_CASE("a last odd row and column get nothing") {
    CHECK(gradient({1, 2, 99, 4, 3, 99, 99, 99, 99}, 3, 3, {7}) == std::vector<double>{0, 0, 0, 7, 0, 0, 0, 0, 0});
}

TEST_CASE("several rows of windows, and an odd width") {
    CHECK(gradient({1, 2, 0, 8, 9,  //
                    4, 3, 7, 5, 9,  //
                    6, 0, 1, 1, 9,  //
                    5, 0, 1, 2, 9,  //
                    9, 9, 9, 9, 9},
                   5, 5, {1, 2, 3, 4}) == std::vector<double>{0, 0, 0, 2, 0,  //
                                                              1, 0, 0, 0, 0,  //
                                                              3, 0, 0, 0, 0,  //
                                                              0, 0, 0, 4, 0,  //
                                                              0, 0, 0, 0, 0});
}

TEST_CASE("an image wider than tall") {
    CHECK(gradient({1, 0, 0, 2, 0, 3, 0, 0, 4, 0, 0, 0}, 2, 6, {1, 2, 3}) ==
          std::vector<double>{1, 0, 0, 0, 0, 3, 0, 0, 2, 0, 0, 0});
}
