/// @file
/// Memory of the runtime API: buffers named after the reader's variables, copies that know which side they
/// touch, and pages that are closed while host code runs.
#include <execinfo.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.hpp"
#include "common/cuda/api/state.hpp"
#include "common/cuda/emulator/memory.hpp"
#include "common/cuda/emulator/observer.hpp"
#include "common/cuda/emulator/symbols.hpp"
#include "common/cuda/runtime.hpp"

namespace kbk::cuda::api {

namespace {

struct Registry {
    std::recursive_mutex mutex;
    std::map<const std::byte*, Buffer> buffers;
    int open = 0;    // how many OpenDevice live
    int opened = 0;  // how often the pages were opened so far
};

// Never destroyed: programs free memory in destructors of their own static variables.
Registry& registry() {
    static Registry& one = *new Registry;
    return one;
}

// Closing pages costs two system calls a buffer and launch. A mistake shows in the first launches, so that
// later ones, and programs with very many buffers, need not pay for it.
constexpr std::size_t most_closed = 256;
constexpr int most_openings = 200;

void set_access(const Buffer& buffer, int protection) {
    if (buffer.kind != Memory::device) return;
    // A buffer has its pages for itself (emulator/memory.cpp).
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<std::uintptr_t>(buffer.begin) / page * page;
    const auto end =
        (reinterpret_cast<std::uintptr_t>(buffer.begin) + std::max<std::size_t>(buffer.bytes, 1) + page - 1) /
        page * page;
    mprotect(reinterpret_cast<void*>(begin), end - begin, protection);
}

void set_access(Registry& all, int protection) {
    if (all.buffers.size() > most_closed) return;
    for (const auto& [begin, buffer] : all.buffers) set_access(buffer, protection);
}

// ---- Host code that touches device memory

std::array<struct sigaction, 2> before;

/// The reader's line that made an access: the first frame of the program itself.
std::string faulting_line() {
    std::array<void*, 32> frames;
    const int count = backtrace(frames.data(), static_cast<int>(frames.size()));
    for (int i = 1; i < count; ++i) {
        if (!emulator::in_image(frames[i])) continue;
        const emulator::SourceLine line = emulator::source_of(static_cast<const char*>(frames[i]) - 1);
        if (!line.file.empty() && line.file.find("common/cuda/") == std::string::npos)
            return fmt::format("{}:{}: ", std::filesystem::proximate(line.file).string(), line.line);
    }
    return "";
}

void host_fault(int signal, siginfo_t* info, void*) {
    // Whatever it was, the instruction is repeated and then ends the program as it would without this
    // handler.
    sigaction(signal, &before[signal == SIGBUS], nullptr);
    const Buffer* buffer = buffer_at(info->si_addr);
    if (!buffer) return;
    std::fflush(stdout);
    fmt::print(stderr,
               "{}host code reads or writes device memory: byte {} of '{}' ({} bytes).\n"
               "    Copy it first: cudaMemcpy(..., {}, ..., cudaMemcpyDeviceToHost), or allocate it with "
               "cudaMallocManaged.\n",
               faulting_line(), static_cast<const std::byte*>(info->si_addr) - buffer->begin, buffer->name,
               buffer->bytes, buffer->name);
}

void install_handler() {
    static const bool once = [] {
        struct sigaction action {};
        action.sa_sigaction = host_fault;
        action.sa_flags = SA_SIGINFO;
        sigaction(SIGSEGV, &action, &before[0]);
        sigaction(SIGBUS, &action, &before[1]);
        return true;
    }();
    static_cast<void>(once);
}

// ---- Names

/// The variables that the allocations on a line of the reader's source fill: "d_a" of
/// cudaMalloc((void**)&d_a, n). An allocation whose variable the line does not show has an empty name.
std::vector<std::string> variables_on(const char* path, unsigned line) {
    std::ifstream file(path);
    std::string text, next;
    for (unsigned i = 0; i < line; ++i)
        if (!std::getline(file, text)) return {};
    const std::size_t length = text.size();
    if (std::getline(file, next)) text += " " + next;  // where arguments may stand

    // The call, then casts of any form, an address, and the variable: a name with members and indices.
    static const std::regex call(
        R"(cuda(Malloc\w*|HostAlloc)\s*\(\s*(?:\(+[\w:\s]*\*+\s*\)\s*|\w+_cast\s*<[^>]*>\s*\(\s*)?(&\s*([\w.:\[\]]|->)+)?)");
    std::vector<std::string> names;
    for (std::sregex_iterator match(text.begin(), text.end(), call), end; match != end; ++match) {
        if (static_cast<std::size_t>(match->position()) >= length) break;
        const std::string address = (*match)[2];
        const std::size_t name = address.find_first_not_of("& ");
        names.push_back(name == address.npos ? "" : address.substr(name));
    }
    return names;
}

/// The variable of the allocation that is made now at this place. Where a line makes several, they come in
/// turn: an expanded macro has no columns that could tell.
std::string variable_at(Source where) {
    static std::map<std::pair<std::string, unsigned>, std::size_t> made;
    const std::vector<std::string> names = variables_on(where.file_name(), where.line());
    if (names.empty()) return "";
    return names[made[{where.file_name(), where.line()}]++ % names.size()];
}

cudaError_t invalid(Source where, const std::string& what) {
    return refuse(cudaErrorInvalidValue, where, what);
}

/// Say what is wrong with a range of memory that a copy is to touch on one side; empty: nothing.
/// @param device which side the copy's kind says; unknown for cudaMemcpyDefault and managed memory
std::string wrong_with(const void* memory, std::size_t bytes, const char* side, const bool* device) {
    const Buffer* buffer = buffer_at(memory);
    if (buffer) {
        const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(memory) - buffer->begin);
        if (bytes > buffer->bytes - offset)
            return fmt::format("{} bytes do not fit into '{}', which has {} bytes{}", bytes, buffer->name,
                               buffer->bytes,
                               offset ? fmt::format(" ({} from there on)", buffer->bytes - offset) : "");
    }
    if (!device) return "";
    if (*device && !on_device(memory) && !(buffer && buffer->kind == Memory::managed))
        return fmt::format("its {} is host memory, but its direction says device memory", side);
    if (!*device && buffer && buffer->kind == Memory::device)
        return fmt::format("its {} '{}' is device memory, but its direction says host memory", side,
                           buffer->name);
    return "";
}

/// @return bytes that this machine can still give, what its caches would give back among them
std::size_t machine_memory() {
    std::ifstream file("/proc/meminfo");
    for (std::string name, unit; file >> name;) {
        std::size_t kilobytes = 0;
        if (name == "MemAvailable:" && file >> kilobytes) return kilobytes << 10;
        std::getline(file, unit);
    }
    return static_cast<std::size_t>(sysconf(_SC_AVPHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

const Buffer* buffer_at(const void* address) {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    auto above = all.buffers.upper_bound(static_cast<const std::byte*>(address));
    if (above == all.buffers.begin()) return nullptr;
    const Buffer& buffer = std::prev(above)->second;
    const bool within =
        static_cast<const std::byte*>(address) < buffer.begin + std::max<std::size_t>(buffer.bytes, 1);
    return within ? &buffer : nullptr;
}

bool on_device(const void* address) {
    const Buffer* buffer = buffer_at(address);
    return buffer ? true : emulator::in_image(address);
}

OpenDevice::OpenDevice() {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    if (all.open++ == 0 && all.opened <= most_openings) set_access(all, PROT_READ | PROT_WRITE);
}

OpenDevice::~OpenDevice() {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    if (--all.open == 0 && all.opened <= most_openings && ++all.opened <= most_openings)
        set_access(all, PROT_NONE);
}

cudaError_t allocate(void** memory, std::size_t bytes, Memory kind, Source where) {
    if (!memory) return invalid(where, "the address to allocate at is null");
    *memory = nullptr;
    if (failure() != cudaSuccess) return result(cudaSuccess);
    if (bytes == 0)
        return kind == Memory::device ? result(cudaSuccess) : invalid(where, "an allocation of 0 bytes");
    install_handler();
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    std::string name = variable_at(where);
    if (name.empty()) name = fmt::format("buffer of {}", place(where));
    std::size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    if (bytes > free)
        return refuse(cudaErrorMemoryAllocation, where,
                      fmt::format("{} bytes for '{}'; {} of {} are free", bytes, name, free, total));
    try {
        *memory = cuda::allocate(bytes, name.c_str());
    } catch (const Error& error) {
        return refuse(cudaErrorMemoryAllocation, where, error.what());
    }
    auto* begin = static_cast<std::byte*>(*memory);
    const Buffer& buffer = all.buffers[begin] = {begin, bytes, kind, name};
    // Memory that the host may write without a call counts as written.
    if (kind != Memory::device && emulator::observer) emulator::observer->host_wrote(begin, bytes);
    if (kind != Memory::device) std::memset(begin, 0, bytes);
    if (!all.open && all.opened <= most_openings && all.buffers.size() <= most_closed)
        set_access(buffer, PROT_NONE);
    if (all.buffers.size() == most_closed + 1)
        for (const auto& [each, other] : all.buffers) set_access(other, PROT_READ | PROT_WRITE);
    return result(cudaSuccess);
}

cudaError_t allocate_pitch(void** memory, std::size_t* pitch, std::size_t width, std::size_t height,
                           Source where) {
    constexpr std::size_t unit = 512;  // what hardware rounds rows up to
    *pitch = (width + unit - 1) / unit * unit;
    return allocate(memory, *pitch * height, Memory::device, where);
}

namespace {

cudaError_t release(void* memory, Source where, const char* call, bool device) {
    if (!memory) return result(cudaSuccess);
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    const auto found = all.buffers.find(static_cast<const std::byte*>(memory));
    if (found == all.buffers.end() || found->second.kind == Memory::registered)
        return invalid(where, fmt::format("{}: {} was not allocated, or was released before", call, memory));
    if ((found->second.kind != Memory::pinned) != device)
        return invalid(where, fmt::format("{}: '{}' comes from {}", call, found->second.name,
                                          device ? "cudaMallocHost: release it with cudaFreeHost"
                                                 : "cudaMalloc: release it with cudaFree"));
    set_access(found->second, PROT_READ | PROT_WRITE);
    all.buffers.erase(found);
    cuda::release(memory);
    return result(cudaSuccess);
}

}  // namespace

void release_all() {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    for (const auto& [begin, buffer] : all.buffers) {
        set_access(buffer, PROT_READ | PROT_WRITE);
        cuda::release(buffer.begin);
    }
    all.buffers.clear();
}

cudaError_t copy(void* target, const void* source, std::size_t bytes, cudaMemcpyKind kind, Source where) {
    if (failure() != cudaSuccess || bytes == 0) return result(cudaSuccess);
    if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault)
        return refuse(cudaErrorInvalidMemcpyDirection, where,
                      fmt::format("a copy in direction {}", static_cast<int>(kind)));
    if (!target || !source)
        return invalid(where, fmt::format("a copy's {} is null", target ? "source" : "target"));
    const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    const bool known = kind != cudaMemcpyDefault;
    std::string wrong = wrong_with(target, bytes, "target", known ? &to_device : nullptr);
    if (wrong.empty()) wrong = wrong_with(source, bytes, "source", known ? &from_device : nullptr);
    if (!wrong.empty()) return invalid(where, "a copy cannot be: " + wrong);
    const OpenDevice open;
    std::memmove(target, source, bytes);
    if (emulator::observer) emulator::observer->host_wrote(target, bytes);
    return result(cudaSuccess);
}

cudaError_t copy_symbol(void* target, const void* source, std::size_t symbol_bytes, std::size_t bytes,
                        std::size_t offset, bool to_symbol, Source where) {
    if (failure() != cudaSuccess) return result(cudaSuccess);
    if (offset > symbol_bytes || bytes > symbol_bytes - offset)
        return invalid(where, fmt::format("{} bytes from byte {} on do not fit into a variable of {} bytes",
                                          bytes, offset, symbol_bytes));
    if (!target || !source) return invalid(where, "a copy's address is null");
    const OpenDevice open;
    auto* to = static_cast<std::byte*>(target) + (to_symbol ? offset : 0);
    std::memmove(to, static_cast<const std::byte*>(source) + (to_symbol ? 0 : offset), bytes);
    if (emulator::observer) emulator::observer->host_wrote(to, bytes);
    return result(cudaSuccess);
}

namespace {

cudaError_t set(void* memory, int value, std::size_t bytes, Source where) {
    if (failure() != cudaSuccess || bytes == 0) return result(cudaSuccess);
    const bool device = true;
    const std::string wrong = wrong_with(memory, bytes, "target", &device);
    if (!memory || !wrong.empty())
        return invalid(where, "cudaMemset: " + (memory ? wrong : std::string("its target is null")));
    const OpenDevice open;
    std::memset(memory, value, bytes);
    if (emulator::observer) emulator::observer->host_wrote(memory, bytes);
    return result(cudaSuccess);
}

}  // namespace

}  // namespace kbk::cuda::api

using namespace kbk::cuda::api;

cudaError_t cudaFree(void* memory, Source where) {
    return release(memory, where, "cudaFree", true);
}
cudaError_t cudaFreeAsync(void* memory, cudaStream_t, Source where) {
    return release(memory, where, "cudaFreeAsync", true);
}
cudaError_t cudaFreeHost(void* memory, Source where) {
    return release(memory, where, "cudaFreeHost", false);
}

cudaError_t cudaMalloc3D(cudaPitchedPtr* memory, cudaExtent extent, Source where) {
    *memory = {nullptr, 0, extent.width, extent.height};
    return allocate_pitch(&memory->ptr, &memory->pitch, extent.width, extent.height * extent.depth, where);
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
    // No more than the GPU that is played has, and no more than this machine can give.
    cudaDeviceProp device{};
    cudaGetDeviceProperties(&device, 0);
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    std::size_t used = 0;
    for (const auto& [begin, buffer] : all.buffers)
        if (buffer.kind == Memory::device || buffer.kind == Memory::managed) used += buffer.bytes;
    const std::size_t machine = machine_memory();
    *total = device.totalGlobalMem;
    *free = std::min(device.totalGlobalMem - std::min(used, device.totalGlobalMem), machine);
    return result(cudaSuccess);
}

cudaError_t cudaMemcpy(void* target, const void* source, std::size_t bytes, cudaMemcpyKind kind,
                       Source where) {
    return copy(target, source, bytes, kind, where);
}
cudaError_t cudaMemcpyAsync(void* target, const void* source, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t, Source where) {
    return copy(target, source, bytes, kind, where);
}
cudaError_t cudaMemcpyPeer(void* target, int, const void* source, int, std::size_t bytes, Source where) {
    return copy(target, source, bytes, cudaMemcpyDeviceToDevice, where);
}
cudaError_t cudaMemcpyPeerAsync(void* target, int, const void* source, int, std::size_t bytes, cudaStream_t,
                                Source where) {
    return copy(target, source, bytes, cudaMemcpyDeviceToDevice, where);
}

cudaError_t cudaMemcpy2D(void* target, std::size_t target_pitch, const void* source, std::size_t source_pitch,
                         std::size_t width, std::size_t height, cudaMemcpyKind kind, Source where) {
    if (width > target_pitch || width > source_pitch)
        return refuse(cudaErrorInvalidPitchValue, where,
                      fmt::format("rows of {} bytes do not fit into a pitch of {}", width,
                                  std::min(target_pitch, source_pitch)));
    for (std::size_t row = 0; row < height; ++row) {
        const cudaError_t status =
            copy(static_cast<std::byte*>(target) + row * target_pitch,
                 static_cast<const std::byte*>(source) + row * source_pitch, width, kind, where);
        if (status != cudaSuccess) return status;
    }
    return result(cudaSuccess);
}
cudaError_t cudaMemcpy2DAsync(void* target, std::size_t target_pitch, const void* source,
                              std::size_t source_pitch, std::size_t width, std::size_t height,
                              cudaMemcpyKind kind, cudaStream_t, Source where) {
    return cudaMemcpy2D(target, target_pitch, source, source_pitch, width, height, kind, where);
}

cudaError_t cudaMemset(void* memory, int value, std::size_t bytes, Source where) {
    return set(memory, value, bytes, where);
}
cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t, Source where) {
    return set(memory, value, bytes, where);
}
cudaError_t cudaMemset2D(void* memory, std::size_t pitch, int value, std::size_t width, std::size_t height,
                         Source where) {
    if (width > pitch)
        return refuse(cudaErrorInvalidPitchValue, where,
                      fmt::format("rows of {} bytes do not fit into a pitch of {}", width, pitch));
    for (std::size_t row = 0; row < height; ++row) {
        const cudaError_t status = set(static_cast<std::byte*>(memory) + row * pitch, value, width, where);
        if (status != cudaSuccess) return status;
    }
    return result(cudaSuccess);
}
cudaError_t cudaMemset2DAsync(void* memory, std::size_t pitch, int value, std::size_t width,
                              std::size_t height, cudaStream_t, Source where) {
    return cudaMemset2D(memory, pitch, value, width, height, where);
}

// A box of bytes is slices of `ysize` rows each.
cudaError_t cudaMemset3D(cudaPitchedPtr memory, int value, cudaExtent extent, Source where) {
    for (std::size_t z = 0; z < extent.depth; ++z) {
        auto* slice = static_cast<std::byte*>(memory.ptr) + z * memory.ysize * memory.pitch;
        const cudaError_t status = cudaMemset2D(slice, memory.pitch, value, extent.width, extent.height, where);
        if (status != cudaSuccess) return status;
    }
    return result(cudaSuccess);
}
cudaError_t cudaMemset3DAsync(cudaPitchedPtr memory, int value, cudaExtent extent, cudaStream_t, Source where) {
    return cudaMemset3D(memory, value, extent, where);
}
cudaError_t cudaMemcpy3D(const cudaMemcpy3DParms* copy, Source where) {
    const auto corner = [](const cudaPitchedPtr& box, const cudaPos& at, std::size_t z) {
        return static_cast<std::byte*>(box.ptr) + ((at.z + z) * box.ysize + at.y) * box.pitch + at.x;
    };
    for (std::size_t z = 0; z < copy->extent.depth; ++z) {
        const cudaError_t status =
            cudaMemcpy2D(corner(copy->dstPtr, copy->dstPos, z), copy->dstPtr.pitch,
                         corner(copy->srcPtr, copy->srcPos, z), copy->srcPtr.pitch, copy->extent.width,
                         copy->extent.height, copy->kind, where);
        if (status != cudaSuccess) return status;
    }
    return result(cudaSuccess);
}
cudaError_t cudaMemcpy3DAsync(const cudaMemcpy3DParms* copy, cudaStream_t, Source where) {
    return cudaMemcpy3D(copy, where);
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* memory) {
    const Buffer* buffer = buffer_at(memory);
    void* const address = const_cast<void*>(memory);
    *attributes = {cudaMemoryTypeUnregistered, -2, nullptr, nullptr};
    if (buffer && buffer->kind == Memory::device) *attributes = {cudaMemoryTypeDevice, 0, address, nullptr};
    if (buffer && (buffer->kind == Memory::pinned || buffer->kind == Memory::registered))
        *attributes = {cudaMemoryTypeHost, 0, address, address};
    if (buffer && buffer->kind == Memory::managed) *attributes = {cudaMemoryTypeManaged, 0, address, address};
    return result(cudaSuccess);
}

cudaError_t cudaHostGetFlags(unsigned* flags, void*) {
    *flags = cudaHostAllocMapped;
    return result(cudaSuccess);
}
cudaError_t cudaHostRegister(void* memory, std::size_t bytes, unsigned, Source where) {
    if (!memory || !bytes) return invalid(where, "cudaHostRegister: there is no memory to register");
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    if (buffer_at(memory)) return result(cudaErrorHostMemoryAlreadyRegistered);
    const std::string name = fmt::format("host memory registered at {}", place(where));
    kbk::cuda::emulator::lend(memory, bytes, name);
    if (kbk::cuda::emulator::observer) kbk::cuda::emulator::observer->host_wrote(memory, bytes);
    auto* begin = static_cast<std::byte*>(memory);
    all.buffers[begin] = {begin, bytes, Memory::registered, name};
    return result(cudaSuccess);
}
cudaError_t cudaHostUnregister(void* memory) {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    const auto found = all.buffers.find(static_cast<const std::byte*>(memory));
    if (found == all.buffers.end() || found->second.kind != Memory::registered)
        return result(cudaErrorHostMemoryNotRegistered);
    all.buffers.erase(found);
    kbk::cuda::release(memory);
    return result(cudaSuccess);
}

// All memory is at hand everywhere: there is nothing to bring nearer.
cudaError_t cudaMemPrefetchAsync(const void*, std::size_t, int, cudaStream_t) {
    return result(cudaSuccess);
}
cudaError_t cudaMemPrefetchAsync(const void*, std::size_t, cudaMemLocation, unsigned, cudaStream_t) {
    return result(cudaSuccess);
}
cudaError_t cudaMemAdvise(const void*, std::size_t, cudaMemoryAdvise, int) {
    return result(cudaSuccess);
}
cudaError_t cudaMemAdvise(const void*, std::size_t, cudaMemoryAdvise, cudaMemLocation) {
    return result(cudaSuccess);
}
cudaError_t cudaMemRangeGetAttribute(void* data, std::size_t data_bytes, cudaMemRangeAttribute, const void*,
                                     std::size_t) {
    std::memset(data, 0, data_bytes);
    return result(cudaSuccess);
}
cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int device) {
    *pool = nullptr;
    return result(device == 0 ? cudaSuccess : cudaErrorInvalidDevice);
}
cudaError_t cudaDeviceGetMemPool(cudaMemPool_t* pool, int device) {
    return cudaDeviceGetDefaultMemPool(pool, device);
}
cudaError_t cudaDeviceSetMemPool(int, cudaMemPool_t) {
    return result(cudaSuccess);
}
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) {
    return result(cudaSuccess);
}
cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t, cudaMemPoolAttr attribute, void* value) {
    const bool flag = attribute < cudaMemPoolAttrReleaseThreshold;
    std::memset(value, 0, flag ? sizeof(int) : sizeof(std::uint64_t));
    return result(cudaSuccess);
}
cudaError_t cudaMemPoolTrimTo(cudaMemPool_t, std::size_t) {
    return result(cudaSuccess);
}
cudaError_t cudaStreamAttachMemAsync(cudaStream_t, void*, std::size_t, unsigned) {
    return result(cudaSuccess);
}
