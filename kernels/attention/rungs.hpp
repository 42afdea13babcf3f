/// @file
/// Names of the rungs: each is one function in the file of its name.
#pragma once

#include "kernels/attention/attention.hpp"

namespace kbk::cpu {

AttentionRung naive, online, flash, vectorized, threaded, mine;
AttentionBackwardRung naive, flash, vectorized, threaded;

}  // namespace kbk::cpu

namespace kbk::gpu {

AttentionRung naive, shared, flash, wmma_tf32;
AttentionBackwardRung naive, flash;

}  // namespace kbk::gpu
