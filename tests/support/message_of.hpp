/// @file
/// What an error says: tests read the words that a reader would see.
#pragma once

#include <functional>
#include <string>

#include "common/base/error.hpp"

namespace kbk::test {

/// @param call what should throw
/// @return the message of the Error that it throws; "no error" when it throws none
inline std::string message_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace kbk::test
