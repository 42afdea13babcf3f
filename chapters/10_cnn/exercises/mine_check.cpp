#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "chapters/exercise.hpp"
#include "kernels/conv2d/reference.hpp"
#include "kernels/conv2d/rungs.hpp"

using namespace kbk;
using namespace kbk::exercise;

TEST_CASE("right for strides, padding, dilation and groups") {
    Scratch arena;
    const Conv2dShape shapes[] = {{2, 3, {8, 6}, 4, {3, 3}},
                                  {1, 1, {1, 1}, 1, {1, 1}},
                                  {2, 2, {3, 3}, 3, {5, 5}, {1, 1}, {2, 1}},
                                  {1, 3, {11, 10}, 6, {3, 2}, {2, 3}, {1, 1}},
                                  {1, 2, {12, 11}, 3, {3, 3}, {1, 1}, {0, 0}, {2, 3}},
                                  {2, 4, {7, 9}, 6, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 2}};
    for (const Conv2dShape& s : shapes) {
        CAPTURE(text(s));
        const auto x = numbers(s.x_size(), 1), w = numbers(s.weight_size(), 2), bias = numbers(s.out_channels, 3);
        std::vector<float> found(std::size_t(s.y_size()), std::nanf("")), expected = found;
        reference(Conv2dForward{x.data(), w.data(), bias.data(), expected.data(), s});
        cpu::mine(Conv2dForward{x.data(), w.data(), bias.data(), found.data(), s}, arena);
        for (std::size_t i = 0; i < found.size(); ++i) {
            CAPTURE(i);
            REQUIRE(std::fabs(found[i] - expected[i]) <= 1e-5f * float(s.taps() + 1));
        }
    }
}

TEST_CASE("at least twice as fast as the naive rung") {
    const Conv2dShape s{2, 16, {30, 30}, 16, {3, 3}, {1, 1}, {1, 1}};
    const auto x = numbers(s.x_size(), 1), w = numbers(s.weight_size(), 2);
    std::vector<float> y(std::size_t(s.y_size()));
    const Conv2dForward p{x.data(), w.data(), nullptr, y.data(), s};
    Scratch arena;
    std::vector<float> expected(y.size());
    reference(Conv2dForward{x.data(), w.data(), nullptr, expected.data(), s});
    cpu::mine(p, arena);
    for (std::size_t i = 0; i < y.size(); ++i) REQUIRE(std::fabs(y[i] - expected[i]) <= 1e-5f * float(s.taps()));
    const double found = gain([&] { cpu::naive(p, arena); }, [&] { cpu::mine(p, arena); });
    MESSAGE("yours is " << found << " times as fast as naive");
    CHECK(found >= 2);
}
