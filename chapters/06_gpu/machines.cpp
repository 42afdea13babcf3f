#include "chapters/06_gpu/machines.hpp"

#include <algorithm>

#include "common/base/error.hpp"
#include "common/cuda/emulator/architecture.hpp"
#include "common/cuda/profiler/roofline.hpp"

namespace kbk::lesson {

namespace {

std::vector<Machine> make_machines() {
    // A core of the generation Zen 4 does 32 operations in a cycle (two multiply-adds of 8 numbers). AMD's
    // product pages give 4.5 GHz as base clock of the one, 3.55 GHz for all cores of the other, and their
    // memories: two channels of DDR5-5200, twelve of DDR5-4800.
    std::vector<Machine> list = {
        {"ryzen", "AMD Ryzen 9 7950X", 16, 2, 16 * 32 * 4.5, 83.2},
        {"epyc", "AMD EPYC 9654", 96, 2, 96 * 32 * 3.55, 460.8},
    };
    const char* keys[] = {"t4", "a100", "rtx4090", "h100"};
    for (std::size_t i = 0; const auto& gpu : cuda::profiler::gpus()) {
        const auto& architecture = cuda::emulator::architecture_named(gpu.architecture);
        list.push_back({keys[i++], "NVIDIA " + std::string(gpu.name), gpu.multiprocessors,
                        architecture.warps_per_sm * 32, gpu.fp32_flops * 1e-9, gpu.bytes_per_second * 1e-9});
    }
    return list;
}

}  // namespace

const std::vector<Machine>& machines() {
    static const std::vector<Machine> list = make_machines();
    return list;
}

const Machine& machine(const std::string& key) {
    const auto found = std::ranges::find(machines(), key, &Machine::key);
    require(found != machines().end(), "no machine is called '{}'", key);
    return *found;
}

}  // namespace kbk::lesson
