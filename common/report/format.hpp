/// @file
/// Numbers as a reader likes to see them: the same in terminal, table, figure and page.
#pragma once

#include <string>

namespace kbk {

/// What a number counts, and so how it is written.
enum class Unit {
    plain,    ///< 0.3123: four significant digits
    percent,  ///< 88.1 % for 0.881
    count,    ///< 60,000
    ratio,    ///< 1.70×
    seconds,  ///< 850 ms, 12.3 s, 2 min 05 s
};

/// Write a number, in the same way on every machine and under every locale.
/// @param value  the number; a percentage is given as a share of 1
/// @param unit   what it counts
/// @param digits decimals; -1 chooses those that suit the unit
/// @return its text, such as "88.1 %"
std::string show(double value, Unit unit = Unit::plain, int digits = -1);

/// Write a number with a fixed number of decimals. A number halfway between two texts, up to the rounding
/// errors by which machines differ, always goes the same way: the bytes of a drawing depend on this.
/// @param value  the number
/// @param digits decimals, at most 9
/// @return its text, never "-0"
std::string fixed(double value, int digits);

/// Write a number so that reading it gives the same float again.
/// @param value the number
/// @return at most 9 significant digits; "nan", "inf", "-inf" as they are
std::string round_trip(double value);

/// @param text what show() or any other function of the project wrote
/// @param value receives the number that the whole text stands for (also "nan", "inf", "-inf")
/// @return whether the whole text is a number in C notation
bool parse_number(const std::string& text, double& value);

}  // namespace kbk
