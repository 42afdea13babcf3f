#include "common/base/interrupt.hpp"

#include <csignal>

namespace kbk {

namespace {

volatile std::sig_atomic_t stop_requested = 0;

// Ask to stop, and let the next signal of either kind end the process.
void request_stop(int) {
    stop_requested = 1;
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
}

}  // namespace

void catch_interrupts() {
    struct sigaction action {};
    action.sa_handler = request_stop;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() {
    return stop_requested != 0;
}

}  // namespace kbk
