/// @file
/// What the functions of the runtime API share: the remembered errors, the buffers, and the door between host
/// code and device memory.
#pragma once

#include <fmt/core.h>

#include <cstddef>
#include <source_location>
#include <string>

#include "common/cuda/api/runtime_api.hpp"

namespace kbk::cuda::api {

/// Tell the reader on standard error what a call got wrong.
/// @return result(error)
cudaError_t refuse(cudaError_t error, Source where, const std::string& what);

/// Remember that a kernel has failed: every call returns its error from now on.
void kernel_failed(cudaError_t error);

/// @return the error of a kernel that failed, or cudaSuccess
cudaError_t failure();

/// Forget all errors (cudaDeviceReset).
void forget_errors();

/// What is to be done when the program ends; null: nothing. @return whether its exit status must tell of a
/// mistake
extern bool (*report_at_exit)();

/// What the API knows about one of its buffers.
struct Buffer {
    std::byte* begin;
    std::size_t bytes;
    Memory kind;
    std::string name;
};

/// @return the buffer that an address lies in, or null
const Buffer* buffer_at(const void* address);

/// @return whether an address is memory of the device: a buffer of cudaMalloc, or a __device__ variable
bool on_device(const void* address);

/// Give back all memory of the device (cudaDeviceReset).
void release_all();

/// While one lives, host code of this library and kernels may touch device memory. At other times the pages
/// of cudaMalloc's buffers are closed, so that host code that reads them is told so, as on a machine with a
/// GPU.
class OpenDevice {
  public:
    OpenDevice();
    ~OpenDevice();
    OpenDevice(const OpenDevice&) = delete;
    OpenDevice& operator=(const OpenDevice&) = delete;
};

/// @return "main.cu:12"
std::string place(Source where);

}  // namespace kbk::cuda::api
