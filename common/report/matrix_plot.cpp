#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "common/base/error.hpp"
#include "common/report/figure.hpp"
#include "common/report/svg.hpp"
#include "common/report/terminal.hpp"

namespace kbk {

namespace {

Csv make_table(const MatrixPlot& plot) {
    const std::size_t n = plot.classes.size();
    require(n >= 2 && n <= 20, "a confusion matrix is drawn for 2 to 20 classes, not {}", n);
    require(plot.counts.size() == n, "a confusion matrix of {} classes has {} rows", n, plot.counts.size());
    Csv csv;
    csv.header = {"true"};
    csv.header.insert(csv.header.end(), plot.classes.begin(), plot.classes.end());
    for (std::size_t row = 0; row < n; ++row) {
        require(plot.counts[row].size() == n, "row {} of a confusion matrix of {} classes has {} columns",
                row, n, plot.counts[row].size());
        std::vector<std::string> cells = {plot.classes[row]};
        for (const std::int64_t count : plot.counts[row]) cells.push_back(std::to_string(count));
        csv.rows.push_back(std::move(cells));
    }
    return csv;
}

std::vector<std::vector<double>> read_counts(const Csv& csv) {
    const std::size_t n = csv.rows.size();
    require(n >= 2 && csv.header.size() == n + 1,
            "the table of a confusion matrix has {} rows and {} columns of counts", n, csv.header.size() - 1);
    std::vector<std::vector<double>> counts(n);
    for (std::size_t row = 0; row < n; ++row)
        for (std::size_t column = 1; column <= n; ++column) {
            counts[row].push_back(csv.number(row, column));
            require(counts[row].back() >= 0, "the table of a confusion matrix has a count of '{}'",
                    csv.rows[row][column]);
        }
    return counts;
}

double sum_of(const std::vector<double>& counts) {
    double sum = 0;
    for (const double count : counts) sum += count;
    return sum;
}

std::string draw(const MatrixPlot& plot, const Csv& csv) {
    const auto counts = read_counts(csv);
    const std::size_t n = counts.size();
    Svg svg(plot.title.empty() ? "Confusion matrix" : plot.title,
            !plot.description.empty()
                ? plot.description
                : fmt::format("Confusion matrix: rows are the {}, columns the {}.", plot.rows, plot.columns));

    // Columns as wide as the page allows; their names turned where they do not fit.
    double name_width = 0;
    for (std::size_t i = 0; i < n; ++i) name_width = std::max(name_width, text_width(csv.rows[i][0], 13));
    require(name_width <= 200, "a class of the confusion matrix '{}' has too long a name; shorten it",
            plot.title);
    const double row_title = text_width(plot.rows + " ↓", 12);
    const double left = std::ceil(16 + std::max(name_width, row_title) + 10), recall = 66;
    const double cell =
        std::min(64.0, std::floor((figure_width - left - recall - 16) / static_cast<double>(n)));
    const double row_height = std::min(cell, 36.0);
    const bool turned = name_width > cell - 6;
    const double names = turned ? std::ceil(name_width * 0.71 + 12) : 18;

    double top = svg.head(plot.title, {});
    svg.text(16, top + 22 + names, plot.rows + " ↓", "label small");
    svg.text(left, top + 14, plot.columns + " →", "label small");
    top = top + 22 + names + 8;
    const double right = left + cell * static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) {
        const double x = left + cell * (static_cast<double>(i) + 0.5);
        if (turned)
            svg.text(x + 2, top - 8, csv.header[i + 1], "", Anchor::start, -45);
        else
            svg.text(x, top - 8, csv.header[i + 1], "", Anchor::middle);
    }

    // Shade each cell by its share of the row: right ones in the first colour, mistakes in the second.
    const double size = cell < 34 ? 10 : 12;
    for (std::size_t row = 0; row < n; ++row) {
        const double y = top + row_height * static_cast<double>(row), total = sum_of(counts[row]);
        const double middle = y + row_height / 2 + 4.5;
        svg.text(left - 10, middle, csv.rows[row][0], "", Anchor::end);
        for (std::size_t column = 0; column < n; ++column) {
            const double x = left + cell * static_cast<double>(column),
                         share = total > 0 ? counts[row][column] / total : 0;
            // A square root keeps the rare mistakes visible.
            const double opacity = share > 0 ? 0.06 + 0.9 * std::sqrt(share) : 0;
            const std::string colour = series_class(row == column ? 0 : 1);
            if (share > 0)
                svg.rect(x + 1, y + 1, cell - 2, row_height - 2, "fill " + colour,
                         fmt::format("rx=\"3\" fill-opacity=\"{}\"", fixed(opacity, 2)));
            else
                svg.rect(x + 1.5, y + 1.5, cell - 3, row_height - 3, "frame", "rx=\"3\"");
            svg.text(x + cell / 2, middle, show(counts[row][column], Unit::count),
                     std::string(size < 12 ? "tiny" : "small") + (share == 0      ? " label"
                                                                  : opacity > 0.6 ? " onfill"
                                                                                  : ""),
                     Anchor::middle);
        }
        if (total > 0)
            svg.text(right + recall, middle, show(counts[row][row] / total, Unit::percent), "small label",
                     Anchor::end);
    }
    svg.text(right + recall, top - 8, "recall", "small label", Anchor::end);
    return svg.finish(std::ceil(top + row_height * static_cast<double>(n) + 14));
}

std::string sketch_in_characters(const MatrixPlot& plot, const Csv& csv, bool colour) {
    const auto counts = read_counts(csv);
    const std::size_t n = counts.size();
    int name = columns_of(plot.rows), cell = 3;
    for (std::size_t row = 0; row < n; ++row) {
        name = std::max(name, std::min(14, columns_of(csv.rows[row][0])));
        for (const double count : counts[row]) cell = std::max(cell, columns_of(show(count, Unit::count)));
    }
    cell = std::min(cell + 2, std::max(5, (72 - name - 9) / static_cast<int>(n)));
    std::string out = pad_right(plot.rows, name);
    for (std::size_t i = 0; i < n; ++i) out += pad_left(cut(csv.header[i + 1], cell - 1), cell);
    out += "\n";
    for (std::size_t row = 0; row < n; ++row) {
        out += pad_right(cut(csv.rows[row][0], name), name);
        for (std::size_t column = 0; column < n; ++column) {
            const std::string number =
                pad_left(counts[row][column] > 0 ? show(counts[row][column], Unit::count) : "·", cell);
            out += colour && row == column ? "\033[1m" + number + "\033[0m" : number;
        }
        const double total = sum_of(counts[row]);
        out += total > 0 ? pad_left(show(counts[row][row] / total, Unit::percent), 9) + "\n" : "\n";
    }
    return out;
}

}  // namespace

Figure::Figure(const MatrixPlot& plot) : title(plot.title), data(make_table(plot)) {
    MatrixPlot spec = plot;
    spec.counts.clear();
    svg = [spec](const Csv& csv) { return draw(spec, csv); };
    sketch = [spec](const Csv& csv, bool colour) { return sketch_in_characters(spec, csv, colour); };
}

}  // namespace kbk
