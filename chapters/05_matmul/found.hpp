/// @file
/// What was found of a processor, and what a small formula foretells from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/machine.hpp"

namespace kbk::lesson {

/// How fast an array of some size is read.
struct ReadRate {
    std::int64_t bytes;  ///< its size
    double rate;         ///< bytes in a second
};

/// A processor, as one thread sees it.
struct Processor {
    double cycle = 0;                 ///< seconds of a clock cycle
    double latency = 0;               ///< cycles from the start of a multiply-add to its result
    double per_cycle = 0;             ///< vector multiply-adds that it starts in a cycle
    int lanes = 0;                    ///< floats of a vector register
    std::vector<CacheLevel> caches = {};   ///< as the system names them, the nearest first
    std::vector<ReadRate> read = {};  ///< in growing order of sizes

    /// @return floating-point operations in a second, at most
    [[nodiscard]] double peak() const { return 2 * lanes * per_cycle / cycle; }

    /// @return sums that must be under way at the same time, or the units wait
    [[nodiscard]] double sums_needed() const { return latency * per_cycle; }

    /// @param bytes a working set
    /// @return bytes of it that are read in a second
    [[nodiscard]] double read_rate(double bytes) const;

    /// Whether the lines of a column stay in a cache until its neighbour is read.
    /// @param level the cache
    /// @param rows  lines of the column
    /// @param row   bytes from one row to the next
    [[nodiscard]] static bool holds_column(const CacheLevel& level, std::int64_t rows, std::int64_t row);
};

/// Foretell how long a rung takes for C = A B of n x n floats on one thread, from the processor alone.
/// @param rung name in the ladder
/// @param n    size
/// @param p    the processor
/// @return seconds; nothing for a rung that the chapter has no formula for
std::optional<double> foretell(std::string_view rung, std::int64_t n, const Processor& p);

/// A tile of sums in registers: rows x vectors.
struct TileShape {
    int rows, vectors;
    /// @return registers: the sums, a row of B, one element of A
    [[nodiscard]] int registers() const { return rows * vectors + vectors + 1; }
    /// @return loads for each multiply-add
    [[nodiscard]] double loads() const { return double(rows + vectors) / (rows * vectors); }
};

/// @param registers of the processor
/// @return for each number of vectors, the tallest tile that fits, the fewest loads first
std::vector<TileShape> tiles(int registers);

}  // namespace kbk::lesson
