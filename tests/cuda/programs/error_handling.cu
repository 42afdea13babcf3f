// Errors as CUDA reports them: bad configurations, bad arguments, a kernel that fails, and what comes after.
#include <cstdio>

__global__ void write(int* p, int i) { p[i] = 1; }
__global__ void shared_user() { extern __shared__ char s[]; s[threadIdx.x] = 0; }

static void say(const char* what, cudaError_t e) { printf("%s: %d %s\n", what, (int)e, cudaGetErrorName(e)); }

int main() {
    int *d = nullptr, h[4];
    say("malloc", cudaMalloc(&d, sizeof h));
    write<<<1, 2048>>>(d, 0);
    say("peek", cudaPeekAtLastError());
    say("last", cudaGetLastError());
    say("forgotten", cudaGetLastError());
    write<<<0, 1>>>(d, 0);
    say("no blocks", cudaGetLastError());
    write<<<dim3(1, 70000), 1>>>(d, 0);
    say("grid.y", cudaGetLastError());
    shared_user<<<1, 1, 60000>>>();
    say("60000 bytes", cudaGetLastError());
    say("opt in", cudaFuncSetAttribute(shared_user, cudaFuncAttributeMaxDynamicSharedMemorySize, 60000));
    shared_user<<<1, 1, 60000>>>();
    say("60000 bytes", cudaGetLastError());
    say("copy too far", cudaMemcpy(h, d, sizeof h + 4, cudaMemcpyDeviceToHost));
    say("wrong way", cudaMemcpy(d, h, sizeof h, cudaMemcpyDeviceToHost));
    say("device 7", cudaSetDevice(7));
    say("free twice", (cudaFree(d), cudaFree(d)));
    say("free null", cudaFree(nullptr));
    cudaGetLastError();
    say("huge", cudaMalloc(&d, size_t(1) << 45));
    cudaEvent_t a, b;
    cudaEventCreate(&a); cudaEventCreate(&b);
    float ms;
    say("not recorded", cudaEventElapsedTime(&ms, a, b));
    cudaGetLastError();
    printf("%s | %s\n", cudaGetErrorString(cudaErrorInvalidValue), cudaGetErrorString(cudaErrorIllegalAddress));
    int count = -1;
    say("count", cudaGetDeviceCount(&count));
    printf("%d device\n", count);
    return 0;
}
// expect: malloc: 0 cudaSuccess
// expect: peek: 9 cudaErrorInvalidConfiguration
// expect: last: 9 cudaErrorInvalidConfiguration
// expect: forgotten: 0 cudaSuccess
// expect: no blocks: 9 cudaErrorInvalidConfiguration
// expect: grid.y: 9 cudaErrorInvalidConfiguration
// expect: 60000 bytes: 1 cudaErrorInvalidValue
// expect: opt in: 0 cudaSuccess
// expect: 60000 bytes: 0 cudaSuccess
// expect: copy too far: 1 cudaErrorInvalidValue
// expect: wrong way: 1 cudaErrorInvalidValue
// expect: device 7: 101 cudaErrorInvalidDevice
// expect: free twice: 1 cudaErrorInvalidValue
// expect: free null: 0 cudaSuccess
// expect: huge: 2 cudaErrorMemoryAllocation
// expect: not recorded: 400 cudaErrorInvalidResourceHandle
// expect: invalid argument | an illegal memory access was encountered
// expect: count: 0 cudaSuccess
// expect: 1 device
