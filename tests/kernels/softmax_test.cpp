#include <limits>

#include "kernels/activation/destination.hpp"
#include "kernels/softmax/rungs.hpp"
#include "tests/kernels/softmax_cases.hpp"
#include "tests/support/ladder_check.hpp"

namespace kbk::test {

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

std::vector<float> scaled_reals(std::int64_t count, float factor) {
    auto values = reals(count, "logits");
    for (float& x : values) x *= factor;
    return values;
}

// The rungs that take any logits: all but the CPU's first, which is the definition.
const Ladder<SoftmaxRung>& stable_rungs() {
    static const Ladder<SoftmaxRung> ladder("softmax", [] {
        std::vector<Rung<SoftmaxRung>> rungs;
        for (const auto& rung : softmax().rungs())
            if (rung.device != Device::cpu || rung.name != "naive") rungs.push_back(rung);
        return rungs;
    }());
    return ladder;
}

}  // namespace

TEST_CASE("every rung is close on awkward sizes") {
    std::vector<Case<Softmax>> cases;
    for (const std::int64_t rows : {0, 1, 2, 5, 64}) {
        if (rows > 5 && checked_cuda())
            continue;  // instrumented kernels are slow, and a block looks like the next
        for (const std::int64_t columns : {1, 2, 7, 8, 9, 10, 15, 16, 17, 31, 33, 100, 257})
            for (const Over over : {Over::nothing, Over::input})
                cases.push_back(softmax_rows_case("reals", rows, scaled_reals(rows * columns, 5), over));
    }

    // Several tasks of 16 Ki elements, rows longer than one, and a vocabulary.
    for (const auto& [rows, columns] : {std::pair{2, 3000}, {900, 37}, {2503, 10}, {2, 50257}})
        for (const Over over : {Over::nothing, Over::input}) {
            if (rows * columns > 10000 && checked_cuda()) continue;
            cases.push_back(softmax_rows_case("many", rows, scaled_reals(rows * columns, 3), over));
        }
    check_rungs(softmax(), cases);
    check_rungs(softmax(), {softmax_rows_case("empty rows", 4, {})});
}

TEST_CASE("matrices that no cache holds") {
    if (checked_cuda()) return;
    // A part of the result stays in a cache, the rest goes past it. Rows begin at every place within a vector.
    const std::int64_t columns = 1001, rows = cpu::cache_budget() / 7 / columns + 1;
    const auto forward = softmax_rows_case("reals", rows, scaled_reals(rows * columns, 5));
    CHECK(softmax().best(Device::cpu, forward.problem()).name == "streamed");
    CHECK(forward.check(softmax().rung("cpu/streamed").run) == "");
    const auto backward = softmax_backward_case(rows, columns);
    CHECK(softmax_backward().best(Device::cpu, backward.problem()).name == "streamed");
    CHECK(backward.check(softmax_backward().rung("cpu/streamed").run) == "");

    // Rows that its buffer does not hold, and results in place, it refuses.
    const auto& streamed = softmax().rung("cpu/streamed");
    float x = 0, y = 0;
    CHECK(!streamed.accepts({&x, &y, rows, cpu::streamed_columns + 1}));
    CHECK(!streamed.accepts({&x, &x, 10 * rows, columns}));
    CHECK(streamed.accepts({&x, &y, 10 * rows, columns}));
    CHECK(!softmax_backward().rung("cpu/streamed").accepts({&x, &y, &y, 10 * rows, columns}));
}

TEST_CASE("the gradient on awkward sizes") {
    std::vector<Case<SoftmaxBackward>> cases;
    for (const std::int64_t rows : {0, 1, 3, 64}) {
        if (rows > 3 && checked_cuda()) continue;
        for (const std::int64_t columns : {1, 2, 7, 8, 9, 16, 17, 33, 100, 257})
            for (const Over over : {Over::nothing, Over::input})
                cases.push_back(softmax_backward_case(rows, columns, rows % 2 ? 1 : 6, over));
    }
    for (const auto& [rows, columns] : {std::pair{2, 1500}, {2000, 37}, {5003, 10}})
        if (rows * columns < 10000 || !checked_cuda()) cases.push_back(softmax_backward_case(rows, columns));
    check_rungs(softmax_backward(), cases);
}

TEST_CASE("extreme logits do not overflow, but for the definition") {
    std::vector<Case<Softmax>> cases;
    for (const Over over : {Over::nothing, Over::input})
        for (const std::int64_t columns : {2, 10, 33}) {
            const auto fill = [&](float a, float b) {
                std::vector<float> logits;
                for (std::int64_t i = 0; i < 20 * columns; ++i) logits.push_back(i % 3 ? a : b);
                return logits;
            };
            for (const auto& [a, b] : {std::pair{88.0f, -88.0f},
                                       {1e4f, -1e4f},
                                       {1.5e38f, -1.5e38f},
                                       {89.0f, 90.0f},
                                       {-1000.0f, -1001.0f},
                                       {7.0f, 7.0f},
                                       {0.0f, 0.0f},
                                       {2.0f, -infinity}})
                cases.push_back(softmax_rows_case(fmt::format("{} and {}", a, b), 20, fill(a, b), over));
            cases.push_back(softmax_rows_case("wide", 20, scaled_reals(20 * columns, 60), over));
        }
    check_rungs(stable_rungs(), cases);

    // The first rung shows what the shift is for.
    const std::vector<float> large = {89, 0}, small = {-110, -111};
    std::vector<float> y(2);
    Scratch scratch;
    const auto& naive = softmax().rung("cpu/naive");
    naive.run({large.data(), y.data(), 1, 2}, scratch);
    CHECK(std::isnan(y[0]));
    naive.run({small.data(), y.data(), 1, 2}, scratch);
    CHECK(std::isnan(y[0]));
}

TEST_CASE("cases worked by hand") {
    // e^0 : e^(log 3) = 1 : 3. Of 8 elements 2^k take part with 0, the others with minus infinity: y is 2^-k
    // or 0.
    const float log3 = std::log(3.0f);
    check_rungs(
        softmax(),
        {softmax_rows_case("1 : 3", 2, {0, log3, log3, 0}).expect({0.25f, 0.75f, 0.75f, 0.25f}),
         softmax_rows_case("powers of two", 1, {0, -infinity, 0, -infinity, 0, -infinity, -infinity, 0})
             .expect({0.25f, 0, 0.25f, 0, 0.25f, 0, 0, 0.25f})});
    check_rungs(
        stable_rungs(),
        {softmax_rows_case("large", 1, {1000, -infinity, 1000}).expect({0.5f, 0, 0.5f}),
         softmax_rows_case("a NaN", 3, {0, 0, nan, 0, 0, 0}).expect({0.5f, 0.5f, nan, nan, 0.5f, 0.5f}),
         softmax_rows_case("nothing possible", 1, {-infinity, -infinity}).expect({nan, nan})});

    // y = (1/4, 3/4), dy = (1, 0): the dot product is 1/4, so dx = (1/4 * 3/4, -3/4 * 1/4).
    const std::vector<float> y = {0.25f, 0.75f}, dy = {1, 0};
    for (const auto& rung : softmax_backward().rungs()) {
        if (rung.device != Device::cpu) continue;
        std::vector<float> dx(2, poison());
        Scratch scratch;
        rung.run({y.data(), dy.data(), dx.data(), 1, 2}, scratch);
        INFO(rung.name);
        require_close(dx, std::vector<float>{0.1875f, -0.1875f}, 1e-7);
    }
}

TEST_CASE("a NaN spoils its row wherever it is") {
    for (const std::int64_t columns : {3, 10, 16, 33})
        for (std::int64_t at = 0; at < columns; ++at) {
            std::vector<float> x(std::size_t(2 * columns)), y = x;
            x[std::size_t(at)] = nan;
            Scratch scratch;
            for (const auto& rung : softmax().rungs()) {
                if (rung.device != Device::cpu) continue;
                INFO(rung.name);
                rung.run({x.data(), y.data(), 2, columns}, scratch);
                for (std::int64_t j = 0; j < columns; ++j) {
                    CHECK(std::isnan(y[std::size_t(j)]));
                    CHECK(y[std::size_t(columns + j)] == doctest::Approx(1.0 / double(columns)));
                }
            }
        }
}

TEST_CASE("each row sums to one, and its gradient to zero") {
    const std::int64_t rows = 50, columns = 83;
    const auto x = scaled_reals(rows * columns, 8), dy = reals(rows * columns, "dy");
    std::vector<float> y(x.size()), dx(x.size());
    Scratch scratch;
    softmax().run({x.data(), y.data(), rows, columns}, scratch);
    softmax_backward().run({y.data(), dy.data(), dx.data(), rows, columns}, scratch);
    for (std::int64_t i = 0; i < rows; ++i) {
        double sum = 0, gradient = 0;
        for (std::int64_t j = i * columns; j < (i + 1) * columns; ++j)
            sum += y[std::size_t(j)], gradient += dx[std::size_t(j)];
        CHECK(sum == doctest::Approx(1).epsilon(1e-6));
        CHECK(std::abs(gradient) < 1e-6);
    }
    CHECK(*std::max_element(dx.begin(), dx.end()) > 0.01f);
}

TEST_CASE("the gradient is the slope") {
    // Central differences of the reference in double precision, with the loss sum dy_j y_j.
    const std::int64_t rows = 2, columns = 5;
    std::vector<double> x, dy, y(10), dx(10);
    for (const float v : scaled_reals(rows * columns, 2)) x.push_back(v);
    for (const float v : reals(rows * columns, "dy")) dy.push_back(v);
    const auto loss = [&](std::vector<double> at) {
        reference(BasicSoftmax<double>{at.data(), at.data(), rows, columns});
        double sum = 0;
        for (std::size_t i = 0; i < at.size(); ++i) sum += dy[i] * at[i];
        return sum;
    };
    reference(BasicSoftmax<double>{x.data(), y.data(), rows, columns});
    reference(BasicSoftmaxBackward<double>{y.data(), dy.data(), dx.data(), rows, columns});
    for (std::size_t i = 0; i < x.size(); ++i) {
        auto up = x, down = x;
        up[i] += 1e-5, down[i] -= 1e-5;
        CHECK(std::abs((loss(up) - loss(down)) / 2e-5 - dx[i]) < 1e-9);
    }
}

TEST_CASE("equal bits on any number of threads") {
    check_thread_counts(softmax(),
                        std::vector<Case<Softmax>>{softmax_rows_case("many", 2000, scaled_reals(74000, 5)),
                                                   softmax_rows_case("long", 5, scaled_reals(100000, 5))});
    check_thread_counts(
        softmax_backward(),
        std::vector<Case<SoftmaxBackward>>{softmax_backward_case(3001, 37), softmax_backward_case(40, 300)});
}

TEST_CASE("cost counts each byte once") {
    CHECK(cost(Softmax{nullptr, nullptr, 3, 5}).bytes == 8 * 15);
    CHECK(cost(SoftmaxBackward{nullptr, nullptr, nullptr, 3, 5}).bytes == 12 * 15);
}

TEST_CASE("validate names the value and its limit") {
    float x[6] = {};
    Scratch scratch;
    CHECK_THROWS_WITH_AS(softmax().run({x, x, -1, 3}, scratch), "softmax: sizes (-1, 3) must not be negative",
                         Error);
    CHECK_THROWS_WITH_AS(softmax().run({x, nullptr, 2, 3}, scratch),
                         "softmax: a null pointer where (2, 3) elements are expected", Error);
    CHECK_THROWS_WITH_AS(softmax_backward().run({x, x, x, 2, -3}, scratch),
                         "softmax_backward: sizes (2, -3) must not be negative", Error);
    CHECK_THROWS_WITH_AS(softmax_backward().run({x, nullptr, x, 2, 3}, scratch),
                         "softmax_backward: a null pointer where (2, 3) elements are expected", Error);
    CHECK_NOTHROW(softmax().run({nullptr, nullptr, 0, 3}, scratch));
}

}  // namespace kbk::test
