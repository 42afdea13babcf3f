/// @file
/// What a chapter's program found, against what its page quotes (expected.txt).
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/report/figure.hpp"

namespace kbk {

/// A number, an integer or a text.
struct Scalar {
    Scalar(double number) : value(number) {}  ///< @param number a number

    /// @param integer an integer
    template <std::integral T>
    requires(!std::same_as<T, bool>) Scalar(T integer) : value(static_cast<std::int64_t>(integer)) {}

    /// @param text a text
    template <std::convertible_to<std::string_view> T>
    Scalar(const T& text) : value(std::string(std::string_view(text))) {}

    std::variant<double, std::int64_t, std::string> value;  ///< itself
};

/// A named value that a program found.
struct Value {
    std::string name;       ///< what expected.txt and pages call it
    std::string label;      ///< what readers call it
    Scalar value;           ///< itself
    std::string text;       ///< as it is shown
    bool headline = false;  ///< one of the few that sum the program up
    bool measured = false;  ///< depends on the machine's speed: saved, never compared
};

/// A named figure that a program drew.
struct NamedFigure {
    std::string name;       ///< its files are NAME.csv and NAME.svg
    Figure figure;          ///< itself
    bool measured = false;  ///< depends on the machine's speed: its data are never compared
};

/// How a value is compared.
enum class Kind {
    exact,    ///< the same text or number
    close,    ///< relative tolerance, 1e-6 where the column holds "-"
    trained,  ///< absolute tolerance: four standard deviations over five seeds
    shape,    ///< figures only: the same columns and number of rows, for contents that depend on the machine
    measured,  ///< figures only: the committed drawing is that of the committed table; nothing else
};

/// The file expected.txt: lines `name value tolerance kind`. A text with spaces stands in double quotes; `#`
/// begins a comment. A figure's line is `figures/NAME.csv - tolerance kind`: its data are compared with the
/// committed table of that name beside the file, whose drawing must be the committed `figures/NAME.svg`, byte
/// for byte. NaN agrees with nothing but an `exact` nan: whoever expects one must say so.
class Expectation {
  public:
    /// @param path the file
    /// @throws Error where it is absent, or a line is malformed (naming file and line)
    explicit Expectation(const std::filesystem::path& path);

    /// Start an empty one.
    Expectation() = default;

    /// Compare what a program found.
    /// @param values  every value it reported, times too
    /// @param figures every figure it drew
    /// @return one line for each difference: name, expected, got, tolerance; empty when everything agrees
    [[nodiscard]] std::vector<std::string> differences(const std::vector<Value>& values,
                                                       const std::vector<NamedFigure>& figures) const;

    /// Take over what a program found: values are replaced, with the tolerances and kinds that they have (no
    /// program can know those of trained values); new names are added as `close` (texts and integers:
    /// `exact`; measured figures: `measured`); names that were not reported are taken out. Comments stay.
    /// @param values  every value it reported
    /// @param figures every figure it drew
    void update(const std::vector<Value>& values, const std::vector<NamedFigure>& figures);

    /// @return the file's contents
    [[nodiscard]] std::string text() const;

  private:
    struct Entry {
        std::string name, value, tolerance;
        Kind kind = Kind::exact;
        std::string comment;  // a line of its own where the name is empty
    };

    void parse_line(std::string_view line, int number);
    void compare_value(const Entry& entry, const std::vector<Value>& values,
                       std::vector<std::string>& out) const;
    void compare_figure(const Entry& entry, const std::vector<NamedFigure>& figures,
                        std::vector<std::string>& out) const;

    std::filesystem::path path_;
    std::vector<Entry> entries_;
};

}  // namespace kbk
