// Meetings of lanes: shuffles, votes, reductions, matrix fragments. The lane that comes last computes the
// results of all.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "common/cuda/emulator/multiprocessor.hpp"

namespace kbk::cuda::emulator {

namespace {

/// Call f(request, lane) for each lane of a mask, lowest first.
template <class F>
void each_lane(Request** lanes, unsigned mask, const F& f) {
    for (; mask; mask &= mask - 1) {
        const int lane = std::countr_zero(mask);
        f(*lanes[lane], lane);
    }
}

/// The lane that a shuffle reads from, by the PTX instruction `shfl.sync`: a lane outside the group of
/// `width` gives the reader its own value, except that the plain shuffle counts modulo the width.
int source_lane(const Request& request, int lane) {
    const int first = lane & ~(request.width - 1);
    const int end = first + request.width;
    const int argument = request.argument;
    switch (request.meeting) {
        case Meeting::shuffle:
            return first + (argument & (request.width - 1));
        case Meeting::shuffle_up:
            return lane - argument < first ? lane : lane - argument;
        case Meeting::shuffle_down:
            return lane + argument >= end ? lane : lane + argument;
        default:
            return (lane ^ argument) >= end ? lane : lane ^ argument;
    }
}

/// The value of a lane that does not take part, which CUDA leaves undefined: a pattern that is NaN in every type
/// of float, or the 0 that hardware is known to give.
[[gnu::cold, gnu::noinline]] std::uint64_t undefined_value(const Request& request, int lane, int source) {
    const bool zero = this_multiprocessor->tolerant;
    warn(request.where, fmt::format("lane {} shuffles from lane {}, which mask {:#010x} leaves out: undefined on a "
                                    "GPU, {} here",
                                    lane, source, request.mask, zero ? "0" : "NaN"));
    return zero ? 0 : 0x7ff7deadffffdeadu;
}

void shuffle(Request** lanes, unsigned mask) {
    each_lane(lanes, mask, [&](Request& request, int lane) {
        const int source = source_lane(request, lane);
        if (mask >> source & 1) [[likely]]
            request.out = lanes[source]->in;
        else
            request.out = undefined_value(request, lane, source);
    });
}

template <class F>
void reduce(Request** lanes, unsigned mask, const F& f) {
    std::uint64_t sum = lanes[std::countr_zero(mask)]->in;
    each_lane(lanes, mask & (mask - 1), [&](Request& request, int) { sum = f(sum, request.in); });
    each_lane(lanes, mask, [&](Request& request, int) { request.out = sum; });
}

std::uint32_t ballot(Request** lanes, unsigned mask) {
    std::uint32_t votes = 0;
    each_lane(lanes, mask, [&](Request& request, int lane) {
        votes |= static_cast<std::uint32_t>(request.in != 0) << lane;
    });
    return votes;
}

std::uint32_t equal_lanes(Request** lanes, unsigned mask, std::uint64_t value) {
    std::uint32_t equal = 0;
    each_lane(lanes, mask, [&](Request& request, int lane) {
        equal |= static_cast<std::uint32_t>(request.in == value) << lane;
    });
    return equal;
}

void resolve(Request** lanes, unsigned mask) {
    const auto give = [&](std::uint64_t value) {
        each_lane(lanes, mask, [&](Request& request, int) { request.out = value; });
    };
    const auto low = [](std::uint64_t word) { return static_cast<std::int32_t>(word); };
    const auto word = [](std::int32_t value) { return std::uint64_t{static_cast<std::uint32_t>(value)}; };
    const Request& first = *lanes[std::countr_zero(mask)];
    using u64 = std::uint64_t;
    switch (first.meeting) {
        case Meeting::shuffle:
        case Meeting::shuffle_up:
        case Meeting::shuffle_down:
        case Meeting::shuffle_xor:
            return shuffle(lanes, mask);
        case Meeting::ballot:
            return give(ballot(lanes, mask));
        case Meeting::any:
            return give(ballot(lanes, mask) != 0);
        case Meeting::all:
            return give(ballot(lanes, mask) == mask);
        case Meeting::match_any:
            return each_lane(lanes, mask, [&](Request& request, int) {
                request.out = equal_lanes(lanes, mask, request.in);
            });
        case Meeting::match_all:
            return give(equal_lanes(lanes, mask, first.in) == mask ? mask : 0);
        case Meeting::reduce_add:
            return reduce(lanes, mask, [](u64 a, u64 b) { return (a + b) & 0xffffffffu; });
        case Meeting::reduce_min:
            return reduce(lanes, mask, [&](u64 a, u64 b) { return word(std::min(low(a), low(b))); });
        case Meeting::reduce_max:
            return reduce(lanes, mask, [&](u64 a, u64 b) { return word(std::max(low(a), low(b))); });
        case Meeting::reduce_min_unsigned:
            return reduce(lanes, mask, [](u64 a, u64 b) { return std::min(a, b); });
        case Meeting::reduce_max_unsigned:
            return reduce(lanes, mask, [](u64 a, u64 b) { return std::max(a, b); });
        case Meeting::reduce_and:
            return reduce(lanes, mask, [](u64 a, u64 b) { return a & b; });
        case Meeting::reduce_or:
            return reduce(lanes, mask, [](u64 a, u64 b) { return a | b; });
        case Meeting::reduce_xor:
            return reduce(lanes, mask, [](u64 a, u64 b) { return a ^ b; });
        case Meeting::syncwarp:
        case Meeting::load_matrix:
        case Meeting::store_matrix:
        case Meeting::multiply_matrices:
            return;
    }
}

const char* name(Meeting meeting) {
    switch (meeting) {
        case Meeting::syncwarp:
            return "__syncwarp";
        case Meeting::shuffle:
            return "__shfl_sync";
        case Meeting::shuffle_up:
            return "__shfl_up_sync";
        case Meeting::shuffle_down:
            return "__shfl_down_sync";
        case Meeting::shuffle_xor:
            return "__shfl_xor_sync";
        case Meeting::ballot:
            return "__ballot_sync";
        case Meeting::any:
            return "__any_sync";
        case Meeting::all:
            return "__all_sync";
        case Meeting::match_any:
            return "__match_any_sync";
        case Meeting::match_all:
            return "__match_all_sync";
        case Meeting::reduce_add:
            return "__reduce_add_sync";
        case Meeting::reduce_min:
        case Meeting::reduce_min_unsigned:
            return "__reduce_min_sync";
        case Meeting::reduce_max:
        case Meeting::reduce_max_unsigned:
            return "__reduce_max_sync";
        case Meeting::reduce_and:
            return "__reduce_and_sync";
        case Meeting::reduce_or:
            return "__reduce_or_sync";
        case Meeting::reduce_xor:
            return "__reduce_xor_sync";
        case Meeting::load_matrix:
            return "wmma::load_matrix_sync";
        case Meeting::store_matrix:
            return "wmma::store_matrix_sync";
        case Meeting::multiply_matrices:
            return "wmma::mma_sync";
    }
    return "";
}

[[noreturn, gnu::cold]] void report_mixed(const Request& mine, const Request& other) {
    stop(fmt::format("lanes of one warp meet in different functions: this one in {}, another in {} at {}",
                     name(mine.meeting), name(other.meeting), written(other.where)),
         &mine.where, KernelError::Kind::warp);
}

/// Complete the meeting that a lane waits in, if all who must come have come.
bool complete(Multiprocessor& mp, int warp, int lane) {
    Thread* const threads = &mp.thread[warp * warp_lanes];
    const Request& mine = *threads[lane].request;
    const unsigned needed = mine.mask & ~mp.exited[warp];
    if (needed & ~mp.in_meeting[warp]) return false;

    // A lane may still be in an earlier meeting, with another mask: it will come.
    Request* lanes[warp_lanes];
    for (unsigned rest = needed; rest; rest &= rest - 1) {
        const int other = std::countr_zero(rest);
        lanes[other] = threads[other].request;
        if (lanes[other]->mask != mine.mask) return false;
        if (lanes[other]->meeting != mine.meeting) [[unlikely]]
            report_mixed(mine, *lanes[other]);
    }

    (mine.resolve ? mine.resolve : resolve)(lanes, needed);
    if (observer) [[unlikely]]
        observer->warp_synchronised(warp, needed, mine.meeting == Meeting::syncwarp, mine.where);
    for (unsigned rest = needed; rest; rest &= rest - 1) threads[std::countr_zero(rest)].request = nullptr;
    mp.in_meeting[warp] &= ~needed;
    set_runnable(mp, warp, needed);
    return true;
}

[[gnu::cold]] void check(const Multiprocessor& mp, const Request& request) {
    const int width = request.width;
    if (width < 1 || width > warp_lanes || (width & (width - 1)))
        stop(fmt::format("{} with width {}: it must be 1, 2, 4, 8, 16 or 32", name(request.meeting), width),
             &request.where, KernelError::Kind::warp);
    const int lane = mp.current % warp_lanes;
    if (!(request.mask >> lane & 1))
        stop(fmt::format("{} with mask 0x{:08x}, which does not name the calling lane {}",
                         name(request.meeting), request.mask, lane),
             &request.where, KernelError::Kind::warp);
}

/// List who waits where, one line for all threads that wait at the same place; the first of them becomes the
/// current one.
std::string who_waits(Multiprocessor& mp) {
    struct Group {
        std::string what;
        int first, count;
    };
    std::vector<Group> groups;
    for (int i = 0; i < mp.threads; ++i) {
        const Thread& thread = mp.thread[i];
        if (thread.exited) continue;
        const std::string what =
            thread.request ? fmt::format("in {}, mask 0x{:08x}, at {}", name(thread.request->meeting),
                                         thread.request->mask, written(thread.request->where))
                           : fmt::format("in __syncthreads at {}", written(thread.where));
        const auto known =
            std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return g.what == what; });
        if (known == groups.end())
            groups.push_back({what, i, 1});
        else
            ++known->count;
    }

    std::string message = "deadlock, no thread of the block can go on:";
    for (std::size_t i = 0; i < groups.size() && i < 6; ++i)
        message += fmt::format(
            "\n  {}{} {}", thread_name(groups[i].first),
            groups[i].count > 1 ? fmt::format(" and {} more wait", groups[i].count - 1) : " waits",
            groups[i].what);
    if (groups.size() > 6) message += fmt::format("\n  and {} more places", groups.size() - 6);
    mp.current = groups.front().first;
    return message;
}

}  // namespace

std::uint64_t meet(Request& request) {
    if (!running.active) [[unlikely]]
        fail("{} was called on the host", name(request.meeting));
    Multiprocessor& mp = *this_multiprocessor;
    const int self = mp.current;
    const int warp = warp_of(self);
    request.mask &= first_bits(lanes_of(mp, warp));  // the last warp of a block may be short
    if (!(request.mask & bit_of(self)) || (request.width != warp_lanes)) [[unlikely]]
        check(mp, request);

    mp.thread[self].request = &request;
    mp.in_meeting[warp] |= bit_of(self);
    if (complete(mp, warp, self % warp_lanes))
        clear_runnable(mp, self);
    else
        wait(mp);
    return request.out;
}

void complete_meetings(Multiprocessor& mp, int warp) {
    for (unsigned rest = mp.in_meeting[warp]; rest; rest &= rest - 1)
        if (mp.in_meeting[warp] & rest & -rest) complete(mp, warp, std::countr_zero(rest));
}

void warp_mistake(const char* what, Source where) {
    stop(what, &where, KernelError::Kind::warp);
}

void trap(Source where) {
    if (!running.active) fail("__trap() was called on the host");
    stop("the kernel called __trap()", &where, KernelError::Kind::trap);
}

void deadlock(Multiprocessor& mp) {
    std::string message = who_waits(mp);
    const Thread& thread = mp.thread[mp.current];
    const Source where = thread.request ? thread.request->where : thread.where;
    stop(std::move(message), &where, KernelError::Kind::deadlock);
}

}  // namespace kbk::cuda::emulator
