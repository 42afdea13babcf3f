#include "common/report/braille.hpp"

#include <fmt/core.h>

#include <cstdlib>

namespace kbk {

Braille::Braille(int columns, int rows)
    : columns_(columns), rows_(rows), dots_(cell(0, rows), 0), colours_(cell(0, rows), -1) {}

void Braille::set(int x, int y, int colour) {
    if (x < 0 || y < 0 || x >= width() || y >= height()) return;
    // Unicode numbers the dots down the left column, then down the right, and the fourth row last.
    static constexpr unsigned char bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    dots_[cell(x / 2, y / 4)] |= bits[y % 4][x % 2];
    colours_[cell(x / 2, y / 4)] = static_cast<signed char>(colour);
}

void Braille::line(int x1, int y1, int x2, int y2, int colour) {
    // Bresenham's line.
    const int dx = std::abs(x2 - x1), dy = -std::abs(y2 - y1);
    const int step_x = x1 < x2 ? 1 : -1, step_y = y1 < y2 ? 1 : -1;
    for (int error = dx + dy;;) {
        set(x1, y1, colour);
        if (x1 == x2 && y1 == y2) return;
        const int twice = 2 * error;
        if (twice >= dy) error += dy, x1 += step_x;
        if (twice <= dx) error += dx, y1 += step_y;
    }
}

std::string Braille::row(int row, bool colour) const {
    std::string out;
    for (int column = 0; column < columns_; ++column) {
        const unsigned dots = dots_[cell(column, row)];
        if (dots == 0) {
            out += ' ';
            continue;
        }
        // U+2800 and the dots, in UTF-8.
        const std::string character = {static_cast<char>(0xE2), static_cast<char>(0xA0 | (dots >> 6)),
                                       static_cast<char>(0x80 | (dots & 0x3F))};
        out += in_series_colour(colours_[cell(column, row)], character, colour);
    }
    return out;
}

std::string in_series_colour(int series, const std::string& text, bool colour) {
    static constexpr int palette[] = {33, 208, 35, 170, 136, 75, 131, 66};
    if (!colour || series < 0) return text;
    return fmt::format("\033[38;5;{}m{}\033[0m", palette[series % 8], text);
}

}  // namespace kbk
