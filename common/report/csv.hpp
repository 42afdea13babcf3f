/// @file
/// Tables of text and numbers as CSV files: the data behind every figure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kbk {

/// A table with a header: comma-separated cells, quoted where they need it, each row on one line, every row
/// of the same length.
struct Csv {
    std::vector<std::string> header;             ///< names of the columns
    std::vector<std::vector<std::string>> rows;  ///< cells, row by row

    /// @return the file's contents
    /// @throws Error for a row of the wrong length, or a line break in a cell
    [[nodiscard]] std::string text() const;

    /// Read a table strictly.
    /// @param contents the file's contents
    /// @param name     what errors call it
    /// @return the table
    /// @throws Error naming the line: a row of another length, a stray quote, a carriage return, a missing
    /// line end
    static Csv parse(std::string_view contents, std::string_view name);

    /// @param row    index of a row
    /// @param column index of a column
    /// @return the cell as a number; NaN where the cell is empty
    /// @throws Error where it is something else
    [[nodiscard]] double number(std::size_t row, std::size_t column) const;
};

}  // namespace kbk
