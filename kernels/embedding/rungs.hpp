/// @file
/// Names of the rungs: each is one function in the file of its name.
#pragma once

#include "kernels/embedding/embedding.hpp"

namespace kbk::cpu {

EmbeddingRung naive, threaded, mine;
EmbeddingBackwardRung naive, threaded;

}  // namespace kbk::cpu

namespace kbk::gpu {

EmbeddingRung naive, vectorized;
EmbeddingBackwardRung naive, leaders;

}  // namespace kbk::gpu
