#include "chapters/06_gpu/exercises/softmax.cuh"

namespace kbk::puzzle {

__global__ void softmax(const float* x, float* out, int columns) {
    // Your turn: the largest, the sum, the quotients. Read global memory once: a row fits into shared memory,
    // or into a few registers of each thread.
    (void)x, (void)out, (void)columns;
}

}  // namespace kbk::puzzle
