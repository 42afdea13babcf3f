/// @file
/// Names of the CPU rungs: each is one function in the file of its name.
#pragma once

#include "kernels/activation/activation.hpp"

namespace kbk::cpu {

ActivationRung naive, threaded, mine;
ActivationBackwardRung naive, threaded;

}  // namespace kbk::cpu
