/// @file
/// Names of the rungs: each is one function in the file of its name.
#pragma once

#include "kernels/matmul_bf16/matmul_bf16.hpp"

namespace kbk::cpu {

MatmulBf16Rung naive, vectorized, threaded, mine;

}  // namespace kbk::cpu
