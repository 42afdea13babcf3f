/// @file
/// Names of the rungs: each is one function in the file of its name.
#pragma once

#include "kernels/matmul_int8/matmul_int8.hpp"

namespace kbk::cpu {

MatmulInt8Rung naive, vectorized, threaded, mine;

}  // namespace kbk::cpu
