#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "common/base/error.hpp"
#include "common/report/axis.hpp"
#include "common/report/braille.hpp"
#include "common/report/figure.hpp"
#include "common/report/svg.hpp"
#include "common/report/terminal.hpp"

namespace kbk {

namespace {

Csv make_table(const BarChart& chart) {
    require(!chart.groups.empty() && chart.groups.size() <= series_colours,
            "a bar chart takes 1 to {} groups, not {}", series_colours, chart.groups.size());
    Csv csv;
    csv.header = {"label"};
    for (const auto& group : chart.groups) csv.header.push_back(group.empty() ? "value" : group);
    for (const Bars& bars : chart.bars) {
        require(bars.values.size() == chart.groups.size(), "the bars '{}' have {} values for {} groups",
                bars.label, bars.values.size(), chart.groups.size());
        std::vector<std::string> row = {bars.label};
        for (const double value : bars.values) row.push_back(std::isnan(value) ? "" : round_trip(value));
        csv.rows.push_back(std::move(row));
    }
    return csv;
}

std::vector<Bars> read_bars(const BarChart& chart, const Csv& csv) {
    require(csv.header.size() == chart.groups.size() + 1 && csv.header[0] == "label" && !csv.rows.empty(),
            "the table of the bar chart needs the column 'label', {} columns of values and at least one row",
            chart.groups.size());
    std::vector<Bars> all;
    for (std::size_t row = 0; row < csv.rows.size(); ++row) {
        all.push_back({csv.rows[row][0], {}});
        for (std::size_t i = 1; i < csv.header.size(); ++i) {
            all.back().values.push_back(csv.number(row, i));
            require(!std::isinf(all.back().values.back()), "the bars '{}' have an infinite value",
                    all.back().label);
        }
    }
    return all;
}

AxisScale make_scale(const BarChart& chart, const std::vector<Bars>& all) {
    double low = 0, high = 0;
    for (const Bars& bars : all)
        for (const double value : bars.values)
            if (!std::isnan(value)) low = std::min(low, value), high = std::max(high, value);
    Axis axis = chart.value;
    axis.scale = Scale::linear;
    if (high == 0 && low == 0) high = 1;
    return {axis, low, high, 5, true};
}

std::string number_at_bar(const BarChart& chart, double value) {
    if (std::isnan(value)) return "–";
    return (value < 0 ? "−" : "") + show(std::abs(value), chart.value.unit, chart.digits);
}

// A bar whose far end is rounded and whose near end stands on the axis. (x, y) is the corner on the axis,
// `length` may be negative.
std::string bar_path(double x, double y, double length, double thickness, bool horizontal) {
    const double size = std::abs(length), sign = length < 0 ? -1 : 1;
    const double r = std::min({3.0, size, thickness / 2});
    const auto c = [](double v) { return coordinate(v); };
    if (horizontal)
        return fmt::format("M{} {}h{}q{} 0 {} {}v{}q0 {} {} {}h{}z", c(x), c(y), c(sign * (size - r)),
                           c(sign * r), c(sign * r), c(r), c(thickness - 2 * r), c(r), c(-sign * r), c(r),
                           c(-sign * (size - r)));
    return fmt::format("M{} {}v{}q0 {} {} {}h{}q{} 0 {} {}v{}z", c(x), c(y), c(-sign * (size - r)),
                       c(-sign * r), c(r), c(-sign * r), c(thickness - 2 * r), c(r), c(r), c(sign * r),
                       c(sign * (size - r)));
}

std::string describe(const BarChart& chart) {
    if (!chart.description.empty()) return chart.description;
    std::string text = fmt::format("Bar chart of {}", chart.value.label);
    for (std::size_t i = 0; i < chart.groups.size(); ++i)
        if (!chart.groups[i].empty()) text += fmt::format("{} {}", i == 0 ? ":" : ",", chart.groups[i]);
    return text + ".";
}

// Bars to the right, label by label downwards.
double draw_horizontal(Svg& svg, const BarChart& chart, const std::vector<Bars>& all, double top) {
    const auto scale = make_scale(chart, all);
    double label_width = 0, number_width = 0;
    bool negative = false;
    for (const Bars& bars : all) {
        label_width = std::max(label_width, text_width(bars.label, 13));
        for (const double value : bars.values) {
            number_width = std::max(number_width, text_width(number_at_bar(chart, value), 12));
            negative = negative || value < 0;
        }
    }
    require(label_width <= 300, "a label of the bar chart '{}' is too long; shorten it", chart.title);
    const double left = std::ceil(16 + label_width + 12 + (negative ? number_width : 0));
    const double right = std::floor(figure_width - 24 - number_width);
    const auto to_x = [&](double v) { return left + (right - left) * scale.place(v); };

    const auto groups = static_cast<double>(chart.groups.size());
    const double thickness = groups > 1 ? 15 : 20, inner = groups > 1 ? 2 : 0, between = groups > 1 ? 16 : 11;
    const double block = groups * thickness + (groups - 1) * inner;
    const double bottom = top + static_cast<double>(all.size()) * (block + between) + 4;

    double free_from = 0;
    for (const Tick& tick : scale.ticks()) {
        const double x = to_x(tick.value), half = text_width(tick.label, 12) / 2;
        svg.line(x, top, x, bottom, "grid");
        if (x - half < free_from) continue;
        svg.text(x, bottom + 17, tick.label, "label small", Anchor::middle);
        free_from = x + half + 6;
    }
    double y = top + between / 2 + 2;
    for (const Bars& bars : all) {
        svg.text(16 + label_width, y + block / 2 + 4.5, bars.label, "", Anchor::end);
        for (std::size_t g = 0; g < bars.values.size(); ++g) {
            const double value = bars.values[g], at = y + static_cast<double>(g) * (thickness + inner);
            const double x = to_x(std::isnan(value) ? 0 : value);
            if (!std::isnan(value) && x != to_x(0))
                svg.path(bar_path(to_x(0), at, x - to_x(0), thickness, true), "fill " + series_class(g));
            const bool left_of_axis = value < 0;
            svg.text(left_of_axis ? x - 6 : x + 6, at + thickness / 2 + 4.2, number_at_bar(chart, value),
                     "small", left_of_axis ? Anchor::end : Anchor::start);
        }
        y += block + between;
    }
    svg.line(to_x(0), top, to_x(0), bottom, "axis");
    if (chart.value.label.empty()) return bottom + 28;
    svg.text((left + right) / 2, bottom + 38, chart.value.label, "label", Anchor::middle);
    return bottom + 50;
}

// Bars upwards, label by label to the right.
double draw_vertical(Svg& svg, const BarChart& chart, const std::vector<Bars>& all, double top) {
    constexpr double height = 260;
    const auto scale = make_scale(chart, all);
    double tick_width = 0;
    bool negative = false;
    for (const Tick& tick : scale.ticks()) tick_width = std::max(tick_width, text_width(tick.label, 12));
    for (const Bars& bars : all)
        for (const double value : bars.values) negative = negative || value < 0;
    const double left = std::ceil(16 + tick_width + 8), right = figure_width - 24;
    if (!chart.value.label.empty()) {
        svg.text(16, top + 17, chart.value.label, "label");
        top += 22;
    }
    top += 18;
    const double bottom = top + height;
    const auto to_y = [&](double v) { return bottom - height * scale.place(v); };
    for (const Tick& tick : scale.ticks()) {
        svg.line(left, to_y(tick.value), right, to_y(tick.value), "grid");
        svg.text(left - 8, to_y(tick.value) + 4, tick.label, "label small", Anchor::end);
    }

    const auto groups = static_cast<double>(chart.groups.size());
    const double slot = (right - left) / static_cast<double>(all.size());
    const double thickness = std::min(64.0, slot * 0.72 / groups - 2);
    std::size_t lines = 1;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const double middle = left + slot * (static_cast<double>(i) + 0.5);
        const double first = middle - (groups * (thickness + 2) - 2) / 2;
        for (std::size_t g = 0; g < all[i].values.size(); ++g) {
            const double value = all[i].values[g], x = first + static_cast<double>(g) * (thickness + 2);
            const double y = to_y(std::isnan(value) ? 0 : value);
            if (!std::isnan(value) && y != to_y(0))
                svg.path(bar_path(x, to_y(0), to_y(0) - y, thickness, false), "fill " + series_class(g));
            // Leave out numbers that would run into each other: the axis gives them.
            const std::string number = number_at_bar(chart, value);
            if (text_width(number, 12) <= std::max(thickness + 2, groups == 1 ? slot - 4 : 0))
                svg.text(x + thickness / 2, value < 0 ? y + 15 : y - 6, number, "small", Anchor::middle);
        }
        const auto words = wrap(all[i].label, 13, slot - 6);
        lines = std::max(lines, words.size());
        for (std::size_t w = 0; w < words.size(); ++w)
            svg.text(middle, bottom + 20 + 17 * static_cast<double>(w), words[w], "", Anchor::middle);
    }
    svg.line(left, to_y(0), right, to_y(0), "axis");
    return bottom + 16 + 17 * static_cast<double>(lines);
}

std::string draw(const BarChart& chart, const Csv& csv) {
    const auto all = read_bars(chart, csv);
    Svg svg(chart.title.empty() ? chart.value.label : chart.title, describe(chart));
    std::vector<std::string> names;
    if (chart.groups.size() > 1) names = chart.groups;
    const double top = svg.head(chart.title, names) + 6;
    return svg.finish(std::ceil(chart.horizontal ? draw_horizontal(svg, chart, all, top)
                                                 : draw_vertical(svg, chart, all, top)));
}

// Always horizontal in characters.
std::string sketch_in_characters(const BarChart& chart, const Csv& csv, bool colour) {
    constexpr int total = 72;
    const auto all = read_bars(chart, csv);
    int label = 0, group = 0, number = 0;
    double largest = 0;
    for (const Bars& bars : all) {
        label = std::max(label, std::min(28, columns_of(bars.label)));
        for (const double value : bars.values) {
            number = std::max(number, columns_of(number_at_bar(chart, value)));
            if (!std::isnan(value)) largest = std::max(largest, std::abs(value));
        }
    }
    if (chart.groups.size() > 1)
        for (const auto& name : chart.groups) group = std::max(group, std::min(14, columns_of(name)) + 1);
    const int room = std::max(8, total - label - group - number - 3);

    static constexpr const char* eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    std::string out;
    if (!chart.value.label.empty()) out += chart.value.label + "\n";
    for (const Bars& bars : all)
        for (std::size_t g = 0; g < bars.values.size(); ++g) {
            const double value = bars.values[g];
            const int parts = std::isnan(value) || largest == 0
                                  ? 0
                                  : static_cast<int>(std::lround(8 * room * std::abs(value) / largest));
            std::string bar;
            for (int i = 0; i < parts / 8; ++i) bar += "█";
            bar += eighths[parts % 8];
            out += pad_left(g == 0 ? cut(bars.label, label) : "", label) + " ";
            if (group > 0) out += pad_right(cut(chart.groups[g], group - 1), group);
            out +=
                in_series_colour(static_cast<int>(g), bar, colour) + " " + number_at_bar(chart, value) + "\n";
        }
    return out;
}

}  // namespace

Figure::Figure(const BarChart& chart) : title(chart.title), data(make_table(chart)) {
    BarChart spec = chart;
    spec.bars.clear();
    svg = [spec](const Csv& csv) { return draw(spec, csv); };
    sketch = [spec](const Csv& csv, bool colour) { return sketch_in_characters(spec, csv, colour); };
}

}  // namespace kbk
