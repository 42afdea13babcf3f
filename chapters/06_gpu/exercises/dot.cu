#include "chapters/06_gpu/exercises/dot.cuh"

namespace kbk::puzzle {

__global__ void dot(const float* x, const float* y, float* out, int n) {
    // Your turn: a grid-stride loop, a sum within the block, and one atomicAdd for each block.
    (void)x, (void)y, (void)out, (void)n;
}

}  // namespace kbk::puzzle
