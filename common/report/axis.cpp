#include "common/report/axis.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "common/base/error.hpp"

namespace kbk {

namespace {

// A tenth power by multiplication: the same bits everywhere.
double power_of_ten(int exponent) {
    double power = 1;
    for (int i = 0; i < std::abs(exponent); ++i) power *= 10;
    return exponent < 0 ? 1 / power : power;
}

std::string superscript(int number) {
    static constexpr const char* digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    std::string out = number < 0 ? "⁻" : "";
    for (const char c : std::to_string(std::abs(number))) out += digits[c - '0'];
    return out;
}

// Replace the hyphen before a negative number by a minus sign.
std::string with_minus(const std::string& number) {
    return number[0] == '-' ? "−" + number.substr(1) : number;
}

// factor * 10^exponent, as an axis shows it.
std::string tick_label(std::int64_t factor, int exponent, Unit unit) {
    if (unit == Unit::percent) {
        exponent += 2;
        return with_minus(show(static_cast<double>(factor) * power_of_ten(exponent), Unit::plain,
                               std::max(0, -exponent))) +
               " %";
    }
    if (factor == 0) return "0";
    if (exponent < -5 || exponent > 8) {
        for (; factor % 10 == 0; ++exponent) factor /= 10;
        const std::string power = fmt::format("10{}", superscript(exponent));
        return factor == 1 ? power : with_minus(fmt::format("{}×{}", factor, power));
    }
    const double value = exponent < 0 ? static_cast<double>(factor) / power_of_ten(-exponent)
                                      : static_cast<double>(factor) * power_of_ten(exponent);
    return with_minus(show(value, Unit::plain, std::max(0, -exponent)));
}

}  // namespace

Axis::~Axis() = default;

AxisScale::AxisScale(const Axis& axis, double low, double high, int ticks, bool whole)
    : scale_(axis.scale), low_(axis.low.value_or(low)), high_(axis.high.value_or(high)) {
    require(std::isfinite(low_) && std::isfinite(high_),
            "the axis '{}' has nothing to show: no finite value, and no limits given", axis.label);
    require(scale_ == Scale::linear || (low_ > 0 && high_ > 0),
            "the logarithmic axis '{}' reaches from {} to {}; its values must be positive", axis.label, low_,
            high_);

    // Give one lone value some room.
    if (low_ >= high_) {
        const double room = scale_ == Scale::linear ? std::max(std::abs(low_) * 0.1, 1e-9) : 0;
        if (!axis.low) low_ = scale_ == Scale::linear ? low_ - room : low_ / 2;
        if (!axis.high) high_ = scale_ == Scale::linear ? high_ + room : high_ * 2;
    }
    require(low_ < high_, "the axis '{}' begins at {} and ends at {}; it should end above its beginning",
            axis.label, low_, high_);
    if (scale_ == Scale::linear)
        make_linear(axis, ticks, whole);
    else
        make_logarithmic(axis, ticks, whole);
}

void AxisScale::make_linear(const Axis& axis, int ticks, bool whole) {
    // Begin at zero where that costs little room.
    if (whole && !axis.low && low_ > 0 && low_ < 0.5 * high_) low_ = 0;

    // Choose the step 1, 2 or 5 times a power of ten that comes nearest to the number of ticks wanted.
    const double rough = (high_ - low_) / ticks;
    int exponent = static_cast<int>(std::floor(std::log10(rough)));
    const double mantissa = rough / power_of_ten(exponent);
    int factor = mantissa < 1.4142 ? 1 : mantissa < 3.1623 ? 2 : mantissa < 7.0711 ? 5 : 10;
    if (factor == 10) factor = 1, ++exponent;
    const auto value_of = [&](std::int64_t i) {
        return exponent < 0 ? static_cast<double>(i * factor) / power_of_ten(-exponent)
                            : static_cast<double>(i * factor) * power_of_ten(exponent);
    };
    const double step = value_of(1);

    // Extend the range to whole steps, or else leave a little air at both ends.
    const double air = 0.02 * (high_ - low_);
    if (!axis.low)
        low_ = whole ? value_of(static_cast<std::int64_t>(std::floor(low_ / step + 1e-9))) : low_ - air;
    if (!axis.high)
        high_ = whole ? value_of(static_cast<std::int64_t>(std::ceil(high_ / step - 1e-9))) : high_ + air;

    const auto first = static_cast<std::int64_t>(std::ceil(low_ / step - 1e-9));
    const auto last = static_cast<std::int64_t>(std::floor(high_ / step + 1e-9));
    for (auto i = first; i <= last; ++i)
        ticks_.push_back({value_of(i), tick_label(i * factor, exponent, axis.unit)});
}

void AxisScale::make_logarithmic(const Axis& axis, int ticks, bool whole) {
    const double base = scale_ == Scale::log2 ? 2 : 10;
    const auto log = [&](double v) { return scale_ == Scale::log2 ? std::log2(v) : std::log10(v); };
    const int first = static_cast<int>(std::floor(log(low_) + 1e-9));
    const int last = static_cast<int>(std::ceil(log(high_) - 1e-9));

    // Label every power, or every second, third...; between few decades also 2 and 5. Other multiples only
    // bound the range, and get no label. Numbers of many digits are written as powers, and then all of them.
    const int every = std::max(1, (last - first + ticks - 1) / ticks);
    const bool powers = base == 10 && (first < -3 || last > 6), fine = base == 10 && last - first <= 2;
    std::vector<Tick> candidates;
    for (int e = first; e <= last; ++e) {
        const double power = base == 10 ? power_of_ten(e) : std::exp2(e);
        std::string label;
        if ((e - first) % every != 0)
            label = "";
        else if (base == 2)
            label = std::abs(e) <= 30 ? show(power, axis.unit, e < 0 ? -e : 0)
                                      : fmt::format("2{}", superscript(e));
        else
            label = powers ? fmt::format("10{}", superscript(e)) : tick_label(1, e, axis.unit);
        candidates.push_back({power, label});
        if (base == 10 && e < last)
            for (const int factor : {2, 5})
                candidates.push_back({factor * power, fine ? tick_label(factor, e, axis.unit) : ""});
    }

    // Extend the range to the candidates around it, or else leave a little air at both ends.
    const double air = std::pow(high_ / low_, 0.02);
    if (!axis.low) {
        double best = whole ? candidates.front().value : low_ / air;
        if (whole)
            for (const Tick& tick : candidates)
                if (tick.value <= low_ * (1 + 1e-9)) best = tick.value;
        low_ = best;
    }
    if (!axis.high) {
        double best = whole ? high_ : high_ * air;
        if (whole)
            for (auto tick = candidates.rbegin(); tick != candidates.rend(); ++tick)
                if (tick->value >= high_ * (1 - 1e-9)) best = tick->value;
        high_ = best;
    }
    for (Tick& tick : candidates)
        if (!tick.label.empty() && tick.value >= low_ * (1 - 1e-9) && tick.value <= high_ * (1 + 1e-9))
            ticks_.push_back(std::move(tick));
}

double AxisScale::place(double value) const {
    if (scale_ == Scale::linear) return (value - low_) / (high_ - low_);
    return std::log(value / low_) / std::log(high_ / low_);
}

bool AxisScale::drawable(double value) const {
    return std::isfinite(value) && (scale_ == Scale::linear || value > 0);
}

}  // namespace kbk
