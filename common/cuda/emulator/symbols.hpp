/// @file
/// What the program's own symbol table and line numbers say about kernels.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/cuda/emulator/observer.hpp"

namespace kbk::cuda::emulator {

/// A line of source.
struct SourceLine {
    std::string file;  ///< empty: not known
    int line = 0;
};

/// @param instruction an address within the program
/// @return the line that it was compiled from, outside of the emulator's own files; found with addr2line
SourceLine source_of(const void* instruction);

/// @return whether an address lies in the program's code or static data
bool in_image(const void* address);

/// Where this OS thread has the program's thread-local variables: the static __shared__ arrays among them.
struct ThreadLocals {
    char* begin;
    std::size_t bytes;
};
ThreadLocals thread_locals();

/// The static __shared__ arrays that a kernel itself declares; those of __device__ functions that it calls do
/// not bear its name.
struct StaticShared {
    std::vector<SharedArray> arrays;
    std::size_t bytes = 0;                 ///< of all
    const SharedArray* largest = nullptr;  ///< among them
};

/// @return a kernel's arrays, which stay where they are
const StaticShared& static_shared_of(const void* kernel);

}  // namespace kbk::cuda::emulator
