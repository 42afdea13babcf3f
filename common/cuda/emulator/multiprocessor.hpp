/// @file
/// The scheduler's state. One OS thread plays one multiprocessor: it runs one block at a time, and within it
/// one thread at a time, each on a fiber.
///
/// A thread runs until it must wait, at a barrier or for the other lanes of its warp. Then its fiber stops,
/// and another goes on. A thread that never waits needs no fiber of its own: when it returns from the kernel,
/// the next one starts on the same stack. Who may run, and who waits for what, are bits: one word per warp, a
/// bit per lane.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/cuda/emulator/builtin.hpp"
#include "common/cuda/emulator/collective.hpp"
#include "common/cuda/emulator/error.hpp"
#include "common/cuda/emulator/fiber.hpp"
#include "common/cuda/emulator/launch.hpp"
#include "common/cuda/emulator/observer.hpp"
#include "common/cuda/emulator/symbols.hpp"

namespace kbk::cuda::emulator {

// Most threads use a few hundred bytes of stack. The space between two stacks is address space only: a local
// array that is too large ends there, not in another thread's variables. The distance is an odd number of
// pages, lest the entries of all stacks in the page table compete for the same few places of the cache.
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t stack_bytes = 384 << 10;
#else
constexpr std::size_t stack_bytes = 128 << 10;
#endif
constexpr std::size_t stack_stride = (512 + 4) << 10;

/// A thread of the running block.
struct Thread {
    uint3 index;                 ///< its threadIdx
    Fiber* fiber = nullptr;      ///< while it waits: where its stack is
    Request* request = nullptr;  ///< while it waits for lanes: its part in the meeting
    Source where;                ///< the barrier it last came to, or where it paused
    unsigned active = 0;         ///< after a pause: the lanes that paused at the same place
    std::uint64_t rank = 0;      ///< during a pause: the lanes of the lowest rank go on first
    bool exited = false;         ///< it has returned from the kernel
    const char* frame = nullptr; ///< where on its stack the kernel was called
    const void* watched = nullptr;  ///< the volatile variable that it read last
    int glances = 0;                ///< how often in a row
};

/// Lane masks, one per warp.
using Lanes = std::array<std::uint32_t, max_block_warps>;

/// A mistake on its way from the fiber that made it to the host code that launched the kernel.
struct Failure {
    KernelError::Kind kind;
    std::string mistake;
    KernelError::Place place;
    const void* instruction =
        nullptr;  ///< where the place's line is to be looked up; null: it is known, or unknown
};

struct Multiprocessor {
    Multiprocessor();
    ~Multiprocessor();
    Multiprocessor(const Multiprocessor&) = delete;
    Multiprocessor& operator=(const Multiprocessor&) = delete;

    // The launch, and how its threads are numbered.
    const Launch* launch = nullptr;
    const KernelCall* call = nullptr;
    int threads = 0, warps = 0;
    bool reverse = false;  ///< run them from last to first
    bool lenient = false;   ///< as Settings has them
    bool tolerant = false;

    // How far the block has come.
    int started = 0;                ///< threads that have begun
    int live = 0;                   ///< threads that have not returned from the kernel, begun or not
    int arrived = 0;                ///< threads at the barrier
    int votes = 0;                  ///< of them, those whose predicate was not zero
    Source barrier;                 ///< where they wait
    int met = 0, passed_votes = 0;  ///< the two numbers at the barrier's last release
    int current = 0;                ///< the running thread
    Lanes runnable, at_barrier, in_meeting, paused, exited;
    std::uint32_t warps_runnable = 0;  ///< a bit per warp: runnable is not 0
    std::array<Thread, max_block_threads> thread;

    // Threads that poll a variable through atomics.
    int polling_thread = -1, polls = 0;
    std::array<std::uint8_t, max_block_warps> last_polling_lane{};
    long fruitless_turns = 0;  ///< turns given away since a thread last did anything but poll
    double polling_since = 0;  ///< seconds

    // Stacks.
    Fiber host;             ///< the launching code
    Fiber* self = nullptr;  ///< the fiber that runs
    std::vector<std::unique_ptr<Fiber>> fibers;
    std::vector<Fiber*> idle;
    char* stacks = nullptr;  ///< address space of all stacks

    ThreadLocals locals;                   ///< this OS thread's: the static __shared__ arrays among them
    std::unique_ptr<char[]> signal_stack;  ///< where signal handlers run, for SignalStack

    // Dynamic shared memory ends at a page that must not be touched.
    char* shared_end = nullptr;

    bool failed = false;
    Failure failure;
};

/// The multiprocessor of this OS thread, made when first asked for.
Multiprocessor& multiprocessor();

/// The same where it is known to exist: on a kernel's thread.
extern constinit thread_local Multiprocessor* this_multiprocessor;

/// This OS thread's `extern __shared__` array, in programs whose kernels declare one (literal_shared.cpp);
/// else null.
extern char* (*literal_shared)();

/// Run one block (blockIdx says which) to its end, or to its first mistake.
void run_block(Multiprocessor& mp);

/// Give up the block for the mistake in mp.failure: go back to the host's stack. May be called in a signal
/// handler.
[[noreturn]] void abandon(Multiprocessor& mp);

/// @return "file.cu:41", the file as the compiler was told
std::string written(const Source& where);
std::string written(const std::string& file, int line);

/// Print a warning about a place in the source, once for each place. @param what "file.cu:41: " goes before it
void warn(const Source& where, const std::string& what);

/// @return the place of a thread, its source unknown
KernelError::Place place_of(const Multiprocessor& mp, int thread);

/// Let go on what waits in meetings of this warp and misses only lanes that have now returned.
void complete_meetings(Multiprocessor& mp, int warp);

/// A thread returned from the kernel while others wait at a barrier, which may now be complete.
void thread_left(Multiprocessor& mp);

[[noreturn]] void deadlock(Multiprocessor& mp);

// ---- The scheduler's few steps: inline, see switch_stacks ----

inline int warp_of(int thread) {
    return thread / warp_lanes;
}
inline std::uint32_t bit_of(int thread) {
    return 1u << (thread % warp_lanes);
}

/// @return how many lanes a warp has: the last one of a block may be short
inline int lanes_of(const Multiprocessor& mp, int warp) {
    const int rest = mp.threads - warp * warp_lanes;
    return rest < warp_lanes ? rest : warp_lanes;
}

inline std::uint32_t first_bits(int count) {
    return count >= 32 ? ~0u : (1u << count) - 1;
}

/// The next set bit after `position` in cyclic order, upwards or (reverse) downwards. @param bits not 0
inline int next_bit(std::uint32_t bits, int position, bool reverse) {
    if (!reverse) {
        const std::uint32_t above = bits & ~((2u << position) - 1);
        return std::countr_zero(above ? above : bits);
    }
    const std::uint32_t below = bits & ((1u << position) - 1);
    return 31 - std::countl_zero(below ? below : bits);
}

inline void set_runnable(Multiprocessor& mp, int warp, std::uint32_t lanes) {
    if (!lanes) return;
    mp.runnable[warp] |= lanes;
    mp.warps_runnable |= 1u << warp;
}

inline void clear_runnable(Multiprocessor& mp, int thread) {
    const int warp = warp_of(thread);
    if (!(mp.runnable[warp] &= ~bit_of(thread))) mp.warps_runnable &= ~(1u << warp);
}

inline void make_current(Multiprocessor& mp, int thread) {
    mp.current = thread;
    running.thread = thread;
    threadIdx = mp.thread[thread].index;
}

/// Go on with another fiber.
[[gnu::always_inline]] inline void jump(Multiprocessor& mp, Fiber* to) {
    Fiber* from = mp.self;
    mp.self = to;
    running.stack_low = to->low;
    running.stack_high = to->high;
    switch_stacks(*from, *to);
}

constexpr int new_thread = -1;  ///< choose: start the next thread
constexpr int nobody = -2;      ///< choose: all threads wait, or have returned

/// When no lane of the warp can go on and some have paused, the pause is over.
void end_pause(Multiprocessor& mp, int warp);

/// Choose who runs next: a lane of the same warp, else a thread that has not started, else a lane of another
/// warp. So lanes stay close together, and a kernel that only synchronises warps keeps few stacks in use.
inline int choose(Multiprocessor& mp) {
    const int warp = warp_of(mp.current);
    const int lane = mp.current % warp_lanes;
    if (!mp.runnable[warp] && mp.paused[warp]) [[unlikely]]
        end_pause(mp, warp);
    if (const std::uint32_t lanes = mp.runnable[warp])
        return warp * warp_lanes + next_bit(lanes, lane, mp.reverse);
    if (mp.started < mp.threads) return new_thread;
    if (const std::uint32_t warps = mp.warps_runnable) {
        const int other = next_bit(warps, warp, mp.reverse);
        return other * warp_lanes + next_bit(mp.runnable[other], mp.reverse ? 0 : 31, mp.reverse);
    }
    return nobody;
}

/// @return a fiber on which nothing runs
Fiber* idle_fiber(Multiprocessor& mp);

/// Leave this fiber, whose thread waits or which has become idle, for a thread that `choose` named.
[[gnu::always_inline]] inline void resume(Multiprocessor& mp, int thread) {
    if (thread == new_thread) {
        jump(mp, idle_fiber(mp));
    } else {
        clear_runnable(mp, thread);
        make_current(mp, thread);
        jump(mp, mp.thread[thread].fiber);
    }
}

/// The running thread waits. Returns when somebody has made it runnable and chosen it.
[[gnu::always_inline]] inline void wait(Multiprocessor& mp) {
    const int self = mp.current;
    mp.thread[self].fiber = mp.self;
    mp.fruitless_turns = 0;
    const int next = choose(mp);
    if (next == nobody) [[unlikely]]
        deadlock(mp);
    if (next == self)
        clear_runnable(mp, self);
    else
        resume(mp, next);
}

}  // namespace kbk::cuda::emulator

/// @endcond
