/// @file
/// Ctrl-C as a request: long loops ask for it between steps, save what they have, and stop.
#pragma once

#include <stdexcept>
#include <string>

namespace kbk {

/// Thrown by a loop that stopped because it was asked to; the message says what was saved and where.
class Interrupted : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// From now on, the first Ctrl-C (SIGINT) or SIGTERM only sets a flag; a second one ends the process at once.
void catch_interrupts();

/// @return whether the process was asked to stop
bool interrupted();

}  // namespace kbk
