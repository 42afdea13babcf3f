/// @file
/// Names of the rungs: each is one function in the file of its name.
#pragma once

#include "kernels/residual/residual.hpp"

namespace kbk::cpu {

ResidualRung naive, threaded, streamed, mine;

}  // namespace kbk::cpu

namespace kbk::gpu {

ResidualRung naive, vectorized;

}  // namespace kbk::gpu
