/// @file
/// What kernels over long arrays share: how many blocks there are, and how elements are taken four at a time.
///
/// A rule is a struct with the arrays and rates of its operation, and one member that computes `width` elements
/// from index i on:
///
///     struct Negative {
///         const float* x;
///         float* y;
///         template <int width>
///         __device__ __forceinline__ void step(std::int64_t i) const {
///             auto v = load<width>(x + i);
///             for (float& e : v.value) e = -e;
///             store(y + i, v);
///         }
///     };
///
/// Rules live in the unnamed namespace of their .cu file, so that each build of the file has kernels of its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "common/cuda/cuda.hpp"

namespace kbk::gpu {

/// Threads of a block: eight warps, of which every GPU holds several blocks at once.
constexpr int block_threads = 256;

/// @param value not negative @param step positive
/// @return value / step, rounded up
constexpr std::int64_t divide_up(std::int64_t value, std::int64_t step) {
    return (value + step - 1) / step;
}

/// @param count threads wanted
/// @return blocks of `block_threads` that hold them
inline unsigned blocks_for(std::int64_t count) {
    return static_cast<unsigned>(divide_up(count, block_threads));
}

/// @param count threads that would find work
/// @return blocks for kernels that walk an array in strides of the whole grid: one step for arrays of up to 2^25
///         elements of work, since new blocks start cheaper than old ones loop; beyond, as many as that
inline unsigned grid_stride_blocks(std::int64_t count) {
    return static_cast<unsigned>(std::min<std::int64_t>(divide_up(count, block_threads), 1 << 17));
}

/// @return index of this thread in the whole grid
__device__ __forceinline__ std::int64_t global_thread() {
    return std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
}

/// A few consecutive floats in registers.
/// @tparam width 1 or 4
template <int width>
struct Floats {
    float value[width];  ///< in their order
};

/// @param from address of `width` floats; of four, a multiple of 16
/// @return the floats, read by one instruction
template <int width>
__device__ __forceinline__ Floats<width> load(const float* from) {
    if constexpr (width == 4) {
        const float4 v = *reinterpret_cast<const float4*>(from);
        return {{v.x, v.y, v.z, v.w}};
    } else {
        return {{*from}};
    }
}

/// @param to address of `width` floats; of four, a multiple of 16
/// @param v  the floats, written by one instruction
template <int width>
__device__ __forceinline__ void store(float* to, const Floats<width>& v) {
    if constexpr (width == 4)
        *reinterpret_cast<float4*>(to) = make_float4(v.value[0], v.value[1], v.value[2], v.value[3]);
    else
        *to = v.value[0];
}

/// @param arrays addresses of floats
/// @return whether each of them is a multiple of 16, as reading four floats at once demands
inline bool aligned(std::initializer_list<const float*> arrays) {
    return std::all_of(arrays.begin(), arrays.end(),
                       [](const float* a) { return reinterpret_cast<std::uintptr_t>(a) % sizeof(float4) == 0; });
}

/// @param count  elements of each array
/// @param arrays their first elements
/// @return elements to take singly before all arrays are at a multiple of 16 bytes: at most three; `count` where
///         the arrays never are at the same time
inline std::int64_t unaligned_head(std::int64_t count, std::initializer_list<const float*> arrays) {
    std::int64_t head = -1;
    for (const float* a : arrays) {
        const auto place = std::int64_t(reinterpret_cast<std::uintptr_t>(a) / sizeof(float) % 4);
        const std::int64_t own = (4 - place) % 4;
        if (head >= 0 && own != head) return count;
        head = own;
    }
    return std::min(head, count);
}

/// One thread an element.
template <class Rule>
__global__ void elementwise_single(Rule rule, std::int64_t count) {
    const std::int64_t i = global_thread();
    if (i < count) rule.template step<1>(i);
}

/// Four elements a thread and step; those before the first and after the last whole four singly.
template <class Rule>
__global__ void elementwise_vectorized(Rule rule, std::int64_t head, std::int64_t count) {
    const std::int64_t thread = global_thread(), threads = std::int64_t(gridDim.x) * blockDim.x;
    const std::int64_t vectors = (count - head) / 4, tail = head + 4 * vectors;
    for (std::int64_t v = thread; v < vectors; v += threads) rule.template step<4>(head + 4 * v);
    for (std::int64_t i = thread; i < head; i += threads) rule.template step<1>(i);
    for (std::int64_t i = tail + thread; i < count; i += threads) rule.template step<1>(i);
}

/// Apply a rule to elements [0, count), one thread each.
template <class Rule>
void for_each_single(const Rule& rule, std::int64_t count) {
    if (count > 0) cuda::launch<elementwise_single<Rule>>(blocks_for(count), block_threads, 0, rule, count);
}

/// Apply a rule to elements [0, count), four at a time where the arrays' addresses allow it.
/// @param rule   the rule
/// @param count  elements
/// @param arrays first elements of all the arrays that the rule touches
template <class Rule>
void for_each_vectorized(const Rule& rule, std::int64_t count, std::initializer_list<const float*> arrays) {
    if (count == 0) return;
    const std::int64_t head = unaligned_head(count, arrays);
    const std::int64_t work = head == count ? count : divide_up(count, 4);
    cuda::launch<elementwise_vectorized<Rule>>(grid_stride_blocks(work), block_threads, 0, rule, head, count);
}

}  // namespace kbk::gpu
