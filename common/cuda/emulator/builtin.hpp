/// @file
/// The variables that every kernel sees.
#pragma once

#include "common/cuda/emulator/vector_types.hpp"

/// Which thread of its block, and which block of the grid, this is; and how many there are. The scheduler
/// sets them whenever another thread goes on, so that kernels (and debuggers) read plain variables.
extern constinit thread_local uint3 threadIdx, blockIdx;
extern constinit thread_local dim3 blockDim, gridDim;

constexpr int warpSize = 32;  ///< threads in a warp
