/// @file
/// The figures of the book. A chapter says what a figure shows; the figure's table of data (a CSV file) and
/// its specification decide every byte of the drawing, so that it can be drawn again from a committed table.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/report/csv.hpp"
#include "common/report/format.hpp"

namespace kbk {

/// How an axis maps values to lengths.
enum class Scale { linear, log2, log10 };

/// One axis of a plot.
struct Axis {
    std::string label = {};           ///< what it shows, with its unit: "time in ms"
    Scale scale = Scale::linear;      ///< logarithmic scales leave out values that are not positive
    Unit unit = Unit::plain;          ///< how its numbers are written
    std::optional<double> low = {};   ///< where it begins; chosen from the data unless given
    std::optional<double> high = {};  ///< where it ends

    /// Not inline: GCC 12 would warn, wrongly, of uninitialised strings wherever a figure is written out.
    ~Axis();
};

/// How a series is drawn.
enum class Mark { line, points, line_and_points };

/// One curve. Points that are not finite are left out, and break the line.
struct Series {
    std::string name = {};          ///< shown beside the curve
    std::vector<double> x = {};     ///< one value a point
    std::vector<double> y = {};     ///< one value a point
    std::vector<double> low = {};   ///< lower edge of a band around the curve; one value a point, or none
    std::vector<double> high = {};  ///< upper edge of the band
    Mark mark = Mark::line;         ///< line, points, or both
    bool dashed = false;            ///< for what was predicted or claimed
};

/// A horizontal line at a value that the text speaks of, such as a claim.
struct Rule {
    double value = 0;        ///< where, on the y axis
    std::string label = {};  ///< shown beside it
};

/// Curves over a common x axis. Table: series, x, y and, where there is a band, low, high; one row a point.
struct LinePlot {
    std::string title = {};           ///< one short line; none if empty
    Axis x = {};                      ///< below
    Axis y = {};                      ///< at the left
    std::vector<Series> series = {};  ///< at most eight
    std::vector<Rule> rules = {};     ///< part of the specification, not of the data
    std::string description = {};     ///< for readers who do not see the figure
};

/// A place that the text speaks of, such as a minimum.
struct Place {
    double x = 0;            ///< where
    double y = 0;            ///< where
    std::string label = {};  ///< shown beside it
};

/// Paths over the contour lines of a surface. Table: series, x, y; one row a point of a path.
struct ContourPlot {
    std::string title = {};                                 ///< one short line; none if empty
    Axis x = {};                                            ///< below; linear, with both limits
    Axis y = {};                                            ///< at the left; linear, with both limits
    std::function<double(double x, double y)> height = {};  ///< the surface: part of the specification
    std::vector<double> levels = {};                        ///< heights of the contour lines
    std::vector<Series> series = {};                        ///< at most eight paths; without bands
    std::vector<Place> places = {};                         ///< part of the specification
    std::string description = {};                           ///< for readers who do not see the figure
};

/// A node of a graph.
struct GraphNode {
    std::string name = {};  ///< short; unique in the graph
    double column = 0;      ///< from 0 at the left
    double row = 0;         ///< from 0 at the top; halves are fine
    double value = 0;       ///< what was computed on the way forward
    double gradient = 0;    ///< derivative of the result by it; NaN where there is none
};

/// An edge of a graph.
struct GraphEdge {
    std::string from = {};  ///< name of a node
    std::string to = {};    ///< name of a node
    double derivative = 0;  ///< of `to` by `from` alone, shown at the edge; NaN to show none
};

/// A computation as a graph: what depends on what, with values and gradients. Table: from, to, value,
/// gradient; a row a node (its `to` is empty), then a row an edge (its value is the derivative).
struct GraphPlot {
    std::string title = {};             ///< one short line; none if empty
    std::vector<GraphNode> nodes = {};  ///< in reading order
    std::vector<GraphEdge> edges = {};  ///< drawn under the nodes
    std::string result = "L";           ///< what the gradients are of
    std::string description = {};       ///< for readers who do not see the figure
};

/// One label of a bar chart and its bars.
struct Bars {
    std::string label = {};           ///< what is compared
    std::vector<double> values = {};  ///< one a group; NaN where there is none
};

/// Bars, alone or in groups. Table: label and one column a group; one row a label, empty cells where there is
/// no bar.
struct BarChart {
    std::string title = {};                ///< one short line; none if empty
    Axis value = {};                       ///< linear, includes 0
    std::vector<std::string> groups = {};  ///< at most eight names; one empty name if there is only one group
    std::vector<Bars> bars = {};           ///< from the top or the left
    bool horizontal = true;        ///< bars that run to the right; vertical ones suit few, short labels
    int digits = -1;               ///< decimals of the numbers at the bars; -1 chooses
    std::string description = {};  ///< for readers who do not see the figure
};

/// A confusion matrix. Table: true, and one column a class; one row a class.
struct MatrixPlot {
    std::string title = {};                              ///< one short line; none if empty
    std::vector<std::string> classes = {};               ///< names, in the order of rows and columns
    std::vector<std::vector<std::int64_t>> counts = {};  ///< counts[true class][predicted class]
    std::string rows = "true class";                     ///< what a row is
    std::string columns = "predicted class";             ///< what a column is
    std::string description = {};                        ///< for readers who do not see the figure
};

/// One image, grey or in colour.
struct Image {
    /// (height, width), row-major: 0 is the page, 255 full ink, whichever theme it is in. With three channels (height,
    /// width, 3): red, green and blue, the same in every theme.
    std::vector<std::uint8_t> pixels = {};
    std::string caption = {};  ///< short; each comma begins a new line
};

/// Images of one size with captions. Table: caption, width, height, pixels as pairs of hexadecimal digits. Greys are drawn
/// in 16 steps, colours in the 64 that fit all images of the grid best; the table keeps all.
struct ImageGrid {
    std::string title = {};          ///< one short line; none if empty
    int width = 28;                  ///< pixels
    int height = 28;                 ///< pixels
    int channels = 1;                ///< 1: grey; 3: colour
    int columns = 6;                 ///< images beside each other
    std::vector<Image> images = {};  ///< in reading order
    std::vector<std::string> parts = {};  ///< names of equal parts of an image's left and upper edge, or none;
                                          ///< part of the specification
    std::string description = {};         ///< for readers who do not see the figure
};

/// A thread touches a word of memory.
struct Touch {
    std::int64_t word = 0;  ///< which: 0 is the first that is drawn
    int thread = 0;         ///< who
};

/// A part of memory, and who touches it.
struct MemoryPanel {
    std::string name = {};            ///< what happens here
    std::vector<Touch> touches = {};  ///< at most one a word is drawn: the first
    std::int64_t words = 32;          ///< how many are drawn
};

/// Which thread touches which word of memory, drawn as rows of 32 words. Table: panel, word, thread; one row
/// a touch.
struct MemoryMap {
    std::string title = {};                ///< one short line; none if empty
    std::vector<MemoryPanel> panels = {};  ///< at most eight
    int group = 8;                         ///< words that belong together: 8 make a sector; 1 draws banks
    int beside = 1;                ///< panels in a row: 1 shows the thread's number in each word, 2 is small
    std::string description = {};  ///< for readers who do not see the figure
};

/// A limit of a machine: speed that no program on it passes.
struct Roof {
    std::string name = {};  ///< shown at it
    double speed = 0;       ///< where it is flat: operations in a second, in the unit of the y axis
    double bytes = 0;       ///< what limits it at its slope: bytes in a second, in the same unit; 0 for none
};

/// How fast programs are under the roofs of a machine. Both axes are logarithmic. With a slope, x counts
/// operations for each byte (Williams, Waterman and Patterson, 2009), else anything. Roofs and series are read
/// from the table, so that a figure of another machine, with other programs, can be drawn again. Table:
/// kind (roof or series), name, x, y; for a roof y is its speed and x its bytes, a series has one row a point.
struct RooflinePlot {
    std::string title = {};           ///< one short line; none if empty
    Axis x = {};                      ///< below; its scale is always logarithmic
    Axis y = {};                      ///< at the left; the same
    std::vector<Roof> roofs = {};     ///< the highest first
    std::vector<Series> series = {};  ///< at most sixteen, named at their last points; without bands
    std::string description = {};     ///< for readers who do not see the figure
};

/// A table of data, and how to show it. Each kind of plot becomes a Figure by itself where one is asked for.
/// The constructors throw Error for data that do not fit together.
struct Figure {
    Figure(const LinePlot& plot);     ///< @param plot curves
    Figure(const ContourPlot& plot);  ///< @param plot paths over contour lines
    Figure(const GraphPlot& plot);    ///< @param plot a computation
    Figure(const BarChart& plot);     ///< @param plot bars
    Figure(const MatrixPlot& plot);   ///< @param plot a confusion matrix
    Figure(const ImageGrid& plot);    ///< @param plot images
    Figure(const MemoryMap& plot);    ///< @param plot a map of memory
    Figure(const RooflinePlot& plot);  ///< @param plot speeds under the limits of a machine

    std::string title;  ///< one short line, or empty
    Csv data;           ///< what the program found

    /// Draw any table of this form as SVG: the same bytes on every machine. Follows light and dark themes.
    /// Throws Error for a table that does not fit the specification.
    std::function<std::string(const Csv&)> svg;

    /// Sketch a table for a terminal, at most 72 columns wide; with or without colour.
    std::function<std::string(const Csv&, bool)> sketch;
};

}  // namespace kbk
