#include <limits>

#include "tests/kernels/pool2d_cases.hpp"
#include "tests/support/ladder_check.hpp"
#include "tests/support/message_of.hpp"

namespace kbk::test {

namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

// Squares, odd sizes, overlap, gaps, padding, windows larger than the plane, single pixels, nothing.
const std::vector<Pool2dShape>& awkward() {
    static const std::vector<Pool2dShape> all = {
        {3, 8, 6, 2, 2, 2, 2},    {3, 7, 9, 2, 2, 2, 2},          {2, 1, 1, 2, 2, 2, 2},    {1, 1, 1, 1, 1, 1, 1},
        {2, 5, 6, 3, 2, 1, 1},    {2, 9, 8, 2, 3, 4, 5},          {3, 7, 8, 3, 3, 2, 2, 1, 1}, {2, 3, 3, 5, 4, 2, 1, 2, 3},
        {2, 3, 4, 5, 5, 1, 1},    {0, 4, 4, 2, 2, 2, 2},          {4, 6, 5, 6, 5, 6, 5},    {5, 2, 40, 2, 2, 2, 2},
        {1, 40, 3, 2, 2, 2, 2, 1, 1}, {300, 12, 14, 2, 2, 2, 2},  {70, 31, 17, 3, 3, 2, 2, 1, 1}};
    return all;
}

}  // namespace

TEST_CASE("every rung pools reals, and integers with many ties") {
    std::vector<Case<Pool2dForward>> cases;
    for (const auto& s : awkward())
        for (const Pooling kind : {Pooling::max, Pooling::average}) {
            cases.push_back(pool2d_case(s, kind, reals(s.x_size(), "x")));
            cases.push_back(pool2d_case(s, kind, integers(s.x_size(), "x", 1)));
        }
    check_rungs(pool2d(), cases);
    check_thread_counts(pool2d(), cases);
}

TEST_CASE("every rung passes the gradient on, with ties to the first pixel") {
    std::vector<Case<Pool2dBackward>> cases;
    for (const auto& s : awkward())
        for (const Pooling kind : {Pooling::max, Pooling::average}) {
            cases.push_back(pool2d_backward_case(s, kind, reals(s.x_size(), "x"), reals(s.y_size(), "dy")));
            cases.push_back(pool2d_backward_case(s, kind, integers(s.x_size(), "x", 1), reals(s.y_size(), "dy")));
        }
    check_rungs(pool2d_backward(), cases);
    check_thread_counts(pool2d_backward(), cases);
}

TEST_CASE("cases worked by hand") {
    const Pool2dShape squares{1, 2, 5, 2, 2, 2, 2}, overlapping{1, 3, 3, 2, 2, 1, 1};
    check_rungs(pool2d(), {pool2d_case(squares, Pooling::max, {1, 4, -2, -3, 9, 4, 0, -5, -2, 9}).expect({4, -2}),
                           pool2d_case(squares, Pooling::average, {1, 4, -2, -3, 9, 4, 0, -5, -2, 9}).expect({2.25f, -3})});
    check_rungs(pool2d_backward(),
                {pool2d_backward_case(squares, Pooling::max, {1, 4, -2, -3, 9, 4, 0, -5, -2, 9}, {10, 20})
                     .expect({0, 10, 20, 0, 0, 0, 0, 0, 0, 0}),
                 pool2d_backward_case(squares, Pooling::average, {1, 4, -2, -3, 9, 4, 0, -5, -2, 9}, {8, 20})
                     .expect({2, 2, 5, 5, 0, 2, 2, 5, 5, 0}),
                 // The pixel in the middle wins four windows, and collects four gradients.
                 pool2d_backward_case(overlapping, Pooling::max, {1, 2, 3, 4, 9, 5, 6, 7, 8}, {1, 2, 3, 4})
                     .expect({0, 0, 0, 0, 10, 0, 0, 0, 0})});
}

TEST_CASE("padding neither wins nor counts") {
    const Pool2dShape s{1, 2, 2, 2, 2, 2, 2, 1, 1};
    check_rungs(pool2d(), {pool2d_case(s, Pooling::max, {-1, -2, -3, -4}).expect({-1, -2, -3, -4}),
                           pool2d_case(s, Pooling::average, {-1, -2, -3, -4}).expect({-1, -2, -3, -4})});
}

TEST_CASE("a NaN wins its window, and its gradient goes to it") {
    const Pool2dShape s{1, 2, 4, 2, 2, 2, 2};
    for (const std::size_t at : {0, 1, 4, 5}) {
        std::vector<float> x = {1, 2, 3, 4, 5, 6, 7, 8}, dx(8);
        x[at] = nan;
        dx[at] = 10, dx[7] = 20;
        check_rungs(pool2d(), {pool2d_case(s, Pooling::max, x).expect({nan, 8})});
        check_rungs(pool2d_backward(), {pool2d_backward_case(s, Pooling::max, x, {10, 20}).expect(dx)});
    }
}

TEST_CASE("cost counts each pixel of each window") {
    const Pool2dShape s{2, 6, 4, 2, 2, 2, 2};
    CHECK(cost(Pool2dForward{Pooling::max, nullptr, nullptr, s}).flops == 48);
    CHECK(cost(Pool2dForward{Pooling::max, nullptr, nullptr, s}).bytes == 4 * (48 + 12));
    CHECK(cost(Pool2dBackward{Pooling::max, nullptr, nullptr, nullptr, s}).bytes == 4 * (96 + 12));
    CHECK(cost(Pool2dBackward{Pooling::average, nullptr, nullptr, nullptr, s}).bytes == 4 * (48 + 12));
}

TEST_CASE("validate names the value and its limit") {
    float x[64] = {};
    Scratch scratch;
    const auto run = [&](const Pool2dShape& s) { pool2d().run({Pooling::max, x, x, s}, scratch); };
    CHECK(message_of([&] { run({-1, 4, 4, 2, 2, 2, 2}); }) == "pool2d: -1 planes; there cannot be fewer than 0");
    CHECK(message_of([&] { run({1, 4, 4, 2, 2, 0, 2}); }) == "pool2d: the stride's height is 0; it must be at least 1");
    CHECK(message_of([&] { run({1, 4, 4, 2, 2, 2, 2, 2, 0}); }) ==
          "pool2d: a padding of 2 x 0 must be at least 0 and less than the window of 2 x 2");
    CHECK(message_of([&] { pool2d().run({Pooling::max, nullptr, x, {1, 4, 4, 2, 2, 2, 2}}, scratch); }) ==
          "pool2d: x or y is a null pointer where 4 numbers are expected");
    CHECK(message_of([&] {
              pool2d_backward().run({Pooling::max, nullptr, x, x, {1, 4, 4, 2, 2, 2, 2}}, scratch);
          }) == "pool2d_backward: x, dy or dx is a null pointer where 16 numbers are expected");
    CHECK_NOTHROW(pool2d_backward().run({Pooling::average, nullptr, x, x + 32, {1, 4, 4, 2, 2, 2, 2}}, scratch));
    CHECK_NOTHROW(pool2d().run({Pooling::max, nullptr, nullptr, {0, 4, 4, 2, 2, 2, 2}}, scratch));
}

}  // namespace kbk::test
