/// @file
/// Names of the CPU rungs: each is one function in the file of its name.
#pragma once

#include "kernels/optimizer/optimizer.hpp"

namespace kbk::cpu {

SgdRung naive, fused, threaded, mine;
AdamRung naive, fused, threaded;

}  // namespace kbk::cpu
