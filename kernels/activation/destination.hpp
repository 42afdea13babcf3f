/// @file
/// Where results go: into the caches, or past them to memory. For CPU rungs that choose.
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/base/machine.hpp"

namespace kbk::cpu {

/// Where results go.
enum class Destination {
    cache,  ///< by ordinary stores: the next reader finds them in a cache
    memory  ///< past the caches: no line is read before it is overwritten, and none is driven out
};

/// @return bytes that the last cache may be counted on to keep from one operation to the next
inline std::int64_t cache_budget() {
    // A cache of unknown size is taken for 16 MiB. A very large one is shared by more cores than are at work here.
    constexpr std::int64_t mib = std::int64_t{1} << 20;
    const std::int64_t last = machine().last_cache();
    const std::int64_t most = std::clamp(last ? last : 16 * mib, 8 * mib, 64 * mib);
    return most / 8 * 5;  // the last part of a cache is filled slowly: lines that would go there meet in the same sets
}

// [kept_in_cache]
/// How much of a result a cache can still hold once an operation is through. What lies beyond is better stored past the
/// caches: it would drive out what the next operation could have found there, and come back from memory all the same.
/// @param read    bytes that the operation reads
/// @param written bytes that it writes
/// @return how many of the bytes written, the first of them, to store in the ordinary way
inline std::int64_t kept_in_cache(std::int64_t read, std::int64_t written) {
    return std::clamp<std::int64_t>(cache_budget() - read, 0, written);
}
// [kept_in_cache]

}  // namespace kbk::cpu
