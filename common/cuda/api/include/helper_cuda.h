/// @file
/// The few helpers that NVIDIA's samples call all the time: errors that end the program, and the choice of a
/// device.
#pragma once

#include <cuda_runtime.h>
#include <helper_string.h>

#include <cstdio>
#include <cstdlib>

inline void kbk_check_cuda(cudaError_t error, const char* call, const char* file, int line) {
    if (error == cudaSuccess) return;
    std::fprintf(stderr, "%s:%d: %s: error %d (%s): %s\n", file, line, call, static_cast<int>(error),
                 cudaGetErrorName(error), cudaGetErrorString(error));
    std::exit(EXIT_FAILURE);
}
#define checkCudaErrors(call) kbk_check_cuda((call), #call, __FILE__, __LINE__)
#define getLastCudaError(message) kbk_check_cuda(cudaGetLastError(), message, __FILE__, __LINE__)
#define printLastCudaError(message) (static_cast<void>(cudaPeekAtLastError()))

inline const char* _cudaGetErrorEnum(cudaError_t error) {
    return cudaGetErrorName(error);
}
inline int _ConvertSMVer2Cores(int major, int minor) {
    if (major == 7) return 64;
    if (major == 8 && minor == 0) return 64;
    return 128;
}
inline const char* _ConvertSMVer2ArchName(int major, int) {
    return major == 7 ? "Turing" : major == 8 ? "Ampere or Ada" : "Hopper";
}
inline int gpuGetMaxGflopsDeviceId() {
    return 0;
}
inline int gpuDeviceInit(int device) {
    checkCudaErrors(cudaSetDevice(device));
    return device;
}
inline int findCudaDevice(int, const char**) {
    cudaDeviceProp properties{};
    checkCudaErrors(cudaSetDevice(0));
    checkCudaErrors(cudaGetDeviceProperties(&properties, 0));
    std::printf("GPU Device 0: \"%s\" with compute capability %d.%d\n\n", properties.name, properties.major,
                properties.minor);
    return 0;
}
inline bool checkCudaCapabilities(int major, int minor) {
    cudaDeviceProp properties{};
    checkCudaErrors(cudaGetDeviceProperties(&properties, 0));
    return properties.major > major || (properties.major == major && properties.minor >= minor);
}
