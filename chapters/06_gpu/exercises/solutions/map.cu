#include "chapters/06_gpu/exercises/map.cuh"

namespace kbk::puzzle {

__global__ void map(const float* x, float* out) {
    out[threadIdx.x] = x[threadIdx.x] + 10;
}

}  // namespace kbk::puzzle
