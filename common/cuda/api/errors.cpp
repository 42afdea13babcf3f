/// @file
/// Errors of the runtime API: the last one, which a program asks for, and that of a failed kernel, which
/// stays.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "common/cuda/api/state.hpp"

namespace kbk::cuda::api {

namespace {

// CUDA keeps the last error for each host thread, and a kernel's failure for the whole process.
thread_local cudaError_t last_error = cudaSuccess;
std::mutex mutex;
cudaError_t failed = cudaSuccess;
bool ever_failed = false;

/// Make the program's exit status say that a kernel failed, where the program itself does not.
void at_exit(int status, void*) {
    std::fflush(nullptr);
    const bool mistaken = report_at_exit && report_at_exit();
    if (status != 0 || !(ever_failed || mistaken)) return;
    std::fflush(nullptr);
    std::_Exit(1);
}

const bool prepared = (on_exit(at_exit, nullptr), true);

}  // namespace

bool (*report_at_exit)() = nullptr;

cudaError_t result(cudaError_t status) {
    const cudaError_t answer = failure() != cudaSuccess ? failure() : status;
    if (answer != cudaSuccess) last_error = answer;
    return answer;
}

cudaError_t refuse(cudaError_t error, Source where, const std::string& what) {
    if (failure() == cudaSuccess)
        fmt::print(stderr, "{}: {} ({}: {})\n", place(where), what, cudaGetErrorName(error),
                   cudaGetErrorString(error));
    return result(error);
}

void kernel_failed(cudaError_t error) {
    const std::lock_guard lock(mutex);
    ever_failed = true;
    if (failed == cudaSuccess) failed = error;
    last_error = failed;
}

cudaError_t failure() {
    const std::lock_guard lock(mutex);
    return failed;
}

void forget_errors() {
    const std::lock_guard lock(mutex);
    failed = cudaSuccess;
    last_error = cudaSuccess;
}

std::string place(Source where) {
    const std::string file = where.file_name(), here = std::filesystem::current_path().string() + "/";
    return fmt::format("{}:{}", file.starts_with(here) ? file.substr(here.size()) : file, where.line());
}

}  // namespace kbk::cuda::api

using namespace kbk::cuda::api;

cudaError_t cudaGetLastError() {
    const cudaError_t error = cudaPeekAtLastError();
    last_error = cudaSuccess;  // a kernel's failure is not forgotten: it comes from the next call again
    return error;
}

cudaError_t cudaPeekAtLastError() {
    return failure() != cudaSuccess ? failure() : last_error;
}

const char* cudaGetErrorName(cudaError_t error) {
    switch (error) {
#define KBK_ERROR(name, number, text) \
    case name:                        \
        return #name;
#include "common/cuda/api/errors.def"
#undef KBK_ERROR
    }
    return "unrecognized error code";
}

const char* cudaGetErrorString(cudaError_t error) {
    switch (error) {
#define KBK_ERROR(name, number, text) \
    case name:                        \
        return text;
#include "common/cuda/api/errors.def"
#undef KBK_ERROR
    }
    return "unrecognized error code";
}
