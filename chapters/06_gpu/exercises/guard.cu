#include "chapters/06_gpu/exercises/guard.cuh"

namespace kbk::puzzle {

__global__ void guard(const float* x, float* out, int n) {
    // Your turn. Which number is yours, counted through all blocks? And is there one?
    (void)x, (void)out, (void)n;
}

}  // namespace kbk::puzzle
