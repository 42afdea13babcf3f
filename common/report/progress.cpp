#include "common/report/progress.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "common/report/terminal.hpp"

namespace kbk {

namespace {

using namespace std::chrono_literals;
constexpr auto redraw_interval = 100ms;
constexpr auto quiet_time = 2s;  // a loop shorter than this prints nothing where lines stay
constexpr int bar_columns = 24;

// 0:07, 12:05, 1:02:03
std::string clock_time(double seconds) {
    const auto t = static_cast<std::int64_t>(seconds + 0.5);
    if (t < 3600) return fmt::format("{}:{:02}", t / 60, t % 60);
    return fmt::format("{}:{:02}:{:02}", t / 3600, t % 3600 / 60, t % 60);
}

double seconds_between(std::chrono::steady_clock::time_point a, std::chrono::steady_clock::time_point b) {
    return std::chrono::duration<double>(b - a).count();
}

}  // namespace

Progress::Progress(std::string_view label, std::int64_t total, std::FILE* out)
    : label_(label),
      total_(std::max<std::int64_t>(1, total)),
      out_(out),
      terminal_(is_terminal(out)),
      colour_(has_colour(out)),
      start_(Clock::now()),
      next_(start_ + (terminal_ ? redraw_interval : Clock::duration(quiet_time))) {}

void Progress::advance(std::int64_t steps, std::string_view suffix) {
    done_ = std::min(total_, done_ + steps);
    const auto now = Clock::now();
    if (now < next_) return;
    if (terminal_) {
        next_ = now + redraw_interval;
        draw(now, suffix);
    } else {
        print_quarter(now, suffix);
    }
}

void Progress::draw(Clock::time_point now, std::string_view suffix) {
    const double share = static_cast<double>(done_) / static_cast<double>(total_);
    const double elapsed = seconds_between(start_, now);
    const std::string left = done_ > 0 ? clock_time(elapsed * (1 - share) / share) : "?";
    const std::string times = fmt::format(" {:3.0f} %  {}, {} left", 100 * share, clock_time(elapsed), left);

    // Fill what the terminal leaves between label, times and suffix with the bar; give the suffix up first.
    const int columns = terminal_columns(out_) - 1;
    const std::string label = cut(label_, std::max(8, columns / 3));
    const int bar = std::min(bar_columns, columns - columns_of(label) - 1 - columns_of(times));
    std::string full, rest;
    if (bar >= 4) {
        // A heavy line up to here, in half characters.
        const int halves = static_cast<int>(share * 2 * bar);
        for (int i = 0; i < bar; ++i) {
            if (2 * i + 1 < halves)
                full += "━";
            else if (2 * i < halves)
                full += "╸";
            else
                rest += "─";
        }
    }
    const int room = columns - columns_of(label) - 1 - std::max(0, bar) - columns_of(times) - 2;
    const std::string tail = room >= 6 && !suffix.empty() ? "  " + cut(suffix, room) : "";

    int width =
        columns_of(label) + 1 + columns_of(full) + columns_of(rest) + columns_of(times) + columns_of(tail);
    const std::string erase(static_cast<std::size_t>(std::max(0, drawn_ - width)), ' ');
    drawn_ = width;
    if (colour_) full = "\033[32m" + full + "\033[0m", rest = "\033[2m" + rest + "\033[0m";
    print_text(out_, "\r" + label + " " + full + rest + times + tail + erase);
    std::fflush(out_);
}

void Progress::print_quarter(Clock::time_point now, std::string_view suffix) {
    const int quarter = static_cast<int>(4 * done_ / total_);
    if (quarter <= quarter_) return;
    quarter_ = quarter;
    const double elapsed = seconds_between(start_, now);
    const double left = elapsed * static_cast<double>(total_ - done_) / static_cast<double>(done_);
    print_text(out_, fmt::format("{} {:3.0f} %  {}, {} left{}{}\n", label_,
                                 100.0 * static_cast<double>(done_) / static_cast<double>(total_),
                                 clock_time(elapsed), clock_time(left), suffix.empty() ? "" : "  ", suffix));
    std::fflush(out_);
}

void Progress::clear() {
    if (drawn_ == 0) return;
    // Not print_text: a destructor must not throw, and nothing of worth is lost.
    const std::string blank = fmt::format("\r{:{}}\r", "", drawn_);
    std::fwrite(blank.data(), 1, blank.size(), out_);
    std::fflush(out_);
    drawn_ = 0;
}

void Progress::finish(std::string_view summary) {
    clear();
    if (!summary.empty()) print_text(out_, fmt::format("{}\n", summary));
}

}  // namespace kbk
