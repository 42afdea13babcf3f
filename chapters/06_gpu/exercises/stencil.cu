#include "chapters/06_gpu/exercises/stencil.cuh"

namespace kbk::puzzle {

__global__ void stencil(const float* x, float* out, int n) {
    // Your turn. Load each number of the block once into shared memory, and two more for the ends. Who loads
    // those?
    (void)x, (void)out, (void)n;
}

}  // namespace kbk::puzzle
