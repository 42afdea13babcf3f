/// @file
/// How far a loop has come, and how long it will still take.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace kbk {

/// One line that tells how far a loop has come. On a terminal it is drawn again at most ten times a second,
/// and taken away at the end. Elsewhere (a file, a pipe) a plain line appears for each quarter, once two
/// seconds have passed: short loops leave nothing behind.
///
///     Progress progress("epoch 3/15", batches);
///     for (...) { ...; progress.advance(1, fmt::format("loss {:.3f}", loss)); }
///     progress.finish("epoch 3/15: loss 0.312");
class Progress {
  public:
    /// @param label what runs, shown first
    /// @param total number of steps
    /// @param out   where to; the standard output unless given
    Progress(std::string_view label, std::int64_t total, std::FILE* out = stdout);

    /// Takes the line away.
    ~Progress() { clear(); }

    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Count steps. Costs a look at the clock, except where a line is due.
    /// @param steps  how many were made
    /// @param suffix shown last, such as "loss 0.312"
    void advance(std::int64_t steps = 1, std::string_view suffix = {});

    /// Take the line away.
    /// @param summary a line to leave in its place; none if empty
    void finish(std::string_view summary = {});

  private:
    using Clock = std::chrono::steady_clock;

    void draw(Clock::time_point now, std::string_view suffix);
    void print_quarter(Clock::time_point now, std::string_view suffix);
    void clear();

    std::string label_;
    std::int64_t total_;
    std::int64_t done_ = 0;
    std::FILE* out_;
    bool terminal_;
    bool colour_;
    int quarter_ = 0;  // the last quarter that a plain line was due for
    int drawn_ = 0;    // columns of the line now on the screen
    Clock::time_point start_, next_;
};

}  // namespace kbk
