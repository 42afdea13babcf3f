/// @file
/// All of CUDA that a kernel's source includes. Under nvcc this is NVIDIA's CUDA; under any other compiler,
/// the emulator (common/cuda/emulator), which spells everything the same. Two things have spellings of this
/// project's own, because C++ without nvcc cannot parse CUDA's: `launch<kernel>(grid, block, shared_bytes,
/// arguments...)` stands for `kernel<<<grid, block, shared_bytes>>>(arguments...)`, and `dynamic_shared<T>()`
/// for an `extern __shared__ T name[]`.
#pragma once

#ifdef __CUDACC__

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>
#include <mma.h>

#include <cstddef>
#include <string_view>
#include <utility>

#include "common/base/error.hpp"

namespace kbk::cuda {

/// Run a kernel on the device, and check that it was launched; what goes wrong while it runs shows in the
/// next synchronisation.
/// @tparam Kernel      the kernel, with its template arguments: `launch<tiled<16>>`
/// @param grid         number of blocks
/// @param block        threads in each: at most 1024
/// @param shared_bytes dynamic shared memory of each block; more than 48 KiB is opted in to
/// @param arguments    of the kernel; pointers are device memory
/// @throws Error       naming the kernel and what is wrong
template <auto Kernel, class... Arguments>
void launch(dim3 grid, dim3 block, std::size_t shared_bytes, Arguments&&... arguments) {
    const auto check = [&](cudaError_t status) {
        if (status == cudaSuccess) return;
        cudaGetLastError();
        const std::string_view spelled = __PRETTY_FUNCTION__;
        const std::size_t name = spelled.find("Kernel = ");
        fail("kernel {}: grid ({}, {}, {}), block ({}, {}, {}), {} bytes of dynamic shared memory: {}",
             name == spelled.npos ? spelled : spelled.substr(name + 9, spelled.find(';', name) - name - 9),
             grid.x, grid.y, grid.z, block.x, block.y, block.z, shared_bytes, cudaGetErrorString(status));
    };
    constexpr std::size_t without_asking = 48 << 10;
    if (shared_bytes > without_asking)
        check(cudaFuncSetAttribute(Kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                   static_cast<int>(shared_bytes)));
    Kernel<<<grid, block, shared_bytes>>>(std::forward<Arguments>(arguments)...);
    check(cudaGetLastError());
}

/// @return the block's dynamic shared memory, aligned to 128 bytes
template <class T>
__device__ T* dynamic_shared() {
    extern __shared__ __align__(128) unsigned char kbk_dynamic_shared[];
    return reinterpret_cast<T*>(kbk_dynamic_shared);
}

}  // namespace kbk::cuda

#else

#include "common/cuda/emulator/atomics.hpp"
#include "common/cuda/emulator/builtin.hpp"
#include "common/cuda/emulator/half.hpp"
#include "common/cuda/emulator/launch.hpp"
#include "common/cuda/emulator/math.hpp"
#include "common/cuda/emulator/synchronize.hpp"
#include "common/cuda/emulator/vector_types.hpp"
#include "common/cuda/emulator/warp.hpp"
#include "common/cuda/emulator/wmma.hpp"

// CUDA's keywords. A kernel is a function like others. A __shared__ array is one per running block: since an
// OS thread runs one block at a time, that is one per OS thread; at block scope `thread_local` means `static
// thread_local`. Kernels count on shared arrays being aligned for vectors and matrix fragments: hence the
// attribute.
#define __global__
#define __device__
#define __host__
#define __constant__
#define __managed__
#define __shared__ thread_local __attribute__((aligned(32)))
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(n) __attribute__((aligned(n)))

#endif
