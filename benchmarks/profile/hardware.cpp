/// @file
/// Runs CUDA rungs once each on the GPU, on the problems that `./course profile` counts in the emulator: for NVIDIA's
/// Nsight Compute, whose hardware counters compare_hardware.py lays beside the emulator's.
///
///     ncu --csv --metrics ... profile_hardware matmul/cuda/shared --size 256 > counters.csv
#include <CLI/CLI.hpp>

#include <cstdio>

#include "benchmarks/profile/problems.hpp"
#include "common/base/error.hpp"
#include "common/cuda/runtime.hpp"

int main(int argc, char** argv) {
    using namespace kbk;
    std::vector<std::string> rungs;
    std::int64_t size = 0;
    CLI::App app("Run CUDA rungs once each, on hardware.");
    app.add_option("RUNG", rungs, "operations (matmul) or rungs (matmul/cuda/shared)")->required();
    app.add_option("--size", size, "rows and columns of the problem")->check(CLI::Range(1, 8192));
    CLI11_PARSE(app, argc, argv);
    try {
        require(cuda::unavailable().empty(), "no kernel can run here: {}", cuda::unavailable());
        require(!cuda::emulated(), "this build emulates CUDA; configure it with -DKBK_CUDA=nvcc on a machine with a GPU");
        for (const std::string& wanted : rungs) {
            const std::string operation = wanted.substr(0, wanted.find('/'));
            const bool all = wanted.find('/') == wanted.npos;
            for (const profile::Candidate& c : profile::candidates(operation, size)) {
                const std::string name = c.operation + "/cuda/" + c.rung;
                if ((!all && name != wanted) || !c.not_run.empty()) continue;
                fmt::print("== {}\n", name);
                std::fflush(stdout);
                c.run([](const void*, const char*) {});
            }
        }
        cuda::synchronize();
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "profile_hardware: {}\n", error.what());
        return 1;
    }
}
