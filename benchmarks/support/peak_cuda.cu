#include "benchmarks/support/peak.hpp"
#include "kernels/elementwise.cuh"

namespace kbk::bench {

namespace {

// Each chain waits for its own last step only, four cycles. Eight chains for each of 32 warps, and no unit waits.
constexpr int chains = 8;
constexpr int blocks = 2048, threads = 256;

__global__ void multiply_add_kernel(float* sink, std::int64_t rounds, float factor, float summand) {
    float sums[chains];
#pragma unroll
    for (int c = 0; c < chains; ++c) sums[c] = float(threadIdx.x + c);
    for (std::int64_t r = 0; r < rounds; r += 16)
#pragma unroll
        for (int step = 0; step < 16; ++step)
#pragma unroll
            for (int c = 0; c < chains; ++c) sums[c] = sums[c] * factor + summand;

    // Never true, but the compiler does not know that.
    float sum = 0;
#pragma unroll
    for (int c = 0; c < chains; ++c) sum += sums[c];
    if (sum == -1) *sink = sum;
}

__global__ void copy_kernel(const float* from, float* to, std::int64_t count) {
    const std::int64_t grid = std::int64_t(gridDim.x) * blockDim.x;
    for (std::int64_t v = gpu::global_thread(); v < count / 4; v += grid)
        gpu::store(to + 4 * v, gpu::load<4>(from + 4 * v));
}

}  // namespace

double cuda_multiply_add(std::int64_t rounds) {
    static const Buffer<float> sink(Device::cuda, 1);
    cuda::launch<multiply_add_kernel>(blocks, threads, 0, sink.data(), rounds, 0.5f, 1.0f);
    return 2.0 * chains * double(blocks) * threads * double(rounds);
}

CudaCopy::CudaCopy() {
    constexpr std::int64_t floats = std::int64_t(1) << 26;  // 256 MiB, several times the largest cache of today
    from_ = Buffer<float>(Device::cuda, floats);
    to_ = Buffer<float>(Device::cuda, floats);
    clear(Device::cuda, from_.data(), floats * sizeof(float));
}

void CudaCopy::run() {
    cuda::launch<copy_kernel>(gpu::grid_stride_blocks(from_.size() / 4), gpu::block_threads, 0, from_.data(), to_.data(),
                              from_.size());
}

std::string cuda_compiler() {
#ifdef __CUDACC__
    return fmt::format("nvcc {}.{}", __CUDACC_VER_MAJOR__, __CUDACC_VER_MINOR__);
#else
    return "the emulator's compiler";
#endif
}

}  // namespace kbk::bench
