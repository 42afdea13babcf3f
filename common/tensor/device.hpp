/// @file
/// Where memory lies and kernels run.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kbk {

/// The two kinds of device that kernels are written for.
enum class Device {
    cpu,  ///< the host
    cuda  ///< an NVIDIA GPU, or its emulation
};

/// @return "cpu" or "cuda"
std::string_view name(Device device);

/// @param text "cpu" or "cuda"
/// @return the device of that name
/// @throws Error naming the text and the choices
Device parse_device(std::string_view text);

/// @return why the device cannot be used here, in one clause; empty when it can
std::string unavailable(Device device);

/// Bytes of device memory, aligned to 64 bytes; contents undefined.
/// @throws Error when the device cannot be used, or its memory is exhausted (naming the size)
std::byte* allocate(Device device, std::size_t bytes);

/// Give back what `allocate` returned. @param device its device @param memory its address, or null
void release(Device device, std::byte* memory) noexcept;

/// Copy bytes between any two devices; the regions do not overlap.
void copy(Device to, void* target, Device from, const void* source, std::size_t bytes);

/// Set bytes to zero. @param device its device @param memory its address @param bytes how many
void clear(Device device, void* memory, std::size_t bytes);

/// @return how many times `allocate` was called in this process: a training step must not change it
std::size_t allocations();

}  // namespace kbk
