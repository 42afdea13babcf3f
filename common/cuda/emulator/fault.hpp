/// @file
/// Turns the processor's faults, such as touching a guard page, into reports of the thread that made them.
#pragma once

#include <cstddef>

#include <signal.h>

namespace kbk::cuda::emulator {

/// Handles faults for the time of a launch. What was installed before still gets each fault that no kernel
/// made, and is put back in the end. Launches of several host threads may overlap.
class FaultHandlers {
  public:
    FaultHandlers();
    ~FaultHandlers();
    FaultHandlers(const FaultHandlers&) = delete;
    FaultHandlers& operator=(const FaultHandlers&) = delete;
};

constexpr std::size_t signal_stack_bytes = 64 << 10;  ///< formatting a message takes a few of them

/// Puts this OS thread's signal handlers on a stack of their own, so that even the overflow of a stack is
/// reported; puts back what was in use before.
class SignalStack {
  public:
    /// @param memory signal_stack_bytes, to outlive this
    explicit SignalStack(void* memory);
    ~SignalStack();
    SignalStack(const SignalStack&) = delete;
    SignalStack& operator=(const SignalStack&) = delete;

  private:
    stack_t before_{};
};

}  // namespace kbk::cuda::emulator
