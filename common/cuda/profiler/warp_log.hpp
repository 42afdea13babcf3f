/// @file
/// The logs of a warp's 32 lanes, and how requests of the warp are rebuilt from them.
///
/// The emulator runs lanes one after another, so each logs its own accesses. A GPU runs them together: lanes that are at
/// the same instruction issue one request. Which lanes were together follows from one rule, the one that hardware keeps
/// with its stack of diverged branches: of all lanes, those with the deepest call and, among them, the lowest program
/// counter go first. Lanes that fell behind catch up, so paths meet again where the source meets.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <span>

#include "common/cuda/profiler/access.hpp"

namespace kbk::cuda::profiler {

/// Accesses of one lane that are not yet part of a request, in the order in which it made them.
struct LaneLog {
    std::unique_ptr<Access[]> entries;
    std::uint32_t count = 0, capacity = 0;

    /// Make room for more entries. @param more how many
    void grow(std::uint32_t more) {
        auto larger = std::make_unique_for_overwrite<Access[]>(capacity + more);
        std::copy_n(entries.get(), count, larger.get());
        entries = std::move(larger);
        capacity += more;
    }
};

/// The logs of one warp.
class WarpLog {
  public:
    /// @param l a lane @return its log
    LaneLog& lane(int l) { return lanes_[std::size_t(l)]; }

    /// Drop all entries.
    void clear() {
        for (LaneLog& log : lanes_) log.count = 0;
    }

    /// Put entries together to requests, as far as they are decided.
    /// @param open    lanes that have more to log before they wait or end: when such a lane's log is used up, nobody
    ///                knows who goes next, and the merge stops
    /// @param request callable with (std::span<const Access* const>, std::span<const std::uint8_t> lanes), lanes rising
    template <class Request>
    void merge(unsigned open, const Request& request);

  private:
    static constexpr std::uint64_t nothing = std::numeric_limits<std::uint64_t>::max();

    // Deeper calls first, then lower program counters.
    static std::uint64_t rank(const Access& a) { return std::uint64_t(255 - a.depth) << 32 | a.pc; }

    std::array<LaneLog, lanes> lanes_;
};

// [profiler_merge]
template <class Request>
void WarpLog::merge(unsigned open, const Request& request) {
    std::array<std::uint64_t, lanes> next;     // rank of each lane's next entry
    std::array<std::uint32_t, lanes> used{};   // entries that are part of a request
    for (int l = 0; l < lanes; ++l) {
        next[l] = lanes_[l].count ? rank(lanes_[l].entries[0]) : nothing;
        if (next[l] == nothing && (open >> l & 1)) return;
    }

    for (bool decided = true; decided;) {
        const std::uint64_t first = *std::min_element(next.begin(), next.end());
        if (first == nothing) break;

        // The lanes whose next entry ranks first make one request.
        std::array<const Access*, lanes> together;
        std::array<std::uint8_t, lanes> who;
        int count = 0;
        for (int l = 0; l < lanes; ++l) {
            if (next[l] != first) continue;
            const LaneLog& log = lanes_[l];
            together[count] = &log.entries[used[l]++];
            who[count++] = std::uint8_t(l);
            next[l] = used[l] < log.count ? rank(log.entries[used[l]]) : nothing;
            if (next[l] == nothing && (open >> l & 1)) decided = false;
        }
        request(std::span<const Access* const>(together.data(), std::size_t(count)),
                std::span<const std::uint8_t>(who.data(), std::size_t(count)));
    }

    // Keep what is left for the next merge.
    for (int l = 0; l < lanes; ++l) {
        LaneLog& log = lanes_[l];
        std::copy(log.entries.get() + used[l], log.entries.get() + log.count, log.entries.get());
        log.count -= used[l];
    }
}
// [profiler_merge]

}  // namespace kbk::cuda::profiler
