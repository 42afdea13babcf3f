/// @file
/// What `#include <cuda_runtime.h>` gives a reader's program: CUDA's words, and its runtime API, on the
/// emulator.
#pragma once

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include <algorithm>
#include <cassert>
#include <cfloat>
#include <climits>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <new>

#include "common/cuda/cuda.hpp"

#include "common/cuda/api/device_functions.hpp"
#include "common/cuda/api/launcher.hpp"
#include "common/cuda/api/runtime_api.hpp"

// A .cu file asks which compiler this is. There is one pass, and kernels matter in it: it is the device's.
#if defined(KBK_CUDA_SOURCE) && !defined(__CUDACC__)
#define __CUDACC__
#define __NVCC__
#define __CUDACC_VER_MAJOR__ 12
#define __CUDACC_VER_MINOR__ 4
#define __CUDACC_VER_BUILD__ 0
#define __CUDACC_EXTENDED_LAMBDA__ 1
#define __CUDACC_RELAXED_CONSTEXPR__ 1
#ifdef KBK_EMULATED_ARCH
#define __CUDA_ARCH__ KBK_EMULATED_ARCH
#else
#define __CUDA_ARCH__ 800
#endif
#endif
