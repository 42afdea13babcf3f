/// @file
/// What the GPU can do at most, beside what the processor can (common/base/limits.hpp).
#pragma once

#include <cstdint>

#include <string>

#include "common/base/limits.hpp"
#include "common/tensor/tensor.hpp"

namespace kbk::bench {

using kbk::Copy;
using kbk::multiply_add;

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
