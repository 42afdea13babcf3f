/// @file
/// The rungs of the ladder, timed.
#include "chapters/05_matmul/climb.hpp"

#include <algorithm>
#include <chrono>

#include "common/base/philox.hpp"

namespace kbk::lesson {

namespace {

double seconds_of(const std::function<void()>& run) {
    const auto start = std::chrono::steady_clock::now();
    run();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + long(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

}  // namespace

Operands::Operands(Matmul sizes)
    : problem_(sizes), a_({sizes.m, sizes.k}), b_({sizes.k, sizes.n}), c_({sizes.m, sizes.n}), bias_({sizes.n}) {
    std::uint64_t stream = 0;
    for (Tensor<float>* t : {&a_, &b_, &bias_}) Philox(1, stream_id("operands", stream++)).fill_uniform(t->values(), -1, 1);
    problem_.a = a_.data(), problem_.b = b_.data(), problem_.c = c_.data();
}

void Operands::fuse() {
    problem_.epilogue = {.bias = bias_.data(), .activation = Activation::relu};
}

double median_seconds(const std::function<void()>& run, double budget) {
    run();
    std::vector<double> seconds;
    double spent = 0;
    do {
        seconds.push_back(seconds_of(run));
        spent += seconds.back();
    } while (spent < budget);
    return median(std::move(seconds));
}

// [time_rungs]
Times time_rungs(const Matmul& problem, double longest, double budget, std::map<std::string, double>& before,
                 Which which) {
    struct Runner {
        const Rung<MatmulRung>* rung;
        std::vector<double> seconds = {};
    };
    const double flops = cost(problem).flops;
    const std::string_view best = matmul().best(Device::cpu, problem).name;
    std::vector<Runner> runners;
    for (const auto& rung : matmul().rungs()) {
        if (which == Which::best_and_libraries && rung.origin == Origin::own && rung.name != best) continue;
        const bool known = before.contains(std::string(rung.name));
        if (rung.device != Device::cpu || rung.precision != Precision::float32 || !rung.accepts(problem)) continue;
        if (!known || before[std::string(rung.name)] * flops <= longest) runners.push_back({&rung});
    }

    // In rounds: each rung a few calls, then the next.
    constexpr int rounds = 5;
    Scratch& arena = scratch(Device::cpu);
    for (int round = 0; round < rounds; ++round)
        for (Runner& runner : runners) {
            if (round == 0) {
                // The first call warms up, unless it takes so long that it is all that there is time for.
                const double first = seconds_of([&] { runner.rung->run(problem, arena); });
                if (first > budget) runner.seconds = {first};
            }
            if (!runner.seconds.empty() && runner.seconds.front() > budget) continue;
            double spent = 0;
            do {
                runner.seconds.push_back(seconds_of([&] { runner.rung->run(problem, arena); }));
                spent += runner.seconds.back();
            } while (spent < budget / rounds);
        }
    Times times;
    for (Runner& runner : runners) {
        const std::string name(runner.rung->name);
        times[name] = median(std::move(runner.seconds));
        before[name] = times[name] / flops;
    }
    return times;
}
// [time_rungs]

double best_library(const Times& times) {
    double best = 0;
    for (const auto& rung : matmul().rungs())
        if (rung.device == Device::cpu && rung.origin == Origin::library)
            if (const auto time = times.find(std::string(rung.name)); time != times.end())
                best = best == 0 ? time->second : std::min(best, time->second);
    return best;
}

std::vector<std::string> own_rungs() {
    std::vector<std::string> names;
    for (const auto& rung : matmul().rungs())
        if (rung.device == Device::cpu && rung.origin == Origin::own && rung.precision == Precision::float32)
            names.emplace_back(rung.name);
    return names;
}

}  // namespace kbk::lesson
