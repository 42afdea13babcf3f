/// @file
/// Says what Device::cuda is here. On a GPU, where every test of a CUDA rung runs on it, checks that memory makes the way
/// there and back; elsewhere the test is skipped, with the reason.
#include <fmt/core.h>

#include <cstring>
#include <vector>

#include "common/base/error.hpp"
#include "common/cuda/runtime.hpp"

int main() {
    namespace cuda = kbk::cuda;
    constexpr int skipped = 77;  // as ctest knows it (SKIP_RETURN_CODE)
    if (cuda::emulated()) {
        fmt::print("skipped: no GPU; CUDA kernels were tested in the emulator ({})\n", cuda::description());
        return skipped;
    }
    if (const std::string reason = cuda::unavailable(); !reason.empty()) {
        fmt::print("skipped: no GPU: {}; CUDA kernels were built for hardware but not run\n", reason);
        return skipped;
    }
    try {
        std::vector<unsigned char> there(1 << 20), back(there.size());
        for (std::size_t i = 0; i < there.size(); ++i) there[i] = static_cast<unsigned char>(i * 7 + i / 251);
        void* memory = cuda::allocate(there.size(), "round trip");
        cuda::copy(memory, there.data(), there.size());
        cuda::copy(back.data(), memory, back.size());
        kbk::require(back == there, "a megabyte did not come back from the GPU as it was sent");
        cuda::clear(memory, back.size());
        cuda::copy(back.data(), memory, back.size());
        kbk::require(back == std::vector<unsigned char>(back.size()), "the GPU's memory was not set to zero");
        cuda::release(memory);
    } catch (const kbk::Error& error) {
        fmt::print("{}\n", error.what());
        return 1;
    }
    fmt::print("CUDA kernels run on {}\n", cuda::description());
    return 0;
}
