#include "common/report/report.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/report/saved.hpp"
#include "common/report/terminal.hpp"

namespace kbk {

namespace fs = std::filesystem;

namespace {

constexpr int text_columns = 80;
constexpr int label_columns = 52;
constexpr int number_columns = 12;

bool is_name(std::string_view name, std::string_view also) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               also.find(c) != std::string_view::npos;
    });
}

// Numbers stand to the right in a table, and so does what stands for a missing one.
bool looks_like_number(std::string_view cell) {
    const auto digit = cell.find_first_of("0123456789");
    return cell.empty() || cell == "–" || cell == "-" ||
           (digit != std::string_view::npos && cell.find_first_not_of("+-~<>−± ") >= digit);
}

}  // namespace

Report::Report(ReportOptions options)
    : options_(std::move(options)),
      colour_(has_colour(options_.out)),
      columns_(std::min(text_columns, terminal_columns(options_.out))) {
    require(options_.expect.empty() || options_.update.empty(),
            "--expect and --update exclude each other: compare with {}, or rewrite it",
            options_.expect.string());
    if (!options_.expect.empty()) expectation_.emplace(options_.expect);
    std::error_code error;
    if (!options_.update.empty() && fs::exists(options_.update, error)) expectation_.emplace(options_.update);
    if (!options_.title.empty()) heading(options_.title, "═");
}

void Report::begin(Block block) {
    // An empty line between parts, but not between values, nor under a heading.
    if (last_ == Block::other || (last_ == Block::value && block != Block::value) ||
        (last_ == Block::heading && block == Block::heading))
        print("\n");
    last_ = block;
}

void Report::print(std::string_view text) const {
    print_text(options_.out, text);
}

std::string Report::bold(std::string_view text) const {
    return colour_ ? fmt::format("\033[1m{}\033[0m", text) : std::string(text);
}

void Report::heading(std::string_view title, const char* rule) {
    begin(Block::heading);
    std::string line;
    for (int i = 0; i < std::min(columns_of(title), columns_); ++i) line += rule;
    print(fmt::format("{}\n{}\n", bold(title), line));
}

void Report::section(std::string_view title) {
    heading(title, "─");
}

void Report::paragraph(std::string_view text) {
    begin(Block::other);
    std::string out;
    int column = 0;
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == '\n') {
            out += '\n';
            column = 0;
            ++i;
            continue;
        }
        // Take one word with the spaces before it, which a new line swallows.
        const std::size_t word = std::min(text.find_first_not_of(' ', i), text.size());
        const std::size_t end = std::min(text.find_first_of(" \n", word), text.size());
        const int width = columns_of(text.substr(i, end - i));
        if (column > 0 && column + width > columns_ - 1) {
            out += '\n';
            out += text.substr(word, end - word);
            column = columns_of(text.substr(word, end - word));
        } else {
            out += text.substr(i, end - i);
            column += width;
        }
        i = end;
    }
    print(out + "\n");
}

void Report::record(Value value, Unit unit, int digits) {
    require(is_name(value.name, "._-"),
            "the value name '{}' has other characters than letters, digits and . _ -", value.name);
    for (const Value& other : values_)
        require(other.name != value.name, "the value '{}' is reported a second time", value.name);

    // A count is an integer, whatever type it was kept in.
    auto& scalar = value.value.value;
    if (const auto* number = std::get_if<double>(&scalar);
        number && unit == Unit::count && std::abs(*number) < 1e15 && *number == std::floor(*number))
        scalar = static_cast<std::int64_t>(*number);
    if (const auto* number = std::get_if<double>(&scalar)) {
        value.text = show(*number, unit, digits);
    } else if (const auto* integer = std::get_if<std::int64_t>(&scalar)) {
        value.text = show(static_cast<double>(*integer), unit == Unit::plain ? Unit::count : unit, digits);
    } else {
        value.text = std::get<std::string>(scalar);
        require(value.text.find_first_of("\"\\\r\n") == std::string::npos,
                "the value '{}' has a quote, a backslash or a line break in its text: {}", value.name,
                value.text);
    }

    begin(Block::value);
    const int label = std::min(label_columns, std::max(16, columns_ - number_columns - 6));
    const std::string number = pad_left(value.text, number_columns);
    print(fmt::format("  {}  {}\n", pad_right(value.label, label), value.headline ? bold(number) : number));
    values_.push_back(std::move(value));
}

void Report::value(std::string_view name, std::string_view label, const Scalar& value, Unit unit,
                   int digits) {
    record({std::string(name), std::string(label), value, "", false, false}, unit, digits);
}

void Report::headline(std::string_view name, std::string_view label, const Scalar& value, Unit unit,
                      int digits) {
    record({std::string(name), std::string(label), value, "", true, false}, unit, digits);
}

void Report::measured(std::string_view name, std::string_view label, const Scalar& value, Unit unit,
                      int digits) {
    record({std::string(name), std::string(label), value, "", false, true}, unit, digits);
}

void Report::table(std::string_view title, const std::vector<std::string>& columns,
                   const std::vector<std::vector<std::string>>& rows) {
    // Find each column's width and side.
    std::vector<int> widths;
    std::vector<bool> right(columns.size(), !rows.empty());
    for (const auto& column : columns) widths.push_back(columns_of(column));
    for (const auto& row : rows) {
        require(row.size() == columns.size(), "a row of the table '{}' has {} cells for {} columns", title,
                row.size(), columns.size());
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], columns_of(row[i]));
            right[i] = right[i] && looks_like_number(row[i]);
        }
    }
    // On a narrow terminal shorten the widest column of text, as far as it goes.
    int total = 2;
    for (const int width : widths) total += width + 2;
    if (is_terminal(options_.out))
        for (const int room = terminal_columns(options_.out); total > room; --total) {
            std::size_t widest = columns.size();
            for (std::size_t i = 0; i < columns.size(); ++i)
                if (!right[i] && widths[i] > 6 && (widest == columns.size() || widths[i] > widths[widest]))
                    widest = i;
            if (widest == columns.size()) break;
            --widths[widest];
        }

    begin(Block::other);
    std::string out;
    if (!title.empty()) out += bold(title) + "\n";
    const auto add = [&](const std::vector<std::string>& cells, bool strong) {
        std::string line = " ";
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string cell = cut(cells[i], widths[i]);
            line += i == 0 ? " " : "  ";
            line += right[i] ? pad_left(cell, widths[i]) : pad_right(cell, widths[i]);
        }
        while (line.back() == ' ') line.pop_back();
        out += (strong ? bold(line) : line) + "\n";
    };
    add(columns, true);
    out += "  ";
    for (int i = 4; i < total; ++i) out += "─";
    out += "\n";
    for (const auto& row : rows) add(row, false);
    print(out);
}

void Report::add_figure(std::string_view name, const Figure& figure, bool measured) {
    require(is_name(name, "_-"), "the figure name '{}' has other characters than letters, digits and _ -",
            name);
    for (const NamedFigure& other : figures_)
        require(other.name != name, "the figure '{}' is drawn a second time", name);
    figures_.push_back({std::string(name), figure, measured});

    begin(Block::other);
    // The sketch shows the table as a file would hold it, as the drawing does.
    const Csv table = Csv::parse(figure.data.text(), name);
    if (!figure.title.empty()) print(bold(figure.title) + "\n");
    print(figure.sketch(table, colour_));
    if (!options_.figures.empty()) {
        write_figure(figures_.back(), options_.figures);
        print(fmt::format("Figure: {}\n", (options_.figures / (figures_.back().name + ".svg")).string()));
    }
}

void Report::write_figure(const NamedFigure& figure, const fs::path& folder) const {
    const std::string table = figure.figure.data.text();
    write_file(folder / (figure.name + ".csv"), table);
    write_file(folder / (figure.name + ".svg"), figure.figure.svg(Csv::parse(table, figure.name)));
}

void Report::save() const {
    using nlohmann::ordered_json;
    ordered_json values = ordered_json::object();
    for (const Value& value : values_) {
        ordered_json& entry = values[value.name];
        std::visit([&](const auto& v) { entry["value"] = v; }, value.value.value);
        entry["text"] = value.text;
        entry["label"] = value.label;
        entry["headline"] = value.headline;
        entry["measured"] = value.measured;
    }
    ordered_json root = saved_facts(options_.program, options_.title, options_.arguments);
    root["values"] = values;
    write_file(options_.save, root.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
}

int Report::finish() {
    begin(Block::other);
    if (!options_.save.empty()) {
        save();
        print(fmt::format("Results saved to {}\n", options_.save.string()));
    }
    int status = 0;
    if (!options_.update.empty()) {
        const fs::path folder = options_.update.parent_path() / "figures";
        for (const NamedFigure& figure : figures_)
            if (!figure.measured || !fs::exists(folder / (figure.name + ".svg"))) write_figure(figure, folder);
        if (!expectation_) expectation_.emplace();
        expectation_->update(values_, figures_);
        write_file(options_.update, expectation_->text());
        print(fmt::format("{} rewritten, with {} figures beside it\n", options_.update.string(),
                          figures_.size()));
    }
    if (!options_.expect.empty()) {
        const auto differences = expectation_->differences(values_, figures_);
        const auto compared =
            std::count_if(values_.begin(), values_.end(), [](auto& v) { return !v.measured; });
        if (differences.empty())
            print(fmt::format("All {} values and {} figures agree with {}\n", compared, figures_.size(),
                              options_.expect.string()));
        else
            print(fmt::format("{} {} from {}:\n", differences.size(),
                              differences.size() == 1 ? "difference" : "differences",
                              options_.expect.string()));
        for (const auto& difference : differences) print("  " + difference + "\n");
        status = differences.empty() ? 0 : 1;
    }
    const bool flushed = std::fflush(options_.out) == 0;
    require(flushed, "cannot write the output: {}", std::strerror(errno));
    return status;
}

}  // namespace kbk
