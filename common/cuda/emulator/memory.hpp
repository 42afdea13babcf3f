/// @file
/// Device memory: each buffer has a mapping of its own and ends at a page that must not be touched.
#pragma once

#include <cstddef>
#include <string>

namespace kbk::cuda::emulator {

/// Report a buffer whose slack, the few bytes between its end and the guard page, was written though nobody
/// owns it.
/// @return the mistake in words; empty when there is none. Each damage is reported once.
std::string damaged_slack();

/// Let kernels use memory of the host, until it is given to `cuda::release`, which leaves it as it is.
/// @param memory at least `bytes` bytes @param bytes how many @param name what messages call it
void lend(void* memory, std::size_t bytes, const std::string& name);

/// @return whether an address lies in device memory, living or released, or in the guard pages around it
bool is_device_address(const void* address);

/// The part of `describe` that concerns device memory.
/// @return where an address lies in, before or after a buffer, living or released; empty: in none
std::string describe_global(const void* address);

}  // namespace kbk::cuda::emulator
