// A whole CUDA program, as it is written for NVIDIA's compiler. The emulator takes it as it is:
//
//     ./course emulate chapters/06_gpu/programs/first.cu
//     nvcc chapters/06_gpu/programs/first.cu -o first && ./first
#include <cstdio>
#include <vector>

__global__ void saxpy(float a, const float* x, float* y, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = a * x[i] + y[i];
}

int main() {
    const int n = 1000;
    std::vector<float> x(n), y(n);
    for (int i = 0; i < n; ++i) x[i] = float(i), y[i] = 1;

    // The GPU has a memory of its own: allocate, copy there, run, copy back.
    float *device_x, *device_y;
    cudaMalloc(&device_x, n * sizeof(float));
    cudaMalloc(&device_y, n * sizeof(float));
    cudaMemcpy(device_x, x.data(), n * sizeof(float), cudaMemcpyHostToDevice);
    cudaMemcpy(device_y, y.data(), n * sizeof(float), cudaMemcpyHostToDevice);

    saxpy<<<(n + 255) / 256, 256>>>(2, device_x, device_y, n);

    if (const cudaError_t error = cudaGetLastError(); error != cudaSuccess) {
        std::printf("the launch failed: %s\n", cudaGetErrorString(error));
        return 1;
    }
    cudaMemcpy(y.data(), device_y, n * sizeof(float), cudaMemcpyDeviceToHost);
    std::printf("y[0] = %g, y[1] = %g, y[999] = %g\n", y[0], y[1], y[999]);
    cudaFree(device_x);
    cudaFree(device_y);
}
