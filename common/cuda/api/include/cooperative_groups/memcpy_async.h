/// @file
/// Copies by a group. They are made at once, each thread its part; what a program must wait for, it still
/// must: the other threads' parts are there after wait().
#pragma once

#include <cooperative_groups.h>

namespace cooperative_groups {

/// Copy `bytes` bytes; all threads of the group call it.
template <class Group, class T, class U, class Bytes>
void memcpy_async(const Group& group, T* target, const U* source, const Bytes& bytes) {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) == sizeof(U));
    const auto count = static_cast<std::size_t>(bytes) / sizeof(T);
    for (std::size_t i = group.thread_rank(); i < count; i += group.size()) target[i] = source[i];
}
template <class Group>
[[gnu::always_inline]] inline void wait(
    const Group& group, kbk::cuda::emulator::Source where = kbk::cuda::emulator::Source::current()) {
    group.sync(where);
}
template <unsigned Stages, class Group>
[[gnu::always_inline]] inline void wait_prior(
    const Group& group, kbk::cuda::emulator::Source where = kbk::cuda::emulator::Source::current()) {
    group.sync(where);
}

}  // namespace cooperative_groups
