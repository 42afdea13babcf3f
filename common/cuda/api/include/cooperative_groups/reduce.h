/// @file
/// Reductions of cooperative groups: every thread of a tile or coalesced group gets the result.
#pragma once

#include <cooperative_groups.h>

namespace cooperative_groups {

template <class T = void>
struct plus {
    T operator()(T a, T b) const { return a + b; }
};
template <class T = void>
struct less {  ///< the smaller one
    T operator()(T a, T b) const { return b < a ? b : a; }
};
template <class T = void>
struct greater {  ///< the larger one
    T operator()(T a, T b) const { return a < b ? b : a; }
};
template <class T = void>
struct bit_and {
    T operator()(T a, T b) const { return a & b; }
};
template <class T = void>
struct bit_or {
    T operator()(T a, T b) const { return a | b; }
};
template <class T = void>
struct bit_xor {
    T operator()(T a, T b) const { return a ^ b; }
};

/// Combine the values of a tile's threads: partners at distance 16, 8, 4, 2, 1.
template <unsigned Size, class Parent, class T, class Op>
[[gnu::always_inline]] inline T reduce(
    const thread_block_tile<Size, Parent>& group, T value, Op op,
    kbk::cuda::emulator::Source where = kbk::cuda::emulator::Source::current()) {
    for (int bits = Size / 2; bits > 0; bits /= 2) value = op(value, group.shfl_xor(value, bits, where));
    return value;
}

/// Combine the values of a coalesced group's threads, from rank 0 up.
template <class T, class Op>
[[gnu::always_inline]] inline T reduce(
    const coalesced_group& group, T value, Op op,
    kbk::cuda::emulator::Source where = kbk::cuda::emulator::Source::current()) {
    T result = group.shfl(value, 0, where);
    for (unsigned rank = 1; rank < group.size(); ++rank)
        result = op(result, group.shfl(value, static_cast<int>(rank), where));
    return result;
}

}  // namespace cooperative_groups
