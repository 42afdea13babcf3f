#include "tests/kernels/layernorm_cases.hpp"

#include "kernels/activation/destination.hpp"
#include "kernels/layernorm/rungs.hpp"
#include "tests/support/ladder_check.hpp"
#include "tests/support/message_of.hpp"

namespace kbk::test {

namespace {

// Rows around a vector, around the four that are summed side by side, around a warp and a block of threads.
constexpr std::int64_t widths[] = {1, 2, 7, 8, 9, 16, 31, 32, 33, 37, 64, 65, 100, 257};
constexpr Stream streams[] = {Stream::plain, Stream::in_place, Stream::branch, Stream::over_x};

}  // namespace

TEST_CASE("every rung normalises rows of awkward lengths") {
    std::vector<Case<LayerNormForward>> cases;
    for (const std::int64_t rows : {0, 1, 3, 40}) {
        if (rows > 3 && checked_cuda()) continue;  // instrumented kernels are slow, and a block looks like the next
        for (const std::int64_t columns : widths)
            for (const Stream stream : streams)
                cases.push_back(layernorm_case(rows, reals(rows * columns, "x"), stream, columns % 3 != 0));
    }
    check_rungs(layernorm(), cases);
}

TEST_CASE("long rows, which a block of threads shares") {
    std::vector<Case<LayerNormForward>> cases;
    for (const std::int64_t columns : {1023, 1024, 1028, 2052, 5000, 8192})
        for (const Stream stream : {Stream::plain, Stream::branch}) {
            if (checked_cuda() && columns > 1028) continue;
            cases.push_back(layernorm_case(2, reals(2 * columns, "x"), stream));
        }
    check_rungs(layernorm(), cases);
}

TEST_CASE("matrices that no cache holds") {
    if (checked_cuda()) return;
    // A part of the result stays in a cache, the rest goes past it.
    // Rows whose beginnings are at every place within a vector; and whole vectors, as a transformer's are.
    for (const std::int64_t columns : {4097, 4096}) {
        const std::int64_t rows = cpu::cache_budget() / 7 / columns + 1;
        for (const Stream stream : {Stream::plain, Stream::branch}) {
            const auto forward = layernorm_case(rows, reals(rows * columns, "x"), stream);
            CHECK(layernorm().best(Device::cpu, forward.problem()).name == "streamed");
            CHECK(forward.check(layernorm().rung("cpu/streamed").run) == "");
        }
        const auto backward = layernorm_backward_case(rows, columns, 1, columns == 4096);
        CHECK(layernorm_backward().best(Device::cpu, backward.problem()).name == "streamed");
        CHECK(backward.check(layernorm_backward().rung("cpu/streamed").run) == "");
        CHECK(backward.check(layernorm_backward().rung("cpu/threaded").run) == "");
    }
}

TEST_CASE("every rung goes back") {
    std::vector<Case<LayerNormBackward>> cases;
    for (const std::int64_t rows : {0, 1, 3, 40})
        for (const std::int64_t columns : widths) {
            if (rows > 3 && checked_cuda()) continue;
            for (const float old : {0.0f, 1.0f, 0.5f})
                cases.push_back(layernorm_backward_case(rows, columns, old, columns % 2 == 0, rows % 2 == 0));
        }
    // Several blocks of 16 Ki elements, and several strips of rows.
    for (const auto& [rows, columns] : {std::pair{700, 100}, {40, 1025}, {3000, 9}})
        if (!checked_cuda()) cases.push_back(layernorm_backward_case(rows, columns, 1, true));
    if (checked_cuda()) cases.push_back(layernorm_backward_case(200, 33, 1, true));
    check_rungs(layernorm_backward(), cases);
}

TEST_CASE("a mean far from zero leaves the variance right") {
    // Values near 1000 that differ by 1: their squares agree in the first six digits.
    for (const std::int64_t columns : {8, 100, 1024}) {
        auto x = reals(4 * columns, "x");
        for (float& v : x) v += 1000;
        check_rungs(layernorm(), {layernorm_case(4, x), layernorm_case(4, x, Stream::branch)});
    }
}

TEST_CASE("worked by hand: the row 1, 3") {
    // Mean 2 and variance 1, so -1 and 1 are left; gamma and beta make 5 - 10 and 7 + 20.
    LayerNormForward p{};
    p.rows = 1, p.columns = 2, p.epsilon = 0;
    check_rungs(layernorm(), {Case<LayerNormForward>("by hand", p)
                                  .input(&LayerNormForward::x, std::vector<float>{1, 3})
                                  .input(&LayerNormForward::gamma, std::vector<float>{10, 20})
                                  .input(&LayerNormForward::beta, std::vector<float>{5, 7})
                                  .output(&LayerNormForward::y, {0, 0}).expect({-5, 27})
                                  .output(&LayerNormForward::mean, {0}).expect({2})
                                  .output(&LayerNormForward::rstd, {0}).expect({1})});

    // Rows 1, 3 and 3, 1 with dy = (1, 0) and (0, 1): h = (10, 0) and (0, 20). Two numbers that are normalised are always
    // -1 and 1, whatever x is, so dx is zero; d_gamma = (-1 + 0, 0 - 1) and d_beta = (1, 1).
    LayerNormBackward q{};
    q.rows = 2, q.columns = 2;
    check_rungs(layernorm_backward(), {Case<LayerNormBackward>("by hand", q)
                                           .input(&LayerNormBackward::x, std::vector<float>{1, 3, 3, 1})
                                           .input(&LayerNormBackward::gamma, std::vector<float>{10, 20})
                                           .input(&LayerNormBackward::mean, std::vector<float>{2, 2})
                                           .input(&LayerNormBackward::rstd, std::vector<float>{1, 1})
                                           .input(&LayerNormBackward::dy, std::vector<float>{1, 0, 0, 1})
                                           .output(&LayerNormBackward::dx, {9, 9, 9, 9}).expect({0, 0, 0, 0})
                                           .output(&LayerNormBackward::d_gamma, {9, 9}).expect({-1, -1})
                                           .output(&LayerNormBackward::d_beta, {9, 9}).expect({1, 1})});
}

TEST_CASE("the gradient is the slope, and orthogonal to what the normalisation takes out") {
    const std::int64_t rows = 3, columns = 7, count = rows * columns;
    const auto doubles = [](const std::vector<float>& v) { return std::vector<double>(v.begin(), v.end()); };
    const auto x = doubles(reals(count, "x")), dy = doubles(reals(count, "dy")), gamma = doubles(reals(columns, "gamma")),
               beta = doubles(reals(columns, "beta"));
    std::vector<double> y(x.size()), mean(3), rstd(3), dx(x.size()), d_gamma(gamma.size()), d_beta(gamma.size());
    const auto run = [&](const std::vector<double>& at, const std::vector<double>& scale, const std::vector<double>& shift) {
        reference(BasicLayerNorm<double>{at.data(), scale.data(), shift.data(), y.data(), mean.data(), rstd.data(), rows, columns});
        double loss = 0;
        for (std::size_t i = 0; i < y.size(); ++i) loss += dy[i] * y[i];
        return loss;
    };
    run(x, gamma, beta);
    reference(BasicLayerNormBackward<double>{x.data(), gamma.data(), mean.data(), rstd.data(), dy.data(), dx.data(),
                                             d_gamma.data(), d_beta.data(), rows, columns});
    const auto m = mean;
    const auto check = [](std::vector<double> at, const std::vector<double>& gradient, const auto& loss) {
        for (std::size_t i = 0; i < at.size(); ++i) {
            auto up = at, down = at;
            up[i] += 1e-5, down[i] -= 1e-5;
            CHECK(std::abs((loss(up) - loss(down)) / 2e-5 - gradient[i]) < 1e-8);
        }
    };
    check(x, dx, [&](const auto& at) { return run(at, gamma, beta); });
    check(gamma, d_gamma, [&](const auto& at) { return run(x, at, beta); });
    check(beta, d_beta, [&](const auto& at) { return run(x, gamma, at); });

    // A constant added to a row changes nothing; nor, but for epsilon, does a row that is stretched.
    for (std::int64_t i = 0; i < rows; ++i) {
        double along_one = 0, along_x = 0, size = 0;
        for (std::int64_t j = i * columns; j < (i + 1) * columns; ++j) {
            along_one += dx[std::size_t(j)];
            along_x += dx[std::size_t(j)] * (x[std::size_t(j)] - m[std::size_t(i)]);
            size += std::abs(dx[std::size_t(j)]);
        }
        CHECK(size > 0.1);
        CHECK(std::abs(along_one) < 1e-12 * size);
        CHECK(std::abs(along_x) < 1e-4 * size);
    }
}

TEST_CASE("equal bits on any number of threads") {
    check_thread_counts(layernorm(), std::vector<Case<LayerNormForward>>{layernorm_case(900, reals(90000, "x")),
                                                                        layernorm_case(900, reals(90000, "x"), Stream::branch)});
    check_thread_counts(layernorm_backward(), std::vector<Case<LayerNormBackward>>{layernorm_backward_case(900, 100),
                                                                                  layernorm_backward_case(3001, 37, 1, true)});
}

TEST_CASE("cost counts each byte once") {
    LayerNormForward p{};
    p.rows = 3, p.columns = 5;
    CHECK(cost(p).bytes == 8 * 15);
    const float branch = 0;
    p.branch = &branch;
    CHECK(cost(p).bytes == 16 * 15);
    LayerNormBackward q{};
    q.rows = 3, q.columns = 5;
    CHECK(cost(q).bytes == 12 * 15);
    q.residual = &branch;
    CHECK(cost(q).bytes == 16 * 15);
}

TEST_CASE("validate names the value and its limit") {
    float x[6] = {};
    Scratch scratch;
    LayerNormForward p{x, x, x, x, nullptr, nullptr, -1, 3};
    CHECK(message_of([&] { layernorm().run(p, scratch); }) == "layernorm: sizes (-1, 3) must not be negative");
    p.rows = 2, p.columns = 0;
    CHECK(message_of([&] { layernorm().run(p, scratch); }) ==
          "layernorm: 2 rows of no columns have no mean; at least one is needed");
    p.columns = 3, p.branch = x;
    CHECK(message_of([&] { layernorm().run(p, scratch); }) ==
          "layernorm: a branch is added, but there is no place for the sum, which backward needs");
    p.branch = nullptr, p.gamma = nullptr;
    CHECK(message_of([&] { layernorm().run(p, scratch); }) ==
          "layernorm: a null pointer where (2, 3) elements are expected");
    LayerNormBackward q{};
    q.rows = 2, q.columns = 3;
    CHECK(message_of([&] { layernorm_backward().run(q, scratch); }) ==
          "layernorm_backward: a null pointer where (2, 3) elements are expected");
    q.columns = -3;
    CHECK(message_of([&] { layernorm_backward().run(q, scratch); }) ==
          "layernorm_backward: sizes (2, -3) must not be negative");
}

}  // namespace kbk::test
