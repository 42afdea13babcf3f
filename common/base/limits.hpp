/// @file
/// What this machine can do at most, measured like everything else: multiply-adds, and bytes to and from
/// memory.
#pragma once

#include <cstdint>
#include <memory>

namespace kbk {

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
    [[nodiscard]] double bytes() const { return 2.0 * sizeof(float) * double(size_); }

  private:
    struct Free {
        void operator()(float* memory) const;
    };

    std::int64_t size_;
    std::unique_ptr<float[], Free> from_, to_;
};

}  // namespace kbk
