/// @file
/// What a stream can show: colours, a redrawn line, so many columns.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace kbk {

/// @param out a stream
/// @return whether it is a terminal on which a line can be drawn again
bool is_terminal(std::FILE* out);

/// @param out a stream
/// @return whether escape codes for colour may be written: a terminal, and NO_COLOR is not set
bool has_colour(std::FILE* out);

/// @param out a stream
/// @return its columns; 80 where it is no terminal
int terminal_columns(std::FILE* out);

/// @param text UTF-8 without escape codes
/// @return how many columns it takes (one for each code point)
int columns_of(std::string_view text);

/// @param text    UTF-8 without escape codes
/// @param columns the width wanted
/// @return the text, cut with an ellipsis to at most that width
std::string cut(std::string_view text, int columns);

/// @param text    UTF-8 without escape codes
/// @param columns the width wanted
/// @return the text with spaces after it
std::string pad_right(std::string_view text, int columns);

/// @param text    UTF-8 without escape codes
/// @param columns the width wanted
/// @return the text with spaces before it
std::string pad_left(std::string_view text, int columns);

/// Write text to a stream.
/// @param out  the stream
/// @param text what to write
/// @throws Error where it cannot be written (a full disk)
void print_text(std::FILE* out, std::string_view text);

}  // namespace kbk
