#include "common/report/expectation.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/report/terminal.hpp"

namespace kbk {

namespace fs = std::filesystem;

namespace {

constexpr std::array<const char*, 5> kind_names = {"exact", "close", "trained", "shape", "measured"};
constexpr double default_closeness = 1e-6;
constexpr std::size_t most_cells_listed = 5;

const char* name_of(Kind kind) {
    return kind_names[static_cast<std::size_t>(kind)];
}

bool is_figure(std::string_view name) {
    return name.starts_with("figures/");
}

// The column's number, or what stands for it.
double tolerance_of(Kind kind, const std::string& column) {
    double tolerance = kind == Kind::close ? default_closeness : 0;
    parse_number(column, tolerance);
    return tolerance;
}

// Written so that NaN on either side fails, unless it was asked for.
bool agree(double want, double got, Kind kind, double tolerance) {
    if (want == got) return true;
    if (kind == Kind::exact) return std::isnan(want) && std::isnan(got);
    if (kind == Kind::close) return std::abs(got - want) <= tolerance * std::abs(want);
    return kind == Kind::trained && std::abs(got - want) <= tolerance;
}

// A cell of a table: numbers as numbers, anything else as text.
bool cells_agree(const std::string& want, const std::string& got, Kind kind, double tolerance) {
    double want_number = 0, got_number = 0;
    if (parse_number(want, want_number) && parse_number(got, got_number))
        return agree(want_number, got_number, kind, tolerance);
    return want == got;
}

// The value as expected.txt holds it.
std::string written(const Value& value, Kind kind) {
    if (const auto* number = std::get_if<double>(&value.value.value))
        return kind == Kind::exact ? fmt::format("{}", *number) : round_trip(*number);
    if (const auto* integer = std::get_if<std::int64_t>(&value.value.value)) return std::to_string(*integer);
    return std::get<std::string>(value.value.value);
}

bool value_agrees(const std::string& want, const Value& got, Kind kind, double tolerance) {
    if (const auto* text = std::get_if<std::string>(&got.value.value))
        return kind == Kind::exact && want == *text;
    const auto* integer = std::get_if<std::int64_t>(&got.value.value);
    if (integer && want == std::to_string(*integer)) return true;
    double number = 0;
    return parse_number(want, number) &&
           agree(number, integer ? static_cast<double>(*integer) : std::get<double>(got.value.value), kind,
                 tolerance);
}

std::string quoted(const std::string& text) {
    return text.empty() || text.find_first_of(" \t#") != std::string::npos ? '"' + text + '"' : text;
}

// Where two texts first differ, as a line number.
std::size_t line_of_difference(const std::string& a, const std::string& b) {
    const auto at = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
    return 1 + static_cast<std::size_t>(std::count(a.begin(), at, '\n'));
}

}  // namespace

Expectation::Expectation(const fs::path& path) : path_(path) {
    std::error_code error;
    require(fs::is_regular_file(path, error), "there is no file {} to compare with; --update {} writes one",
            path.string(), path.string());
    const std::string contents = read_file(path);
    int number = 0;
    for (std::string_view rest = contents; !rest.empty();) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        parse_line(rest.substr(0, end), ++number);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

void Expectation::parse_line(std::string_view line, int number) {
    const auto where = [&] { return fmt::format("{}, line {}", path_.string(), number); };

    // Split the line into words, up to a comment.
    std::vector<std::string> words;
    Entry entry;
    for (std::size_t i = 0; i < line.size();) {
        if (line[i] == ' ' || line[i] == '\t') {
            ++i;
        } else if (line[i] == '#') {
            entry.comment = line.substr(i);
            break;
        } else if (line[i] == '"') {
            const std::size_t end = line.find('"', i + 1);
            require(end != std::string_view::npos, "{}: a quote is not closed", where());
            words.emplace_back(line.substr(i + 1, end - i - 1));
            i = end + 1;
        } else {
            const std::size_t end = std::min(line.find_first_of(" \t#\"", i), line.size());
            words.emplace_back(line.substr(i, end - i));
            i = end;
        }
    }
    if (words.empty()) {
        entries_.push_back(entry);
        return;
    }
    require(words.size() == 4, "{}: {} words instead of four: name value tolerance kind", where(),
            words.size());
    entry.name = words[0], entry.value = words[1], entry.tolerance = words[2];
    for (const Entry& other : entries_)
        require(other.name != entry.name, "{}: '{}' stands there a second time", where(), entry.name);

    const auto kind = std::find(kind_names.begin(), kind_names.end(), words[3]);
    require(kind != kind_names.end(), "{}: the kind '{}' is none of exact, close, trained, shape, measured", where(),
            words[3]);
    entry.kind = static_cast<Kind>(kind - kind_names.begin());

    // Each kind has its own rules for value and tolerance.
    double parsed = 0;
    const bool given = entry.tolerance != "-";
    require(!given || (parse_number(entry.tolerance, parsed) && parsed > 0 && std::isfinite(parsed)),
            "{}: the tolerance '{}' is not a positive number, nor '-'", where(), entry.tolerance);
    require(given || entry.kind != Kind::trained,
            "{}: a trained value needs a tolerance: four standard deviations over five seeds", where());
    require(!given || entry.kind == Kind::close || entry.kind == Kind::trained,
            "{}: the kind {} takes no tolerance; write '-'", where(), name_of(entry.kind));
    if (is_figure(entry.name)) {
        require(entry.name.ends_with(".csv") && entry.value == "-",
                "{}: a figure's line is 'figures/NAME.csv - tolerance kind'", where());
    } else {
        require(entry.kind != Kind::shape && entry.kind != Kind::measured, "{}: the kind {} is for figures only",
                where(), name_of(entry.kind));
        require(entry.kind == Kind::exact || parse_number(entry.value, parsed),
                "{}: '{}' is not a number, as the kind {} needs", where(), entry.value, name_of(entry.kind));
    }
    entries_.push_back(std::move(entry));
}

std::vector<std::string> Expectation::differences(const std::vector<Value>& values,
                                                  const std::vector<NamedFigure>& figures) const {
    std::vector<std::string> out;
    for (const Entry& entry : entries_) {
        if (entry.name.empty()) continue;
        if (is_figure(entry.name))
            compare_figure(entry, figures, out);
        else
            compare_value(entry, values, out);
    }

    // What the program found, but the file does not have.
    const auto listed = [&](const std::string& name) {
        return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.name == name; });
    };
    for (const Value& value : values)
        if (!value.measured && !listed(value.name))
            out.push_back(fmt::format("{}: expected nothing, got {}; the file does not name it", value.name,
                                      written(value, Kind::close)));
    for (const NamedFigure& figure : figures)
        if (!listed("figures/" + figure.name + ".csv"))
            out.push_back(fmt::format("figures/{}.csv: expected no such figure; the file does not name it",
                                      figure.name));
    return out;
}

void Expectation::compare_value(const Entry& entry, const std::vector<Value>& values,
                                std::vector<std::string>& out) const {
    const auto value =
        std::find_if(values.begin(), values.end(), [&](const Value& v) { return v.name == entry.name; });
    if (value == values.end()) {
        out.push_back(fmt::format("{}: expected {}, got nothing; the program did not report it", entry.name,
                                  entry.value));
    } else if (value->measured) {
        out.push_back(
            fmt::format("{}: depends on the machine's speed and cannot be expected; take it out of the file",
                        entry.name));
    } else if (const double tolerance = tolerance_of(entry.kind, entry.tolerance);
               !value_agrees(entry.value, *value, entry.kind, tolerance)) {
        out.push_back(fmt::format(
            "{}: expected {}, got {}, tolerance {}", entry.name, entry.value, written(*value, entry.kind),
            entry.kind == Kind::exact
                ? "none (exact)"
                : fmt::format("{} ({})", tolerance,
                              entry.kind == Kind::close ? "close: relative" : "trained: absolute")));
    }
}

void Expectation::compare_figure(const Entry& entry, const std::vector<NamedFigure>& figures,
                                 std::vector<std::string>& out) const {
    const auto found = std::find_if(figures.begin(), figures.end(), [&](const NamedFigure& f) {
        return "figures/" + f.name + ".csv" == entry.name;
    });
    if (found == figures.end()) {
        out.push_back(
            fmt::format("{}: expected a figure, got nothing; the program did not draw it", entry.name));
        return;
    }
    if (found->measured != (entry.kind == Kind::measured)) {
        out.push_back(fmt::format("{}: {}", entry.name,
                                  found->measured ? "depends on the machine's speed; its kind is measured"
                                                  : "is the same on every machine; its kind is not measured"));
        return;
    }
    const fs::path table = path_.parent_path() / entry.name;
    const std::string drawing = entry.name.substr(0, entry.name.size() - 4) + ".svg";
    try {
        // Compare the program's table with the committed one, as text like the committed one.
        const Csv want = Csv::parse(read_file(table), entry.name);
        const Csv got = Csv::parse(found->figure.data.text(), entry.name);
        if (entry.kind == Kind::measured) {
            // Nothing to compare: each machine has its own.
        } else if (want.header != got.header) {
            const auto line = [](const Csv& csv) {
                const std::string text = Csv{csv.header, {}}.text();
                return text.substr(0, text.size() - 1);
            };
            out.push_back(
                fmt::format("{}: expected the columns {}, got {}", entry.name, line(want), line(got)));
        } else if (want.rows.size() != got.rows.size()) {
            out.push_back(
                fmt::format("{}: expected {} rows, got {}", entry.name, want.rows.size(), got.rows.size()));
        } else if (entry.kind != Kind::shape) {
            const double tolerance = tolerance_of(entry.kind, entry.tolerance);
            std::size_t bad = 0;
            for (std::size_t row = 0; row < want.rows.size(); ++row)
                for (std::size_t column = 0; column < want.header.size(); ++column) {
                    if (cells_agree(want.rows[row][column], got.rows[row][column], entry.kind, tolerance))
                        continue;
                    if (++bad <= most_cells_listed)
                        out.push_back(
                            fmt::format("{}: row {}, {}: expected {}, got {}, tolerance {} ({})", entry.name,
                                        row + 1, want.header[column], cut(want.rows[row][column], 40),
                                        cut(got.rows[row][column], 40), tolerance, name_of(entry.kind)));
                }
            if (bad > most_cells_listed)
                out.push_back(fmt::format("{}: and {} more cells", entry.name, bad - most_cells_listed));
        }

        // The committed drawing must be that of the committed table.
        const std::string redrawn = found->figure.svg(want);
        const std::string committed = read_file(path_.parent_path() / drawing);
        if (redrawn != committed)
            out.push_back(fmt::format("{}: expected the drawing of {}, got another from line {} on", drawing,
                                      entry.name, line_of_difference(committed, redrawn)));
    } catch (const Error& error) {
        out.push_back(fmt::format("{}: {}", entry.name, error.what()));
    }
}

void Expectation::update(const std::vector<Value>& values, const std::vector<NamedFigure>& figures) {
    // What the file should name, as new entries.
    std::vector<Entry> found;
    for (const Value& value : values) {
        if (value.measured) continue;
        const Kind kind = std::holds_alternative<double>(value.value.value) ? Kind::close : Kind::exact;
        found.push_back({value.name, written(value, kind), "-", kind, ""});
    }
    for (const NamedFigure& figure : figures)
        found.push_back({"figures/" + figure.name + ".csv", "-", "-",
                         figure.measured ? Kind::measured : Kind::close, ""});

    // Keep the file's own order, tolerances, kinds and comments.
    std::vector<Entry> kept;
    for (Entry& entry : entries_) {
        if (entry.name.empty()) {
            kept.push_back(entry);
            continue;
        }
        const auto match =
            std::find_if(found.begin(), found.end(), [&](auto& f) { return f.name == entry.name; });
        if (match == found.end()) continue;
        entry.value = match->value;
        for (const Value& value : values)
            if (value.name == entry.name) entry.value = written(value, entry.kind);
        kept.push_back(entry);
        found.erase(match);
    }
    kept.insert(kept.end(), found.begin(), found.end());
    entries_ = std::move(kept);
}

std::string Expectation::text() const {
    // Whole sentences may stand out: they would push the columns of all others apart.
    int name = 24, value = 12;
    constexpr int widest = 40;
    for (const Entry& entry : entries_) {
        name = std::max(name, columns_of(entry.name));
        if (const int columns = columns_of(quoted(entry.value)); columns <= widest) value = std::max(value, columns);
    }
    std::string out;
    for (const Entry& entry : entries_) {
        if (!entry.name.empty())
            out +=
                fmt::format("{} {} {} {}", pad_right(entry.name, name), pad_right(quoted(entry.value), value),
                            pad_right(entry.tolerance, 9), name_of(entry.kind));
        if (!entry.comment.empty()) out += (entry.name.empty() ? "" : "  ") + entry.comment;
        out += '\n';
    }
    return out;
}

}  // namespace kbk
