/// @file
/// What nvcc says of each kernel: registers, spills, static shared memory. It is committed as data, so that machines
/// without nvcc can tell the occupancy.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace kbk::profile {

/// One kernel, compiled for one architecture.
struct Resources {
    int registers;            ///< of a thread
    int spill_bytes;          ///< stored to and loaded from local memory for want of registers
    int shared_bytes;         ///< static shared memory of a block
};

/// @param name of a kernel, as nvcc's tools or the emulator spell it
/// @return the same for both: without result, parameters and anonymous namespaces
std::string plain_kernel_name(std::string_view name);

/// All kernels' resources: plain name -> architecture -> resources.
using ResourceTable = std::map<std::string, std::map<std::string, Resources>>;

/// @param path benchmarks/results/cuda/resources.json @return what it holds
/// @throws Error when it cannot be read
ResourceTable read_resources(const std::filesystem::path& path);

}  // namespace kbk::profile
