/// @file
/// Names of the rungs: each is one function in the file of its name.
#pragma once

#include "kernels/matmul/matmul.hpp"

/// CPU rungs of every operation; they differ by the problem that they take.
namespace kbk::cpu {

MatmulRung naive, transposed, reordered, blocked, register_tiled, packed, prefetched, threaded, small, matvec, xtensor,
    openblas, onednn, mine;

/// @return why oneDNN cannot run in this build; empty when it can
std::string onednn_unavailable();

}  // namespace kbk::cpu

namespace kbk::gpu {

MatmulRung naive, coalesced, shared, column_tiled, register_tiled, vectorized, warp_tiled, double_buffered,
    wmma_tf32, wmma_bf16, cublas;

/// @return why cuBLAS cannot run here; empty when it can
std::string cublas_unavailable();

}  // namespace kbk::gpu
