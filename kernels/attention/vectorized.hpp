/// @file
/// The blocks of attention that the rungs vectorized and threaded compute, one after the other or side by side.
#pragma once

#include "kernels/attention/attention.hpp"

namespace kbk::cpu {

/// How a problem is cut into blocks of queries: a function of the problem alone.
struct AttentionBlocks {
    /// @param p the problem
    explicit AttentionBlocks(const Attention& p);

    std::int64_t queries;  ///< of a block
    std::int64_t each;     ///< blocks of a head
    std::int64_t count;    ///< blocks of the whole problem
    std::int64_t floats;   ///< of memory that a block needs

    /// Compute a block.
    /// @param p      the problem
    /// @param block  its number
    /// @param memory as many floats as it needs
    void run(const Attention& p, std::int64_t block, float* memory) const;
};

}  // namespace kbk::cpu
