/// @file
/// __nv_bfloat16 and __nv_bfloat162 for readers' programs.
#pragma once

#include <cuda_runtime.h>
