// half, half2, bfloat16: arithmetic, conversions, vector loads, atomics.
#include <cstdio>
#include <cmath>
#include <cuda_fp16.h>
#include <cuda_bf16.h>

__global__ void haxpy(int n, half a, const half *x, half *y) {
    int start = threadIdx.x + blockDim.x * blockIdx.x, stride = blockDim.x * gridDim.x;
    int n2 = n / 2;
    const half2 *x2 = (const half2 *)x;
    half2 *y2 = (half2 *)y;
    for (int i = start; i < n2; i += stride) y2[i] = __hfma2(__halves2half2(a, a), x2[i], y2[i]);
    if (start == 0 && (n % 2)) y[n - 1] = __hfma(a, x[n - 1], y[n - 1]);
}

__global__ void tour(float *out) {
    half a = __float2half(1.5f), b = __float2half_rn(-0.25f);
    half2 p = __floats2half2_rn(2.0f, 3.0f), q = __half2half2(a);
    out[0] = __half2float(__hadd(a, b));
    out[1] = __half2float(a * b - a);
    out[2] = __low2float(__hmul2(p, q)) + __high2float(p);
    out[3] = __hgt(a, b) ? 1.0f : 0.0f;
    out[4] = __half2float(hexp(__float2half(0.0f))) + __half2float(hsqrt(__float2half(16.0f)));
    float2 f = __half22float2(__hadd2(p, q));
    out[5] = f.x * 10 + f.y;
    __nv_bfloat16 c = __float2bfloat16(3.140625f);
    __nv_bfloat162 d = __floats2bfloat162_rn(1.0f, 2.0f);
    out[6] = __bfloat162float(c) + __bfloat162float(d.y);
    out[7] = float(__float2half(65504.0f)) - 65504.0f;
    out[8] = isinf(__half2float(__float2half(70000.0f))) ? 1.0f : 0.0f;
    out[9] = __half2float(__ushort_as_half(0x3c00)) + __half_as_ushort(__float2half(-2.0f));
    out[10] = __half2float(__hmax(a, b)) + __half2float(__hneg(b));
    out[11] = __half2int_rn(__float2half(7.6f)) + __half2float(__int2half_rn(12));
    uint4 raw = *reinterpret_cast<const uint4 *>(out);  // 128 bits at once
    out[12] = __uint_as_float(raw.x);
}

int main() {
    const int n = 1001;
    half *x, *y;
    cudaMallocManaged(&x, n * sizeof(half));
    cudaMallocManaged(&y, n * sizeof(half));
    for (int i = 0; i < n; i++) { x[i] = __float2half(i % 16); y[i] = __float2half(1.0f); }
    haxpy<<<2, 128>>>(n, __float2half(0.5f), x, y);
    cudaDeviceSynchronize();
    int wrong = 0;
    for (int i = 0; i < n; i++) wrong += __half2float(y[i]) != 0.5f * (i % 16) + 1.0f;
    printf("haxpy: %d wrong\n", wrong);
    float *out;
    cudaMallocManaged(&out, 13 * sizeof(float));
    tour<<<1, 1>>>(out);
    cudaDeviceSynchronize();
    for (int i = 0; i < 13; i++) printf("%g%c", out[i], i < 12 ? ' ' : '\n');
    cudaFree(x); cudaFree(y); cudaFree(out);
}
// expect: haxpy: 0 wrong
// expect: 1.25 -1.875 6 1 5 39.5 5.14062 0 1 49153 1.75 20 1.25
