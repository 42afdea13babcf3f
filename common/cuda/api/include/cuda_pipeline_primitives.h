/// @file
/// One of CUDA's headers: all that it would give stands in cuda_pipeline.h.
#pragma once

#include <cuda_pipeline.h>
