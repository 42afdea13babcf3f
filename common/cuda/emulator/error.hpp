/// @file
/// What a kernel's mistake becomes.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

#include <string>
#include <utility>

#include "common/base/error.hpp"
#include "common/cuda/emulator/vector_types.hpp"

namespace kbk::cuda {

/// A kernel did what a GPU would punish or leave undefined. The message names kernel, block, thread, file,
/// line, and the mistake; the members give them one by one. The program can go on: the launch has ended, its
/// results are partial.
class KernelError : public Error {
  public:
    /// What sort of mistake it is.
    enum class Kind {
        configuration,   ///< grid or block sizes, host pointers as arguments: nothing has run
        shared_memory,   ///< more shared memory than the architecture gives: nothing has run
        address,         ///< out of bounds, null, released or host memory
        misaligned,      ///< an address that is no multiple of the access's size
        barrier,         ///< threads at different barriers, or gone
        warp,            ///< masks, widths, lanes in different functions, matrix fragments
        deadlock,        ///< nobody can go on, or all poll
        stack_overflow,  ///< local arrays too large
        trap,            ///< __trap(), or integer division by zero
        assertion,       ///< a failed assert
        exception,       ///< the kernel threw one
        other            ///< what an observer reports
    };

    /// Where it happened, as far as known.
    struct Place {
        std::string kernel;
        uint3 block{}, thread{};
        std::string file;  ///< empty: not known
        int line = 0;
    };

    KernelError(const std::string& message, Kind kind, std::string mistake, Place place)
        : Error(message), kind_(kind), mistake_(std::move(mistake)), place_(std::move(place)) {}

    Kind kind() const { return kind_; }
    const std::string& mistake() const { return mistake_; }  ///< the message without the place
    const Place& place() const { return place_; }

  private:
    Kind kind_;
    std::string mistake_;
    Place place_;
};

}  // namespace kbk::cuda

/// @endcond
