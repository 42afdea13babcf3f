/// @file
/// The table of architectures.
#include "common/cuda/emulator/architecture.hpp"

#include <array>

#include "common/base/error.hpp"
#include "common/cuda/emulator/settings.hpp"

namespace kbk::cuda::emulator {

namespace {

constexpr std::size_t KiB = 1024;
constexpr std::array table{
    Architecture{"sm_75", "T4", 7, 5, 32, 16, 65536, 64 * KiB, 64 * KiB, 0},
    Architecture{"sm_80", "A100", 8, 0, 64, 32, 65536, 164 * KiB, 163 * KiB, 1 * KiB},
    Architecture{"sm_86", "RTX 3090", 8, 6, 48, 16, 65536, 100 * KiB, 99 * KiB, 1 * KiB},
    Architecture{"sm_89", "RTX 4090", 8, 9, 48, 24, 65536, 100 * KiB, 99 * KiB, 1 * KiB},
    Architecture{"sm_90", "H100", 9, 0, 64, 32, 65536, 228 * KiB, 227 * KiB, 1 * KiB},
};

}  // namespace

std::span<const Architecture> architectures() {
    return table;
}

const Architecture& architecture_named(std::string_view name) {
    for (const Architecture& each : table)
        if (each.name == name) return each;
    fail("unknown GPU architecture '{}'; choose sm_75, sm_80, sm_86, sm_89 or sm_90", name);
}

const Architecture& architecture() {
    return *settings().architecture;
}

}  // namespace kbk::cuda::emulator
