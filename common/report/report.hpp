/// @file
/// Everything that a chapter shows: named values, tables, figures.
#pragma once

#include <fmt/core.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/report/expectation.hpp"
#include "common/report/figure.hpp"
#include "common/report/format.hpp"

namespace kbk {

/// What a report is about, and where its parts go.
struct ReportOptions {
    std::string program = {};            ///< the chapter's folder, such as "07_mlp"
    std::string title = {};              ///< the chapter's title
    std::string arguments = {};          ///< the command line without the program's name
    std::filesystem::path expect = {};   ///< --expect: compare with this expected.txt
    std::filesystem::path figures = {};  ///< --figures: write NAME.csv and NAME.svg into this folder
    std::filesystem::path save = {};     ///< --save: write the results as JSON to this file
    std::filesystem::path update = {};   ///< --update: rewrite this expected.txt, and figures/ beside it
    std::FILE* out = stdout;             ///< where readers look
};

/// A chapter's report. It prints as it goes, and remembers every value and figure for the files and the
/// comparison at the end.
///
///     Report report{{.program = "07_mlp", .title = "A multilayer perceptron", .expect = options.expect}};
///     report.section("Test");
///     report.value("test_images", "pictures to test on", images);
///     report.headline("test_accuracy", "test accuracy", accuracy, Unit::percent);
///     report.figure("curves", LinePlot{...});
///     return report.finish();
class Report {
  public:
    /// Print the title, and read what to compare with, so that a mistake in it is found before the work is
    /// done.
    /// @param options what the report is about
    /// @throws Error for an expected.txt that is absent or malformed
    explicit Report(ReportOptions options);

    /// Begin a part of the report.
    /// @param title its heading
    void section(std::string_view title);

    /// Print a paragraph, wrapped to the terminal.
    /// @param format fmt format string
    /// @param args   its arguments
    template <class... Args>
    void text(fmt::format_string<Args...> format, Args&&... args) {
        paragraph(fmt::format(format, std::forward<Args>(args)...));
    }

    /// Report a value that every machine finds, up to its tolerance in expected.txt.
    /// @param name   letters, digits and . _ - only; unique in the program
    /// @param label  what readers call it
    /// @param value  a number, an integer (compared exactly), or a text without quotes, backslashes and line
    /// breaks
    /// @param unit   what it counts
    /// @param digits decimals; -1 chooses those that suit the unit
    /// @throws Error for a name that is malformed or was reported before
    void value(std::string_view name, std::string_view label, const Scalar& value, Unit unit = Unit::plain,
               int digits = -1);

    /// Report one of the few values that sum the chapter up.
    /// @param name,label,value,unit,digits as for value()
    void headline(std::string_view name, std::string_view label, const Scalar& value, Unit unit = Unit::plain,
                  int digits = -1);

    /// Report a value that depends on the machine's speed: a time, a rate, a ratio of times. It is shown and
    /// saved, never compared.
    /// @param name,label,value,unit,digits as for value()
    void measured(std::string_view name, std::string_view label, const Scalar& value, Unit unit = Unit::plain,
                  int digits = -1);

    /// Report a duration: measured() with the unit seconds.
    /// @param name,label as for value()
    /// @param seconds    how long
    void seconds(std::string_view name, std::string_view label, double seconds) {
        measured(name, label, seconds, Unit::seconds);
    }

    /// Print a table. Columns of numbers stand to the right. It is not remembered: what a page quotes is a
    /// value.
    /// @param title   a line above it; none if empty
    /// @param columns their headings
    /// @param rows    cells as text (see show()), row by row
    /// @throws Error for a row of the wrong length
    void table(std::string_view title, const std::vector<std::string>& columns,
               const std::vector<std::vector<std::string>>& rows);

    /// Sketch a figure in the terminal, and write its files where --figures asks for them.
    /// @param name   letters, digits and _ - only; unique in the program
    /// @param figure any of the plots of figure.hpp
    /// @throws Error for a name that is malformed or was used before
    void figure(std::string_view name, const Figure& figure) { add_figure(name, figure, false); }

    /// The same for a figure that depends on the machine's speed. Its data are never compared, and --update
    /// leaves the files that are there: they belong to the saved results, and --figures writes them.
    /// @param name,figure as for figure()
    void measured_figure(std::string_view name, const Figure& figure) { add_figure(name, figure, true); }

    /// Save, update and compare what was reported, as the options ask.
    /// @return the program's exit status: 0, or 1 where something differs from what was expected
    /// @throws Error where a file cannot be written
    int finish();

  private:
    enum class Block { none, heading, value, other };

    void begin(Block block);
    void print(std::string_view text) const;
    [[nodiscard]] std::string bold(std::string_view text) const;
    void heading(std::string_view title, const char* rule);
    void paragraph(std::string_view text);
    void record(Value value, Unit unit, int digits);
    void add_figure(std::string_view name, const Figure& figure, bool measured);
    void write_figure(const NamedFigure& figure, const std::filesystem::path& folder) const;
    void save() const;

    ReportOptions options_;
    bool colour_;
    int columns_;
    Block last_ = Block::none;
    std::optional<Expectation> expectation_;
    std::vector<Value> values_;
    std::vector<NamedFigure> figures_;
};

}  // namespace kbk
