#include "common/report/format.hpp"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <cstdint>

namespace kbk {

namespace {

// Insert commas between groups of three digits, from five digits on: 1024, 60,000.
std::string group_digits(const std::string& number) {
    const std::size_t begin = number[0] == '-' ? 1 : 0;
    const std::size_t end = std::min(number.find('.'), number.size());
    if (end - begin < 5) return number;
    std::string out = number.substr(0, begin);
    for (std::size_t i = begin; i < end; ++i) {
        if (i > begin && (end - i) % 3 == 0) out += ',';
        out += number[i];
    }
    return out + number.substr(end);
}

std::string show_plain(double value, int digits) {
    if (digits >= 0) return group_digits(fixed(value, digits));
    const double size = std::abs(value);
    if (size >= 1e4 && size < 1e9) return group_digits(fixed(value, 0));
    return fmt::format("{:.4g}", value);
}

std::string show_seconds(double value, int digits) {
    const auto in = [&](double factor, const char* name, int decimals) {
        return fmt::format("{} {}", fixed(value * factor, digits >= 0 ? digits : decimals), name);
    };
    const double size = std::abs(value);
    if (size < 0.9995e-3) return in(1e6, "µs", size < 9.995e-6 ? 2 : 0);
    if (size < 0.9995) return in(1e3, "ms", size < 9.995e-3 ? 2 : 0);
    if (size < 59.95) return in(1, "s", size < 9.995 ? 2 : 1);
    const auto whole = static_cast<std::int64_t>(std::round(value));
    if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace

std::string show(double value, Unit unit, int digits) {
    if (!std::isfinite(value)) return fmt::format("{}", value);
    switch (unit) {
        case Unit::percent:
            return fixed(100 * value, digits >= 0 ? digits : 1) + " %";
        case Unit::count:
            return group_digits(fixed(value, digits >= 0 ? digits : 0));
        case Unit::ratio:
            return fixed(value, digits >= 0 ? digits : 2) + "×";
        case Unit::seconds:
            return show_seconds(value, digits);
        case Unit::plain:
            break;
    }
    return show_plain(value, digits);
}

std::string fixed(double value, int digits) {
    // Beyond the integers of a double there are no decimals to round.
    double unit = 1;
    for (int i = 0; i < digits; ++i) unit *= 10;
    if (!(std::abs(value) * unit < 9e15)) return fmt::format("{:.{}f}", value, digits);

    const auto scaled = static_cast<std::int64_t>(std::floor(std::abs(value) * unit + 0.5 + 1e-6));
    const auto whole = static_cast<std::int64_t>(unit);
    const char* sign = value < 0 && scaled != 0 ? "-" : "";
    if (digits == 0) return fmt::format("{}{}", sign, scaled);
    return fmt::format("{}{}.{:0{}}", sign, scaled / whole, scaled % whole, digits);
}

std::string round_trip(double value) {
    // -0 and 0 are the same number and get the same text.
    return fmt::format("{:.9g}", value == 0 ? 0.0 : value);
}

bool parse_number(const std::string& text, double& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace kbk
