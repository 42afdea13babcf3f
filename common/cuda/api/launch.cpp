/// @file
/// Launches of a reader's program: what goes wrong becomes a message and one of CUDA's errors.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>

#include "common/base/threads.hpp"
#include "common/cuda/api/launcher.hpp"
#include "common/cuda/api/state.hpp"
#include "common/cuda/emulator/architecture.hpp"
#include "common/cuda/emulator/error.hpp"
#include "common/cuda/emulator/observer.hpp"
#include "common/cuda/emulator/symbols.hpp"

namespace kbk::cuda::api {

namespace {

std::mutex mutex;
std::map<const void*, std::size_t>
    opted_in;  // kernels and the dynamic shared memory that cudaFuncSetAttribute allows
thread_local cudaError_t last = cudaSuccess;

/// The error that CUDA reports for a mistake.
cudaError_t error_of(const KernelError& error) {
    using Kind = KernelError::Kind;
    switch (error.kind()) {
        case Kind::configuration:
            // A host pointer among the arguments is found before the first thread runs; a GPU stumbles over
            // it later.
            return error.mistake().find("host memory") == std::string::npos ? cudaErrorInvalidConfiguration
                                                                            : cudaErrorIllegalAddress;
        case Kind::shared_memory:
            return cudaErrorInvalidValue;
        case Kind::address:
            return cudaErrorIllegalAddress;
        case Kind::misaligned:
            return cudaErrorMisalignedAddress;
        case Kind::assertion:
            return cudaErrorAssert;
        case Kind::stack_overflow:
            return cudaErrorHardwareStackError;
        default:
            return cudaErrorLaunchFailure;
    }
}

/// The number of cores that ./course emulate asks for. (Not before main: the number's own initialisation
/// would follow.)
void limit_threads() {
    static const bool once = [] {
        const char* count = std::getenv("KBK_EMU_THREADS");
        if (count && std::atoi(count) > 0) set_threads(std::atoi(count));
        return true;
    }();
    static_cast<void>(once);
}

}  // namespace

void launch(std::string_view kernel, const Configuration& configuration, emulator::KernelCall call) {
    limit_threads();
    last = failure();
    if (last != cudaSuccess) return;  // after a kernel has failed nothing runs, until cudaDeviceReset
    std::size_t allowed = 0;
    {
        const std::lock_guard lock(mutex);
        const auto found = opted_in.find(call.function);
        allowed = found == opted_in.end() ? 0 : found->second;
    }
    const std::string name = kernel.empty() ? "of cudaLaunchKernel" : std::string(kernel);
    call.name = name;
    const bool opted = configuration.shared_bytes <= allowed || !call.function;
    try {
        const OpenDevice open;
        emulator::run(call, configuration.grid, configuration.block, configuration.shared_bytes, opted);
    } catch (const KernelError& error) {
        last = error_of(error);
        std::fflush(stdout);
        // A launch that cannot be is an error of this one call; a kernel that failed leaves the device
        // unusable.
        if (last == cudaErrorInvalidConfiguration || last == cudaErrorInvalidValue) {
            refuse(last, configuration.where, error.what());
        } else {
            fmt::print(stderr, "{}\n    launched at {} ({}: {})\n", error.what(), place(configuration.where),
                       cudaGetErrorName(last), cudaGetErrorString(last));
            kernel_failed(last);
        }
    }
}

cudaError_t last_launch() {
    return result(last);
}

void misuse(const char* what) {
    emulator::stop(what);
}

cudaError_t set_attribute(const void* kernel, cudaFuncAttribute attribute, int value) {
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return result(cudaSuccess);
    const std::size_t most = emulator::architecture().shared_bytes_per_block;
    if (value < 0 || static_cast<std::size_t>(value) + emulator::static_shared_of(kernel).bytes > most)
        return refuse(cudaErrorInvalidValue, Source::current(),
                      fmt::format("{} bytes of dynamic shared memory; {} has at most {} for a block", value,
                                  emulator::architecture().name, most));
    const std::lock_guard lock(mutex);
    opted_in[kernel] = static_cast<std::size_t>(value);
    return result(cudaSuccess);
}

cudaError_t attributes(cudaFuncAttributes* attributes, const void* kernel) {
    const emulator::Architecture& gpu = emulator::architecture();
    const int version = gpu.major * 10 + gpu.minor;
    const std::lock_guard lock(mutex);
    const auto found = opted_in.find(kernel);
    *attributes = {};
    attributes->sharedSizeBytes = emulator::static_shared_of(kernel).bytes;
    attributes->maxThreadsPerBlock = gpu.threads_per_block;
    attributes->ptxVersion = attributes->binaryVersion = version;
    attributes->maxDynamicSharedSizeBytes = static_cast<int>(
        found != opted_in.end() ? found->second : gpu.static_shared_bytes - attributes->sharedSizeBytes);
    attributes->preferredShmemCarveout = -1;
    return result(cudaSuccess);
}

cudaError_t active_blocks(int* blocks, const void* kernel, int block_size, std::size_t dynamic_shared) {
    const emulator::Architecture& gpu = emulator::architecture();
    *blocks = 0;
    if (block_size < 1) return result(cudaErrorInvalidValue);
    if (block_size > gpu.threads_per_block) return result(cudaSuccess);
    const std::size_t shared = emulator::static_shared_of(kernel).bytes + dynamic_shared;
    if (shared > gpu.shared_bytes_per_block) return result(cudaSuccess);
    // How many registers nvcc would give the kernel is not known here: count as if they limited nothing.
    const int warps = (block_size + 31) / 32;
    const std::size_t share = (shared + gpu.shared_bytes_reserved + 127) / 128 * 128;
    *blocks = std::min(gpu.warps_per_sm / warps, gpu.blocks_per_sm);
    if (share > 0) *blocks = std::min<int>(*blocks, static_cast<int>(gpu.shared_bytes_per_sm / share));
    return result(cudaSuccess);
}

cudaError_t shared_for_blocks(std::size_t* dynamic_shared, const void* kernel, int blocks) {
    const emulator::Architecture& gpu = emulator::architecture();
    if (blocks < 1) return result(cudaErrorInvalidValue);
    const std::size_t share = gpu.shared_bytes_per_sm / static_cast<std::size_t>(blocks) / 128 * 128;
    const std::size_t taken = emulator::static_shared_of(kernel).bytes + gpu.shared_bytes_reserved;
    *dynamic_shared = std::min(share > taken ? share - taken : 0, gpu.shared_bytes_per_block);
    return result(cudaSuccess);
}

}  // namespace kbk::cuda::api

/// What a failed assert calls: in a kernel it ends the launch, elsewhere the program.
extern "C" void __assert_fail(const char* assertion, const char* file, unsigned line,
                              const char* function) noexcept {
    using namespace kbk::cuda::emulator;
    if (running.active)
        stop(fmt::format("assertion '{}' failed", assertion), file, static_cast<int>(line),
             kbk::cuda::KernelError::Kind::assertion);
    fmt::print(stderr, "{}:{}: {}: Assertion `{}' failed.\n", file, line, function, assertion);
    std::abort();
}
