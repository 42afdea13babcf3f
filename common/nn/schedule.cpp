#include "common/nn/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "common/base/error.hpp"

namespace kbk {

namespace {

void require_rate(double rate) {
    require(std::isfinite(rate) && rate > 0,
            "a schedule that begins at the learning rate {} was asked for; it must be positive", rate);
}

// Share of a schedule that has passed, from 0 to 1.
double share(std::int64_t step, std::int64_t steps) {
    return std::clamp(double(step) / double(steps), 0.0, 1.0);
}

void require_descent(double rate, double last, std::int64_t steps) {
    require_rate(rate);
    require(last >= 0 && last <= rate,
            "a rate that falls from {} to {} was asked for; it should end between 0 and {}", rate, last,
            rate);
    require(steps >= 1, "a rate that falls within {} steps was asked for; at least 1 is needed", steps);
}

}  // namespace

// [schedules]
Schedule constant_rate(double rate) {
    require_rate(rate);
    return [=](std::int64_t) { return rate; };
}

Schedule step_decay(double rate, double factor, std::int64_t every) {
    require_rate(rate);
    require(factor > 0 && factor <= 1,
            "a rate that drops by the factor {} was asked for; it must lie in (0, 1]", factor);
    require(every >= 1, "a rate that drops every {} steps was asked for; at least 1 is needed", every);
    return [=](std::int64_t step) { return rate * std::pow(factor, double(step / every)); };
}

Schedule linear_decay(double rate, double last, std::int64_t steps) {
    require_descent(rate, last, steps);
    return [=](std::int64_t step) { return rate + (last - rate) * share(step, steps); };
}

Schedule cosine_annealing(double rate, double last, std::int64_t steps) {
    require_descent(rate, last, steps);
    return [=](std::int64_t step) {
        return last + (rate - last) * (1 + std::cos(std::numbers::pi * share(step, steps))) / 2;
    };
}

Schedule warm_up(std::int64_t steps, Schedule then) {
    require(steps >= 0, "a warm-up of {} steps was asked for; it must not be negative", steps);
    require(bool(then), "a warm-up needs a schedule that follows it");
    return [=](std::int64_t step) {
        return step < steps ? then(0) * double(step + 1) / double(steps + 1) : then(step - steps);
    };
}
// [schedules]

}  // namespace kbk
