#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "common/base/error.hpp"
#include "common/report/figure.hpp"
#include "common/report/svg.hpp"
#include "common/report/terminal.hpp"

namespace kbk {

namespace {

constexpr double box_width = 92, box_height = 54, row_height = 72;

Csv make_table(const GraphPlot& plot) {
    require(!plot.nodes.empty(), "the graph '{}' has no nodes", plot.title);
    const auto cell = [](double value) { return std::isnan(value) ? std::string() : round_trip(value); };
    Csv csv;
    csv.header = {"from", "to", "value", "gradient"};
    for (const GraphNode& node : plot.nodes) {
        require(std::ranges::count(plot.nodes, node.name, &GraphNode::name) == 1,
                "two nodes of the graph '{}' are called '{}'", plot.title, node.name);
        csv.rows.push_back({node.name, "", cell(node.value), cell(node.gradient)});
    }
    for (const GraphEdge& edge : plot.edges) {
        for (const std::string& end : {edge.from, edge.to})
            require(std::ranges::count(plot.nodes, end, &GraphNode::name) == 1,
                    "an edge of the graph '{}' ends at '{}', which is no node", plot.title, end);
        csv.rows.push_back({edge.from, edge.to, cell(edge.derivative), ""});
    }
    return csv;
}

// The specification with the numbers of a table.
GraphPlot read_graph(GraphPlot plot, const Csv& csv) {
    require(csv.header == std::vector<std::string>({"from", "to", "value", "gradient"}) &&
                csv.rows.size() == plot.nodes.size() + plot.edges.size(),
            "the table of the graph '{}' needs the columns from,to,value,gradient and a row for each node "
            "and edge",
            plot.title);
    for (std::size_t i = 0; i < plot.nodes.size(); ++i) {
        require(csv.rows[i][0] == plot.nodes[i].name, "row {} of the graph '{}' is not its node '{}'", i + 1,
                plot.title, plot.nodes[i].name);
        plot.nodes[i].value = csv.number(i, 2);
        plot.nodes[i].gradient = csv.number(i, 3);
    }
    for (std::size_t i = 0; i < plot.edges.size(); ++i)
        plot.edges[i].derivative = csv.number(plot.nodes.size() + i, 2);
    return plot;
}

// Few digits, with a real minus sign.
std::string number(double value, int digits = 4) {
    std::string text = show(value, Unit::plain, std::abs(value) < 100 ? digits : 1);
    while (text.find('.') != std::string::npos && (text.back() == '0' || text.back() == '.')) {
        const bool point = text.back() == '.';
        text.pop_back();
        if (point) break;
    }
    if (text.starts_with('-')) text = "−" + text.substr(1);
    return text;
}

std::string draw(const GraphPlot& spec, const Csv& csv) {
    const GraphPlot plot = read_graph(spec, csv);
    Svg svg(
        plot.title.empty() ? "Graph of a computation" : plot.title,
        plot.description.empty() ? "A computation as a graph, with values and gradients." : plot.description);
    const double top =
        svg.head(plot.title, {"value", fmt::format("derivative of {} by it", plot.result)}) + 8;
    double columns = 0, rows = 0;
    for (const GraphNode& node : plot.nodes) {
        columns = std::max(columns, node.column);
        rows = std::max(rows, node.row);
    }
    const double pitch = columns > 0 ? (figure_width - 32 - box_width) / columns : 0;
    const auto left = [&](const GraphNode& node) { return 16 + pitch * node.column; };
    const auto middle = [&](const GraphNode& node) { return top + row_height * node.row + box_height / 2; };

    for (const GraphEdge& edge : plot.edges) {
        const GraphNode& from = *std::ranges::find(plot.nodes, edge.from, &GraphNode::name);
        const GraphNode& to = *std::ranges::find(plot.nodes, edge.to, &GraphNode::name);
        const double x1 = left(from) + box_width, y1 = middle(from), x2 = left(to) - 2, y2 = middle(to);
        svg.line(x1, y1, x2, y2, "axis");

        // An arrowhead along the line.
        const double length = std::hypot(x2 - x1, y2 - y1), ux = (x2 - x1) / length, uy = (y2 - y1) / length;
        svg.path(fmt::format("M{} {}L{} {}L{} {}Z", coordinate(x2), coordinate(y2),
                             coordinate(x2 - 8 * ux - 4 * uy), coordinate(y2 - 8 * uy + 4 * ux),
                             coordinate(x2 - 8 * ux + 4 * uy), coordinate(y2 - 8 * uy - 4 * ux)),
                 "fill");
        if (std::isnan(edge.derivative)) continue;
        // At the right of a steep line, above a level one.
        const double off = 7 + 9 * std::abs(uy);
        svg.text((x1 + x2) / 2 + std::abs(uy) * off, (y1 + y2) / 2 + (uy < 0 ? ux : -ux) * off + 4,
                 number(edge.derivative, 3), "label tiny", Anchor::middle);
    }
    for (const GraphNode& node : plot.nodes) {
        const double x = left(node), y = middle(node) - box_height / 2;
        svg.rect(x, y, box_width, box_height, "axis", "rx=\"6\" fill=\"var(--page)\"");
        svg.text(x + 8, y + 17, node.name, "", Anchor::start);
        svg.text(x + box_width - 8, y + 32, number(node.value), "small strong s0", Anchor::end);
        if (!std::isnan(node.gradient))
            svg.text(x + box_width - 8, y + 47, number(node.gradient), "small strong s1", Anchor::end);
    }
    return svg.finish(std::ceil(top + row_height * rows + box_height + 14));
}

std::string sketch_in_characters(const GraphPlot& spec, const Csv& csv, bool) {
    const GraphPlot plot = read_graph(spec, csv);
    int width = 4;
    for (const GraphNode& node : plot.nodes) width = std::max(width, columns_of(node.name));
    std::string out = pad_right("node", width) + "       value  gradient  from\n";
    for (const GraphNode& node : plot.nodes) {
        std::string sources;
        for (const GraphEdge& edge : plot.edges)
            if (edge.to == node.name) sources += (sources.empty() ? "" : ", ") + edge.from;
        out += pad_right(node.name, width) + pad_left(number(node.value), 12) +
               pad_left(std::isnan(node.gradient) ? "" : number(node.gradient), 10) + "  " +
               cut(sources, 72 - width - 24) + "\n";
    }
    return out;
}

}  // namespace

Figure::Figure(const GraphPlot& plot) : title(plot.title), data(make_table(plot)) {
    GraphPlot spec = plot;
    for (GraphNode& node : spec.nodes) node.value = node.gradient = 0;
    for (GraphEdge& edge : spec.edges) edge.derivative = 0;
    svg = [spec](const Csv& csv) { return draw(spec, csv); };
    sketch = [spec](const Csv& csv, bool colour) { return sketch_in_characters(spec, csv, colour); };
}

}  // namespace kbk
