/// @file
/// One of CUDA's headers: all that it would give stands in cuda_runtime.h.
#pragma once

#include <cuda_runtime.h>
