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
/// @return the same for both: without result, parameters, namespaces and spaces
std::string plain_kernel_name(std::string_view name);

/// One kernel's resources by architecture: "sm_80" -> resources.
using ByArchitecture = std::map<std::string, Resources>;

/// All kernels' resources: source -> plain name -> resources.
using ResourceTable = std::map<std::string, std::map<std::string, ByArchitecture>>;

/// Kernels of different files may bear one name: look into the rung's own file first, then into the others of its folder.
/// @param table  all resources @param folder of kernels/, such as "bias" @param rung such as "tiled"
/// @param kernel its name, as the emulator spells it
/// @return its resources; none where nvcc was never asked
ByArchitecture find_resources(const ResourceTable& table, const std::string& folder, const std::string& rung,
                              std::string_view kernel);

/// @param path benchmarks/results/cuda/resources.json @return what it holds
/// @throws Error when it cannot be read
ResourceTable read_resources(const std::filesystem::path& path);

}  // namespace kbk::profile
