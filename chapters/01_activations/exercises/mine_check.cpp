#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "chapters/exercise.hpp"
#include "common/base/philox.hpp"
#include "kernels/activation/reference.hpp"
#include "kernels/activation/rungs.hpp"

using namespace kbk;

namespace {

std::vector<float> numbers(std::int64_t count, float size) {
    std::vector<float> values(static_cast<std::size_t>(count));
    Philox(3).fill_uniform(values, -size, size);
    return values;
}

}  // namespace

TEST_CASE("every function is right, on counts that no vector divides") {
    Scratch arena;
    for (const std::int64_t count : {0, 1, 7, 8, 9, 31, 1000})
        for (const Activation kind : all_activations)
            for (const float size : {1.0f, 10.0f, 200.0f}) {
                CAPTURE(name(kind));
                CAPTURE(count);
                const auto x = numbers(count, size);
                std::vector<float> found(x.size(), std::nanf("")), expected = found;
                ActivationForward p{kind, x.data(), expected.data(), count};
                reference(p);
                p.y = found.data();
                cpu::mine(p, arena);
                for (std::size_t i = 0; i < found.size(); ++i) {
                    CAPTURE(x[i]);
                    REQUIRE(std::fabs(found[i] - expected[i]) <=
                            (kind == Activation::sigmoid ? 2e-6f : 2e-4f) * std::fabs(expected[i]) + 1e-36f);
                }
            }
}

TEST_CASE("a NaN is not hidden") {
    Scratch arena;
    const std::vector<float> x(20, std::nanf(""));
    std::vector<float> y(20);
    cpu::mine({Activation::sigmoid, x.data(), y.data(), 20}, arena);
    CHECK(std::all_of(y.begin(), y.end(), [](float v) { return std::isnan(v); }));
}

TEST_CASE("at least three times as fast as the naive rung") {
    constexpr std::int64_t count = 1 << 16;
    const auto x = numbers(count, 10);
    std::vector<float> y(x.size());
    const ActivationForward p{Activation::sigmoid, x.data(), y.data(), count};
    Scratch arena;
    const double found = exercise::gain([&] { cpu::naive(p, arena); }, [&] { cpu::mine(p, arena); });
    MESSAGE("yours is " << found << " times as fast as naive");
    CHECK(found >= 3);
}
