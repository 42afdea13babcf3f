/// @file
/// Facts about the machine that a program runs on: a saved result is worth nothing without them.
#pragma once

#include <cstdint>
#include <string>

namespace kbk {

/// What a saved result records of its machine and its build.
struct Machine {
    std::string name;          ///< folder name of saved results: processor model and core count, never a host
    std::string cpu;           ///< processor as the system names it, with family and model
    int cores;                 ///< cores this process may run on
    std::string simd;          ///< vector instructions that the kernels were compiled for
    std::int64_t l1d, l2, l3;  ///< cache sizes in bytes (0: unknown)
    std::string compiler;      ///< compiler and version
    std::string flags;         ///< its flags
};

/// @return facts about this machine and this build
const Machine& machine();

}  // namespace kbk
