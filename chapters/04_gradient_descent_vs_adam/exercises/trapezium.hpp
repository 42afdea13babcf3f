/// @file
/// Exercise 3 of chapter 4: a schedule that climbs, holds and comes down.
#pragma once

#include <cstdint>

#include "common/nn/schedule.hpp"

namespace kbk::exercise {

/// A trapezium: the rate climbs along a straight line, stays at its peak, and comes down along a straight
/// line to zero. Step i of the climb of c steps has the rate peak (i + 1) / (c + 1); the last step of all has
/// a rate above zero.
/// @param peak the rate of the middle part
/// @param up   steps of the climb
/// @param hold steps at the peak
/// @param down steps of the descent; its i-th has the rate peak (down - i) / (down + 1), i from 0
/// @return the schedule; after the descent the rate is 0
Schedule trapezium(double peak, std::int64_t up, std::int64_t hold, std::int64_t down);

}  // namespace kbk::exercise
