#include "tests/kernels/batch_norm_cases.hpp"
#include "tests/support/ladder_check.hpp"
#include "tests/support/message_of.hpp"

namespace kbk::test {

namespace {

// Single values, rows around the sixteen sums, rows longer than those added in float, many and few channels.
const NormSize sizes[] = {{1, 1, 1}, {2, 3, 1},   {4, 5, 7},    {3, 2, 15},  {3, 2, 16},
                          {2, 3, 17}, {1, 2, 1025}, {5, 1, 2048}, {64, 8, 9}, {7, 33, 100}};

}  // namespace

TEST_CASE("every rung normalises") {
    std::vector<Case<BatchNorm>> cases;
    for (const auto& s : sizes)
        for (const bool running : {false, true}) cases.push_back(batch_norm_case(s, reals(s.values(), "x"), running));
    check_rungs(batch_norm(), cases);
    check_thread_counts(batch_norm(), cases);
}

TEST_CASE("a mean far from zero leaves the variance right") {
    // Values near 1000 that differ by 1: their squares agree in the first six digits.
    const NormSize s{4, 3, 50};
    auto x = reals(s.values(), "x");
    for (float& v : x) v += 1000;
    check_rungs(batch_norm(), {batch_norm_case(s, x, true)});
}

TEST_CASE("every rung judges and goes back") {
    std::vector<Case<BatchNormInference>> inference;
    std::vector<Case<BatchNormBackward>> backward;
    for (const auto& s : sizes) {
        inference.push_back(batch_norm_inference_case(s));
        for (const float beta : {0.0f, 1.0f, 0.5f}) backward.push_back(batch_norm_backward_case(s, beta));
    }
    inference.push_back(batch_norm_inference_case({0, 3, 5}));
    check_rungs(batch_norm_inference(), inference);
    check_rungs(batch_norm_backward(), backward);
    check_thread_counts(batch_norm_inference(), inference);
    check_thread_counts(batch_norm_backward(), backward);
}

TEST_CASE("worked by hand: the values 1 and 3") {
    // Mean 2, variance 1 (unbiased 2), so -1 and 1 are left, up to epsilon.
    BatchNorm p{};
    p.batch = 2, p.channels = 1, p.pixels = 1, p.epsilon = 0, p.momentum = 0.25f;
    check_rungs(batch_norm(), {Case<BatchNorm>("by hand", p)
                                   .input(&BatchNorm::x, std::vector<float>{1, 3})
                                   .input(&BatchNorm::scale, std::vector<float>{10})
                                   .input(&BatchNorm::shift, std::vector<float>{5})
                                   .output(&BatchNorm::y, {0, 0}).expect({-5, 15})
                                   .output(&BatchNorm::mean, {0}).expect({2})
                                   .output(&BatchNorm::inverse_deviation, {0}).expect({1})
                                   .output(&BatchNorm::running_mean, {4}).expect({3.5f})
                                   .output(&BatchNorm::running_variance, {8}).expect({6.5f})});
}

TEST_CASE("gradients do not change what the normalisation takes out") {
    // Adding a constant to a channel, or stretching it, changes no output: dx is orthogonal to both directions.
    const NormSize s{3, 2, 11};
    const auto x = reals(s.values(), "x"), dy = reals(s.values(), "dy");
    std::vector<double> xd(x.begin(), x.end()), dyd(dy.begin(), dy.end()), y(x.size()), dx(x.size()), mean(2), inverse(2),
        scale = {1.5, -0.5}, shift(2), dscale(2), dshift(2);
    reference(BasicBatchNorm<double>{xd.data(), scale.data(), shift.data(), y.data(), mean.data(), inverse.data(), nullptr,
                                     nullptr, s.batch, s.channels, s.pixels, 0});
    const BasicBatchNormBackward<double> p{xd.data(), dyd.data(), scale.data(), mean.data(), inverse.data(), dx.data(),
                                           dscale.data(), dshift.data(), s.batch, s.channels, s.pixels};
    reference(p);
    for (std::int64_t c = 0; c < 2; ++c) {
        double along_one = 0, along_x = 0, size = 0;
        for_each_of_channel(p, c, [&](std::int64_t i) {
            along_one += dx[std::size_t(i)];
            along_x += dx[std::size_t(i)] * (xd[std::size_t(i)] - mean[std::size_t(c)]);
            size += std::abs(dx[std::size_t(i)]);
        });
        CHECK(size > 0.1);
        CHECK(std::abs(along_one) < 1e-12 * size);
        CHECK(std::abs(along_x) < 1e-12 * size);
    }
}

TEST_CASE("validate names the value and its limit") {
    float x[8] = {};
    Scratch scratch;
    BatchNorm p{x, x, x, x, x, x, nullptr, nullptr, -1, 2, 2};
    CHECK(message_of([&] { batch_norm().run(p, scratch); }) == "batch_norm: sizes (-1, 2, 2) must not be negative");
    p.batch = 0;
    CHECK(message_of([&] { batch_norm().run(p, scratch); }) ==
          "batch_norm: no values, of shape (0, 2, 2), have no mean; at least one a channel is needed");
    p.batch = 2, p.scale = nullptr;
    CHECK(message_of([&] { batch_norm().run(p, scratch); }) ==
          "batch_norm: a null pointer where (2, 2, 2) elements are expected");
    BatchNormBackward q{};
    q.batch = q.channels = q.pixels = 1;
    CHECK(message_of([&] { batch_norm_backward().run(q, scratch); }) ==
          "batch_norm_backward: a null pointer where (1, 1, 1) elements are expected");
}

TEST_CASE("cost counts what must move") {
    BatchNorm p{};
    p.batch = 2, p.channels = 3, p.pixels = 5;
    CHECK(cost(p).bytes == 8 * 30);
    BatchNormBackward q{};
    q.batch = 2, q.channels = 3, q.pixels = 5;
    CHECK(cost(q).bytes == 12 * 30);
}

}  // namespace kbk::test
