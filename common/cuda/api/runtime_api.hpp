/// @file
/// The functions of CUDA's runtime API on the emulator. What each does is NVIDIA's definition (CUDA Runtime
/// API reference); here stands where the emulator differs: streams are synchronous, there is one device, and
/// times are the emulator's own.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

#include <cstddef>
#include <source_location>

#include "common/cuda/api/runtime_types.hpp"

namespace kbk::cuda::api {

using Source = std::source_location;

/// Kinds of memory: what cudaMalloc and its kin give, and the host's own that cudaHostRegister made known.
enum class Memory { device, pinned, managed, registered };

/// Allocate memory and name it after the variable that receives it, as the reader's source at `where` has it.
cudaError_t allocate(void** memory, std::size_t bytes, Memory kind, Source where);
cudaError_t allocate_pitch(void** memory, std::size_t* pitch, std::size_t width, std::size_t height,
                           Source where);
cudaError_t copy(void* target, const void* source, std::size_t bytes, cudaMemcpyKind kind, Source where);
cudaError_t copy_symbol(void* target, const void* source, std::size_t symbol_bytes, std::size_t bytes,
                        std::size_t offset, bool to_symbol, Source where);
cudaError_t set_attribute(const void* kernel, cudaFuncAttribute attribute, int value);
cudaError_t attributes(cudaFuncAttributes* attributes, const void* kernel);
cudaError_t active_blocks(int* blocks, const void* kernel, int block_size, std::size_t dynamic_shared);

cudaError_t shared_for_blocks(std::size_t* dynamic_shared, const void* kernel, int blocks);

/// End the running kernel with an error. @param what the mistake
[[noreturn]] void misuse(const char* what);

/// Note a call's result: an error is remembered for cudaGetLastError.
/// @return the result, or the error of an earlier kernel, which every call returns until cudaDeviceReset
cudaError_t result(cudaError_t status);

}  // namespace kbk::cuda::api

#define KBK_WHERE kbk::cuda::api::Source where = kbk::cuda::api::Source::current()

// ---- Errors

cudaError_t cudaGetLastError();
cudaError_t cudaPeekAtLastError();
const char* cudaGetErrorName(cudaError_t error);
const char* cudaGetErrorString(cudaError_t error);

// ---- The device

cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaGetDevice(int* device);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaSetValidDevices(int* devices, int count);
cudaError_t cudaChooseDevice(int* device, const cudaDeviceProp* wanted);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device);
cudaError_t cudaDeviceGetPCIBusId(char* id, int length, int device);
cudaError_t cudaDeviceGetByPCIBusId(int* device, const char* id);
cudaError_t cudaDeviceGetP2PAttribute(int* value, cudaDeviceP2PAttr attribute, int device, int peer);
cudaError_t cudaInitDevice(int device, unsigned device_flags, unsigned flags);
cudaError_t cudaCtxResetPersistingL2Cache();
cudaError_t cudaDeviceSynchronize();
cudaError_t cudaThreadSynchronize();
cudaError_t cudaDeviceReset();
cudaError_t cudaThreadExit();
cudaError_t cudaSetDeviceFlags(unsigned flags);
cudaError_t cudaGetDeviceFlags(unsigned* flags);
cudaError_t cudaDeviceSetLimit(cudaLimit limit, std::size_t value);
cudaError_t cudaDeviceGetLimit(std::size_t* value, cudaLimit limit);
cudaError_t cudaDeviceSetCacheConfig(cudaFuncCache configuration);
cudaError_t cudaDeviceGetCacheConfig(cudaFuncCache* configuration);
cudaError_t cudaDeviceSetSharedMemConfig(cudaSharedMemConfig configuration);
cudaError_t cudaDeviceGetSharedMemConfig(cudaSharedMemConfig* configuration);
cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest);
cudaError_t cudaDeviceCanAccessPeer(int* can, int device, int peer);
cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned flags);
cudaError_t cudaDeviceDisablePeerAccess(int peer);
cudaError_t cudaDriverGetVersion(int* version);
cudaError_t cudaRuntimeGetVersion(int* version);

// ---- Memory

cudaError_t cudaFree(void* memory, KBK_WHERE);
cudaError_t cudaFreeHost(void* memory, KBK_WHERE);
cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream, KBK_WHERE);
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total);
cudaError_t cudaMemcpy(void* target, const void* source, std::size_t bytes, cudaMemcpyKind kind, KBK_WHERE);
cudaError_t cudaMemcpyAsync(void* target, const void* source, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream = nullptr, KBK_WHERE);
cudaError_t cudaMemcpyPeer(void* target, int device, const void* source, int source_device, std::size_t bytes,
                           KBK_WHERE);
cudaError_t cudaMemcpyPeerAsync(void* target, int device, const void* source, int source_device,
                                std::size_t bytes, cudaStream_t stream = nullptr, KBK_WHERE);
cudaError_t cudaMemcpy2D(void* target, std::size_t target_pitch, const void* source, std::size_t source_pitch,
                         std::size_t width, std::size_t height, cudaMemcpyKind kind, KBK_WHERE);
cudaError_t cudaMemcpy2DAsync(void* target, std::size_t target_pitch, const void* source,
                              std::size_t source_pitch, std::size_t width, std::size_t height,
                              cudaMemcpyKind kind, cudaStream_t stream = nullptr, KBK_WHERE);
cudaError_t cudaMemset(void* memory, int value, std::size_t bytes, KBK_WHERE);
cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t stream = nullptr,
                            KBK_WHERE);
cudaError_t cudaMemset2D(void* memory, std::size_t pitch, int value, std::size_t width, std::size_t height,
                         KBK_WHERE);
cudaError_t cudaMemset2DAsync(void* memory, std::size_t pitch, int value, std::size_t width,
                              std::size_t height, cudaStream_t stream = nullptr, KBK_WHERE);
cudaError_t cudaMemset3D(cudaPitchedPtr memory, int value, cudaExtent extent, KBK_WHERE);
cudaError_t cudaMemset3DAsync(cudaPitchedPtr memory, int value, cudaExtent extent, cudaStream_t stream = nullptr,
                              KBK_WHERE);
cudaError_t cudaMemcpy3D(const cudaMemcpy3DParms* copy, KBK_WHERE);
cudaError_t cudaMemcpy3DAsync(const cudaMemcpy3DParms* copy, cudaStream_t stream = nullptr, KBK_WHERE);
cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* memory);
cudaError_t cudaHostGetFlags(unsigned* flags, void* memory);
cudaError_t cudaHostRegister(void* memory, std::size_t bytes, unsigned flags, KBK_WHERE);
cudaError_t cudaHostUnregister(void* memory);
cudaError_t cudaMemPrefetchAsync(const void* memory, std::size_t bytes, int device,
                                 cudaStream_t stream = nullptr);
cudaError_t cudaMemPrefetchAsync(const void* memory, std::size_t bytes, cudaMemLocation location, unsigned flags,
                                 cudaStream_t stream = nullptr);
cudaError_t cudaMemAdvise(const void* memory, std::size_t bytes, cudaMemoryAdvise advice, int device);
cudaError_t cudaMemAdvise(const void* memory, std::size_t bytes, cudaMemoryAdvise advice, cudaMemLocation location);
cudaError_t cudaMemRangeGetAttribute(void* data, std::size_t data_bytes, cudaMemRangeAttribute attribute,
                                     const void* memory, std::size_t bytes);
// Pools: there is one, which takes no notice of its attributes.
cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int device);
cudaError_t cudaDeviceGetMemPool(cudaMemPool_t* pool, int device);
cudaError_t cudaDeviceSetMemPool(int device, cudaMemPool_t pool);
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value);
cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value);
cudaError_t cudaMemPoolTrimTo(cudaMemPool_t pool, std::size_t bytes);
cudaError_t cudaStreamAttachMemAsync(cudaStream_t stream, void* memory, std::size_t bytes = 0,
                                     unsigned flags = cudaMemAttachSingle);

template <class T>
cudaError_t cudaMalloc(T** memory, std::size_t bytes, KBK_WHERE) {
    return kbk::cuda::api::allocate(reinterpret_cast<void**>(memory), bytes, kbk::cuda::api::Memory::device,
                                    where);
}
template <class T>
cudaError_t cudaMallocAsync(T** memory, std::size_t bytes, cudaStream_t, KBK_WHERE) {
    return kbk::cuda::api::allocate(reinterpret_cast<void**>(memory), bytes, kbk::cuda::api::Memory::device,
                                    where);
}
template <class T>
cudaError_t cudaMallocAsync(T** memory, std::size_t bytes, cudaMemPool_t, cudaStream_t, KBK_WHERE) {
    return kbk::cuda::api::allocate(reinterpret_cast<void**>(memory), bytes, kbk::cuda::api::Memory::device,
                                    where);
}
template <class T>
cudaError_t cudaMallocFromPoolAsync(T** memory, std::size_t bytes, cudaMemPool_t, cudaStream_t, KBK_WHERE) {
    return kbk::cuda::api::allocate(reinterpret_cast<void**>(memory), bytes, kbk::cuda::api::Memory::device,
                                    where);
}
template <class T>
cudaError_t cudaMallocManaged(T** memory, std::size_t bytes, unsigned = cudaMemAttachGlobal, KBK_WHERE) {
    return kbk::cuda::api::allocate(reinterpret_cast<void**>(memory), bytes, kbk::cuda::api::Memory::managed,
                                    where);
}
template <class T>
cudaError_t cudaMallocHost(T** memory, std::size_t bytes, unsigned = cudaHostAllocDefault, KBK_WHERE) {
    return kbk::cuda::api::allocate(reinterpret_cast<void**>(memory), bytes, kbk::cuda::api::Memory::pinned,
                                    where);
}
template <class T>
cudaError_t cudaHostAlloc(T** memory, std::size_t bytes, unsigned, KBK_WHERE) {
    return kbk::cuda::api::allocate(reinterpret_cast<void**>(memory), bytes, kbk::cuda::api::Memory::pinned,
                                    where);
}
template <class T>
cudaError_t cudaMallocPitch(T** memory, std::size_t* pitch, std::size_t width, std::size_t height,
                            KBK_WHERE) {
    return kbk::cuda::api::allocate_pitch(reinterpret_cast<void**>(memory), pitch, width, height, where);
}
cudaError_t cudaMalloc3D(cudaPitchedPtr* memory, cudaExtent extent, KBK_WHERE);
template <class T>
cudaError_t cudaHostGetDevicePointer(T** device, void* host, unsigned) {
    *device = static_cast<T*>(host);
    return kbk::cuda::api::result(cudaSuccess);
}

// ---- Symbols: __device__, __constant__ and __managed__ variables, given as themselves

template <class T>
cudaError_t cudaMemcpyToSymbol(const T& symbol, const void* source, std::size_t bytes, std::size_t offset = 0,
                               cudaMemcpyKind = cudaMemcpyHostToDevice, KBK_WHERE) {
    return kbk::cuda::api::copy_symbol(const_cast<void*>(static_cast<const volatile void*>(&symbol)), source,
                                       sizeof symbol, bytes, offset, true, where);
}
template <class T>
cudaError_t cudaMemcpyToSymbolAsync(const T& symbol, const void* source, std::size_t bytes,
                                    std::size_t offset = 0, cudaMemcpyKind = cudaMemcpyHostToDevice,
                                    cudaStream_t = nullptr, KBK_WHERE) {
    return kbk::cuda::api::copy_symbol(const_cast<void*>(static_cast<const volatile void*>(&symbol)), source,
                                       sizeof symbol, bytes, offset, true, where);
}
template <class T>
cudaError_t cudaMemcpyFromSymbol(void* target, const T& symbol, std::size_t bytes, std::size_t offset = 0,
                                 cudaMemcpyKind = cudaMemcpyDeviceToHost, KBK_WHERE) {
    return kbk::cuda::api::copy_symbol(target,
                                       const_cast<const void*>(static_cast<const volatile void*>(&symbol)),
                                       sizeof symbol, bytes, offset, false, where);
}
template <class T>
cudaError_t cudaMemcpyFromSymbolAsync(void* target, const T& symbol, std::size_t bytes,
                                      std::size_t offset = 0, cudaMemcpyKind = cudaMemcpyDeviceToHost,
                                      cudaStream_t = nullptr, KBK_WHERE) {
    return kbk::cuda::api::copy_symbol(target,
                                       const_cast<const void*>(static_cast<const volatile void*>(&symbol)),
                                       sizeof symbol, bytes, offset, false, where);
}
template <class P, class T>
cudaError_t cudaGetSymbolAddress(P** address, const T& symbol) {
    *address = reinterpret_cast<P*>(const_cast<T*>(&symbol));
    return kbk::cuda::api::result(cudaSuccess);
}
template <class T>
cudaError_t cudaGetSymbolSize(std::size_t* bytes, const T& symbol) {
    *bytes = sizeof symbol;
    return kbk::cuda::api::result(cudaSuccess);
}

// ---- Streams and events: a call has done its work when it returns, so that there is nothing to wait for

cudaError_t cudaStreamCreate(cudaStream_t* stream);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int priority);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamQuery(cudaStream_t stream);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags = 0);
cudaError_t cudaStreamAddCallback(cudaStream_t stream, cudaStreamCallback_t callback, void* data,
                                  unsigned flags);
cudaError_t cudaStreamGetFlags(cudaStream_t stream, unsigned* flags);
cudaError_t cudaStreamGetPriority(cudaStream_t stream, int* priority);
cudaError_t cudaStreamGetDevice(cudaStream_t stream, int* device);
cudaError_t cudaStreamGetId(cudaStream_t stream, unsigned long long* id);
cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* data);
cudaError_t cudaEventCreate(cudaEvent_t* event);
cudaError_t cudaEventCreate(cudaEvent_t* event, unsigned flags);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream = nullptr);
cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream = nullptr, unsigned flags = 0);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaEventQuery(cudaEvent_t event);
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t stop);

// ---- Kernels as things: their attributes and occupancy

template <class F>
cudaError_t cudaFuncSetAttribute(F* kernel, cudaFuncAttribute attribute, int value) {
    return kbk::cuda::api::set_attribute(reinterpret_cast<const void*>(kernel), attribute, value);
}
template <class F>
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, F* kernel) {
    return kbk::cuda::api::attributes(attributes, reinterpret_cast<const void*>(kernel));
}
template <class F>
cudaError_t cudaFuncSetCacheConfig(F*, cudaFuncCache) {
    return kbk::cuda::api::result(cudaSuccess);
}
template <class F>
cudaError_t cudaFuncSetSharedMemConfig(F*, cudaSharedMemConfig) {
    return kbk::cuda::api::result(cudaSuccess);
}
template <class F>
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, F* kernel, int block_size,
                                                          std::size_t dynamic_shared) {
    return kbk::cuda::api::active_blocks(blocks, reinterpret_cast<const void*>(kernel), block_size,
                                         dynamic_shared);
}
template <class F>
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, F* kernel, int block_size,
                                                                   std::size_t dynamic_shared, unsigned) {
    return kbk::cuda::api::active_blocks(blocks, reinterpret_cast<const void*>(kernel), block_size,
                                         dynamic_shared);
}
/// The block size with the most resident threads, tried from the largest down in whole warps.
template <class F, class Shared>
cudaError_t cudaOccupancyMaxPotentialBlockSizeVariableSMem(int* grid_size, int* block_size, F* kernel,
                                                           Shared shared, int limit = 0) {
    cudaDeviceProp device{};
    cudaGetDeviceProperties(&device, 0);
    int most = 0;
    for (int size = limit > 0 && limit < 1024 ? limit / 32 * 32 : 1024; size >= 32; size -= 32) {
        int blocks = 0;
        const auto status =
            kbk::cuda::api::active_blocks(&blocks, reinterpret_cast<const void*>(kernel), size, shared(size));
        if (status != cudaSuccess) return status;
        if (blocks * size > most) {
            most = blocks * size;
            *block_size = size;
            *grid_size = blocks * device.multiProcessorCount;
        }
    }
    return kbk::cuda::api::result(cudaSuccess);
}
template <class F>
cudaError_t cudaOccupancyMaxPotentialBlockSize(int* grid_size, int* block_size, F* kernel,
                                               std::size_t dynamic_shared = 0, int limit = 0) {
    return cudaOccupancyMaxPotentialBlockSizeVariableSMem(
        grid_size, block_size, kernel, [=](int) { return dynamic_shared; }, limit);
}

template <class F>
cudaError_t cudaOccupancyMaxPotentialBlockSizeWithFlags(int* grid_size, int* block_size, F* kernel,
                                                        std::size_t dynamic_shared, int limit, unsigned) {
    return cudaOccupancyMaxPotentialBlockSize(grid_size, block_size, kernel, dynamic_shared, limit);
}
template <class F, class Shared>
cudaError_t cudaOccupancyMaxPotentialBlockSizeVariableSMemWithFlags(int* grid_size, int* block_size, F* kernel,
                                                                    Shared shared, int limit = 0, unsigned = 0) {
    return cudaOccupancyMaxPotentialBlockSizeVariableSMem(grid_size, block_size, kernel, shared, limit);
}
template <class F>
cudaError_t cudaOccupancyAvailableDynamicSMemPerBlock(std::size_t* dynamic_shared, F* kernel, int blocks, int) {
    return kbk::cuda::api::shared_for_blocks(dynamic_shared, reinterpret_cast<const void*>(kernel), blocks);
}

#define CUDART_VERSION 12040

/// @endcond
