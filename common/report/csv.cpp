#include "common/report/csv.hpp"

#include <limits>

#include "common/base/error.hpp"
#include "common/report/format.hpp"

namespace kbk {

namespace {

void append_row(std::string& out, const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string& cell = cells[i];
        require(cell.find_first_of("\r\n") == std::string::npos,
                "the table cell '{}' has a line break; write it on one line", cell);
        if (i > 0) out += ',';
        // A row of one empty cell would be an empty line.
        if (cell.find_first_of(",\"") == std::string::npos && (!cell.empty() || cells.size() > 1)) {
            out += cell;
            continue;
        }
        out += '"';
        for (const char c : cell) out.append(c == '"' ? 2 : 1, c);
        out += '"';
    }
    out += '\n';
}

// Split one line into its cells.
std::vector<std::string> parse_row(std::string_view line, std::string_view name, std::size_t number) {
    std::vector<std::string> cells;
    std::size_t i = 0;
    for (;;) {
        std::string cell;
        if (i < line.size() && line[i] == '"') {
            // Read up to the closing quote; two quotes stand for one.
            for (++i;; ++i) {
                require(i < line.size(), "{}, line {}: a quote is not closed", name, number);
                if (line[i] == '"' && (i + 1 == line.size() || line[i + 1] != '"')) break;
                if (line[i] == '"') ++i;
                cell += line[i];
            }
            ++i;
        } else {
            while (i < line.size() && line[i] != ',') cell += line[i++];
            require(cell.find_first_of("\"\r") == std::string::npos,
                    "{}, line {}: a stray quote or carriage return in '{}'", name, number, cell);
        }
        cells.push_back(std::move(cell));
        if (i == line.size()) return cells;
        require(line[i] == ',', "{}, line {}: '{}' after a closing quote", name, number, line[i]);
        ++i;
    }
}

}  // namespace

std::string Csv::text() const {
    std::string out;
    append_row(out, header);
    for (const auto& row : rows) {
        require(row.size() == header.size(), "a table row has {} cells, its header has {}", row.size(),
                header.size());
        append_row(out, row);
    }
    return out;
}

Csv Csv::parse(std::string_view contents, std::string_view name) {
    Csv csv;
    std::size_t number = 0;
    while (!contents.empty()) {
        ++number;
        const std::size_t end = contents.find('\n');
        require(end != std::string_view::npos, "{}, line {}: the last line has no line end", name, number);
        auto cells = parse_row(contents.substr(0, end), name, number);
        contents.remove_prefix(end + 1);
        if (number == 1) {
            csv.header = std::move(cells);
            continue;
        }
        require(cells.size() == csv.header.size(), "{}, line {}: {} cells, but the header has {}", name,
                number, cells.size(), csv.header.size());
        csv.rows.push_back(std::move(cells));
    }
    require(number > 0, "{} is empty; its first line should name the columns", name);
    return csv;
}

double Csv::number(std::size_t row, std::size_t column) const {
    require(row < rows.size() && column < rows[row].size(), "no cell in row {}, column {} of the table",
            row + 1, column + 1);
    const std::string& cell = rows[row][column];
    double value = std::numeric_limits<double>::quiet_NaN();
    require(cell.empty() || parse_number(cell, value), "row {}, column {} of the table: '{}' is not a number",
            row + 1, header[column], cell);
    return value;
}

}  // namespace kbk
