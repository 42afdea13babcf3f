#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "chapters/10_cnn/exercises/convolve.hpp"

using namespace kbk::exercise;

namespace {

std::vector<double> convolved(const std::vector<double>& x, std::int64_t height, std::int64_t width,
                              const std::vector<double>& w, std::int64_t size) {
    std::vector<double> y(std::size_t((height - size + 1) * (width - size + 1)), std::nan(""));
    convolve(x, height, width, w, size, y);
    return y;
}

}  // namespace

TEST_CASE("the chapter's example") {
    const auto y = convolved({1, 2, 0, 3, 1, 0, 1, 2, 1, 0, 2, 0, 1, 3, 2, 1, 2, 1, 0, 1}, 4, 5,
                             {1, 0, -1, 2, 0, -2, 1, 0, -1}, 3);
    CHECK(y == std::vector<double>{-2, -4, 2, 0, -4, 0});
}

TEST_CASE("a filter of one number scales the image") {
    CHECK(convolved({1, 2, 3, 4, 5, 6}, 2, 3, {-2}, 1) == std::vector<double>{-2, -4, -6, -8, -10, -12});
}

TEST_CASE("a filter as large as the image is a dot product, and is not turned around") {
    CHECK(convolved({1, 2, 3, 4}, 2, 2, {10, 20, 30, 40}, 2) == std::vector<double>{300});
}

TEST_CASE("an image taller than wide") {
    CHECK(convolved({1, 2, 3, 4, 5, 6, 7, 8}, 4, 2, {1, 0, 0, 1}, 2) == std::vector<double>{5, 9, 13});
}
