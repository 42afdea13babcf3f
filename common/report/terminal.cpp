#include "common/report/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "common/base/error.hpp"

namespace kbk {

namespace {

bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

// A stream in memory has no descriptor.
int descriptor(std::FILE* out) {
    return out ? ::fileno(out) : -1;
}

}  // namespace

bool is_terminal(std::FILE* out) {
    const char* term = std::getenv("TERM");
    return descriptor(out) >= 0 && ::isatty(descriptor(out)) && !(term && std::strcmp(term, "dumb") == 0);
}

bool has_colour(std::FILE* out) {
    const char* no_colour = std::getenv("NO_COLOR");
    return is_terminal(out) && !(no_colour && *no_colour);
}

int terminal_columns(std::FILE* out) {
    winsize size{};
    if (descriptor(out) < 0 || ::ioctl(descriptor(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

int columns_of(std::string_view text) {
    return static_cast<int>(
        std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string cut(std::string_view text, int columns) {
    if (columns_of(text) <= columns) return std::string(text);
    if (columns < 1) return "";
    std::size_t end = 0;
    for (int column = 0; column < columns; ++column)
        for (++end; end < text.size() && is_continuation(text[end]);) ++end;
    do --end;
    while (is_continuation(text[end]));
    return std::string(text.substr(0, end)) + "…";
}

std::string pad_right(std::string_view text, int columns) {
    return std::string(text) +
           std::string(static_cast<std::size_t>(std::max(0, columns - columns_of(text))), ' ');
}

std::string pad_left(std::string_view text, int columns) {
    return std::string(static_cast<std::size_t>(std::max(0, columns - columns_of(text))), ' ') +
           std::string(text);
}

void print_text(std::FILE* out, std::string_view text) {
    const bool written = std::fwrite(text.data(), 1, text.size(), out) == text.size();
    require(written, "cannot write the output: {}", std::strerror(errno));
}

}  // namespace kbk
