#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "common/base/error.hpp"
#include "common/report/axis.hpp"
#include "common/report/braille.hpp"
#include "common/report/figure.hpp"
#include "common/report/svg.hpp"
#include "common/report/terminal.hpp"

namespace kbk {

namespace {

constexpr double plot_height = 380;
constexpr int grid_columns = 96, grid_rows = 64;

struct Point {
    double x, y;
};
using Line = std::vector<Point>;

// One path as read from a table.
struct Trail {
    std::string name;
    Line points;
    Mark mark;
    bool dashed;
};

Csv make_table(const ContourPlot& plot) {
    require(plot.series.size() <= series_colours,
            "a contour plot takes at most {} paths, not {}; split it in two", series_colours,
            plot.series.size());
    require(bool(plot.height) && !plot.levels.empty(), "the contour plot '{}' has no surface, or no levels",
            plot.title);
    require(plot.x.low && plot.x.high && plot.y.low && plot.y.high && plot.x.scale == Scale::linear &&
                plot.y.scale == Scale::linear,
            "the contour plot '{}' needs linear axes with both limits", plot.title);
    Csv csv;
    csv.header = {"series", "x", "y"};
    for (const Series& s : plot.series) {
        require(s.x.size() == s.y.size(), "the path '{}' has {} x values and {} y values", s.name, s.x.size(),
                s.y.size());
        require(s.low.empty() && s.high.empty(), "the path '{}' of a contour plot has a band; it takes none",
                s.name);
        for (std::size_t i = 0; i < s.x.size(); ++i)
            csv.rows.push_back({s.name, round_trip(s.x[i]), round_trip(s.y[i])});
    }
    return csv;
}

std::vector<Trail> read_trails(const ContourPlot& plot, const Csv& csv) {
    require(csv.header == std::vector<std::string>({"series", "x", "y"}),
            "the table of a contour plot needs the columns series,x,y");
    std::vector<Trail> trails;
    for (const Series& s : plot.series) trails.push_back({s.name, {}, s.mark, s.dashed});
    for (std::size_t row = 0; row < csv.rows.size(); ++row) {
        const auto trail = std::ranges::find(trails, csv.rows[row][0], &Trail::name);
        require(trail != trails.end(), "the contour plot has no path called '{}'", csv.rows[row][0]);
        trail->points.push_back({csv.number(row, 1), csv.number(row, 2)});
    }
    return trails;
}

// The lines on which a surface has a height, by marching squares: each cell of a grid is cut where the
// surface passes the height along its edges, and the cuts of neighbouring cells are joined.
std::vector<Line> contour(const std::vector<std::vector<double>>& heights, double level) {
    // A cut lies on the edge from grid point (i, j) to its right (side 0) or to the one above (side 1).
    using Edge = std::array<int, 3>;
    const auto cut = [&](const Edge& e) {
        const auto [i, j, side] = e;
        const double a = heights[j][i], b = heights[j + side][i + 1 - side], t = (level - a) / (b - a);
        return Point{i + (side ? 0 : t), j + (side ? t : 0)};
    };
    std::map<Edge, std::vector<Edge>> joined;
    const auto join = [&](const Edge& a, const Edge& b) {
        joined[a].push_back(b);
        joined[b].push_back(a);
    };
    const int columns = static_cast<int>(heights[0].size()) - 1, rows = static_cast<int>(heights.size()) - 1;
    for (int j = 0; j < rows; ++j)
        for (int i = 0; i < columns; ++i) {
            const bool low_left = heights[j][i] > level, low_right = heights[j][i + 1] > level,
                       top_left = heights[j + 1][i] > level, top_right = heights[j + 1][i + 1] > level;
            const Edge bottom{i, j, 0}, top{i, j + 1, 0}, left{i, j, 1}, right{i + 1, j, 1};
            std::vector<Edge> cuts;
            if (low_left != low_right) cuts.push_back(bottom);
            if (low_right != top_right) cuts.push_back(right);
            if (top_left != top_right) cuts.push_back(top);
            if (low_left != top_left) cuts.push_back(left);
            if (cuts.size() == 2) join(cuts[0], cuts[1]);
            if (cuts.size() < 4) continue;
            // A saddle: the height of the middle says which corners belong together.
            const double middle =
                (heights[j][i] + heights[j][i + 1] + heights[j + 1][i] + heights[j + 1][i + 1]) / 4;
            const bool turn = (middle > level) == low_left;
            join(bottom, turn ? right : left);
            join(top, turn ? left : right);
        }

    // Follow the cuts: first the lines that begin at the border, then the closed ones.
    std::vector<Line> lines;
    const auto follow = [&](Edge at) {
        Line line{cut(at)};
        while (!joined[at].empty()) {
            const Edge next = joined[at].back();
            joined[at].pop_back();
            std::erase(joined[next], at);
            line.push_back(cut(at = next));
        }
        lines.push_back(std::move(line));
    };
    for (const bool closed : {false, true})
        for (auto& [edge, neighbours] : joined)
            if (neighbours.size() == (closed ? 2 : 1)) follow(edge);
    return lines;
}

// All contour lines, in places from 0 to 1 along both axes.
std::vector<Line> contours(const ContourPlot& plot) {
    const auto along = [](const Axis& axis, int i, int count) {
        return *axis.low + (*axis.high - *axis.low) * i / count;
    };
    std::vector<std::vector<double>> heights;
    for (int j = 0; j <= grid_rows; ++j) {
        heights.emplace_back();
        for (int i = 0; i <= grid_columns; ++i)
            heights.back().push_back(
                plot.height(along(plot.x, i, grid_columns), along(plot.y, j, grid_rows)));
    }
    std::vector<Line> lines;
    for (const double level : plot.levels)
        for (Line& line : contour(heights, level)) {
            for (Point& p : line) p = {p.x / grid_columns, p.y / grid_rows};
            lines.push_back(std::move(line));
        }
    return lines;
}

std::string draw(const ContourPlot& plot, const Csv& csv) {
    const auto trails = read_trails(plot, csv);
    const AxisScale x(plot.x, *plot.x.low, *plot.x.high, 8, false),
        y(plot.y, *plot.y.low, *plot.y.high, 6, false);
    Svg svg(plot.title.empty() ? "Contour plot" : plot.title,
            plot.description.empty() ? fmt::format("Paths over the contour lines of a surface.")
                                     : plot.description);
    std::vector<std::string> names;
    for (const Trail& trail : trails) names.push_back(trail.name);
    double top = svg.head(plot.title, names);
    double left_text = 0;
    for (const Tick& tick : y.ticks()) left_text = std::max(left_text, text_width(tick.label, 12));
    if (!plot.y.label.empty()) {
        svg.text(16, top + 17, plot.y.label, "label");
        top += 22;
    }
    top += 6;
    const double left = std::ceil(24 + left_text), right = figure_width - 24, bottom = top + plot_height;
    const double width = right - left;
    const auto at_x = [&](double place) { return left + width * place; };
    const auto at_y = [&](double place) { return bottom - plot_height * place; };
    const auto corner = [&](bool first, double px, double py) {
        return fmt::format("{}{} {}", first ? "M" : "L", coordinate(px), coordinate(py));
    };

    // Contour lines under everything else.
    svg.begin_clip(left, top, width, plot_height);
    std::string commands;
    for (const Line& line : contours(plot))
        for (std::size_t i = 0; i < line.size(); ++i)
            commands += corner(i == 0, at_x(line[i].x), at_y(line[i].y));
    svg.path(commands, "axis", "fill=\"none\" stroke-opacity=\"0.6\"");

    // Paths, each from a ring at its beginning. Far outside it does not matter where exactly.
    const auto clamped = [](double place) { return std::clamp(place, -5.0, 5.0); };
    for (std::size_t t = 0; t < trails.size(); ++t) {
        const Trail& trail = trails[t];
        const std::string colour = series_class(t);
        std::string path;
        std::vector<Point> dots;
        for (const Point& p : trail.points) {
            if (!x.drawable(p.x) || !y.drawable(p.y)) break;
            dots.push_back({at_x(clamped(x.place(p.x))), at_y(clamped(y.place(p.y)))});
            path += corner(path.empty(), dots.back().x, dots.back().y);
        }
        if (dots.empty()) continue;
        if (trail.mark != Mark::points) svg.path(path, (trail.dashed ? "curve dashed " : "curve ") + colour);
        if (trail.mark != Mark::line)
            for (const Point& dot : dots) svg.circle(dot.x, dot.y, 2.5, "fill " + colour);
        svg.circle(dots.back().x, dots.back().y, 4.5, "dot " + colour);
    }
    for (const Place& place : plot.places) {
        const double px = at_x(x.place(place.x)), py = at_y(y.place(place.y));
        svg.path(fmt::format("M{0} {2}L{1} {3}M{0} {3}L{1} {2}", coordinate(px - 5), coordinate(px + 5),
                             coordinate(py - 5), coordinate(py + 5)),
                 "ink", "stroke-width=\"2\"");
        const bool at_left = px + 12 + text_width(place.label, 13) > right;
        svg.text(px + (at_left ? -10 : 10), py - 8, place.label, "", at_left ? Anchor::end : Anchor::start);
    }
    svg.end_clip();

    // Frame and numbers.
    svg.rect(left, top, width, plot_height, "axis", "fill=\"none\"");
    for (const Tick& tick : y.ticks()) {
        svg.line(left - 5, at_y(y.place(tick.value)), left, at_y(y.place(tick.value)), "axis");
        svg.text(left - 8, at_y(y.place(tick.value)) + 4, tick.label, "label small", Anchor::end);
    }
    for (const Tick& tick : x.ticks()) {
        svg.line(at_x(x.place(tick.value)), bottom, at_x(x.place(tick.value)), bottom + 5, "axis");
        svg.text(at_x(x.place(tick.value)), bottom + 19, tick.label, "label small", Anchor::middle);
    }
    if (!plot.x.label.empty())
        svg.text((left + right) / 2, bottom + 40, plot.x.label, "label", Anchor::middle);
    return svg.finish(std::ceil(bottom + (plot.x.label.empty() ? 30 : 52)));
}

// The paths in characters, each with its name.
std::string sketch_in_characters(const ContourPlot& plot, const Csv& csv, bool colour) {
    constexpr int columns = 60, rows = 16;
    const auto trails = read_trails(plot, csv);
    const AxisScale x(plot.x, *plot.x.low, *plot.x.high, 6, false),
        y(plot.y, *plot.y.low, *plot.y.high, 3, false);
    Braille canvas(columns, rows);
    const auto dot_x = [&](double place) {
        return static_cast<int>(std::lround(std::clamp(place, -2.0, 3.0) * (canvas.width() - 1)));
    };
    const auto dot_y = [&](double place) {
        return static_cast<int>(std::lround((1 - std::clamp(place, -2.0, 3.0)) * (canvas.height() - 1)));
    };
    for (std::size_t t = trails.size(); t-- > 0;) {
        const Line& points = trails[t].points;
        for (std::size_t i = 0; i < points.size() && x.drawable(points[i].x) && y.drawable(points[i].y);
             ++i) {
            const Point& from = points[i == 0 ? 0 : i - 1];
            canvas.line(dot_x(x.place(from.x)), dot_y(y.place(from.y)), dot_x(x.place(points[i].x)),
                        dot_y(y.place(points[i].y)), static_cast<int>(t));
        }
    }
    std::string out;
    for (int row = 0; row < rows; ++row) out += "│" + canvas.row(row, colour) + "│\n";
    std::string names;
    int width = 0;
    for (std::size_t t = 0; t < trails.size(); ++t) {
        if (width > 0 && width + columns_of(trails[t].name) + 2 > 70) {
            names += "\n";
            width = 0;
        }
        names += (width ? "  " : "") + in_series_colour(static_cast<int>(t), trails[t].name, colour);
        width += (width ? 2 : 0) + columns_of(trails[t].name);
    }
    return out + names + "\n";
}

}  // namespace

Figure::Figure(const ContourPlot& plot) : title(plot.title), data(make_table(plot)) {
    ContourPlot spec = plot;
    for (Series& s : spec.series) s.x.clear(), s.y.clear();
    svg = [spec](const Csv& csv) { return draw(spec, csv); };
    sketch = [spec](const Csv& csv, bool colour) { return sketch_in_characters(spec, csv, colour); };
}

}  // namespace kbk
