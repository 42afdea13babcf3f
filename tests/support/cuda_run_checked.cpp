#include <fmt/format.h>

#include "common/base/error.hpp"
#include "common/cuda/emulator/settings.hpp"
#include "common/cuda/profiler/session.hpp"
#include "tests/support/cuda_run.hpp"

namespace kbk::test {

bool checked_cuda() {
    return true;
}

std::string run_on_cuda(const std::function<std::string()>& test) {
    const bool before = cuda::emulator::settings().reverse;
    std::string wrong;
    for (const bool reverse : {false, true}) {
        if (!wrong.empty()) break;
        cuda::emulator::settings().reverse = reverse;
        cuda::profiler::Session session(cuda::profiler::Mode::check);
        try {
            wrong = test();
        } catch (const Error& error) {
            wrong = error.what();
        }
        if (wrong.empty() && !session.findings().empty()) wrong = session.findings().front().message;
        if (!wrong.empty() && reverse) wrong += "\n(threads run from the last to the first)";
    }
    cuda::emulator::settings().reverse = before;
    return wrong;
}

}  // namespace kbk::test
