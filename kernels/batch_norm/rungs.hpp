/// @file
/// Names of the rungs: each is one function in the file of its name.
#pragma once

#include "kernels/batch_norm/batch_norm.hpp"

namespace kbk::cpu {

BatchNormRung naive, one_pass, threaded, mine;
BatchNormInferenceRung naive, threaded;
BatchNormBackwardRung naive, threaded;

}  // namespace kbk::cpu

namespace kbk::gpu {

BatchNormRung naive, block_per_channel;
BatchNormInferenceRung naive;
BatchNormBackwardRung naive, block_per_channel;

}  // namespace kbk::gpu
