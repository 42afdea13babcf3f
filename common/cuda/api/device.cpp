/// @file
/// The device of the runtime API: its properties are those of the GPU that the emulator plays. Streams and
/// events: all work is done when a call returns.
#include <chrono>
#include <cstring>
#include <optional>

#include "common/cuda/api/state.hpp"
#include "common/cuda/emulator/architecture.hpp"

struct CUstream_st {
    unsigned flags = 0;
    int priority = 0;
};
struct CUevent_st {
    std::optional<std::chrono::steady_clock::time_point> recorded;
    bool timing = true;
};

namespace kbk::cuda::api {

namespace {

/// What differs between GPUs beyond the limits of their architecture. Source: NVIDIA's data sheets of T4,
/// A100 (40 GB), GeForce RTX 3090, GeForce RTX 4090 and H100 (SXM); compute capability tables of the CUDA C++
/// Programming Guide.
struct Board {
    const char* name;
    int major, minor;
    std::size_t gibibytes;
    int multiprocessors;
    int clock_khz, memory_khz, bus_bits;
    int l2_mebibytes;
    bool ecc;
};
constexpr Board boards[] = {
    {"Tesla T4", 7, 5, 16, 40, 1590000, 5001000, 256, 4, true},
    {"NVIDIA A100-SXM4-40GB", 8, 0, 40, 108, 1410000, 1215000, 5120, 40, true},
    {"NVIDIA GeForce RTX 3090", 8, 6, 24, 82, 1695000, 9751000, 384, 6, false},
    {"NVIDIA GeForce RTX 4090", 8, 9, 24, 128, 2520000, 10501000, 384, 72, false},
    {"NVIDIA H100 80GB HBM3", 9, 0, 80, 132, 1980000, 2619000, 5120, 50, true},
};

const Board& board() {
    const emulator::Architecture& gpu = emulator::architecture();
    for (const Board& each : boards)
        if (each.major == gpu.major && each.minor == gpu.minor) return each;
    return boards[1];
}

cudaDeviceProp properties() {
    const emulator::Architecture& gpu = emulator::architecture();
    const Board& b = board();
    cudaDeviceProp p;
    std::memset(&p, 0, sizeof p);
    fmt::format_to_n(p.name, sizeof p.name - 1, "{} (emulated)", b.name);
    p.totalGlobalMem = b.gibibytes << 30;
    p.sharedMemPerBlock = gpu.static_shared_bytes;
    p.sharedMemPerBlockOptin = gpu.shared_bytes_per_block;
    p.sharedMemPerMultiprocessor = gpu.shared_bytes_per_sm;
    p.reservedSharedMemPerBlock = gpu.shared_bytes_reserved;
    p.regsPerBlock = p.regsPerMultiprocessor = gpu.registers_per_sm;
    p.warpSize = 32;
    p.memPitch = 0x7fffffff;
    p.maxThreadsPerBlock = gpu.threads_per_block;
    p.maxThreadsDim[0] = p.maxThreadsDim[1] = 1024;
    p.maxThreadsDim[2] = 64;
    p.maxGridSize[0] = 0x7fffffff;
    p.maxGridSize[1] = p.maxGridSize[2] = 65535;
    p.clockRate = b.clock_khz;
    p.totalConstMem = 64 << 10;
    p.major = gpu.major;
    p.minor = gpu.minor;
    p.textureAlignment = 512;
    p.texturePitchAlignment = 32;
    p.multiProcessorCount = b.multiprocessors;
    p.canMapHostMemory = 1;
    p.ECCEnabled = b.ecc;
    p.unifiedAddressing = 1;
    p.memoryClockRate = b.memory_khz;
    p.memoryBusWidth = b.bus_bits;
    p.l2CacheSize = b.l2_mebibytes << 20;
    p.maxThreadsPerMultiProcessor = gpu.warps_per_sm * 32;
    p.maxBlocksPerMultiProcessor = gpu.blocks_per_sm;
    p.globalL1CacheSupported = p.localL1CacheSupported = 1;
    p.managedMemory = 1;
    p.concurrentManagedAccess = 1;
    p.singleToDoublePrecisionPerfRatio = gpu.minor == 0 ? 2 : gpu.major == 8 ? 64 : 32;
    // There is no overlap of copies and kernels, no peer, and no launch whose blocks are all resident.
    p.deviceOverlap = p.asyncEngineCount = p.concurrentKernels = p.cooperativeLaunch = 0;
    return p;
}

cudaError_t ok() {
    return result(cudaSuccess);
}

}  // namespace

}  // namespace kbk::cuda::api

using namespace kbk::cuda::api;

cudaError_t cudaGetDeviceCount(int* count) {
    *count = 1;
    return ok();
}
cudaError_t cudaGetDevice(int* device) {
    *device = 0;
    return ok();
}
cudaError_t cudaSetDevice(int device) {
    return device == 0 ? ok() : result(cudaErrorInvalidDevice);
}
cudaError_t cudaSetValidDevices(int*, int) {
    return ok();
}
cudaError_t cudaChooseDevice(int* device, const cudaDeviceProp*) {
    *device = 0;
    return ok();
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* answer, int device) {
    if (device != 0) return result(cudaErrorInvalidDevice);
    *answer = properties();
    return ok();
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
    if (device != 0) return result(cudaErrorInvalidDevice);
    const cudaDeviceProp p = properties();
    switch (attribute) {
        case cudaDevAttrMaxThreadsPerBlock:
            *value = p.maxThreadsPerBlock;
            break;
        case cudaDevAttrMaxBlockDimX:
            *value = p.maxThreadsDim[0];
            break;
        case cudaDevAttrMaxBlockDimY:
            *value = p.maxThreadsDim[1];
            break;
        case cudaDevAttrMaxBlockDimZ:
            *value = p.maxThreadsDim[2];
            break;
        case cudaDevAttrMaxGridDimX:
            *value = p.maxGridSize[0];
            break;
        case cudaDevAttrMaxGridDimY:
            *value = p.maxGridSize[1];
            break;
        case cudaDevAttrMaxGridDimZ:
            *value = p.maxGridSize[2];
            break;
        case cudaDevAttrMaxSharedMemoryPerBlock:
            *value = static_cast<int>(p.sharedMemPerBlock);
            break;
        case cudaDevAttrTotalConstantMemory:
            *value = static_cast<int>(p.totalConstMem);
            break;
        case cudaDevAttrWarpSize:
            *value = p.warpSize;
            break;
        case cudaDevAttrMaxPitch:
            *value = static_cast<int>(p.memPitch);
            break;
        case cudaDevAttrMaxRegistersPerBlock:
            *value = p.regsPerBlock;
            break;
        case cudaDevAttrClockRate:
            *value = p.clockRate;
            break;
        case cudaDevAttrTextureAlignment:
            *value = static_cast<int>(p.textureAlignment);
            break;
        case cudaDevAttrMultiProcessorCount:
            *value = p.multiProcessorCount;
            break;
        case cudaDevAttrCanMapHostMemory:
            *value = p.canMapHostMemory;
            break;
        case cudaDevAttrEccEnabled:
            *value = p.ECCEnabled;
            break;
        case cudaDevAttrMemoryClockRate:
            *value = p.memoryClockRate;
            break;
        case cudaDevAttrGlobalMemoryBusWidth:
            *value = p.memoryBusWidth;
            break;
        case cudaDevAttrL2CacheSize:
            *value = p.l2CacheSize;
            break;
        case cudaDevAttrMaxThreadsPerMultiProcessor:
            *value = p.maxThreadsPerMultiProcessor;
            break;
        case cudaDevAttrUnifiedAddressing:
            *value = p.unifiedAddressing;
            break;
        case cudaDevAttrComputeCapabilityMajor:
            *value = p.major;
            break;
        case cudaDevAttrComputeCapabilityMinor:
            *value = p.minor;
            break;
        case cudaDevAttrGlobalL1CacheSupported:
        case cudaDevAttrLocalL1CacheSupported:
            *value = 1;
            break;
        case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
            *value = static_cast<int>(p.sharedMemPerMultiprocessor);
            break;
        case cudaDevAttrMaxRegistersPerMultiprocessor:
            *value = p.regsPerMultiprocessor;
            break;
        case cudaDevAttrManagedMemory:
        case cudaDevAttrConcurrentManagedAccess:
            *value = 1;
            break;
        case cudaDevAttrMaxSharedMemoryPerBlockOptin:
            *value = static_cast<int>(p.sharedMemPerBlockOptin);
            break;
        case cudaDevAttrMaxBlocksPerMultiprocessor:
            *value = p.maxBlocksPerMultiProcessor;
            break;
        case cudaDevAttrReservedSharedMemoryPerBlock:
            *value = static_cast<int>(p.reservedSharedMemPerBlock);
            break;
        default:
            *value = 0;  // what the emulator cannot do, and what it does not know
    }
    return ok();
}

cudaError_t cudaDeviceGetPCIBusId(char* id, int length, int device) {
    if (device != 0) return result(cudaErrorInvalidDevice);
    std::snprintf(id, static_cast<std::size_t>(length), "0000:00:00.0");
    return ok();
}
cudaError_t cudaDeviceGetByPCIBusId(int* device, const char*) {
    *device = 0;
    return ok();
}
cudaError_t cudaDeviceGetP2PAttribute(int* value, cudaDeviceP2PAttr, int, int) {
    *value = 0;
    return result(cudaErrorInvalidDevice);  // there is no other
}
cudaError_t cudaInitDevice(int device, unsigned, unsigned) {
    return device == 0 ? ok() : result(cudaErrorInvalidDevice);
}
cudaError_t cudaCtxResetPersistingL2Cache() {
    return ok();
}
cudaError_t cudaDeviceSynchronize() {
    return ok();
}
cudaError_t cudaThreadSynchronize() {
    return ok();
}
cudaError_t cudaDeviceReset() {
    release_all();
    forget_errors();
    return cudaSuccess;
}
cudaError_t cudaThreadExit() {
    return cudaDeviceReset();
}
cudaError_t cudaSetDeviceFlags(unsigned) {
    return ok();
}
cudaError_t cudaGetDeviceFlags(unsigned* flags) {
    *flags = cudaDeviceMapHost;
    return ok();
}
cudaError_t cudaDeviceSetLimit(cudaLimit, std::size_t) {
    return ok();
}
cudaError_t cudaDeviceGetLimit(std::size_t* value, cudaLimit limit) {
    *value = limit == cudaLimitStackSize ? 1024 : limit == cudaLimitPrintfFifoSize ? 1 << 20 : 8 << 20;
    return ok();
}
cudaError_t cudaDeviceSetCacheConfig(cudaFuncCache) {
    return ok();
}
cudaError_t cudaDeviceGetCacheConfig(cudaFuncCache* configuration) {
    *configuration = cudaFuncCachePreferNone;
    return ok();
}
cudaError_t cudaDeviceSetSharedMemConfig(cudaSharedMemConfig) {
    return ok();
}
cudaError_t cudaDeviceGetSharedMemConfig(cudaSharedMemConfig* configuration) {
    *configuration = cudaSharedMemBankSizeFourByte;
    return ok();
}
cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
    *least = 0;
    *greatest = -5;
    return ok();
}
cudaError_t cudaDeviceCanAccessPeer(int* can, int, int) {
    *can = 0;
    return ok();
}
cudaError_t cudaDeviceEnablePeerAccess(int, unsigned) {
    return result(cudaErrorInvalidDevice);
}
cudaError_t cudaDeviceDisablePeerAccess(int) {
    return result(cudaErrorPeerAccessNotEnabled);
}
cudaError_t cudaDriverGetVersion(int* version) {
    *version = CUDART_VERSION;
    return ok();
}
cudaError_t cudaRuntimeGetVersion(int* version) {
    *version = CUDART_VERSION;
    return ok();
}

// ---- Streams

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
    return cudaStreamCreateWithPriority(stream, cudaStreamDefault, 0);
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
    return cudaStreamCreateWithPriority(stream, flags, 0);
}
cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int priority) {
    *stream = new CUstream_st{flags, priority};
    return ok();
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    if (!stream) return result(cudaErrorInvalidResourceHandle);
    delete stream;
    return ok();
}
cudaError_t cudaStreamSynchronize(cudaStream_t) {
    return ok();
}
cudaError_t cudaStreamQuery(cudaStream_t) {
    return ok();
}
cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) {
    return ok();
}
cudaError_t cudaStreamAddCallback(cudaStream_t stream, cudaStreamCallback_t callback, void* data, unsigned) {
    callback(stream, failure(), data);
    return ok();
}
cudaError_t cudaStreamGetFlags(cudaStream_t stream, unsigned* flags) {
    *flags = stream ? stream->flags : cudaStreamDefault;
    return ok();
}
cudaError_t cudaStreamGetPriority(cudaStream_t stream, int* priority) {
    *priority = stream ? stream->priority : 0;
    return ok();
}
cudaError_t cudaStreamGetDevice(cudaStream_t, int* device) {
    *device = 0;
    return ok();
}
cudaError_t cudaStreamGetId(cudaStream_t stream, unsigned long long* id) {
    *id = reinterpret_cast<unsigned long long>(stream);
    return ok();
}
cudaError_t cudaLaunchHostFunc(cudaStream_t, cudaHostFn_t function, void* data) {
    function(data);
    return ok();
}

// ---- Events

cudaError_t cudaEventCreate(cudaEvent_t* event) {
    return cudaEventCreateWithFlags(event, cudaEventDefault);
}
cudaError_t cudaEventCreate(cudaEvent_t* event, unsigned flags) {
    return cudaEventCreateWithFlags(event, flags);
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
    *event = new CUevent_st{{}, !(flags & cudaEventDisableTiming)};
    return ok();
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
    if (!event) return result(cudaErrorInvalidResourceHandle);
    delete event;
    return ok();
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
    if (!event) return result(cudaErrorInvalidResourceHandle);
    event->recorded = std::chrono::steady_clock::now();
    return ok();
}
cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream, unsigned) {
    return cudaEventRecord(event, stream);
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    return event ? ok() : result(cudaErrorInvalidResourceHandle);
}
cudaError_t cudaEventQuery(cudaEvent_t event) {
    return event ? ok() : result(cudaErrorInvalidResourceHandle);
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t stop) {
    if (!start || !stop || !start->recorded || !stop->recorded || !start->timing || !stop->timing)
        return result(cudaErrorInvalidResourceHandle);
    *milliseconds = std::chrono::duration<float, std::milli>(*stop->recorded - *start->recorded).count();
    return ok();
}
