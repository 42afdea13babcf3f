/// @file
/// A cache small enough to think about: it holds no data, and counts what it would have had to fetch.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

namespace kbk::lesson {

// [cache]
/// A cache of lines in sets. A line of memory may lie in one set only; when that is full, the line that was not
/// used for longest has to go (LRU: least recently used).
class Cache {
  public:
    /// @param lines      how many lines it holds
    /// @param ways       lines of a set; as many as `lines` for a cache in which each may lie anywhere
    /// @param line_bytes bytes of a line
    Cache(std::int64_t lines, std::int64_t ways, std::int64_t line_bytes)
        : ways_(std::size_t(ways)), line_bytes_(line_bytes), sets_(std::size_t(lines / ways)) {}

    /// Read or write a byte, and count a miss where its line is not here.
    /// @param address of the byte, from 0
    void touch(std::int64_t address) {
        const std::int64_t line = address / line_bytes_;
        auto& set = sets_[std::size_t(line) % sets_.size()];
        // The lines of a set stand in the order of their last use.
        auto place = std::ranges::find(set, line);
        if (place == set.end()) {
            ++misses_;
            if (set.size() == ways_) set.pop_back();
            place = set.insert(set.end(), line);
        }
        std::rotate(set.begin(), place, place + 1);
    }

    /// @return how often a line had to be fetched
    [[nodiscard]] std::int64_t misses() const { return misses_; }

  private:
    std::size_t ways_;
    std::int64_t line_bytes_;
    std::vector<std::vector<std::int64_t>> sets_;
    std::int64_t misses_ = 0;
};
// [cache]

/// What a memory sees of a product: a function that is called with the address of each byte touched.
using Touch = std::function<void(std::int64_t address)>;

/// Walk through C = A B of n x n floats in an order of the three loops. What the inner loop does not move stays
/// in a register, and is touched once before it. The matrices lie one after the other: A, B, C.
/// @param order the loops from the outermost to the innermost, such as "ijk"; l runs along the sums and is
///              called k there, as everywhere in the literature
/// @param n     size
/// @param row   floats from one row to the next, at least n
/// @param touch called for each access
void walk(const char* order, std::int64_t n, std::int64_t row, const Touch& touch);

/// The same with the loops of the rung `blocked`: a square block of B, of `tile` rows and columns, stays while
/// all rows of A pass by.
/// @param n     size, a multiple of tile
/// @param tile  rows and columns of a block
/// @param touch called for each access
void walk_blocked(std::int64_t n, std::int64_t tile, const Touch& touch);

/// Count the misses of fully associative LRU caches of all sizes at once. A line is in a cache of z lines exactly
/// if fewer than z others were used since it was used last (Mattson et al., 1970).
/// @param line_bytes bytes of a line
/// @param most       lines of the largest cache
/// @param walk       called with the function to call for each access
/// @return misses by lines of the cache: element z is for z lines, from 0 to most
std::vector<std::int64_t> misses_by_size(std::int64_t line_bytes, std::int64_t most,
                                         const std::function<void(const Touch&)>& walk);

}  // namespace kbk::lesson
