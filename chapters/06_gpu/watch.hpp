/// @file
/// Run a kernel under the profiler's eyes.
#pragma once

#include <functional>
#include <string>

#include "common/cuda/profiler/session.hpp"

namespace kbk::lesson {

/// Launch a kernel that is right, and count what it does.
/// @param launch launches one kernel, once
/// @return its profile
/// @throws Error where the checker finds a mistake
cuda::profiler::KernelProfile watch(const std::function<void()>& launch);

/// Launch a kernel that is wrong.
/// @param launch  launches one kernel, once
/// @param reverse run blocks and threads from the last to the first
/// @return the checker's first message, on one line; empty where it found nothing
std::string mistake_in(const std::function<void()>& launch, bool reverse = false);

}  // namespace kbk::lesson
