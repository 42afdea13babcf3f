/// @file
/// Tensor cores (nvcuda::wmma) for readers' programs.
#pragma once

#include <cuda_runtime.h>
