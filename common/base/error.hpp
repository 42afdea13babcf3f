/// @file
/// Errors that a reader can act on: what was wrong, where the limit lies, what to do.
#pragma once

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace kbk {

/// What every room throws. The message is one or two lines for the reader of the book: it names the offending
/// value, the limit it broke, and the remedy. Programs print it and exit with status 1 (common/app).
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Throw an Error with a formatted message.
/// @param format fmt format string, checked at compile time
/// @param args   its arguments
template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
    throw Error(fmt::format(format, std::forward<Args>(args)...));
}

/// Throw an Error unless a condition holds. The message is put together only when it does not.
/// @param condition what must hold
/// @param format    fmt format string, checked at compile time
/// @param args      its arguments
template <class... Args>
void require(bool condition, fmt::format_string<Args...> format, Args&&... args) {
    if (!condition) [[unlikely]]
        fail(format, std::forward<Args>(args)...);
}

}  // namespace kbk
