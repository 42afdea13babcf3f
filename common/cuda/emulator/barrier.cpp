// The block's barrier counts: it opens when as many threads have come as are still alive.
#include <fmt/format.h>

#include <string>
#include <utility>

#include "common/cuda/emulator/multiprocessor.hpp"

namespace kbk::cuda::emulator {

namespace {

bool same_place(const Source& a, const Source& b) {
    // The same call passes the same pointer, unless the compiler made the function twice.
    static_assert(sizeof(Source) == sizeof(void*));
    if (std::bit_cast<const void*>(a) == std::bit_cast<const void*>(b)) return true;
    return a.line() == b.line() && a.column() == b.column() &&
           std::string_view(a.file_name()) == b.file_name();
}

int first_waiting(const Multiprocessor& mp) {
    for (int warp = 0; warp < mp.warps; ++warp)
        if (mp.at_barrier[warp]) return warp * warp_lanes + std::countr_zero(mp.at_barrier[warp]);
    return nobody;
}

int first_exited(const Multiprocessor& mp) {
    for (int warp = 0; warp < mp.warps; ++warp)
        if (mp.exited[warp]) return warp * warp_lanes + std::countr_zero(mp.exited[warp]);
    return nobody;
}

void open_barrier(Multiprocessor& mp) {
    for (int warp = 0; warp < mp.warps; ++warp) {
        set_runnable(mp, warp, mp.at_barrier[warp]);
        mp.at_barrier[warp] = 0;
    }
    mp.met = std::exchange(mp.arrived, 0);
    mp.passed_votes = std::exchange(mp.votes, 0);
    if (observer) [[unlikely]]
        observer->barrier_released(mp.thread[mp.current].where);
}

[[noreturn, gnu::cold]] void report_divergence(Multiprocessor& mp, Source where) {
    const int other = first_waiting(mp);
    const Source& there = mp.thread[other].where;
    stop(fmt::format("divergent __syncthreads(): this thread waits here (column {}), but {} waits at {} "
                     "(column {}). All "
                     "threads of a block must come to the same barrier",
                     where.column(), thread_name(other), written(there), there.column()),
         &where, KernelError::Kind::barrier);
}

/// Some thread has returned from the kernel and will never come.
[[gnu::cold]] void report_missing(const Multiprocessor& mp, Source where) {
    const std::string who = thread_name(first_exited(mp));
    if (!mp.tolerant)
        stop(fmt::format("__syncthreads() waits for all threads of the block, but {} has already returned from the "
                         "kernel",
                         who),
             &where, KernelError::Kind::barrier);
    warn(where, fmt::format("__syncthreads() goes without {}, which has returned from the kernel: CUDA wants all "
                            "threads of a block to come. GPUs since Volta let the others pass, and so it is done here",
                            who));
}

}  // namespace

int barrier(Source where, int predicate, int* arrived) {
    if (!running.active) [[unlikely]]
        fail("__syncthreads() was called on the host");
    Multiprocessor& mp = *this_multiprocessor;
    const int self = mp.current;
    Thread& thread = mp.thread[self];
    if (!mp.lenient) {
        if (mp.live < mp.threads) [[unlikely]]
            report_missing(mp, where);
        if (mp.arrived && !same_place(where, mp.barrier)) [[unlikely]]
            report_divergence(mp, where);
    }
    mp.barrier = thread.where = where;
    mp.votes += predicate != 0;
    mp.at_barrier[warp_of(self)] |= bit_of(self);

    // The last to arrive opens the barrier and just goes on.
    if (++mp.arrived == mp.live) {
        open_barrier(mp);
        clear_runnable(mp, self);
    } else {
        wait(mp);
    }
    if (arrived) *arrived = mp.met;
    return mp.passed_votes;
}

void thread_left(Multiprocessor& mp) {
    if (!mp.lenient && !mp.tolerant) {
        const int other = first_waiting(mp);
        const Source there = mp.thread[other].where;
        stop(fmt::format("this thread returned from the kernel while {} waits for it in __syncthreads()",
                         thread_name(other)),
             &there, KernelError::Kind::barrier);
    }
    if (!mp.lenient) report_missing(mp, mp.barrier);
    if (mp.arrived == mp.live) open_barrier(mp);
}

}  // namespace kbk::cuda::emulator
