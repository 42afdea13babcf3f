/// @file
/// Learning-rate schedules: the rate as a function of the steps taken. Being functions of the step alone,
/// they need no state, and a resumed training goes on with the same rates.
#pragma once

#include <cstdint>
#include <functional>

namespace kbk {

/// Tells the learning rate of a step. An empty one leaves the optimiser's rate as it is.
/// @param step steps taken before it, from 0
/// @return the rate
using Schedule = std::function<double(std::int64_t step)>;

/// @param rate for every step
/// @return the schedule
/// @throws Error for a rate that is not a positive number
Schedule constant_rate(double rate);

/// Multiply the rate by a factor every so many steps.
/// @param rate   of the first steps
/// @param factor in (0, 1]
/// @param every  steps between two drops, at least 1
/// @return the schedule
/// @throws Error for values outside these limits
Schedule step_decay(double rate, double factor, std::int64_t every);

/// Go down along a straight line, and stay at its end.
/// @param rate  of the first step
/// @param last  at the end; 0 or more
/// @param steps until then, at least 1
/// @return the schedule
/// @throws Error for values outside these limits
Schedule linear_decay(double rate, double last, std::int64_t steps);

/// Go down along half a period of the cosine, and stay at its end (Loshchilov, Hutter; ICLR 2017, without
/// restarts).
/// @param rate  of the first step
/// @param last  at the end; 0 or more
/// @param steps until then, at least 1
/// @return the schedule
/// @throws Error for values outside these limits
Schedule cosine_annealing(double rate, double last, std::int64_t steps);

/// Climb along a straight line to the first rate of another schedule, then follow that one. The first step
/// already has a rate above zero.
/// @param steps of the climb, 0 or more
/// @param then  what follows; its step 0 is the first after the climb
/// @return the schedule
/// @throws Error for a negative number of steps or an empty schedule
Schedule warm_up(std::int64_t steps, Schedule then);

}  // namespace kbk
