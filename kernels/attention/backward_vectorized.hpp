/// @file
/// The parts of attention's gradient that the rungs vectorized and threaded compute, one after the other or side by
/// side.
#pragma once

#include "kernels/attention/attention.hpp"

namespace kbk::cpu {

/// How a problem is cut into ranges of a head's keys: a function of the problem alone. A range computes dk and dv of
/// its keys, and its part of dq; where a head has several ranges, the parts of dq are added at the end, in their order.
struct AttentionBackwardRanges {
    /// @param p the problem
    explicit AttentionBackwardRanges(const AttentionBackward& p);

    std::int64_t keys;         ///< of a range
    std::int64_t each;         ///< ranges of a head; at least 1
    std::int64_t count;        ///< ranges of the whole problem
    std::int64_t floats;       ///< of memory that a range needs
    std::int64_t part_floats;  ///< of memory for the parts of dq: none where each head is one range
    std::int64_t blocks;       ///< pieces of dq to add up: none where each head is one range

    /// Compute a range.
    /// @param p      the problem
    /// @param range  its number
    /// @param memory as many floats as it needs
    /// @param parts  memory for the parts of dq
    void run(const AttentionBackward& p, std::int64_t range, float* memory, float* parts) const;

    /// Add up the parts of a piece of dq, when all ranges are done.
    /// @param p     the problem
    /// @param block the piece's number
    /// @param parts the parts of dq
    void add_up(const AttentionBackward& p, std::int64_t block, const float* parts) const;
};

}  // namespace kbk::cpu
