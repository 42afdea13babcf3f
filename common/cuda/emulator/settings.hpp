/// @file
/// How the emulator behaves: read from the environment at first, to be changed by programs between launches.
#pragma once

#include "common/cuda/emulator/architecture.hpp"

namespace kbk::cuda::emulator {

struct Settings {
    /// Run blocks, warps and threads from the last to the first: a missing barrier that the usual order hides
    /// shows in the results. At first: whether $KBK_EMU_REVERSE is 1.
    bool reverse;
    /// Let barriers go with threads that have returned, and threads meet at different barriers, as hardware
    /// happens to do, instead of reporting them. At first: whether $KBK_EMU_LENIENT is 1.
    bool lenient;
    /// Do what GPUs since Volta do in two cases that CUDA leaves undefined and programs live on, and print a
    /// warning instead of reporting a mistake: a barrier opens without threads that have returned; a shuffle
    /// from a lane that its mask leaves out gives 0, not NaN. At first: whether $KBK_EMU_TOLERANT is 1.
    bool tolerant;
    /// Whose limits to hold. At first: $KBK_EMU_ARCH, or sm_80.
    const Architecture* architecture;
    /// Seconds after which a block whose threads do nothing but poll atomics is given up.
    double polling_seconds = 10;
};

/// @return the settings of the launches to come; change them while no kernel runs
Settings& settings();

}  // namespace kbk::cuda::emulator
