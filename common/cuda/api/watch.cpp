/// @file
/// What course emulate adds with its options check and profile: watch the program from its first launch to its end,
/// then report.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#include <fmt/core.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>

#include "common/cuda/api/state.hpp"
#include "common/cuda/profiler/report.hpp"
#include "common/cuda/profiler/session.hpp"

/// The name by which the linker is told to take this file in.
extern "C" {
extern int kbk_cuda_api_watch;
int kbk_cuda_api_watch = 0;
}

namespace kbk::cuda::api {

namespace {

profiler::Session* session = nullptr;
bool check = false, profile = false;

/// @return whether the program made a mistake
bool report() {
    const auto& findings = session->findings();
    if (check) {
        for (const profiler::Finding& finding : findings)
            fmt::print(stderr, "{}{}\n", finding.message,
                       finding.count > 1 ? fmt::format("\n    {} times in all", finding.count) : "");
        fmt::print(stderr, "check: {}\n",
                   findings.empty()
                       ? failure() == cudaSuccess ? "no mistakes found" : "nothing beside the mistake that ended the kernel"
                       : fmt::format("{} mistake{} found", findings.size(), findings.size() == 1 ? "" : "s"));
    }
    if (profile)
        for (const profiler::KernelProfile& kernel : session->profile().kernels)
            fmt::print(stderr, "\n{}", profiler::text_of(kernel));
    if (const char* file = std::getenv("KBK_EMU_PROFILE_JSON")) {
        nlohmann::ordered_json all = nlohmann::ordered_json::array();
        for (const profiler::KernelProfile& kernel : session->profile().kernels)
            all.push_back(profiler::json_of(kernel));
        std::ofstream(file) << all.dump(1) << "\n";
    }
    return check && !findings.empty();
}

const bool watching = [] {
    const char* text = std::getenv("KBK_EMU_WATCH");
    const std::string_view wanted = text ? text : "check";
    check = wanted.find("check") != wanted.npos;
    profile = wanted.find("profile") != wanted.npos;
    using profiler::Mode;
    session = new profiler::Session(check && profile ? Mode::profile : profile ? Mode::count : Mode::check);
    report_at_exit = report;
    return true;
}();

}  // namespace

}  // namespace kbk::cuda::api

/// @endcond
