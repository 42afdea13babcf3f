// A product of matrices on tensor cores: one warp per 16 x 16 tile.
#include <mma.h>
#include <cuda_fp16.h>
#include <cstdio>
#include <vector>
using namespace nvcuda;

constexpr int M = 32, N = 48, K = 64;

__global__ void wmma_gemm(const half* a, const half* b, float* c) {
    int row = blockIdx.y * 16, col = blockIdx.x * 16;
    wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major> fa;
    wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::col_major> fb;
    wmma::fragment<wmma::accumulator, 16, 16, 16, float> acc;
    wmma::fill_fragment(acc, 0.0f);
    for (int k = 0; k < K; k += 16) {
        wmma::load_matrix_sync(fa, a + row * K + k, K);
        wmma::load_matrix_sync(fb, b + col * K + k, K);
        wmma::mma_sync(acc, fa, fb, acc);
    }
    for (int i = 0; i < acc.num_elements; i++) acc.x[i] *= 0.5f;
    wmma::store_matrix_sync(c + row * N + col, acc, N, wmma::mem_row_major);
}

int main() {
    std::vector<half> a(M * K), b(K * N);
    std::vector<float> c(M * N);
    for (int i = 0; i < M * K; i++) a[i] = __float2half((i * 7) % 11 - 5);
    for (int i = 0; i < K * N; i++) b[i] = __float2half((i * 5) % 13 - 6);
    half *da, *db;
    float* dc;
    cudaMalloc(&da, a.size() * sizeof(half)); cudaMalloc(&db, b.size() * sizeof(half)); cudaMalloc(&dc, c.size() * sizeof(float));
    cudaMemcpy(da, a.data(), a.size() * sizeof(half), cudaMemcpyHostToDevice);
    cudaMemcpy(db, b.data(), b.size() * sizeof(half), cudaMemcpyHostToDevice);
    wmma_gemm<<<dim3(N / 16, M / 16), 32>>>(da, db, dc);
    cudaMemcpy(c.data(), dc, c.size() * sizeof(float), cudaMemcpyDeviceToHost);
    int wrong = 0;
    for (int i = 0; i < M; i++) for (int j = 0; j < N; j++) {
        float sum = 0;
        for (int k = 0; k < K; k++) sum += __half2float(a[i * K + k]) * __half2float(b[j * K + k]);
        wrong += c[i * N + j] != 0.5f * sum;
    }
    printf("%d wrong\n", wrong);
    cudaFree(da); cudaFree(db); cudaFree(dc);
    return wrong;
}
// expect: 0 wrong
