/// @file
/// Sums of squares and products with a number as they are defined, in double precision.
#pragma once

#include <algorithm>

#include "kernels/clip/clip.hpp"

namespace kbk {

/// @param p an array, on the host
template <class T>
void reference(const BasicSquareSums<T>& p) {
    for (std::int64_t b = 0; b < p.blocks(p.count); ++b) {
        double sum = 0;
        for (std::int64_t i = b * p.block; i < std::min(p.count, (b + 1) * p.block); ++i) sum += double(p.x[i]) * double(p.x[i]);
        p.sums[b] = static_cast<T>(sum);
    }
}

/// @param p an array, on the host
template <class T>
void reference(const BasicRescale<T>& p) {
    for (std::int64_t i = 0; i < p.count; ++i) p.x[i] = static_cast<T>(double(p.factor) * double(p.x[i]));
}

}  // namespace kbk
