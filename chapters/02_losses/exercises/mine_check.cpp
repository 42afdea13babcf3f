#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <vector>

#include "chapters/exercise.hpp"
#include "common/base/philox.hpp"
#include "kernels/softmax_cross_entropy/reference.hpp"
#include "kernels/softmax_cross_entropy/rungs.hpp"

using namespace kbk;
using namespace kbk::exercise;

namespace {

struct Rows {
    std::vector<float> logits, loss, gradient;
    std::vector<std::int32_t> labels;
    SoftmaxCrossEntropy problem{};

    Rows(std::int64_t rows, std::int64_t classes, float size)
        : logits(std::size_t(rows * classes)),
          loss(std::size_t(rows), std::nanf("")),
          gradient(logits.size(), std::nanf("")) {
        Philox(3).fill_uniform(logits, -size, size);
        for (std::int64_t i = 0; i < rows; ++i) labels.push_back(std::int32_t((7 * i) % classes));
        problem = {logits.data(), labels.data(), loss.data(), gradient.data(), rows, classes, 0.5f};
    }
};

}  // namespace

TEST_CASE("right on numbers of classes that no vector divides, with and without the gradient") {
    Scratch arena;
    for (const auto& [rows, classes] :
         {std::array<std::int64_t, 2>{1, 1}, {3, 2}, {5, 7}, {4, 10}, {2, 33}, {3, 1000}})
        for (const float size : {1.0f, 10.0f, 1000.0f}) {
            CAPTURE(classes);
            CAPTURE(size);
            Rows found(rows, classes, size), expected(rows, classes, size);
            reference(expected.problem);
            cpu::mine(found.problem, arena);
            for (std::size_t i = 0; i < found.loss.size(); ++i)
                REQUIRE(std::fabs(found.loss[i] - expected.loss[i]) <= 2e-5f * (1 + expected.loss[i]));
            for (std::size_t i = 0; i < found.gradient.size(); ++i)
                REQUIRE(std::fabs(found.gradient[i] - expected.gradient[i]) <= 2e-5f);

            Rows losses(rows, classes, size);
            losses.problem.gradient = nullptr;
            cpu::mine(losses.problem, arena);
            for (std::size_t i = 0; i < losses.loss.size(); ++i)
                REQUIRE(std::fabs(losses.loss[i] - expected.loss[i]) <= 2e-5f * (1 + expected.loss[i]));
        }
}

TEST_CASE("the gradient may lie over the logits") {
    Scratch arena;
    Rows found(4, 19, 5), expected(4, 19, 5);
    reference(expected.problem);
    found.problem.gradient = found.logits.data();
    cpu::mine(found.problem, arena);
    for (std::size_t i = 0; i < expected.gradient.size(); ++i)
        REQUIRE(std::fabs(found.logits[i] - expected.gradient[i]) <= 2e-5f);
}

TEST_CASE("at least twice as fast as the naive rung") {
    Rows rows(100, 1000, 5);
    Scratch arena;
    const double found = gain([&] { cpu::naive(rows.problem, arena); }, [&] { cpu::mine(rows.problem, arena); });
    MESSAGE("yours is " << found << " times as fast as naive");
    CHECK(found >= 2);
}
