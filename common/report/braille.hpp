/// @file
/// Drawing with dots in a terminal: a character cell holds two by four of them. Private to common/report.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace kbk {

/// A canvas of braille characters.
class Braille {
  public:
    /// @param columns,rows its size in characters
    Braille(int columns, int rows);

    /// @return its width in dots
    [[nodiscard]] int width() const { return 2 * columns_; }

    /// @return its height in dots
    [[nodiscard]] int height() const { return 4 * rows_; }

    /// Set a dot; nothing happens outside the canvas.
    /// @param x,y    the dot, from the top left
    /// @param colour its series, which colours the whole character; -1 for none
    void set(int x, int y, int colour = -1);

    /// Set the dots of a line.
    /// @param x1,y1,x2,y2 its two ends
    /// @param colour      its series
    void line(int x1, int y1, int x2, int y2, int colour);

    /// @param row    a row of characters
    /// @param colour whether to write escape codes
    /// @return the row's text; its columns are the canvas's
    [[nodiscard]] std::string row(int row, bool colour) const;

  private:
    [[nodiscard]] std::size_t cell(int column, int row) const {
        return static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) +
               static_cast<std::size_t>(column);
    }

    int columns_, rows_;
    std::vector<unsigned char> dots_;
    std::vector<signed char> colours_;
};

/// @param series index of a series
/// @param text   a text
/// @param colour whether to write escape codes
/// @return the text in the colour of the series
std::string in_series_colour(int series, const std::string& text, bool colour);

}  // namespace kbk
