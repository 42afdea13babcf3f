/// @file
/// The one look of all figures: sizes, fonts, colours for light and dark pages. Private to common/report.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kbk {

/// Every figure is this wide, in pixels of the page.
inline constexpr double figure_width = 680;

/// How many colours there are for series.
inline constexpr int series_colours = 8;

/// Where a text stands relative to its point.
enum class Anchor { start, middle, end };

/// A drawing under construction. Style classes: text "title", "label" (quiet), "small", "strong"; lines
/// "grid", "axis", "rule", "curve"; areas "fill", "band"; "sN" gives any of them the colour of series N.
class Svg {
  public:
    /// @param title       for readers who do not see the figure
    /// @param description the same, at length
    Svg(std::string_view title, std::string_view description);

    /// @param x,y    top left corner
    /// @param w,h    size
    /// @param css    style classes
    /// @param attributes further attributes, as they stand in the file
    void rect(double x, double y, double w, double h, std::string_view css, std::string_view attributes = {});

    /// @param x1,y1,x2,y2 its two ends
    /// @param css         style classes
    void line(double x1, double y1, double x2, double y2, std::string_view css);

    /// @param x,y    centre
    /// @param radius radius
    /// @param css    style classes
    void circle(double x, double y, double radius, std::string_view css);

    /// @param commands path commands
    /// @param css      style classes
    /// @param attributes further attributes, as they stand in the file
    void path(std::string_view commands, std::string_view css, std::string_view attributes = {});

    /// @param x,y    where its baseline begins, or has its middle or end
    /// @param text   the text
    /// @param css    style classes
    /// @param anchor which of its points (x, y) is
    /// @param turn   degrees to turn it by, clockwise
    void text(double x, double y, std::string_view text, std::string_view css, Anchor anchor = Anchor::start,
              double turn = 0);

    /// Give what follows some attributes, until end_group().
    /// @param attributes such as "fill=\"none\""
    void begin_group(std::string_view attributes);

    /// Give them to nothing more.
    void end_group();

    /// Draw what follows only inside a rectangle, until end_clip().
    /// @param x,y top left corner
    /// @param w,h size
    void begin_clip(double x, double y, double w, double h);

    /// Draw everywhere again.
    void end_clip();

    /// Write the title that is seen, if any, and a row of names with their colours.
    /// @param title one line; none if empty
    /// @param names names of series; none if empty
    /// @return the y coordinate at which free space begins
    double head(std::string_view title, const std::vector<std::string>& names);

    /// @param height of the finished figure
    /// @return the file's contents
    [[nodiscard]] std::string finish(double height) const;

  private:
    std::string title_, description_, body_;
};

/// @param text one line
/// @param size its font size in pixels
/// @return how wide it is at most in the usual sans-serif fonts, in pixels
double text_width(std::string_view text, double size);

/// Break text into lines.
/// @param text  words; each comma, but for those inside numbers, begins a new line and is left out
/// @param size  font size in pixels
/// @param width the room there is, in pixels
/// @return the lines
std::vector<std::string> wrap(std::string_view text, double size, double width);

/// Move labels apart: at least `gap` from each other, within [low, high], each near its wish.
/// @param wishes where they should stand, in growing order
/// @param gap    between two of them
/// @param low    where the first may stand
/// @param high   where the last may stand
/// @return where they stand, in the order of their wishes
std::vector<double> spread(const std::vector<double>& wishes, double gap, double low, double high);

/// @param value a coordinate
/// @return its text: at most two decimals, no idle zeros
std::string coordinate(double value);

/// @param text any text
/// @return the text with XML's own characters escaped
std::string escape(std::string_view text);

/// @param index of a series
/// @return the class that gives it its colour
std::string series_class(std::size_t index);

}  // namespace kbk
