#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "chapters/exercise.hpp"
#include "common/base/philox.hpp"
#include "kernels/optimizer/reference.hpp"
#include "kernels/optimizer/rungs.hpp"

using namespace kbk;
using namespace kbk::exercise;

namespace {

// Parameters, gradient and state of a step.
struct Arrays {
    std::vector<float> weight, gradient, first, second;

    explicit Arrays(std::int64_t count)
        : weight(std::size_t(count)),
          gradient(std::size_t(count)),
          first(std::size_t(count)),
          second(std::size_t(count)) {
        Philox(3, 1).fill_uniform(weight, -1, 1.5f);
        Philox(3, 2).fill_uniform(gradient, -1, 1.5f);
        Philox(3, 3).fill_uniform(first, -1, 1.5f);
        Philox(3, 4).fill_uniform(second, 0, 2);
    }

    Adam problem(std::int64_t step, float decay, bool decoupled) {
        Adam p{weight.data(), gradient.data(), first.data(), second.data(), std::ssize(weight), step};
        p.learning_rate = 0.01f, p.weight_decay = decay, p.decoupled = decoupled;
        return p;
    }
};

}  // namespace

TEST_CASE("right on counts that no vector divides, in any step, with both kinds of decay") {
    Scratch arena;
    for (const std::int64_t count : {1, 2, 17, 1000, 4099})
        for (const std::int64_t step : {1, 7, 100000})
            for (const bool decoupled : {true, false}) {
                CAPTURE(count);
                CAPTURE(step);
                CAPTURE(decoupled);
                Arrays expected(count), found(count);
                reference(expected.problem(step, 0.1f, decoupled));
                cpu::mine(found.problem(step, 0.1f, decoupled), arena);
                for (std::size_t i = 0; i < found.weight.size(); ++i) {
                    CAPTURE(i);
                    REQUIRE(std::fabs(found.first[i] - expected.first[i]) <= 2e-6f);
                    REQUIRE(std::fabs(found.second[i] - expected.second[i]) <= 2e-6f);
                    REQUIRE(std::fabs(found.weight[i] - expected.weight[i]) <= 2e-5f);
                }
            }
}

TEST_CASE("at least one and a half times as fast as the naive rung") {
    Arrays arrays(1 << 22);
    const Adam p = arrays.problem(10, 0.01f, true);
    Scratch arena;
    const double found = gain([&] { cpu::naive(p, arena); }, [&] { cpu::mine(p, arena); });
    MESSAGE("yours is " << found << " times as fast as naive");
    CHECK(found >= 1.5);
}
