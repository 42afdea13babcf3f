/// @file
/// Compiled three times, with KBK_LEVEL 0, 1 and 2 and the optimisation of that level.
#include "tests/cuda/profiler_kernels.hpp"

#include "common/cuda/cuda.hpp"
#include "common/cuda/profiler/session.hpp"
#include "tests/cuda/device_array.hpp"

#define KBK_JOIN_(A, B) A##B
#define KBK_JOIN(A, B) KBK_JOIN_(A, B)

// A namespace for each level: the linker must not take one level's kernel for another's.
namespace KBK_JOIN(level_, KBK_LEVEL) {

// ---- Divergence: lanes of one warp take different ways -----------------------------------------------------------

__global__ void either_or(const float* a, const float* b, float* out) {
    const int lane = threadIdx.x;
    float v;
    if (lane & 1)
        v = a[lane];
    else
        v = b[lane] * 2;
    out[lane] = v;
}

__global__ void trip_counts(const float* a, float* out) {
    const int lane = threadIdx.x;
    float sum = 0;
    for (int k = 0; k <= lane; k++) sum += a[k * 32 + lane];
    out[lane] = sum;
}

__global__ void load_in_some_iterations(const float* a, float* out) {
    const int lane = threadIdx.x;
    float sum = 0;
    for (int i = 0; i < 8; i++) {
        if ((lane + i) % 2) sum += a[i * 32 + lane];
    }
    out[lane] = sum;
}

__global__ void early_break(const float* a, float* out) {
    const int lane = threadIdx.x;
    float sum = 0;
    int k = 0;
    while (true) {
        sum += a[k * 32 + lane];
        if (++k > lane / 8) break;
    }
    out[lane] = sum;
}

__device__ __attribute__((noinline)) float helper(const float* a, int i) {
    return a[i] * a[i + 32];
}

__global__ void calls(const float* a, float* out) {
    const int lane = threadIdx.x;
    float sum;
    if (lane < 8)
        sum = helper(a, lane);
    else
        sum = a[lane] + helper(a, lane + 64);
    out[lane] = sum;
}

__global__ void nested_loops(const float* a, float* out) {
    const int lane = threadIdx.x;
    float sum = 0;
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < (lane + i) % 3; j++) {
            sum += a[(i * 4 + j) * 32 + lane];
        }
        out[lane] = sum;
    }
}

__global__ void continue_and_break(const float* a, float* out) {
    const int lane = threadIdx.x;
    float sum = 0;
    for (int i = 0; i < 6; i++) {
        if ((lane >> i) & 1) continue;
        sum += a[i * 32 + lane];
        if (lane == i) break;
        out[i * 32 + lane] = sum;
    }
}

// ---- Traffic: what the warps of ordinary kernels ask for ---------------------------------------------------------

__global__ void product_by_rows(const float* a, const float* b, float* c, int n) {
    const int row = blockIdx.x * blockDim.x + threadIdx.x, column = blockIdx.y * blockDim.y + threadIdx.y;
    float sum = 0;
    for (int k = 0; k < n; k++) sum += a[row * n + k] * b[k * n + column];
    c[row * n + column] = sum;
}

__global__ void product_by_columns(const float* a, const float* b, float* c, int n) {
    const int column = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y * blockDim.y + threadIdx.y;
    float sum = 0;
    for (int k = 0; k < n; k++) sum += a[row * n + k] * b[k * n + column];
    c[row * n + column] = sum;
}

template <int tile>
__global__ void product_by_tiles(const float* a, const float* b, float* c, int n) {
    __shared__ float tile_a[tile][tile], tile_b[tile][tile];
    const int x = threadIdx.x, y = threadIdx.y, row = blockIdx.y * tile + y, column = blockIdx.x * tile + x;
    float sum = 0;
    for (int k0 = 0; k0 < n; k0 += tile) {
        tile_a[y][x] = a[row * n + k0 + x];
        tile_b[y][x] = b[(k0 + y) * n + column];
        __syncthreads();
        for (int k = 0; k < tile; k++) sum += tile_a[y][k] * tile_b[k][x];
        __syncthreads();
    }
    c[row * n + column] = sum;
}

template <int padding>
__global__ void transpose(const float* in, float* out, int n) {
    __shared__ float tile[32][32 + padding];
    const int x = blockIdx.x * 32 + threadIdx.x, y = blockIdx.y * 32 + threadIdx.y;
    for (int j = 0; j < 32; j += 8) tile[threadIdx.y + j][threadIdx.x] = in[(y + j) * n + x];
    __syncthreads();
    const int u = blockIdx.y * 32 + threadIdx.x, v = blockIdx.x * 32 + threadIdx.y;
    for (int j = 0; j < 32; j += 8) out[(v + j) * n + u] = tile[threadIdx.x][threadIdx.y + j];
}

// Eight numbers in a row for each lane, as register tiles have them: unrolled, as vectors and one by one.
__global__ void vectors(const float* in, float* out) {
    __shared__ float stage[256];
    const int lane = threadIdx.x;
    const float4 v = *reinterpret_cast<const float4*>(in + 4 * lane);
    *reinterpret_cast<float4*>(stage + 4 * lane) = v;
    stage[128 + lane] = v.x + v.w;
    for (int i = 160; i < 256; i += 32) stage[i + lane] = 0;
    __syncthreads();
    float sum = 0;
#pragma unroll
    for (int i = 0; i < 8; i++) sum += stage[8 * lane + i];
    const float4 w = make_float4(sum, sum, sum, sum);
    *reinterpret_cast<float4*>(out + 8 * lane) = w;
}

kbk::cuda::profiler::Profile run() {
    using kbk::cuda::launch;
    using kbk::test::DeviceArray;
    using kbk::test::ones;
    kbk::cuda::profiler::Session session;
    const DeviceArray<float> a("a", ones(4096)), b("b", ones(4096)), out("out", ones(4096));
    float *pa = a, *pb = b, *po = out;
    launch<either_or>(1, 32, 0, pa, pb, po);
    launch<trip_counts>(1, 32, 0, pa, po);
    launch<load_in_some_iterations>(1, 32, 0, pa, po);
    launch<early_break>(1, 32, 0, pa, po);
    launch<calls>(1, 32, 0, pa, po);
    launch<nested_loops>(1, 32, 0, pa, po);
    launch<continue_and_break>(1, 32, 0, pa, po);
    launch<product_by_rows>(dim3(1, 4), dim3(32, 8), 0, pa, pb, po, 32);
    launch<product_by_columns>(dim3(1, 4), dim3(32, 8), 0, pa, pb, po, 32);
    launch<product_by_tiles<16>>(dim3(2, 2), dim3(16, 16), 0, pa, pb, po, 32);
    launch<transpose<0>>(dim3(2, 2), dim3(32, 8), 0, pa, po, 64);
    launch<transpose<1>>(dim3(2, 2), dim3(32, 8), 0, pa, po, 64);
    launch<vectors>(1, 32, 0, pa, po);
    return session.profile();
}

}  // namespace KBK_JOIN(level_, KBK_LEVEL)

kbk::cuda::profiler::Profile kbk::test::KBK_JOIN(run_at_level_, KBK_LEVEL)() {
    return KBK_JOIN(level_, KBK_LEVEL)::run();
}
