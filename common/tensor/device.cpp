#include "common/tensor/device.hpp"

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "common/base/error.hpp"
#include "common/cuda/runtime.hpp"

namespace kbk {

namespace {

constexpr std::size_t alignment = 64;  // a cache line, and the widest vector
std::atomic<std::size_t> allocation_count{0};

void require_available(Device device) {
    const std::string reason = unavailable(device);
    require(reason.empty(), "device {} cannot be used: {}", name(device), reason);
}

}  // namespace

std::string_view name(Device device) {
    return device == Device::cpu ? "cpu" : "cuda";
}

Device parse_device(std::string_view text) {
    if (text == "cpu") return Device::cpu;
    require(text == "cuda", "unknown device '{}'; choose cpu or cuda", text);
    return Device::cuda;
}

std::string unavailable(Device device) {
    return device == Device::cpu ? "" : cuda::unavailable();
}

std::byte* allocate(Device device, std::size_t bytes) {
    require_available(device);
    ++allocation_count;
    if (device == Device::cuda) return static_cast<std::byte*>(cuda::allocate(bytes));
    const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    void* memory = std::aligned_alloc(alignment, rounded ? rounded : alignment);
    require(memory != nullptr, "out of memory: {} bytes asked for on device {}", bytes, name(device));
    return static_cast<std::byte*>(memory);
}

void release(Device device, std::byte* memory) noexcept {
    if (device == Device::cuda)
        cuda::release(memory);
    else
        std::free(memory);
}

void copy(Device to, void* target, Device from, const void* source, std::size_t bytes) {
    require_available(to);
    require_available(from);
    if (to == Device::cuda || from == Device::cuda)
        cuda::copy(target, source, bytes);
    else if (bytes)
        std::memcpy(target, source, bytes);
}

void clear(Device device, void* memory, std::size_t bytes) {
    require_available(device);
    if (device == Device::cuda)
        cuda::clear(memory, bytes);
    else if (bytes)
        std::memset(memory, 0, bytes);
}

std::size_t allocations() {
    return allocation_count;
}

}  // namespace kbk
