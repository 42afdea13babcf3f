#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "chapters/10_cnn/exercises/convolve_backward.hpp"

using namespace kbk::exercise;

namespace {

using Numbers = std::vector<double>;

struct Gradients {
    Numbers dw, dx;
};

Gradients gradients(const Numbers& x, std::int64_t height, std::int64_t width, const Numbers& w, std::int64_t size,
                    const Numbers& dy) {
    Gradients g{Numbers(w.size(), std::nan("")), Numbers(x.size(), std::nan(""))};
    convolve_backward(x, height, width, w, size, dy, g.dw, g.dx);
    return g;
}

// A loss whose gradient by y is dy: the sum of dy[i][j] y[i][j].
double loss(const Numbers& x, std::int64_t height, std::int64_t width, const Numbers& w, std::int64_t size,
            const Numbers& dy) {
    double sum = 0;
    const std::int64_t columns = width - size + 1;
    for (std::int64_t i = 0; i + size <= height; ++i)
        for (std::int64_t j = 0; j < columns; ++j)
            for (std::int64_t t = 0; t < size * size; ++t)
                sum += dy[std::size_t(i * columns + j)] * w[std::size_t(t)] *
                       x[std::size_t((i + t / size) * width + j + t % size)];
    return sum;
}

}  // namespace

TEST_CASE("the chapter's example") {
    const auto g = gradients({1, 2, 0, 3, 1, 0, 1, 2, 1, 0, 2, 0, 1, 3, 2, 1, 2, 1, 0, 1}, 4, 5,
                             {1, 0, -1, 2, 0, -2, 1, 0, -1}, 3, {1, 0, 0, 0, 0, 2});
    CHECK(g.dw == Numbers{5, 4, 0, 2, 7, 6, 4, 0, 3});
    CHECK(g.dx == Numbers{1, 0, -1, 0, 0, 2, 0, 0, 0, -2, 1, 0, 3, 0, -4, 0, 0, 2, 0, -2});
}

TEST_CASE("a gradient is what the loss gains when a number grows by one") {
    // The loss is linear in each number, and integers are exact.
    struct Problem {
        std::int64_t height, width, size;
    };
    for (const auto& [height, width, size] : {Problem{6, 4, 2}, {3, 7, 3}, {5, 5, 1}, {4, 4, 4}}) {
        CAPTURE(height);
        CAPTURE(width);
        CAPTURE(size);
        Numbers x, w, dy;
        for (std::int64_t i = 0; i < height * width; ++i) x.push_back(double(i * i % 11 - 4));
        for (std::int64_t i = 0; i < size * size; ++i) w.push_back(double(i * 5 % 7 - 2));
        for (std::int64_t i = 0; i < (height - size + 1) * (width - size + 1); ++i)
            dy.push_back(double(i * 3 % 5 - 1));
        const auto g = gradients(x, height, width, w, size, dy);
        const double before = loss(x, height, width, w, size, dy);
        for (std::size_t i = 0; i < w.size(); ++i) {
            Numbers more = w;
            more[i] += 1;
            REQUIRE(g.dw[i] == loss(x, height, width, more, size, dy) - before);
        }
        for (std::size_t i = 0; i < x.size(); ++i) {
            Numbers more = x;
            more[i] += 1;
            REQUIRE(g.dx[i] == loss(more, height, width, w, size, dy) - before);
        }
    }
}
