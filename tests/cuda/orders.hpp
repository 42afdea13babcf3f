/// @file
/// A kernel's result must not depend on who runs first: tests run it in both of the emulator's orders.
#pragma once

#include <functional>

#include "common/cuda/emulator/settings.hpp"

namespace kbk::test {

/// Changes the emulator's settings, and puts them back at the end of its block.
class Changed {
  public:
    Changed() : before_(cuda::emulator::settings()) {}
    ~Changed() { cuda::emulator::settings() = before_; }
    Changed(const Changed&) = delete;
    Changed& operator=(const Changed&) = delete;
    cuda::emulator::Settings* operator->() const { return &cuda::emulator::settings(); }

  private:
    cuda::emulator::Settings before_;
};

/// @param check launches kernels and checks their results: called twice, threads running first to last and
/// last to first
inline void in_both_orders(const std::function<void()>& check) {
    const Changed settings;
    for (const bool reverse : {false, true}) {
        settings->reverse = reverse;
        check();
    }
}

}  // namespace kbk::test
