/// @file
/// What the CUDA words call: barriers, meetings of warps, atomics, launches. Kernels never name these.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

#include "common/cuda/emulator/vector_types.hpp"

/// Marks the emulator's own functions in headers: the profiler's instrumentation must neither see nor copy
/// them.
#define KBK_EMULATOR [[gnu::noinline, gnu::no_sanitize("thread"), gnu::no_sanitize_coverage]]

namespace kbk::cuda::emulator {

/// After a call whose return address is to lie in the kernel: keeps the compiler from making it a jump, the
/// last thing that the kernel does.
[[gnu::always_inline]] inline void stay_in_kernel() {
    asm volatile("");
}

using Source = std::source_location;

/// Wait until all threads of the block have come to this barrier.
/// @param where     the barrier: all threads must wait at the same one
/// @param predicate counts if not zero
/// @return how many threads gave a predicate that is not zero; `arrived` receives how many threads met
int barrier(Source where, int predicate = 0, int* arrived = nullptr);

/// What lanes do when they meet.
enum class Meeting : std::uint8_t {
    syncwarp,
    shuffle,
    shuffle_up,
    shuffle_down,
    shuffle_xor,
    ballot,
    any,
    all,
    match_any,
    match_all,
    reduce_add,
    reduce_min,
    reduce_max,
    reduce_min_unsigned,
    reduce_max_unsigned,
    reduce_and,
    reduce_or,
    reduce_xor,
    load_matrix,
    store_matrix,
    multiply_matrices
};

/// One lane's part in a meeting of lanes. It lies on the lane's own stack: nothing that a lane brings or
/// receives can be overwritten by another meeting.
struct Request {
    unsigned mask;  ///< the lanes that meet
    Meeting meeting;
    int argument;       ///< of a shuffle: source lane, or distance
    int width;          ///< of the groups that a shuffle stays within
    std::uint64_t in;   ///< the lane's value
    std::uint64_t out;  ///< its result
    Source where;
    /// Compute the results of all lanes in `mask`; run once, by the lane that comes last. Null: as `meeting`
    /// says.
    void (*resolve)(Request** lanes, unsigned mask);
};

/// Wait until all lanes of the request's mask have come with the same mask, and the results are there.
/// @return request.out
std::uint64_t meet(Request& request);

/// To be called by each atomic operation: a thread that does many in a row may be spinning, and lets others
/// run.
/// @param pc an address within the kernel
void atomic_begins(const void* address, int bytes, const void* pc);

/// To be called before each access to a volatile variable. In shared memory, the lanes of a warp wait for each other
/// and go on together, those first that are behind: programs from before Volta count on a warp's lanes marching in
/// step. A thread that reads one variable again and again waits for somebody, and lets others run.
/// @param pc the access @param frame the caller's stack frame: how deep in calls it is
void volatile_access(const void* address, bool write, const void* pc, const void* frame);

/// Order this thread's memory accesses before against those after.
void fence();

/// Tell the observer of a matrix fragment's access to memory.
void fragment_access(const void* address, int bytes, bool write, const void* pc);

/// @return the lanes of this warp that are at this place now: those that no branch has led elsewhere
unsigned active_lanes(Source where);

/// @return the running thread's lane, 0 to 31
int lane();

/// @return the launch's dynamic shared memory
void* dynamic_shared_memory();

/// Report a mistake in the use of matrix fragments, or a trap; never returns to the kernel.
[[noreturn]] void warp_mistake(const char* what, Source where);
[[noreturn]] void trap(Source where);

/// A value of up to 8 bytes as a word, and back.
template <class T>
std::uint64_t pack(const T& value) {
    static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>,
                  "warp functions exchange values of up to 8 bytes");
    std::uint64_t word = 0;
    std::memcpy(&word, &value, sizeof value);
    return word;
}
template <class T>
T unpack(std::uint64_t word) {
    T value;
    std::memcpy(static_cast<void*>(&value), &word, sizeof value);
    return value;
}

/// Exchange a value in a meeting.
template <class T>
KBK_EMULATOR T exchange(Meeting meeting, unsigned mask, T value, int argument, int width, Source where) {
    Request request{mask, meeting, argument, width, pack(value), 0, where, nullptr};
    return unpack<T>(meet(request));
}

}  // namespace kbk::cuda::emulator

/// @endcond
