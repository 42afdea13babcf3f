/// @file
/// What processors can do at most, by their data sheets.
#pragma once

#include <string>
#include <vector>

namespace kbk::lesson {

/// A processor as its maker describes it.
struct Machine {
    std::string key;   ///< in names of values
    std::string name;  ///< for readers
    int cores;         ///< cores of a CPU, multiprocessors (SMs) of a GPU
    int threads;       ///< that each of them holds at once, ready to go on
    double gigaflops;  ///< float32 operations in a second, 10^9; a fused multiply-add counts two
    double gigabytes;  ///< from and to its memory in a second, 10^9

    /// @return operations for each byte that it can move: the intensity at which neither waits for the other
    [[nodiscard]] double balance() const { return gigaflops / gigabytes; }
};

/// @return two CPUs, and the profiler's GPUs
const std::vector<Machine>& machines();

/// @param key of a machine @return it
/// @throws Error where there is none
const Machine& machine(const std::string& key);

}  // namespace kbk::lesson
