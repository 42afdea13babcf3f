/// @file
/// Marks mathematics that CPU rungs, CUDA rungs and references share.
#pragma once

/// Before a function: compile it for the host and, under nvcc, for the device. Under g++ it is always
/// inlined, so that instrumented and plain builds of a kernel never share one copy.
#ifdef __CUDACC__
#define KBK_HD __host__ __device__ inline
#else
#define KBK_HD [[gnu::always_inline]] inline
#endif
