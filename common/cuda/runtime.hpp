/// @file
/// What host code may know of CUDA: memory, and whether there is a device at all. No CUDA words stand here, so that
/// every source can include it; kernels include common/cuda/cuda.hpp.
///
/// Two libraries implement it, and a program is linked with one of them: the emulator (common/cuda/emulator), which
/// runs everywhere, and NVIDIA's runtime (common/cuda/nvidia), where the build found it (KBK_CUDA).
#pragma once

#include <cstddef>
#include <string>

namespace kbk::cuda {

/// @return why no kernel can run here, in one clause; empty when they can
std::string unavailable();

/// @return what runs the kernels, such as "NVIDIA H100 80GB HBM3" or "emulated sm_80"
std::string description();

/// @return whether kernels run in the emulator: times mean nothing there, and no NVIDIA library can take its pointers
bool emulated();

/// @return compute capability of what runs the kernels, as major * 10 + minor: 90 on an H100; 0 where nothing does
int compute_capability();

/// Bytes of device memory; contents undefined.
/// @param bytes how many; 0 gives a valid address as well
/// @param name  what error messages call it
/// @throws Error when the memory is exhausted, naming the size
void* allocate(std::size_t bytes, const char* name = "buffer");

/// Give back what `allocate` returned; null is allowed.
void release(void* memory) noexcept;

/// Copy between host and device memory in any direction, after the kernels launched so far.
/// @param target where to @param source where from @param bytes how many; the regions do not overlap
/// @throws Error when an earlier kernel failed
void copy(void* target, const void* source, std::size_t bytes);

/// Set device memory to zero. @param memory its address @param bytes how many
void clear(void* memory, std::size_t bytes);

/// Wait for the kernels launched so far.
/// @throws Error when one of them failed
void synchronize();

}  // namespace kbk::cuda
