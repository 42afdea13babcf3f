#include "chapters/06_gpu/exercises/map.cuh"

namespace kbk::puzzle {

__global__ void map(const float* x, float* out) {
    // Your turn: one line. threadIdx.x says which thread you are.
    (void)x, (void)out;
}

}  // namespace kbk::puzzle
