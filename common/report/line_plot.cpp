#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/error.hpp"
#include "common/report/axis.hpp"
#include "common/report/braille.hpp"
#include "common/report/figure.hpp"
#include "common/report/svg.hpp"
#include "common/report/terminal.hpp"

namespace kbk {

namespace {

constexpr double plot_height = 290;
constexpr std::size_t many_points = 1500;

// One curve as read from a table, with the place of the label at its end.
struct Curve {
    std::string name;
    std::vector<double> x, y, low, high;
    Mark mark = Mark::line;
    bool dashed = false;
};

struct Limits {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    void include(double value, Scale scale) {
        if (!std::isfinite(value) || (scale != Scale::linear && value <= 0)) return;
        low = std::min(low, value);
        high = std::max(high, value);
    }
};

Csv make_table(const LinePlot& plot) {
    require(!plot.series.empty() && plot.series.size() <= series_colours,
            "a line plot takes 1 to {} series, not {}; split it in two", series_colours, plot.series.size());
    const bool bands =
        std::any_of(plot.series.begin(), plot.series.end(), [](auto& s) { return !s.low.empty(); });
    Csv csv;
    csv.header = {"series", "x", "y"};
    if (bands) csv.header.insert(csv.header.end(), {"low", "high"});
    for (std::size_t i = 0; i < plot.series.size(); ++i) {
        const Series& s = plot.series[i];
        for (std::size_t j = 0; j < i; ++j)
            require(plot.series[j].name != s.name, "two series of a line plot are called '{}'", s.name);
        require(s.x.size() == s.y.size(), "the series '{}' has {} x values and {} y values", s.name,
                s.x.size(), s.y.size());
        require(s.low.size() == s.high.size() && (s.low.empty() || s.low.size() == s.x.size()),
                "the band of the series '{}' has {} lower and {} upper values for {} points", s.name,
                s.low.size(), s.high.size(), s.x.size());
        for (std::size_t p = 0; p < s.x.size(); ++p) {
            std::vector<std::string> row = {s.name, round_trip(s.x[p]), round_trip(s.y[p])};
            if (bands && s.low.empty()) row.insert(row.end(), {"", ""});
            if (bands && !s.low.empty()) row.insert(row.end(), {round_trip(s.low[p]), round_trip(s.high[p])});
            csv.rows.push_back(std::move(row));
        }
    }
    return csv;
}

// Read the curves in the order of the specification, which gives each its colour.
std::vector<Curve> read_curves(const LinePlot& plot, const Csv& csv) {
    require(csv.header.size() >= 3 && csv.header[0] == "series" && csv.header[1] == "x" &&
                csv.header[2] == "y" &&
                (csv.header.size() == 3 ||
                 (csv.header.size() == 5 && csv.header[3] == "low" && csv.header[4] == "high")),
            "the table of a line plot needs the columns series,x,y or series,x,y,low,high");
    std::vector<Curve> curves;
    for (const Series& s : plot.series) curves.push_back({s.name, {}, {}, {}, {}, s.mark, s.dashed});
    for (std::size_t row = 0; row < csv.rows.size(); ++row) {
        const std::string& name = csv.rows[row][0];
        const auto curve =
            std::find_if(curves.begin(), curves.end(), [&](auto& c) { return c.name == name; });
        require(curve != curves.end(), "the line plot has no series called '{}'", name);
        curve->x.push_back(csv.number(row, 1));
        curve->y.push_back(csv.number(row, 2));
        if (csv.header.size() == 3 || csv.rows[row][3].empty()) continue;
        curve->low.push_back(csv.number(row, 3));
        curve->high.push_back(csv.number(row, 4));
    }
    return curves;
}

struct Scales {
    AxisScale x, y;
};

Scales make_scales(const LinePlot& plot, const std::vector<Curve>& curves, int x_ticks, int y_ticks) {
    Limits x, y;
    for (const Curve& curve : curves) {
        for (const double v : curve.x) x.include(v, plot.x.scale);
        for (const auto* values : {&curve.y, &curve.low, &curve.high})
            for (const double v : *values) y.include(v, plot.y.scale);
    }
    for (const Rule& rule : plot.rules) y.include(rule.value, plot.y.scale);
    return {{plot.x, x.low, x.high, x_ticks, false}, {plot.y, y.low, y.high, y_ticks, true}};
}

// The last point of a curve that can be drawn, as an index; the number of points if there is none.
std::size_t last_point(const Curve& curve, const Scales& scales) {
    for (std::size_t i = curve.x.size(); i-- > 0;)
        if (scales.x.drawable(curve.x[i]) && scales.y.drawable(curve.y[i])) return i;
    return curve.x.size();
}

// Keep of a long curve, for each column of pixels, its first, lowest, highest and last point.
std::vector<std::size_t> thin_out(const Curve& curve, const Scales& scales, double width) {
    std::vector<std::size_t> kept;
    if (curve.x.size() <= many_points) {
        for (std::size_t i = 0; i < curve.x.size(); ++i) kept.push_back(i);
        return kept;
    }
    for (std::size_t begin = 0; begin < curve.x.size();) {
        const auto column = [&](std::size_t i) {
            return std::floor(scales.x.place(curve.x[i]) * width / 2 + 1e-6);
        };
        std::size_t end = begin, low = begin, high = begin;
        for (; end < curve.x.size() && column(end) == column(begin); ++end) {
            if (curve.y[end] < curve.y[low]) low = end;
            if (curve.y[end] > curve.y[high]) high = end;
        }
        if (end == begin) ++end;  // not a number
        const std::size_t corners[] = {begin, std::min(low, high), std::max(low, high), end - 1};
        for (const std::size_t i : corners)
            if (kept.empty() || i > kept.back()) kept.push_back(i);
        begin = end;
    }
    return kept;
}

// A text in the right margin, for a curve or a rule.
struct EndLabel {
    std::string text;
    std::string css;
    double y;       // where it should stand
    double x_from;  // where what it names ends
};

std::string describe(const LinePlot& plot) {
    if (!plot.description.empty()) return plot.description;
    std::string text = fmt::format("Line plot of {} against {}", plot.y.label, plot.x.label);
    for (std::size_t i = 0; i < plot.series.size(); ++i)
        if (!plot.series[i].name.empty())
            text += fmt::format("{} {}", i == 0 ? ":" : ",", plot.series[i].name);
    return text + ".";
}

std::string draw(const LinePlot& plot, const Csv& csv) {
    const auto curves = read_curves(plot, csv);
    const auto scales = make_scales(plot, curves, 8, 6);

    // Name the curves at their right ends where all of them end there, else in a row above the plot.
    bool at_ends = true;
    for (const Curve& curve : curves) {
        const std::size_t i = last_point(curve, scales);
        at_ends =
            at_ends && i < curve.x.size() && scales.x.place(curve.x[i]) > 0.85 && curve.mark != Mark::points;
    }
    const bool named = curves.size() > 1 || !curves[0].name.empty();

    // Leave room for the widest texts on both sides.
    double left_text = 0, right_text = 0;
    for (const Tick& tick : scales.y.ticks()) left_text = std::max(left_text, text_width(tick.label, 12));
    for (const Rule& rule : plot.rules) right_text = std::max(right_text, text_width(rule.label, 13));
    if (at_ends && named)
        for (const Curve& curve : curves)
            right_text = std::max(right_text, text_width(curve.name, 13) * 1.06);
    require(right_text <= 280,
            "a series or rule of the plot '{}' has a name too long to stand beside it; shorten it",
            plot.title);
    const double left = std::ceil(16 + left_text + 8);
    const double right = std::floor(figure_width - (right_text > 0 ? right_text + 30 : 24));
    const double width = right - left;

    Svg svg(plot.title.empty() ? plot.y.label : plot.title, describe(plot));
    std::vector<std::string> names;
    if (named && !at_ends)
        for (const Curve& curve : curves) names.push_back(curve.name);
    double top = svg.head(plot.title, names);
    if (!plot.y.label.empty()) {
        svg.text(16, top + 17, plot.y.label, "label");
        top += 22;
    }
    top += 12;
    const double bottom = top + plot_height;
    const auto to_x = [&](double v) { return left + width * scales.x.place(v); };
    const auto to_y = [&](double v) { return bottom - plot_height * scales.y.place(v); };

    // Grid and axes, under everything else.
    for (const Tick& tick : scales.y.ticks()) {
        svg.line(left, to_y(tick.value), right, to_y(tick.value), "grid");
        svg.text(left - 8, to_y(tick.value) + 4, tick.label, "label small", Anchor::end);
    }
    svg.line(left, bottom, right, bottom, "axis");
    double free_from = 0;
    for (const Tick& tick : scales.x.ticks()) {
        const double x = to_x(tick.value), half = text_width(tick.label, 12) / 2;
        if (plot.x.scale != Scale::linear) svg.line(x, top, x, bottom, "grid");
        svg.line(x, bottom, x, bottom + 5, "axis");
        // Leave out a number that would touch the one before it.
        if (x - half < free_from) continue;
        svg.text(x, bottom + 19, tick.label, "label small", Anchor::middle);
        free_from = x + half + 6;
    }
    if (!plot.x.label.empty())
        svg.text((left + right) / 2, bottom + 40, plot.x.label, "label", Anchor::middle);

    // Clip where the limits were given: the data may pass them.
    const bool clip = plot.x.low || plot.x.high || plot.y.low || plot.y.high;
    for (const Rule& rule : plot.rules) svg.line(left, to_y(rule.value), right, to_y(rule.value), "rule");
    if (clip) svg.begin_clip(left - 1, top - 4, width + 6, plot_height + (plot.y.low ? 4.5 : 8));
    for (std::size_t c = 0; c < curves.size(); ++c) {
        const Curve& curve = curves[c];
        const auto kept = thin_out(curve, scales, width);
        const auto point = [&](std::size_t i, double y) {
            return fmt::format("{} {}", coordinate(to_x(curve.x[i])), coordinate(to_y(y)));
        };
        if (!curve.low.empty()) {
            require(curve.low.size() == curve.x.size(), "the band of the series '{}' has gaps", curve.name);
            std::string there, back;
            for (const std::size_t i : kept) {
                if (!scales.x.drawable(curve.x[i]) || !scales.y.drawable(curve.low[i]) ||
                    !scales.y.drawable(curve.high[i]))
                    continue;
                there += (there.empty() ? "M" : "L") + point(i, curve.high[i]);
                back.insert(0, "L" + point(i, curve.low[i]));
            }
            if (!there.empty()) svg.path(there + back + "Z", "band " + series_class(c));
        }
        const auto drawable = [&](std::size_t i) {
            return scales.x.drawable(curve.x[i]) && scales.y.drawable(curve.y[i]);
        };
        std::string commands;
        bool pen_down = false;
        for (const std::size_t i : kept) {
            if (drawable(i)) commands += (pen_down ? "L" : "M") + point(i, curve.y[i]);
            pen_down = drawable(i);
        }
        if (curve.mark != Mark::points && !commands.empty())
            svg.path(commands, (curve.dashed ? "curve dashed " : "curve ") + series_class(c));
        if (curve.mark != Mark::line)
            for (const std::size_t i : kept)
                if (drawable(i))
                    svg.circle(to_x(curve.x[i]), to_y(curve.y[i]), curve.mark == Mark::points ? 4 : 3.5,
                               "dot " + series_class(c));
    }
    if (clip) svg.end_clip();

    // Set the texts at the right, each as near to its curve as the others allow.
    std::vector<EndLabel> labels;
    for (const Rule& rule : plot.rules) labels.push_back({rule.label, "label", to_y(rule.value), right});
    if (at_ends && named)
        for (std::size_t c = 0; c < curves.size(); ++c) {
            const std::size_t i = last_point(curves[c], scales);
            const double y = std::clamp(to_y(curves[c].y[i]), top, bottom);
            labels.push_back({curves[c].name, "strong " + series_class(c), y, to_x(curves[c].x[i])});
        }
    std::stable_sort(labels.begin(), labels.end(), [](auto& a, auto& b) { return a.y < b.y; });
    std::vector<double> wishes;
    for (const EndLabel& label : labels) wishes.push_back(label.y);
    const auto places = spread(wishes, 17, top - 4, bottom);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        // Lead from the end of the curve to a label that had to move.
        if (std::abs(places[i] - labels[i].y) > 5)
            svg.path(fmt::format("M{} {}L{} {}L{} {}", coordinate(labels[i].x_from + 5),
                                 coordinate(labels[i].y), coordinate(right + 5), coordinate(labels[i].y),
                                 coordinate(right + 15), coordinate(places[i])),
                     "lead " + labels[i].css.substr(labels[i].css.find(' ') + 1));
        svg.text(right + 18, places[i] + 4.5, labels[i].text, labels[i].css);
    }
    return svg.finish(std::ceil(bottom + (plot.x.label.empty() ? 30 : 52)));
}

// The same in characters.
std::string sketch_in_characters(const LinePlot& plot, const Csv& csv, bool colour) {
    constexpr int total = 72, rows = 12;
    const auto curves = read_curves(plot, csv);
    const auto scales = make_scales(plot, curves, 6, 3);
    int left = 0, right = 0;
    for (const Tick& tick : scales.y.ticks()) left = std::max(left, columns_of(tick.label));
    for (const Curve& curve : curves) right = std::max(right, columns_of(curve.name));
    right = std::min(right, 20);
    const int columns = total - left - right - 4;

    Braille canvas(columns, rows);
    const auto to_x = [&](double v) {
        return static_cast<int>(std::lround(scales.x.place(v) * (canvas.width() - 1)));
    };
    const auto to_y = [&](double v) {
        return static_cast<int>(std::lround((1 - scales.y.place(v)) * (canvas.height() - 1)));
    };
    std::vector<std::string> margin(rows), labels(rows);
    for (const Rule& rule : plot.rules)
        for (int x = 0; x < canvas.width(); x += 4) canvas.set(x, to_y(rule.value));
    // The first curve is drawn last, and named first.
    for (std::size_t c = curves.size(); c-- > 0;) {
        const Curve& curve = curves[c];
        bool pen_down = false;
        int x_before = 0, y_before = 0;
        for (std::size_t i = 0; i < curve.x.size(); ++i) {
            const bool drawable = scales.x.drawable(curve.x[i]) && scales.y.drawable(curve.y[i]) &&
                                  std::abs(scales.y.place(curve.y[i])) < 100 &&
                                  std::abs(scales.x.place(curve.x[i])) < 100;
            if (drawable) {
                const int x = to_x(curve.x[i]), y = to_y(curve.y[i]);
                if (pen_down && curve.mark != Mark::points)
                    canvas.line(x_before, y_before, x, y, static_cast<int>(c));
                else
                    canvas.set(x, y, static_cast<int>(c));
                x_before = x, y_before = y;
            }
            pen_down = drawable;
        }
    }
    for (std::size_t c = 0; c < curves.size(); ++c) {
        const std::size_t i = last_point(curves[c], scales);
        if (i == curves[c].x.size()) continue;
        // Take the free row that is nearest to the curve's end.
        const int wish = std::clamp(to_y(std::max(-1e3, std::min(1e3, curves[c].y[i]))) / 4, 0, rows - 1);
        for (int d = 0; d < 2 * rows; ++d) {
            const int row = wish + (d % 2 ? (d + 1) / 2 : -d / 2);
            if (row < 0 || row >= rows || !labels[static_cast<std::size_t>(row)].empty()) continue;
            labels[static_cast<std::size_t>(row)] =
                in_series_colour(static_cast<int>(c), cut(curves[c].name, right), colour);
            break;
        }
    }
    for (const Tick& tick : scales.y.ticks())
        margin[static_cast<std::size_t>(std::clamp(to_y(tick.value) / 4, 0, rows - 1))] = tick.label;

    std::string out;
    if (!plot.y.label.empty())
        out += pad_left("", std::max(0, left - columns_of(plot.y.label))) + plot.y.label + "\n";
    for (int row = 0; row < rows; ++row) {
        const auto r = static_cast<std::size_t>(row);
        out += pad_left(margin[r], left) + (margin[r].empty() ? " │" : " ┤") + canvas.row(row, colour) +
               (labels[r].empty() ? "" : " " + labels[r]) + "\n";
    }
    // The x axis, its numbers, and its label after them.
    std::vector<std::string> axis(static_cast<std::size_t>(columns), "─");
    std::string numbers;
    for (const Tick& tick : scales.x.ticks()) {
        const int at = std::clamp(to_x(tick.value) / 2, 0, columns - 1);
        axis[static_cast<std::size_t>(at)] = "┬";
        const int from = std::max(0, at - columns_of(tick.label) / 2);
        if (from > columns_of(numbers) || numbers.empty()) numbers = pad_right(numbers, from) + tick.label;
    }
    out += pad_left("", left) + " └";
    for (const auto& part : axis) out += part;
    out += "\n" + pad_left("", left + 2) + pad_right(numbers, columns) + " " + cut(plot.x.label, right + 8) +
           "\n";
    return out;
}

}  // namespace

Figure::Figure(const LinePlot& plot) : title(plot.title), data(make_table(plot)) {
    // Keep the specification alone: a drawing must not depend on what the table does not hold.
    LinePlot spec = plot;
    for (Series& s : spec.series) s.x.clear(), s.y.clear(), s.low.clear(), s.high.clear();
    svg = [spec](const Csv& csv) { return draw(spec, csv); };
    sketch = [spec](const Csv& csv, bool colour) { return sketch_in_characters(spec, csv, colour); };
}

}  // namespace kbk
