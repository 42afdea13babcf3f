#include "common/cuda/profiler/session.hpp"

#include <cstdlib>

#include "common/base/error.hpp"
#include "common/cuda/profiler/recorder.hpp"

namespace kbk::cuda::profiler {

namespace {

int every_nth_block() {
    const char* text = std::getenv("KBK_EMU_PROFILE_EVERY");
    if (!text || !*text) return 1;
    char* end = nullptr;
    const long n = std::strtol(text, &end, 10);
    require(*end == '\0' && n >= 1 && n <= 1'000'000,
            "KBK_EMU_PROFILE_EVERY is '{}'; it is a number from 1 to 1000000: every n-th block is profiled", text);
    return int(n);
}

}  // namespace

Session::Session(Options options) {
    require(!emulator::observer, "a profiler session is open already; one program has one at a time");
    if (options.every == 0) options.every = every_nth_block();
    require(options.every > 0, "every {}-th block cannot be profiled; give a number from 1", options.every);
    recorder_ = std::make_unique<Recorder>(options);
    Recorder::current = recorder_.get();
    emulator::observer = recorder_.get();
}

Session::~Session() {
    emulator::observer = nullptr;
    Recorder::current = nullptr;
}

const std::vector<Finding>& Session::findings() { return recorder_->findings(); }
const Profile& Session::profile() { return recorder_->profile(); }
void Session::name(const void* address, const std::string& name) { recorder_->rename(address, name); }
void Session::clear() { recorder_->clear(); }
std::size_t Session::peak_log_bytes() const { return recorder_->peak_log_bytes(); }

}  // namespace kbk::cuda::profiler
