/// @file
/// Device memory of the emulator, as host code sees it.
#include "common/cuda/runtime.hpp"

#include <cstdlib>
#include <cstring>

namespace kbk::cuda {

std::string unavailable() { return "this build has no CUDA kernels; use --device cpu"; }
std::string description() { return "emulated"; }
bool emulated() { return true; }
void* allocate(std::size_t bytes, const char*) { return std::malloc(bytes); }
void release(void* memory) noexcept { std::free(memory); }
void copy(void* target, const void* source, std::size_t bytes) { std::memcpy(target, source, bytes); }
void clear(void* memory, std::size_t bytes) { std::memset(memory, 0, bytes); }
void synchronize() {}

}  // namespace kbk::cuda
