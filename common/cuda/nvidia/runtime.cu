/// @file
/// Device memory by NVIDIA's runtime.
#include "common/cuda/runtime.hpp"

#include <cuda_runtime.h>

#include "common/base/error.hpp"

namespace kbk::cuda {

namespace {

void check(cudaError_t status, const char* what) {
    if (status == cudaSuccess) return;
    cudaGetLastError();  // forget it, unless the device is lost: the next call starts afresh
    fail("CUDA: {} failed: {}", what, cudaGetErrorString(status));
}

}  // namespace

std::string unavailable() {
    // Ask once: a machine without a driver answers with an error, and the answer does not change.
    static const std::string reason = [] {
        int count = 0;
        const cudaError_t status = cudaGetDeviceCount(&count);
        if (status == cudaErrorInsufficientDriver) return std::string("no NVIDIA driver is installed, or it is too old");
        if (status != cudaSuccess) return fmt::format("CUDA finds no GPU: {}", cudaGetErrorString(status));
        return std::string(count == 0 ? "this machine has no NVIDIA GPU" : "");
    }();
    return reason;
}

std::string description() {
    if (!unavailable().empty()) return unavailable();
    cudaDeviceProp properties;
    check(cudaGetDeviceProperties(&properties, 0), "asking for the device's properties");
    return properties.name;
}

bool emulated() {
    return false;
}

int compute_capability() {
    if (!unavailable().empty()) return 0;
    int major = 0, minor = 0;
    check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0), "asking for the compute capability");
    check(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, 0), "asking for the compute capability");
    return major * 10 + minor;
}

void* allocate(std::size_t bytes, const char* name) {
    void* memory = nullptr;
    const cudaError_t status = cudaMalloc(&memory, bytes ? bytes : 1);
    if (status == cudaErrorMemoryAllocation) {
        std::size_t free = 0, total = 0;
        cudaGetLastError();
        cudaMemGetInfo(&free, &total);
        fail("out of memory on the GPU: '{}' of {} bytes asked for, {} of {} bytes are free", name, bytes, free, total);
    }
    check(status, "allocating memory");
    return memory;
}

void release(void* memory) noexcept {
    cudaFree(memory);
}

void copy(void* target, const void* source, std::size_t bytes) {
    if (bytes) check(cudaMemcpy(target, source, bytes, cudaMemcpyDefault), "a copy, or a kernel before it,");
}

void clear(void* memory, std::size_t bytes) {
    if (bytes) check(cudaMemset(memory, 0, bytes), "setting memory to zero");
}

void synchronize() {
    check(cudaDeviceSynchronize(), "a kernel");
}

}  // namespace kbk::cuda
