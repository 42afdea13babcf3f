/// @file
/// Barriers and fences of a block.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

#include "common/cuda/emulator/collective.hpp"

// Each function's last parameter is the place of the call, which the compiler fills in: threads at one
// barrier can be told from threads at another, however the code was inlined or unrolled.

/// Wait for all threads of the block.
[[gnu::always_inline]] inline void __syncthreads(
    kbk::cuda::emulator::Source where = std::source_location::current()) {
    kbk::cuda::emulator::barrier(where);
}

/// Wait for all threads of the block. @return how many of them gave a predicate that is not 0
[[gnu::always_inline]] inline int __syncthreads_count(
    int predicate, kbk::cuda::emulator::Source where = std::source_location::current()) {
    return kbk::cuda::emulator::barrier(where, predicate);
}

/// Wait for all threads of the block. @return whether all of them gave a predicate that is not 0
[[gnu::always_inline]] inline int __syncthreads_and(
    int predicate, kbk::cuda::emulator::Source where = std::source_location::current()) {
    return kbk::cuda::emulator::barrier(where, predicate == 0) == 0;
}

/// Wait for all threads of the block. @return whether one of them gave a predicate that is not 0
[[gnu::always_inline]] inline int __syncthreads_or(
    int predicate, kbk::cuda::emulator::Source where = std::source_location::current()) {
    return kbk::cuda::emulator::barrier(where, predicate) != 0;
}

// Order memory. Threads of a block take turns on one core, so only other blocks can tell.
[[gnu::always_inline]] inline void __threadfence_block() {
    kbk::cuda::emulator::fence();
}
[[gnu::always_inline]] inline void __threadfence() {
    kbk::cuda::emulator::fence();
}
[[gnu::always_inline]] inline void __threadfence_system() {
    kbk::cuda::emulator::fence();
}

/// End the launch with an error.
[[noreturn, gnu::always_inline]] inline void __trap(
    kbk::cuda::emulator::Source where = std::source_location::current()) {
    kbk::cuda::emulator::trap(where);
}

/// @endcond
