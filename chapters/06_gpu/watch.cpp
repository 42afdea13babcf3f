#include "chapters/06_gpu/watch.hpp"

#include <algorithm>

#include "common/base/error.hpp"
#include "common/cuda/emulator/error.hpp"
#include "common/cuda/emulator/settings.hpp"

namespace kbk::lesson {

namespace {

// One line, without the double quotes that a value of a report may not have.
std::string on_one_line(std::string text) {
    std::ranges::replace(text, '"', '\'');
    std::ranges::replace(text, '\n', ' ');
    std::string line;
    for (const char c : text)
        if (c != ' ' || line.empty() || line.back() != ' ') line += c;
    return line;
}

}  // namespace

// [watch]
cuda::profiler::KernelProfile watch(const std::function<void()>& launch) {
    cuda::profiler::Session session;
    launch();
    for (const auto& finding : session.findings()) throw Error(finding.message);
    return session.profile().kernels.at(0);
}
// [watch]

std::string mistake_in(const std::function<void()>& launch, bool reverse) {
    cuda::profiler::Session session(cuda::profiler::Mode::check);
    auto& settings = cuda::emulator::settings();
    const bool before = settings.reverse;
    settings.reverse = reverse;
    std::string message;
    try {
        launch();
    } catch (const cuda::KernelError& error) {
        message = error.what();
        // Name files as the checker does, from the project's root.
        const std::string file = error.place().file, shown = cuda::profiler::shown_path(file);
        const std::string root = file.substr(0, file.size() - shown.size());
        for (auto at = message.find(root); !root.empty() && at != message.npos; at = message.find(root))
            message.erase(at, root.size());
    }
    settings.reverse = before;
    // What the profiler saw names more than what the kernel died of.
    if (!session.findings().empty()) message = session.findings().front().message;
    return on_one_line(message);
}

}  // namespace kbk::lesson
