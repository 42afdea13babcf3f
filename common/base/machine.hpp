/// @file
/// Facts about the machine that a program runs on: a saved result is worth nothing without them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kbk {

/// A cache for data, as the system describes it.
struct CacheLevel {
    std::int64_t bytes;  ///< that it holds
    std::int64_t ways;   ///< lines of a set: those that lie a multiple of bytes / ways apart compete for them
};

/// What a saved result records of its machine and its build.
struct Machine {
    std::string name;          ///< folder name of saved results: processor model and core count, never a host
    std::string cpu;           ///< processor as the system names it, with family and model
    int cores;                 ///< cores this process may run on
    std::string simd;          ///< vector instructions that the kernels were compiled for
    std::vector<CacheLevel> caches;  ///< of the first core, the nearest first; empty where the system says nothing
    std::string compiler;            ///< compiler and version
    std::string flags;               ///< its flags

    /// @return bytes of the last cache before the memory; 0 where it is unknown
    [[nodiscard]] std::int64_t last_cache() const { return caches.empty() ? 0 : caches.back().bytes; }
};

/// @return facts about this machine and this build
const Machine& machine();

}  // namespace kbk
