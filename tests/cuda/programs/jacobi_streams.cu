// Heat on a plate: pitched memory, pinned memory, two streams, 2D copies, pointers that swap.
#include <cmath>
#include <cstdio>
#include <utility>

#define CHK(x) if (auto e = (x); e != cudaSuccess) { std::printf("%s: %s\n", #x, cudaGetErrorName(e)); return 1; }

__global__ void step(float* out, const float* in, size_t pitch, int w, int h)
{
    int x = threadIdx.x + blockIdx.x * blockDim.x, y = threadIdx.y + blockIdx.y * blockDim.y;
    if (x >= w || y >= h) return;
    const float* row = (const float*)((const char*)in + y * pitch);
    const float* up = (const float*)((const char*)in + (y - 1) * pitch);
    const float* down = (const float*)((const char*)in + (y + 1) * pitch);
    float* o = (float*)((char*)out + y * pitch);
    if (x == 0 || y == 0 || x == w - 1 || y == h - 1) { o[x] = row[x]; return; }
    o[x] = 0.25f * (row[x - 1] + row[x + 1] + up[x] + down[x]);
}

int main()
{
    const int w = 50, h = 40;
    size_t pitch = 0, pitch2 = 0;
    float *a, *b, *host;
    CHK(cudaMallocPitch((void**)&a, &pitch, w * sizeof(float), h));
    CHK(cudaMallocPitch(&b, &pitch2, w * sizeof(float), h));
    CHK(cudaMallocHost(&host, w * h * sizeof(float)));
    std::printf("pitch %s\n", pitch == pitch2 && pitch >= w * sizeof(float) && pitch % 32 == 0 ? "fits" : "WRONG");
    for (int i = 0; i < w * h; i++) host[i] = i / w == 0 ? 100.0f : 0.0f;
    cudaStream_t copies, work;
    CHK(cudaStreamCreate(&copies));
    CHK(cudaStreamCreateWithFlags(&work, cudaStreamNonBlocking));
    cudaEvent_t arrived;
    CHK(cudaEventCreateWithFlags(&arrived, cudaEventDisableTiming));
    CHK(cudaMemcpy2DAsync(a, pitch, host, w * sizeof(float), w * sizeof(float), h, cudaMemcpyHostToDevice, copies));
    CHK(cudaEventRecord(arrived, copies));
    CHK(cudaStreamWaitEvent(work, arrived, 0));
    dim3 threads(16, 8);
    dim3 blocks((w + threads.x - 1) / threads.x, (h + threads.y - 1) / threads.y);
    for (int i = 0; i < 200; i++) {
        step<<<blocks, threads, 0, work>>>(b, a, pitch, w, h);
        std::swap(a, b);
    }
    CHK(cudaMemcpy2DAsync(host, w * sizeof(float), a, pitch, w * sizeof(float), h, cudaMemcpyDeviceToHost, work));
    CHK(cudaStreamSynchronize(work));
    float least = 1e9f, most = -1e9f;
    for (int y = 1; y < h - 1; y++) for (int x = 1; x < w - 1; x++) {
        least = std::fmin(least, host[y * w + x]);
        most = std::fmax(most, host[y * w + x]);
    }
    std::printf("between 0 and 100: %s; symmetric: %s; warm at the top: %s\n", least >= 0 && most <= 100 ? "yes" : "no",
                std::fabs(host[5 * w + 7] - host[5 * w + w - 8]) < 1e-4f ? "yes" : "no", host[w + w / 2] > 90 ? "yes" : "no");
    CHK(cudaStreamDestroy(copies)); CHK(cudaStreamDestroy(work)); CHK(cudaEventDestroy(arrived));
    CHK(cudaFreeHost(host)); CHK(cudaFree(a)); CHK(cudaFree(b));
    return 0;
}
// expect: pitch fits
// expect: between 0 and 100: yes; symmetric: yes; warm at the top: yes
