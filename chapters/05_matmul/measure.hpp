/// @file
/// What the chapter measures of a processor: its clock, its multiply-adds, its caches and its memory. Each
/// function runs on the calling thread alone and returns the fastest of several runs: the others were disturbed.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <vector>

namespace kbk::lesson {

/// @param run   what to time
/// @param times how often
/// @return seconds of the fastest run
template <class Run>
double fastest(const Run& run, int times = 5) {
    double best = std::numeric_limits<double>::infinity();
    for (int i = 0; i < times; ++i) {
        const auto start = std::chrono::steady_clock::now();
        run();
        best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return best;
}

/// @return seconds of a clock cycle: an addition of integers that waits for the one before it takes one
double cycle_seconds();

/// Multiply-adds in chains, each of which waits for its own last step.
/// @param chains how many at the same time: 1, 2, 4, 6, 8, 10 or 12
/// @param vector whether each is a whole vector register, or one number
/// @return seconds of a step of all chains
double step_seconds(int chains, bool vector);

/// @return floats of a vector register
int vector_floats();

/// Follow pointers from line to line in random order: each load waits for the one before it.
/// @param lines  how many lines of 64 bytes
/// @param spread bytes from one to the next: 64 for neighbours, more than 4096 for a page each
/// @return seconds of a load
double load_seconds(std::int64_t lines, std::int64_t spread);

/// Add up an array again and again, in vectors.
/// @param bytes its size
/// @return bytes in a second
double read_rate(std::int64_t bytes);

/// Read every so-manieth number of an array that no cache holds.
/// @param stride bytes from one to the next
/// @return seconds of a number
double strided_seconds(std::int64_t stride);

/// A working set and what was measured with it.
struct Sample {
    std::int64_t bytes;  ///< its size
    double seconds;      ///< of a load
};

/// Find where caches end: a curve of latencies is flat while a cache holds the working set, and rises where it
/// does not.
/// @param curve in growing order of sizes
/// @return for each cache, the largest size on its flat part
std::vector<std::int64_t> cache_sizes(const std::vector<Sample>& curve);

}  // namespace kbk::lesson
