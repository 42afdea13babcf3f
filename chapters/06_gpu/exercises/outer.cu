#include "chapters/06_gpu/exercises/outer.cuh"

namespace kbk::puzzle {

__global__ void outer(const float* row, const float* column, float* out, int rows, int columns) {
    // Your turn. A warp is 32 threads that differ in threadIdx.x: should they stand below or beside each
    // other?
    (void)row, (void)column, (void)out, (void)rows, (void)columns;
}

}  // namespace kbk::puzzle
