/// @cond machinery: the folder's page explains it
// Threads of a block: starting them, ending them, and choosing who runs.
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>

#include "common/cuda/emulator/fault.hpp"
#include "common/cuda/emulator/math.hpp"
#include "common/cuda/emulator/multiprocessor.hpp"
#include "common/cuda/emulator/settings.hpp"
#include "common/cuda/emulator/symbols.hpp"

#ifdef __SANITIZE_ADDRESS__
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#endif

constinit thread_local uint3 threadIdx{}, blockIdx{};
constinit thread_local dim3 blockDim{}, gridDim{};

long long clock64() {
    return std::chrono::steady_clock::now().time_since_epoch().count();
}

namespace kbk::cuda::emulator {

Observer* observer = nullptr;
constinit thread_local Running running;
constinit thread_local Multiprocessor* this_multiprocessor = nullptr;
char* (*literal_shared)() = nullptr;

namespace {

constexpr std::size_t shared_space = 256 << 10;  // more than any architecture has

void* reserve(std::size_t bytes) {
    void* memory = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    require(memory != MAP_FAILED,
            "the CUDA emulator cannot reserve {} MiB of address space; is there a limit (ulimit -v)?",
            bytes >> 20);
    return memory;
}

void make_usable(void* memory, std::size_t bytes) {
    require(mprotect(memory, bytes, PROT_READ | PROT_WRITE) == 0,
            "the CUDA emulator cannot get {} KiB of memory for the stacks of a block", bytes >> 10);
}

/// Make the running fiber's next thread, call the kernel, and note that the thread has returned.
void run_thread(Multiprocessor& mp) {
    const int number = mp.reverse ? mp.threads - 1 - mp.started : mp.started;
    ++mp.started;
    Thread& thread = mp.thread[number];
    const dim3& block = mp.launch->block;
    const unsigned row = static_cast<unsigned>(number) / block.x;
    thread.index = {static_cast<unsigned>(number) - row * block.x, row % block.y, row / block.y};
    thread.request = nullptr;
    thread.exited = false;
    thread.watched = nullptr;
    thread.frame = static_cast<const char*>(__builtin_frame_address(0));
    make_current(mp, number);

    if (observer) [[unlikely]]
        observer->thread_begin(number);
    mp.call->run(mp.call->arguments);
    if (observer) [[unlikely]]
        observer->thread_end(mp.current);

    // The same thread has returned that was started: whoever resumed this fiber made it current again.
    const int warp = warp_of(number);
    thread.exited = true;
    mp.exited[warp] |= bit_of(number);
    --mp.live;
    mp.fruitless_turns = 0;
    if (mp.arrived && mp.live) thread_left(mp);
    if (mp.in_meeting[warp]) complete_meetings(mp, warp);
}

/// What runs on every fiber: threads, one after the other.
void run_threads() {
    arrived_on_new_fiber();
    for (;;) {
        Multiprocessor& mp = *this_multiprocessor;
        if (mp.started < mp.threads) {
            try {
                run_thread(mp);
            } catch (const std::exception& thrown) {
                stop(fmt::format("the kernel threw an exception: {}", thrown.what()), nullptr,
                     KernelError::Kind::exception);
            }
        }
        // Nobody of this warp waits to go on: the next thread starts right here, without a switch.
        const int warp = warp_of(mp.current);
        if (!mp.runnable[warp] && !mp.paused[warp] && mp.started < mp.threads) continue;

        const int next = choose(mp);
        if (next == new_thread) continue;
        mp.idle.push_back(mp.self);
        if (next != nobody)
            resume(mp, next);
        else if (mp.live)
            deadlock(mp);
        else
            jump(mp, &mp.host);
    }
}

void add_fibers(Multiprocessor& mp) {
    constexpr int batch = warp_lanes;
    if (!mp.stacks) mp.stacks = static_cast<char*>(reserve(stack_stride * max_block_threads));
    for (int i = 0; i < batch; ++i) {
        char* high = mp.stacks + stack_stride * (mp.fibers.size() + 1);
        make_usable(high - stack_bytes, stack_bytes);
        mp.fibers.push_back(std::make_unique<Fiber>(Fiber{nullptr, high - stack_bytes, high}));
        mp.idle.push_back(mp.fibers.back().get());
        prepare(*mp.fibers.back(), mp.fibers.size() * 192 % 4096, run_threads);
    }
}

/// After a mistake: all fibers start afresh; what lay on their stacks is forgotten.
void forget_fibers(Multiprocessor& mp) {
    mp.idle.clear();
    for (std::size_t i = 0; i < mp.fibers.size(); ++i) {
        Fiber& fiber = *mp.fibers[i];
#ifdef __SANITIZE_ADDRESS__
        __asan_unpoison_memory_region(fiber.low, static_cast<std::size_t>(fiber.high - fiber.low));
#endif
        prepare(fiber, (i + 1) * 192 % 4096, run_threads);
        mp.idle.push_back(&fiber);
    }
}

/// All live lanes of the warp that have started but the running one wait, paused, or poll.
bool warp_has_started(const Multiprocessor& mp, int warp) {
    const int first = warp * warp_lanes, last = first + lanes_of(mp, warp) - 1;
    return mp.reverse ? mp.started >= mp.threads - first : mp.started > last;
}

double seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Give the turn away, staying runnable: to a thread that has not started, else to the next warp, and within
/// it to the lane after the one that gave its turn away last. Volta and later GPUs promise that every thread
/// gets on.
[[gnu::noinline]] void give_turn_away(Multiprocessor& mp) {
    const int self = mp.current;
    const int warp = warp_of(self);
    mp.last_polling_lane[warp] = static_cast<std::uint8_t>(self % warp_lanes);
    mp.thread[self].fiber = mp.self;
    if (mp.paused[warp] && warp_has_started(mp, warp)) end_pause(mp, warp);
    set_runnable(mp, warp, bit_of(self));

    // All the threads that can run have been polling for long: what they wait for will not come.
    if (++mp.fruitless_turns % 65536 == 0) {
        const double now = seconds();
        if (mp.fruitless_turns == 65536) mp.polling_since = now;
        if (const double patience = settings().polling_seconds; now - mp.polling_since > patience)
            stop(fmt::format("the block has only been polling atomics for {} s. Does it wait for a later "
                             "block? Blocks of "
                             "a launch do not run together; split the kernel at that point",
                             patience),
                 nullptr, KernelError::Kind::deadlock);
    }

    if (mp.started < mp.threads) {
        jump(mp, idle_fiber(mp));
        return;
    }
    const int next_warp = next_bit(mp.warps_runnable, warp, mp.reverse);
    const int next = next_warp * warp_lanes +
                     next_bit(mp.runnable[next_warp], mp.last_polling_lane[next_warp], mp.reverse);
    if (next == self)
        clear_runnable(mp, self);
    else
        resume(mp, next);
}

}  // namespace

Multiprocessor::Multiprocessor() : locals(thread_locals()), signal_stack(new char[signal_stack_bytes]) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    char* space = static_cast<char*>(reserve(shared_space + 2 * page));
    make_usable(space + page, shared_space);
    shared_end = space + page + shared_space;
#ifdef __SANITIZE_ADDRESS__
    pthread_attr_t attributes;
    void* low = nullptr;
    std::size_t size = 0;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_destroy(&attributes);
    host.low = static_cast<char*>(low);
    host.high = host.low + size;
#endif
#ifdef __SANITIZE_THREAD__
    host.thread_sanitizer = __tsan_get_current_fiber();
#endif
}

Multiprocessor::~Multiprocessor() {
#ifdef __SANITIZE_THREAD__
    for (const auto& fiber : fibers)
        if (fiber->thread_sanitizer) __tsan_destroy_fiber(fiber->thread_sanitizer);
#endif
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    munmap(shared_end - shared_space - page, shared_space + 2 * page);
    if (stacks) munmap(stacks, stack_stride * max_block_threads);
    this_multiprocessor = nullptr;
}

Multiprocessor& multiprocessor() {
    thread_local std::unique_ptr<Multiprocessor> own;
    if (!own) {
        own = std::make_unique<Multiprocessor>();
        this_multiprocessor = own.get();
    }
    return *own;
}

Fiber* idle_fiber(Multiprocessor& mp) {
    if (mp.idle.empty()) add_fibers(mp);
    Fiber* fiber = mp.idle.back();
    mp.idle.pop_back();
    return fiber;
}

void run_block(Multiprocessor& mp) {
    mp.started = mp.arrived = mp.votes = 0;
    mp.current = mp.reverse ? mp.threads - 1 : 0;
    mp.live = mp.threads;
    mp.warps_runnable = 0;
    mp.fruitless_turns = 0;
    for (int warp = 0; warp < mp.warps; ++warp)
        mp.runnable[warp] = mp.at_barrier[warp] = mp.in_meeting[warp] = mp.paused[warp] = mp.exited[warp] = 0;

    if (observer) observer->block_begin();
    mp.self = &mp.host;
    running.active = true;
    jump(mp, idle_fiber(mp));
    running.active = false;
    if (mp.failed)
        forget_fibers(mp);
    else if (observer)
        observer->block_end();
}

void abandon(Multiprocessor& mp) {
    mp.failed = true;
    for (;;) jump(mp, &mp.host);
}

// ---- Pausing: lanes wait for each other without having met ----

void end_pause(Multiprocessor& mp, int warp) {
    if (!warp_has_started(mp, warp)) return;
    // Those of the lowest rank go on.
    const auto rank_of = [&](int lane) { return mp.thread[warp * warp_lanes + lane].rank; };
    std::uint64_t lowest = ~std::uint64_t{0};
    for (std::uint32_t rest = mp.paused[warp]; rest; rest &= rest - 1)
        lowest = std::min(lowest, rank_of(std::countr_zero(rest)));
    std::uint32_t lanes = 0;
    for (std::uint32_t rest = mp.paused[warp]; rest; rest &= rest - 1)
        if (rank_of(std::countr_zero(rest)) == lowest) lanes |= rest & -rest;
    mp.paused[warp] &= ~lanes;
    for (std::uint32_t rest = lanes; rest; rest &= rest - 1) {
        Thread& one = mp.thread[warp * warp_lanes + std::countr_zero(rest)];
        one.active = 0;
        for (std::uint32_t others = lanes; others; others &= others - 1) {
            const int other = std::countr_zero(others);
            const Source& there = mp.thread[warp * warp_lanes + other].where;
            if (there.line() == one.where.line() && there.column() == one.where.column() &&
                there.file_name() == one.where.file_name())
                one.active |= 1u << other;
        }
    }
    if (observer) observer->warp_paused(warp);
    set_runnable(mp, warp, lanes);
}

namespace {

void pause_at(Source where, std::uint64_t rank = 0) {
    Multiprocessor& mp = *this_multiprocessor;
    mp.thread[mp.current].where = where;
    mp.thread[mp.current].rank = rank;
    mp.paused[warp_of(mp.current)] |= bit_of(mp.current);
    wait(mp);
}

}  // namespace

void pause() {
    pause_at(Source());
}

unsigned active_lanes(Source where) {
    pause_at(where);
    return this_multiprocessor->thread[this_multiprocessor->current].active;
}

void atomic_begins(const void* address, int bytes, const void* pc) {
    if (!running.active) return;  // a __host__ __device__ function on the host
    Multiprocessor& mp = *this_multiprocessor;
    if (reinterpret_cast<std::uintptr_t>(address) % static_cast<unsigned>(bytes)) {
        const SourceLine source = source_of(static_cast<const char*>(pc) - 1);
        stop(fmt::format("misaligned atomic of {} bytes at {}", bytes, describe(address)), source.file,
             source.line, KernelError::Kind::misaligned);
    }
    if (observer) [[unlikely]]
        observer->atomic(address, bytes, pc);

    // Nobody does a hundred atomics in a row but a thread that polls a lock or a flag, or counts a histogram.
    constexpr int patience = 100;
    if (mp.polling_thread != mp.current) {
        mp.polling_thread = mp.current;
        mp.polls = 0;
    } else if (++mp.polls == patience) {
        mp.polls = 0;
        give_turn_away(mp);
    }
}

void volatile_access(const void* address, bool write, const void* pc, const void* frame) {
    if (!running.active) return;
    constexpr int patience = 100;
    Thread& thread = this_multiprocessor->thread[running.thread];
    thread.glances = !write && thread.watched == address ? thread.glances + 1 : 0;
    thread.watched = write ? nullptr : address;
    const Space space = classify(address).space;
    if (thread.glances == patience) {
        thread.glances = 0;
        give_turn_away(*this_multiprocessor);
    } else if (space == Space::static_shared || space == Space::dynamic_shared) {
        // The deepest call first, then the lowest address: as the profiler merges diverged lanes.
        constexpr int address_bits = 48;
        const auto depth = static_cast<std::uint64_t>(thread.frame - static_cast<const char*>(frame)) / 16;
        const auto place = reinterpret_cast<std::uintptr_t>(pc) & ((std::uint64_t{1} << address_bits) - 1);
        pause_at(Source(), (stack_bytes / 16 - depth) << address_bits | place);
    }
}

void fence() {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void fragment_access(const void* address, int bytes, bool write, const void* pc) {
    if (observer) observer->fragment(address, bytes, write, pc);
}

int lane() {
    return running.thread % warp_lanes;
}

void* dynamic_shared_memory() {
    return const_cast<char*>(running.dynamic_shared);
}

}  // namespace kbk::cuda::emulator

/// @endcond
