/// @file
/// Names of the CPU rungs: each is one function in the file of its name.
#pragma once

#include "kernels/bias/bias.hpp"

namespace kbk::cpu {

BiasRung naive, threaded, mine;
BiasGradientRung naive, rowwise, threaded;

}  // namespace kbk::cpu
