/// @file
/// Copies from global to shared memory that pass no register and that nobody waits for until their data is needed.
///
/// GPUs since sm_80 have an instruction for it, cp.async. Elsewhere, and in the emulator, the same functions copy at
/// once, so that a kernel written with them is right everywhere, and only slower where it waits.
///
///     copy_async<4>(&tile[i], &x[i], i < count);   // any number of copies
///     copy_async_commit();                         // ... make a group
///     copy_async_wait<0>();                        // until at most 0 of this thread's groups are under way
///     __syncthreads();                             // and the other threads' copies have arrived, too
#pragma once

#include "common/cuda/cuda.hpp"

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
#define KBK_COPY_ASYNC
#endif

namespace kbk::cuda {

/// Begin to copy one or four floats, or begin to write as many zeros.
/// @tparam bytes 4 or 16; both addresses are multiples of it
/// @param to     in shared memory; undefined until the copy was waited for
/// @param from   in global memory; not read where not valid
/// @param valid  whether to copy; else zeros are written
template <int bytes>
__device__ __forceinline__ void copy_async(float* to, const float* from, bool valid) {
    static_assert(bytes == 4 || bytes == 16);
#ifdef KBK_COPY_ASYNC
    const auto target = static_cast<unsigned>(__cvta_generic_to_shared(to));
    const int size = valid ? bytes : 0;
    if constexpr (bytes == 16)
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(target), "l"(from), "r"(size));
    else
        asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(target), "l"(from), "r"(size));
#else
    if constexpr (bytes == 16)
        *reinterpret_cast<float4*>(to) = valid ? *reinterpret_cast<const float4*>(from) : make_float4(0, 0, 0, 0);
    else
        *to = valid ? *from : 0.0f;
#endif
}

/// Put this thread's copies since the last call into one group.
__device__ __forceinline__ void copy_async_commit() {
#ifdef KBK_COPY_ASYNC
    asm volatile("cp.async.commit_group;");
#endif
}

/// Wait for this thread's groups, all but the last few. Other threads' copies are seen after a barrier.
/// @tparam pending how many of the last groups may still be under way
template <int pending>
__device__ __forceinline__ void copy_async_wait() {
#ifdef KBK_COPY_ASYNC
    asm volatile("cp.async.wait_group %0;" ::"n"(pending));
#endif
}

}  // namespace kbk::cuda
