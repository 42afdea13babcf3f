/// @file
/// Names of the rungs: each is a file, with one function for each ladder.
#pragma once

#include "kernels/optimizer/optimizer.hpp"

namespace kbk::cpu {

SgdRung naive, fused, vectorized, threaded;
AdagradRung naive, fused, vectorized, threaded;
RmsPropRung naive, fused, vectorized, threaded;
AdamRung naive, fused, vectorized, threaded, mine;

}  // namespace kbk::cpu

namespace kbk::gpu {

SgdRung naive, fused, vectorized;
AdagradRung naive, fused, vectorized;
RmsPropRung naive, fused, vectorized;
AdamRung naive, fused, vectorized;

}  // namespace kbk::gpu
