#include "common/base/error.hpp"
#include "tests/support/cuda_run.hpp"

namespace kbk::test {

bool checked_cuda() {
    return false;
}

std::string run_on_cuda(const std::function<std::string()>& test) {
    try {
        return test();
    } catch (const Error& error) {
        return error.what();
    }
}

}  // namespace kbk::test
