/// @file
/// Scans of cooperative groups: each thread gets the values of the threads up to its own rank, combined.
#pragma once

#include <cooperative_groups/reduce.h>

namespace cooperative_groups {

/// @return the combination of the values of ranks 0 to this thread's
template <class Group, class T, class Op>
[[gnu::always_inline]] inline T inclusive_scan(
    const Group& group, T value, Op op,
    kbk::cuda::emulator::Source where = kbk::cuda::emulator::Source::current()) {
    for (unsigned distance = 1; distance < group.size(); distance *= 2) {
        const T below = group.shfl_up(value, distance, where);
        if (group.thread_rank() >= distance) value = op(below, value);
    }
    return value;
}
template <class Group, class T>
[[gnu::always_inline]] inline T inclusive_scan(
    const Group& group, T value, kbk::cuda::emulator::Source where = kbk::cuda::emulator::Source::current()) {
    return inclusive_scan(group, value, plus<T>(), where);
}

/// @return the combination of the values of the ranks below this thread's; for rank 0: T()
template <class Group, class T, class Op>
[[gnu::always_inline]] inline T exclusive_scan(
    const Group& group, T value, Op op,
    kbk::cuda::emulator::Source where = kbk::cuda::emulator::Source::current()) {
    const T below = group.shfl_up(inclusive_scan(group, value, op, where), 1, where);
    return group.thread_rank() == 0 ? T() : below;
}
template <class Group, class T>
[[gnu::always_inline]] inline T exclusive_scan(
    const Group& group, T value, kbk::cuda::emulator::Source where = kbk::cuda::emulator::Source::current()) {
    return exclusive_scan(group, value, plus<T>(), where);
}

}  // namespace cooperative_groups
