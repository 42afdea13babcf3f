#include "tests/support/close.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include "tests/support/guarded.hpp"

namespace kbk::test {

namespace {

std::string text(float value) {
    return is_poison(value) ? "NaN (never written, or made from what was never written)" : fmt::format("{:.9g}", value);
}

// The error of one element: infinite where it cannot be right, whatever the tolerance.
double error(float actual, float expected) {
    constexpr double never = std::numeric_limits<double>::infinity();
    if (is_poison(expected)) return is_poison(actual) ? 0 : never;
    if (std::isnan(expected)) return std::isnan(actual) ? 0 : never;
    if (actual == expected) return 0;  // also two infinities
    const double difference = std::abs(double(actual) - double(expected));
    return std::isnan(difference) ? never : difference;
}

}  // namespace

std::string find_difference(std::span<const float> actual, std::span<const float> expected,
                     std::span<const double> tolerance) {
    if (actual.size() != expected.size())
        return fmt::format("{} elements where {} were expected", actual.size(), expected.size());
    if (!tolerance.empty() && tolerance.size() != expected.size())
        return fmt::format("{} tolerances for {} elements", tolerance.size(), expected.size());

    std::size_t count = 0, worst = 0;
    double worst_excess = -1;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double allowed = tolerance.empty() ? 0 : tolerance[i], found = error(actual[i], expected[i]);
        if (found <= allowed) continue;  // false for a NaN on either side, which counts as wrong
        ++count;
        const double excess = std::isfinite(found) ? found - allowed : std::numeric_limits<double>::max();
        if (!(excess <= worst_excess)) worst = i, worst_excess = excess;
    }
    if (count == 0) return "";
    return fmt::format("{} of {} elements are wrong; the worst is element {}: {} instead of {} (accepted error {:.3g})",
                       count, expected.size(), worst, text(actual[worst]),
                       is_poison(expected[worst]) ? "an untouched gap" : text(expected[worst]),
                       tolerance.empty() ? 0 : tolerance[worst]);
}

std::string find_bit_difference(std::span<const float> actual, std::span<const float> expected) {
    if (actual.size() != expected.size())
        return fmt::format("{} elements where {} were expected", actual.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
        if (std::bit_cast<std::uint32_t>(actual[i]) != std::bit_cast<std::uint32_t>(expected[i]))
            return fmt::format("the bits differ, first in element {}: {:.9g} and {:.9g}", i, actual[i], expected[i]);
    return "";
}

double unit_roundoff(Precision precision) {
    switch (precision) {
        case Precision::float32: return 0x1p-24;
        case Precision::tf32: return 0x1p-11;
        case Precision::bf16: return 0x1p-8;
        case Precision::int8: break;
    }
    fail("a rung in int8 has no unit roundoff; its tests bound the error of quantisation themselves");
}

}  // namespace kbk::test
