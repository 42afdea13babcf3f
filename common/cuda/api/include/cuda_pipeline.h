/// @file
/// Asynchronous copies to shared memory. They are made at once: a kernel that waits for them as it must is
/// right here and on a GPU; one that forgets to wait is right only here.
#pragma once

#include <cuda_runtime.h>

#include <cstring>

/// Copy 4, 8 or 16 bytes; the last `zeros` of them become 0.
inline void __pipeline_memcpy_async(void* target, const void* source, std::size_t bytes,
                                    std::size_t zeros = 0) {
    switch (bytes) {
        case 4:
            *static_cast<unsigned*>(target) = *static_cast<const unsigned*>(source);
            break;
        case 8:
            *static_cast<uint2*>(target) = *static_cast<const uint2*>(source);
            break;
        case 16:
            *static_cast<uint4*>(target) = *static_cast<const uint4*>(source);
            break;
        default:
            kbk::cuda::api::misuse("__pipeline_memcpy_async copies 4, 8 or 16 bytes");
    }
    if (zeros) std::memset(static_cast<char*>(target) + bytes - zeros, 0, zeros);
}
inline void __pipeline_commit() {}
inline void __pipeline_wait_prior(std::size_t) {}
