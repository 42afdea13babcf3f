/// @file
/// Kernels whose counts are known by hand, compiled with three levels of optimisation: the counts describe the source,
/// so they must not change.
#pragma once

#include <vector>

#include "common/cuda/profiler/profile.hpp"

namespace kbk::test {

/// Launch each kernel once, compiled with -O0, -O1 or -O2. @return what the profiler counted
cuda::profiler::Profile run_at_level_0();
/// @copydoc run_at_level_0
cuda::profiler::Profile run_at_level_1();
/// @copydoc run_at_level_0
cuda::profiler::Profile run_at_level_2();

}  // namespace kbk::test
