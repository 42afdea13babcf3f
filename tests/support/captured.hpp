/// @file
/// What a test's code writes to the standard error.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace kbk::test {

/// Catches the standard error from its construction until `text` or the end of its scope.
class CapturedStderr {
  public:
    CapturedStderr() : file_(std::tmpfile()), before_(::fcntl(2, F_DUPFD_CLOEXEC, 3)) {
        std::fflush(stderr);
        ::dup2(::fileno(file_), 2);
    }
    ~CapturedStderr() {
        restore();
        std::fclose(file_);
    }
    CapturedStderr(const CapturedStderr&) = delete;
    CapturedStderr& operator=(const CapturedStderr&) = delete;

    /// @return what was written so far; nothing more is caught
    std::string text() {
        restore();
        std::string out;
        std::rewind(file_);
        for (int c; (c = std::fgetc(file_)) != EOF;) out += static_cast<char>(c);
        return out;
    }

  private:
    void restore() {
        if (before_ < 0) return;
        std::fflush(stderr);
        ::dup2(before_, 2);
        ::close(before_);
        before_ = -1;
    }

    std::FILE* file_;
    int before_;  // a copy of the real standard error; -1 once restored
};

}  // namespace kbk::test
