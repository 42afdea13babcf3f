/// @file
/// The part of the chapter that needs no clock: what can be counted is the same on every machine.
#pragma once

#include "common/report/report.hpp"

namespace kbk::lesson {

/// The product on paper, and a cache of three lines.
/// @param report receives what is counted
void work_by_hand(Report& report);

/// Misses of the six orders of the loops, by formula and counted.
/// @param report receives what is counted
void count_misses(Report& report);

/// What sets of a cache, and pages of the memory, do to a column.
/// @param report receives what is counted
void count_columns(Report& report);

/// Operations for each byte, and tiles that fit the registers.
/// @param report receives what is counted
void count_loads(Report& report);

}  // namespace kbk::lesson
