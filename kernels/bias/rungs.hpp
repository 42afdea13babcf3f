/// @file
/// Names of the rungs: each is one function in the file of its name.
#pragma once

#include "kernels/bias/bias.hpp"

namespace kbk::cpu {

BiasRung naive, threaded;
BiasGradientRung naive, rowwise, threaded, mine;

}  // namespace kbk::cpu

namespace kbk::gpu {

BiasRung naive, vectorized;
BiasGradientRung naive, tiled, two_stage;

}  // namespace kbk::gpu
