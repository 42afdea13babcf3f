#include <limits>

#include "tests/kernels/optimizer_cases.hpp"
#include "tests/support/ladder_check.hpp"

namespace kbk::test {

namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

// Around vectors and around the pieces of 16 Ki parameters that threads share out.
const std::int64_t counts[] = {0, 1, 2, 7, 8, 15, 16, 17, 31, 33, 1000, 16383, 16384, 16385, 50003};

Sgd gradient_descent(float rate, float momentum = 0, float weight_decay = 0, bool nesterov = false) {
    Sgd p{};
    p.learning_rate = rate, p.momentum = momentum, p.weight_decay = weight_decay, p.nesterov = nesterov;
    return p;
}

template <class Problem>
Problem scaled(float rate, float weight_decay = 0) {
    Problem p{};
    p.learning_rate = rate, p.weight_decay = weight_decay;
    return p;
}

Adam adam_step_number(std::int64_t step, float rate = 1e-3f, float weight_decay = 0, bool decoupled = true) {
    Adam p{};
    p.step = step, p.learning_rate = rate, p.weight_decay = weight_decay, p.decoupled = decoupled;
    return p;
}

}  // namespace

TEST_CASE("gradient descent is exact on integers") {
    // Halves and quarters of small integers: every product and sum is a float.
    std::vector<Case<Sgd>> cases;
    for (const auto n : counts)
        for (const float decay : {0.0f, 0.25f})
            for (const Sgd& p :
                 {gradient_descent(0.5f, 0, decay), gradient_descent(0.5f, 0.5f, decay),
                  gradient_descent(0.5f, 0.75f, decay), gradient_descent(0.5f, 0.75f, decay, true)})
                cases.push_back(sgd_case(
                    fmt::format("{} {}, decay {}", p.nesterov ? "Nesterov" : "momentum", p.momentum, decay),
                    p, integers(n, "weight"), integers(n, "gradient"), integers(n, "velocity"), true));
    check_rungs(sgd(), cases);
}

TEST_CASE("gradient descent is close on reals") {
    std::vector<Case<Sgd>> cases;
    for (const auto n : counts)
        for (const Sgd& p :
             {gradient_descent(0.1f), gradient_descent(0.1f, 0, 0.01f), gradient_descent(0.001f, 0.9f),
              gradient_descent(0.01f, 0.99f, 1e-4f), gradient_descent(0.01f, 0.9f, 1e-4f, true)})
            cases.push_back(sgd_case("reals", p, n));
    check_rungs(sgd(), cases);
}

TEST_CASE("Adagrad and RMSProp are exact where their roots and quotients are") {
    // Fresh state and gradients of +-1 and +-3: the root is |g| for Adagrad, |g| / 2 for RMSProp with rho =
    // 3/4, and with epsilon it is a power of two.
    std::vector<Case<Adagrad>> sums;
    std::vector<Case<RmsProp>> means;
    for (const auto n : counts) {
        auto gradient = integers(n, "gradient", 1);
        for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] *= i % 2 ? 1 : 3;
        const std::vector<float> zeros(static_cast<std::size_t>(n));
        Adagrad sum = scaled<Adagrad>(0.5f);
        sum.epsilon = 1;
        sums.push_back(scaled_case("integers", sum, integers(n, "weight"), gradient, zeros, true));
        RmsProp mean = scaled<RmsProp>(0.5f);
        mean.smoothing = 0.75f, mean.epsilon = 0.5f;
        means.push_back(scaled_case("integers", mean, integers(n, "weight"), gradient, zeros, true));
    }
    check_rungs(adagrad(), sums);
    check_rungs(rmsprop(), means);
}

TEST_CASE("Adagrad and RMSProp are close on reals") {
    std::vector<Case<Adagrad>> sums;
    std::vector<Case<RmsProp>> means;
    for (const auto n : counts)
        for (const float decay : {0.0f, 0.01f}) {
            sums.push_back(scaled_case("reals", scaled<Adagrad>(0.01f, decay), n));
            RmsProp mean = scaled<RmsProp>(0.001f, decay);
            means.push_back(scaled_case("reals", mean, n));
            mean.smoothing = 0.9f;
            means.push_back(scaled_case("reals, rho 0.9", mean, n));
        }
    check_rungs(adagrad(), sums);
    check_rungs(rmsprop(), means);
}

TEST_CASE("Adagrad and RMSProp with huge and tiny gradients") {
    std::vector<Case<Adagrad>> sums;
    std::vector<Case<RmsProp>> means;
    for (const float size : {0.0f, 1e-42f, 1e-30f, 1e-20f, 1e-8f, 1e8f, 1e18f}) {
        std::vector<float> gradient = reals(100, "gradient"), zeros(100), warm;
        for (float& g : gradient) {
            g *= size;
            warm.push_back(g * g);
        }
        for (const auto& square : {zeros, warm}) {
            const auto what = fmt::format("size {}", size);
            sums.push_back(scaled_case(what, scaled<Adagrad>(0.1f), reals(100, "weight"), gradient, square));
            means.push_back(scaled_case(what, scaled<RmsProp>(0.1f), reals(100, "weight"), gradient, square));
        }
    }
    check_rungs(adagrad(), sums);
    check_rungs(rmsprop(), means);
}

TEST_CASE("Adam is exact where its roots and quotients are") {
    // With beta1 = 1/2, beta2 = 3/4, t = 1 and v = 0 the root is |g|, and |g| + epsilon is 1, 2 or 4.
    Adam p{};
    p.step = 1, p.learning_rate = 0.5f, p.beta1 = 0.5f, p.beta2 = 0.75f, p.epsilon = 1;
    std::vector<Case<Adam>> cases;
    for (const auto n : counts)
        for (const float decay : {0.0f, 0.5f}) {
            p.weight_decay = decay;
            auto gradient = integers(n, "gradient", 1);
            for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] *= i % 2 ? 1 : 3;
            cases.push_back(adam_case("integers", p, integers(n, "weight"), gradient, integers(n, "first"),
                                      std::vector<float>(std::size_t(n)), true));
        }
    check_rungs(adam(), cases);
}

TEST_CASE("Adam is close on reals") {
    std::vector<Case<Adam>> cases;
    for (const auto n : counts)
        for (const std::int64_t step : {1, 2, 10, 1000, 100000})
            for (const Adam& p : {adam_step_number(step, 0.01f), adam_step_number(step, 0.01f, 0.01f),
                                  adam_step_number(step, 0.01f, 0.01f, false)})
                cases.push_back(adam_case(p.decoupled ? "reals" : "reals, decay in the gradient", p, n));
    check_rungs(adam(), cases);
}

TEST_CASE("Adam with huge and tiny gradients") {
    std::vector<Case<Adam>> cases;
    for (const std::int64_t step : {1, 100000})
        for (const float size : {0.0f, 1e-42f, 1e-30f, 1e-20f, 1e-8f, 1e8f, 1e18f}) {
            std::vector<float> gradient = reals(100, "gradient"), zeros(100), first, second;
            for (float& g : gradient) {
                g *= size;
                first.push_back(0.5f * g);
                second.push_back(g * g);
            }
            const Adam p = adam_step_number(step);
            cases.push_back(adam_case(fmt::format("fresh, size {}", size), p, reals(100, "weight"), gradient,
                                      zeros, zeros));
            if (step == 1) continue;  // nothing has a mean square before its first step
            cases.push_back(adam_case(fmt::format("warm, size {}", size), p, reals(100, "weight"), gradient,
                                      first, second));

            // The gradient vanishes; the moments stay.
            cases.push_back(adam_case(fmt::format("still, size {}", size), p, reals(100, "weight"), zeros,
                                      first, second));
        }
    check_rungs(adam(), cases);
}

TEST_CASE("gradient descent worked by hand") {
    // v = 0.5 * 2 + (4 + 0.25 * 8) = 7, w = 8 - 0.5 * 7 = 4.5
    Case<Sgd> test("by hand", [] {
        Sgd p = gradient_descent(0.5f, 0.5f, 0.25f);
        p.count = 1;
        return p;
    }());
    test.input(&Sgd::gradient, std::vector<float>{4});
    test.output(&Sgd::weight, {8}).expect({4.5f});
    test.output(&Sgd::velocity, {2}).expect({7});

    // Nesterov's step adds what the next velocity would: w = 8 - 0.5 * (6 + 0.5 * 7) = 3.25
    Case<Sgd> ahead("Nesterov by hand", [] {
        Sgd p = gradient_descent(0.5f, 0.5f, 0.25f, true);
        p.count = 1;
        return p;
    }());
    ahead.input(&Sgd::gradient, std::vector<float>{4});
    ahead.output(&Sgd::weight, {8}).expect({3.25f});
    ahead.output(&Sgd::velocity, {2}).expect({7});

    // Without momentum: w = 8 - 0.5 * (4 + 0.25 * 8) = 5, and the velocity is not touched.
    Case<Sgd> plain("plain by hand", [] {
        Sgd p = gradient_descent(0.5f, 0, 0.25f);
        p.count = 1;
        return p;
    }());
    plain.input(&Sgd::gradient, std::vector<float>{4});
    plain.output(&Sgd::weight, {8}).expect({5});
    plain.output(&Sgd::velocity, {2}).expect({2});
    check_rungs(sgd(), {test, ahead, plain});
}

TEST_CASE("Adagrad and RMSProp worked by hand") {
    // g = 2 + 0.5 * 4 = 4. Adagrad: s = 9 + 16 = 25, w = 4 - 0.5 * 4 / (5 + 3) = 3.75.
    Adagrad sum = scaled<Adagrad>(0.5f, 0.5f);
    sum.epsilon = 3, sum.count = 1;
    Case<Adagrad> first("by hand", sum);
    first.input(&Adagrad::gradient, std::vector<float>{2});
    first.output(&Adagrad::weight, {4}).expect({3.75f});
    first.output(&Adagrad::square, {9}).expect({25});
    check_rungs(adagrad(), {first});

    // RMSProp with rho = 1/4: s = 1/4 * 16 + 3/4 * 16 = 16, w = 4 - 0.5 * 4 / (4 + 4) = 3.75.
    RmsProp mean = scaled<RmsProp>(0.5f, 0.5f);
    mean.smoothing = 0.25f, mean.epsilon = 4, mean.count = 1;
    Case<RmsProp> second("by hand", mean);
    second.input(&RmsProp::gradient, std::vector<float>{2});
    second.output(&RmsProp::weight, {4}).expect({3.75f});
    second.output(&RmsProp::square, {16}).expect({16});
    check_rungs(rmsprop(), {second});
}

TEST_CASE("Adam worked by hand") {
    // The first step goes by the learning rate, whatever the gradient's size: m / (1 - beta1) = g, v / (1 -
    // beta2) = g^2.
    Adam p = adam_step_number(1, 0.1f);
    p.count = 3;
    const double u = 0x1p-24;
    Case<Adam> first_step("first step", p);
    first_step.input(&Adam::gradient, std::vector<float>{5, -0.02f, 0});
    first_step.output(&Adam::weight, {1, 1, 1}, {8, 8, 0}).expect({0.9f, 1.1f, 1});
    first_step.output(&Adam::first, {0, 0, 0}, {8, 8, 0}).expect({0.5f, -0.002f, 0});
    first_step.output(&Adam::second, {0, 0, 0}, {2e-5 * 0.025 / u, 2e-5 * 4e-7 / u, 0})
        .expect({0.025f, 4e-7f, 0});

    // With beta1 = 1/2, beta2 = 3/4: m = 2 + 1 = 3, v = 12 + 4 = 16; t = 2: m / (3/4) = 4, v / (7/16) =
    // 256/7.
    p.step = 2, p.count = 1, p.learning_rate = 0.5f, p.beta1 = 0.5f, p.beta2 = 0.75f, p.epsilon = 0,
    p.weight_decay = 0.5f;
    Case<Adam> second_step("second step", p);
    second_step.input(&Adam::gradient, std::vector<float>{4});
    second_step.output(&Adam::weight, {8}, {64})
        .expect({static_cast<float>(8 - 0.5 * 0.5 * 8 - 0.5 * 4 / (16 / std::sqrt(7)))});
    second_step.output(&Adam::first, {2}).expect({3});
    second_step.output(&Adam::second, {16}).expect({16});

    // The same with the decay in the gradient, 4 + 0.5 * 8 = 8: m = 1 + 4 = 5, v = 12 + 16 = 28.
    p.decoupled = false;
    Case<Adam> coupled("decay in the gradient", p);
    coupled.input(&Adam::gradient, std::vector<float>{4});
    coupled.output(&Adam::weight, {8}, {64})
        .expect({static_cast<float>(8 - 0.5 * (5 / 0.75) / std::sqrt(28 / (7.0 / 16)))});
    coupled.output(&Adam::first, {2}).expect({5});
    coupled.output(&Adam::second, {16}).expect({28});
    check_rungs(adam(), {first_step, second_step, coupled});
}

TEST_CASE("Adam's step does not grow with the gradient") {
    Scratch scratch;
    for (const auto& rung : adam().rungs()) {
        if (rung.device != Device::cpu || !rung.unavailable().empty()) continue;
        INFO(adam().full_name(rung));
        std::vector<float> weight(64), gradient = reals(64, "gradient"), first(64), second(64);
        for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] *= std::pow(10.0f, float(i % 12));
        for (int t = 1; t <= 20; ++t) {
            Adam p = adam_step_number(t, 0.01f);
            p.weight = weight.data(), p.gradient = gradient.data(), p.first = first.data(),
            p.second = second.data();
            p.count = 64;
            rung.run(p, scratch);
        }
        // A constant gradient moves each weight by the learning rate, 20 times.
        for (std::size_t i = 0; i < weight.size(); ++i)
            CHECK(weight[i] == doctest::Approx(gradient[i] > 0 ? -0.2 : 0.2).epsilon(1e-4));
    }
}

TEST_CASE("momentum gathers speed") {
    // A constant gradient: v = (1 - mu^t) / (1 - mu) g.
    Scratch scratch;
    for (const auto& rung : sgd().rungs()) {
        if (rung.device != Device::cpu || !rung.unavailable().empty()) continue;
        INFO(sgd().full_name(rung));
        std::vector<float> weight(1), velocity(1);
        const float gradient = 2;
        for (int t = 1; t <= 30; ++t) {
            Sgd p = gradient_descent(0.01f, 0.9f);
            p.weight = weight.data(), p.gradient = &gradient, p.velocity = velocity.data(), p.count = 1;
            rung.run(p, scratch);
            CHECK(velocity[0] == doctest::Approx(2 * (1 - std::pow(0.9, t)) / 0.1).epsilon(1e-5));
        }
    }
}

TEST_CASE("a NaN gradient spoils its own parameter and no other") {
    auto gradient = reals(40, "gradient"), zeros = std::vector<float>(40);
    gradient[17] = nan;
    check_rungs(sgd(), {sgd_case("a NaN", gradient_descent(0.1f, 0.9f), reals(40, "weight"), gradient,
                                 reals(40, "velocity"))});
    check_rungs(adam(),
                {adam_case("a NaN", adam_step_number(3), reals(40, "weight"), gradient, zeros, zeros)});
    check_rungs(adagrad(),
                {scaled_case("a NaN", scaled<Adagrad>(0.1f), reals(40, "weight"), gradient, zeros)});
    check_rungs(rmsprop(),
                {scaled_case("a NaN", scaled<RmsProp>(0.1f), reals(40, "weight"), gradient, zeros)});
}

TEST_CASE("equal bits on any number of threads") {
    check_thread_counts<Sgd>(sgd(), {sgd_case("reals", gradient_descent(0.01f, 0.9f, 1e-4f), 100003)});
    check_thread_counts<Adagrad>(adagrad(), {scaled_case("reals", scaled<Adagrad>(0.01f), 100003)});
    check_thread_counts<RmsProp>(rmsprop(), {scaled_case("reals", scaled<RmsProp>(0.01f), 100003)});
    check_thread_counts<Adam>(adam(), {adam_case("reals", adam_step_number(7, 0.01f, 0.01f), 100003)});
}

TEST_CASE("cost counts each byte once") {
    Sgd s = gradient_descent(0.1f);
    s.count = 10;
    CHECK(cost(s).bytes == 4 * 10 * 3);
    s.momentum = 0.9f;
    CHECK(cost(s).bytes == 4 * 10 * 5);
    Adagrad sum{};
    sum.count = 10;
    CHECK(cost(sum).bytes == 4 * 10 * 5);
    RmsProp mean{};
    mean.count = 10;
    CHECK(cost(mean).bytes == 4 * 10 * 5);
    Adam a = adam_step_number(1);
    a.count = 10;
    CHECK(cost(a).bytes == 4 * 10 * 7);
}

TEST_CASE("validate names the value and its limit") {
    float x[3] = {};
    Scratch scratch;
    const auto descend = [&](auto change) {
        Sgd p{x, x, x, 3, 0.1f, 0.9f};
        change(p);
        sgd().run(p, scratch);
    };
    CHECK_THROWS_WITH_AS(descend([](Sgd& p) { p.count = -1; }), "sgd: count is -1, it must not be negative",
                         Error);
    CHECK_THROWS_WITH_AS(descend([](Sgd& p) { p.velocity = nullptr; }),
                         "sgd: a null pointer where 3 parameters are expected", Error);
    CHECK_THROWS_WITH_AS(descend([](Sgd& p) { p.momentum = 1; }), "sgd: momentum 1 is outside [0, 1)", Error);
    CHECK_THROWS_WITH_AS(descend([](Sgd& p) { p.momentum = nan; }), "sgd: momentum nan is outside [0, 1)",
                         Error);
    CHECK_THROWS_WITH_AS(descend([](Sgd& p) { p.momentum = 0, p.nesterov = true; }),
                         "sgd: Nesterov's step needs a momentum above 0", Error);
    CHECK_NOTHROW(descend([](Sgd& p) { p.momentum = 0, p.velocity = nullptr; }));
    CHECK_NOTHROW(descend([](Sgd& p) { p = Sgd{nullptr, nullptr, nullptr, 0, 0.1f}; }));

    Adagrad sum{x, x, nullptr, 3};
    CHECK_THROWS_WITH_AS(adagrad().run(sum, scratch),
                         "adagrad: a null pointer where 3 parameters are expected", Error);
    RmsProp mean{x, x, x, 3};
    mean.smoothing = 1;
    CHECK_THROWS_WITH_AS(rmsprop().run(mean, scratch), "rmsprop: smoothing 1 is outside [0, 1)", Error);
    mean.count = -1;
    CHECK_THROWS_WITH_AS(rmsprop().run(mean, scratch), "rmsprop: count is -1, it must not be negative",
                         Error);

    const auto step = [&](auto change) {
        Adam p{x, x, x, x, 3, 1};
        change(p);
        adam().run(p, scratch);
    };
    CHECK_THROWS_WITH_AS(step([](Adam& p) { p.count = -2; }), "adam: count is -2, it must not be negative",
                         Error);
    CHECK_THROWS_WITH_AS(step([](Adam& p) { p.second = nullptr; }),
                         "adam: a null pointer where 3 parameters are expected", Error);
    CHECK_THROWS_WITH_AS(step([](Adam& p) { p.step = 0; }), "adam: step is 0; steps count from 1", Error);
    CHECK_THROWS_WITH_AS(step([](Adam& p) { p.beta1 = 1; }), "adam: decays 1 and 0.999 must lie in [0, 1)",
                         Error);
    CHECK_THROWS_WITH_AS(step([](Adam& p) { p.beta2 = -0.5f; }),
                         "adam: decays 0.9 and -0.5 must lie in [0, 1)", Error);
    CHECK_NOTHROW(step([](Adam& p) { p = Adam{nullptr, nullptr, nullptr, nullptr, 0, 1}; }));
}

}  // namespace kbk::test
