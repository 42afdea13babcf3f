/// @file
/// What this machine can do at most, measured like everything else: multiply-adds, and bytes to and from
/// memory.
#pragma once

#include <cstdint>

#include <string>

#include "common/tensor/tensor.hpp"

namespace kbk::bench {

/// Multiply and add in registers, on all threads.
/// @param rounds how often each of a few hundred chains of multiply-adds takes a step
/// @return floating-point operations done
double multiply_add(std::int64_t rounds);

/// Two arrays that no cache holds, to be copied from one to the other on all threads. A copy moves `bytes()`:
/// each byte is read once and written once.
class Copy {
  public:
    /// Make the arrays and write to them, so that the system has given all their memory.
    Copy();

    /// Copy as the C library does.
    void plain();

    /// Copy with stores that pass the caches by, which need not read the memory that they overwrite.
    void streaming();

    /// @return whether both arrays are equal
    [[nodiscard]] bool agrees() const;

    /// Undo a copy.
    void clear();

    /// @return bytes read and written in a copy
    [[nodiscard]] double bytes() const { return 2.0 * sizeof(float) * double(from_.size()); }

  private:
    Buffer<float> from_, to_;
};

/// Multiply and add in registers, on all multiprocessors of the GPU.
/// @param rounds how often each thread's chains of multiply-adds take a step
/// @return floating-point operations under way
double cuda_multiply_add(std::int64_t rounds);

/// Two arrays in the GPU's memory, larger than its caches, to be copied from one to the other.
class CudaCopy {
  public:
    CudaCopy();

    /// Begin to copy, four floats a thread and step.
    void run();

    /// @return bytes read and written in a copy
    [[nodiscard]] double bytes() const { return 2.0 * sizeof(float) * double(from_.size()); }

  private:
    Buffer<float> from_, to_;
};

/// @return what compiled the kernels, such as "nvcc 13.0"
std::string cuda_compiler();

}  // namespace kbk::bench
