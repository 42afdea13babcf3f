/// @file
/// The GPUs whose limits the emulator plays, and whose numbers the occupancy and the roofline are computed
/// from.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace kbk::cuda::emulator {

/// What one generation of GPUs offers to a block and to a multiprocessor (SM).
/// Source: CUDA C++ Programming Guide, "Compute Capabilities", technical specifications per compute
/// capability.
struct Architecture {
    std::string_view name;            ///< as nvcc spells it: "sm_80"
    std::string_view example;         ///< a GPU of this kind
    int major, minor;                 ///< compute capability
    int warps_per_sm;                 ///< resident warps
    int blocks_per_sm;                ///< resident blocks
    int registers_per_sm;             ///< 32-bit registers
    std::size_t shared_bytes_per_sm;  ///< shared memory of one SM
    std::size_t
        shared_bytes_per_block;         ///< most that one block may have, static and dynamic, after opting in
    std::size_t shared_bytes_reserved;  ///< what the system takes of each block's share
    int registers_per_thread = 255;     ///< most that the compiler may use
    int register_unit = 256;            ///< registers are given to warps in units of this many
    int threads_per_block = 1024;       ///< most threads in a block
    std::size_t static_shared_bytes =
        48 << 10;  ///< most static shared memory; also the dynamic limit before opting in
};

/// @return all architectures, oldest first
std::span<const Architecture> architectures();

/// @param name "sm_75", "sm_80", "sm_86", "sm_89" or "sm_90"
/// @return that architecture
/// @throws Error naming the choices
const Architecture& architecture_named(std::string_view name);

/// @return the architecture that the emulator plays now: Settings::architecture, at first $KBK_EMU_ARCH or
/// sm_80
const Architecture& architecture();

}  // namespace kbk::cuda::emulator
