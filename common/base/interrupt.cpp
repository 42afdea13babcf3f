#include "common/base/interrupt.hpp"

#include <csignal>

namespace kbk {

namespace {

volatile std::sig_atomic_t stop_requested = 0;

void request_stop(int) {
    stop_requested = 1;
}

}  // namespace

void catch_interrupts() {
    struct sigaction action {};
    action.sa_handler = request_stop;
    // Restore the default after the first signal, so that a second one ends the process.
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() {
    return stop_requested != 0;
}

}  // namespace kbk
