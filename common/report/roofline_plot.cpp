#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/error.hpp"
#include "common/report/axis.hpp"
#include "common/report/figure.hpp"
#include "common/report/svg.hpp"
#include "common/report/terminal.hpp"

namespace kbk {

namespace {

constexpr double plot_height = 350;
constexpr std::size_t most_series = 2 * series_colours;
constexpr double pi = 3.14159265358979;

// What a table holds.
struct Content {
    std::vector<Roof> roofs;
    std::vector<Series> series;
};

Csv make_table(const RooflinePlot& plot) {
    Csv csv{{"kind", "name", "x", "y"}, {}};
    for (const Roof& roof : plot.roofs)
        csv.rows.push_back({"roof", roof.name, round_trip(roof.bytes), round_trip(roof.speed)});
    for (const Series& s : plot.series) {
        require(s.x.size() == s.y.size(), "the series '{}' has {} x values and {} y values", s.name, s.x.size(),
                s.y.size());
        for (std::size_t i = 0; i < s.x.size(); ++i)
            csv.rows.push_back({"series", s.name, round_trip(s.x[i]), round_trip(s.y[i])});
    }
    return csv;
}

Content read_table(const Csv& csv) {
    require(csv.header == std::vector<std::string>{"kind", "name", "x", "y"},
            "the table of a roofline needs the columns kind,name,x,y");
    Content content;
    for (std::size_t row = 0; row < csv.rows.size(); ++row) {
        const std::string &kind = csv.rows[row][0], &name = csv.rows[row][1];
        const double x = csv.number(row, 2), y = csv.number(row, 3);
        require(kind == "roof" || kind == "series", "row {} of a roofline is of the kind '{}', neither roof nor series",
                row + 1, kind);
        require(std::isfinite(x) && std::isfinite(y) && y > 0 && (x > 0 || (kind == "roof" && x == 0)),
                "a roofline is logarithmic: row {}, '{}', has the values {} and {}", row + 1, name, x, y);
        if (kind == "roof") {
            content.roofs.push_back({name, y, x});
            continue;
        }
        auto series = std::ranges::find(content.series, name, &Series::name);
        if (series == content.series.end()) {
            content.series.push_back({.name = name});
            series = content.series.end() - 1;
        }
        series->x.push_back(x);
        series->y.push_back(y);
    }
    require(!content.series.empty() && content.series.size() <= most_series,
            "a roofline takes 1 to {} series, not {}; split it in two", most_series, content.series.size());
    return content;
}

struct Scales {
    AxisScale x, y;
};

Scales make_scales(const RooflinePlot& plot, const Content& content) {
    double left = std::numeric_limits<double>::infinity(), right = 0;
    for (const Series& s : content.series)
        for (const double v : s.x) left = std::min(left, v), right = std::max(right, v);

    // Show where the slopes meet the flat roofs.
    double low = std::numeric_limits<double>::infinity(), high = 0;
    for (const Roof& roof : content.roofs)
        if (roof.bytes > 0) {
            left = std::min(left, roof.speed / roof.bytes / 6);
            right = std::max(right, roof.speed / roof.bytes * 2);
        }
    for (const Roof& roof : content.roofs) {
        high = std::max(high, roof.speed);
        if (roof.bytes > 0) low = std::min(low, roof.bytes * left);
    }
    for (const Series& s : content.series)
        for (const double v : s.y) low = std::min(low, v), high = std::max(high, v);
    Axis x = plot.x, y = plot.y;
    if (x.scale == Scale::linear) x.scale = Scale::log10;
    if (y.scale == Scale::linear) y.scale = Scale::log10;
    return {{x, left, right, 8, false}, {y, low / 1.2, high * 1.2, 6, true}};
}

std::string draw(const RooflinePlot& plot, const Csv& csv) {
    const Content content = read_table(csv);
    const Scales scales = make_scales(plot, content);

    double left_text = 0, right_text = 0;
    for (const Tick& tick : scales.y.ticks()) left_text = std::max(left_text, text_width(tick.label, 12));
    for (const Series& s : content.series) right_text = std::max(right_text, text_width(s.name, 13) * 1.06);
    require(right_text <= 280, "a series of the plot '{}' has a name too long to stand beside it; shorten it",
            plot.title);
    const double left = std::ceil(16 + left_text + 8), right = std::floor(figure_width - right_text - 30);
    const double width = right - left;

    Svg svg(plot.title.empty() ? plot.y.label : plot.title, plot.description);
    double top = svg.head(plot.title, {});
    if (!plot.y.label.empty()) {
        svg.text(16, top + 17, plot.y.label, "label");
        top += 22;
    }
    top += 12;
    const double bottom = top + plot_height;
    const auto to_x = [&](double v) { return left + width * scales.x.place(v); };
    const auto to_y = [&](double v) { return bottom - plot_height * scales.y.place(v); };
    const auto point = [](double x, double y) { return coordinate(x) + " " + coordinate(y); };

    // Grid and axes, under everything else.
    for (const Tick& tick : scales.y.ticks()) {
        svg.line(left, to_y(tick.value), right, to_y(tick.value), "grid");
        svg.text(left - 8, to_y(tick.value) + 4, tick.label, "label small", Anchor::end);
    }
    svg.line(left, bottom, right, bottom, "axis");
    double free_from = 0;
    for (const Tick& tick : scales.x.ticks()) {
        const double x = to_x(tick.value), half = text_width(tick.label, 12) / 2;
        svg.line(x, top, x, bottom, "grid");
        if (x - half < free_from) continue;
        svg.text(x, bottom + 19, tick.label, "label small", Anchor::middle);
        free_from = x + half + 6;
    }
    if (!plot.x.label.empty())
        svg.text((left + right) / 2, bottom + 40, plot.x.label, "label", Anchor::middle);

    // Roofs: a slope of one decade in each decade, up to the ridge, and flat from there.
    svg.begin_clip(left, top - 16, width + 6, plot_height + 16);
    for (const Roof& roof : content.roofs) {
        const double flat = to_y(roof.speed);
        double ridge = left;
        if (roof.bytes > 0) {
            ridge = to_x(roof.speed / roof.bytes);
            const double foot = bottom + plot_height;  // below the frame, which clips it
            const double decade_x = to_x(10) - to_x(1), decade_y = to_y(1) - to_y(10);
            const double foot_x = ridge - (foot - flat) * decade_x / decade_y;
            svg.path(fmt::format("M{}L{}", point(foot_x, foot), point(ridge, flat)), "curve ink");
            // Name it above its slope, or below where the slope of another roof runs close above; neighbours in
            // different places.
            const double from = std::max(left, foot_x), place = (&roof - content.roofs.data()) % 2 ? 0.3 : 0.62;
            const double name_x = from + place * (ridge - from), name_y = flat + (ridge - name_x) * decade_y / decade_x;
            const bool crowded = std::ranges::any_of(content.roofs, [&](const Roof& other) {
                return other.bytes > roof.bytes && std::log10(other.bytes / roof.bytes) * decade_y < 28;
            });
            svg.text(crowded ? name_x + 8 : name_x - 6, crowded ? name_y + 14 : name_y - 8, roof.name, "label small",
                     Anchor::middle, -std::atan2(decade_y, decade_x) * 180 / pi);
        }
        if (roof.bytes == 0 || &roof == &content.roofs.front())
            svg.path(fmt::format("M{}L{}", point(ridge, flat), point(right, flat)), "curve ink");
        if (roof.bytes == 0) svg.text(right - 4, flat - 6, roof.name, "label small", Anchor::end);
    }
    svg.end_clip();

    // The programs, each named at its last point.
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < content.series.size(); ++i) {
        const Series& s = content.series[i];
        std::string commands;
        for (std::size_t p = 0; p < s.x.size(); ++p)
            commands += (p ? "L" : "M") + point(to_x(s.x[p]), to_y(s.y[p]));
        if (s.x.size() > 1)
            svg.path(commands, (i < series_colours ? "curve " : "curve dashed ") + series_class(i));
        for (std::size_t p = 0; p < s.x.size(); ++p)
            svg.circle(to_x(s.x[p]), to_y(s.y[p]), 3.5, "dot " + series_class(i));
        order.push_back(i);
    }
    const auto end_of = [&](std::size_t i) { return to_y(content.series[i].y.back()); };
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return end_of(a) < end_of(b); });
    std::vector<double> wishes;
    for (const std::size_t i : order) wishes.push_back(end_of(i));
    const auto places = spread(wishes, 17, top - 4, bottom);
    for (std::size_t label = 0; label < order.size(); ++label) {
        const Series& s = content.series[order[label]];
        const double x = to_x(s.x.back()), y = wishes[label];
        if (x < right - 8 || std::abs(places[label] - y) > 5)
            svg.path(fmt::format("M{}L{}L{}", point(x + 5, y), point(right + 3, y), point(right + 13, places[label])),
                     "lead " + series_class(order[label]));
        svg.text(right + 16, places[label] + 4.5, s.name, "strong " + series_class(order[label]));
    }
    return svg.finish(std::ceil(bottom + (plot.x.label.empty() ? 30 : 52)));
}

// In characters: how much of the highest roof over its last point each program reaches.
std::string sketch_in_characters(const Csv& csv) {
    constexpr int bar_columns = 36;
    const Content content = read_table(csv);
    int names = 0;
    for (const Series& s : content.series) names = std::max(names, std::min(24, columns_of(s.name)));
    std::string out;
    for (const Series& s : content.series) {
        double roof = 0;
        for (const Roof& r : content.roofs)
            roof = std::max(roof, r.bytes > 0 ? std::min(r.speed, r.bytes * s.x.back()) : r.speed);
        const double share = roof > 0 ? std::clamp(s.y.back() / roof, 0.0, 1.0) : 0;
        std::string bar;
        for (int i = 0; i < int(std::lround(share * bar_columns)); ++i) bar += "█";
        out += fmt::format("{} {} {}\n", pad_right(cut(s.name, names), names), pad_right(bar, bar_columns),
                           show(s.y.back()));
    }
    return out;
}

}  // namespace

Figure::Figure(const RooflinePlot& plot) : title(plot.title), data(make_table(plot)) {
    // Keep the specification alone: roofs and series are the table's.
    RooflinePlot spec = plot;
    spec.roofs.clear();
    spec.series.clear();
    read_table(data);
    svg = [spec](const Csv& csv) { return draw(spec, csv); };
    sketch = [](const Csv& csv, bool) { return sketch_in_characters(csv); };
}

}  // namespace kbk
