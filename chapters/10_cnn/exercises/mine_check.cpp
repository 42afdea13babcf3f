#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "common/base/philox.hpp"
#include "kernels/conv2d/reference.hpp"
#include "kernels/conv2d/rungs.hpp"

using namespace kbk;

namespace {

std::vector<float> numbers(std::int64_t count, std::uint64_t stream) {
    std::vector<float> values(static_cast<std::size_t>(count));
    Philox(3, stream).fill_uniform(values, -1, 1.5f);
    return values;
}

double seconds(Conv2dRung* rung, const Conv2dForward& p, Scratch& arena) {
    const auto start = std::chrono::steady_clock::now();
    rung(p, arena);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

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

    // Compare the best of alternating runs, so that a busy machine does not decide.
    double naive = 1e9, mine = 1e9;
    for (int i = 0; i < 7; ++i) {
        naive = std::min(naive, seconds(cpu::naive, p, arena));
        mine = std::min(mine, seconds(cpu::mine, p, arena));
    }
    MESSAGE("yours is " << naive / mine << " times as fast as naive");
    CHECK(naive / mine >= 2);
}
