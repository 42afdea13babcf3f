/// @file
/// From addresses in the program to lines of its source.
#include "common/cuda/profiler/source_map.hpp"

#include <fmt/format.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <utility>

namespace kbk::cuda::profiler {

namespace fs = std::filesystem;

namespace {

/// Lines that a command prints; none when it cannot be run.
std::vector<std::string> output_of(const std::string& command) {
    std::vector<std::string> lines;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), &::pclose);
    if (!pipe) return lines;
    std::string line;
    for (int c; (c = std::fgetc(pipe.get())) != EOF;) {
        if (c == '\n')
            lines.push_back(std::exchange(line, ""));
        else
            line += static_cast<char>(c);
    }
    return lines;
}

/// "/path/file.cu:12 (discriminator 3)" as a Line.
Line parse(const std::string& text) {
    const auto colon = text.rfind(':');
    Line line{"?", 0};
    if (colon == std::string::npos || text.starts_with("?")) return line;
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), line.number);
    line.file = shown_path(text.substr(0, colon));
    return line;
}

/// Whether a line is the emulator's, or the compiler's own headers': not what the reader wrote.
bool is_machinery(const Line& line) {
    return line.file.starts_with("common/cuda/") || line.file.starts_with("/usr/");
}

}  // namespace

std::string Line::text() const { return fmt::format("{}:{}", file, number); }

std::string shown_path(const std::string& path) {
    static std::map<std::string, std::string> known;
    auto [entry, is_new] = known.try_emplace(path, path);
    if (!is_new) return entry->second;

    const fs::path root = KBK_SOURCE;
    std::error_code ignored;
    const fs::path clean = fs::path(path).lexically_normal();
    const fs::path inside = clean.lexically_relative(root);
    if (clean.is_absolute() && !inside.empty() && *inside.begin() != "..") return entry->second = inside.string();

    // A compiler's cache may name a folder that is not this one: take the longest end of the path that exists here.
    if (!fs::exists(clean, ignored) || clean.is_relative()) {
        fs::path end;
        std::vector<fs::path> parts(clean.begin(), clean.end());
        for (auto first = parts.begin(); first != parts.end(); ++first) {
            end.clear();
            for (auto part = first; part != parts.end(); ++part) end /= *part;
            if (end.is_relative() && *end.begin() != ".." && fs::is_regular_file(root / end, ignored))
                return entry->second = end.string();
        }
    }
    return entry->second = clean.string();
}

const char* SourceMap::image_begin() {
    // The program itself is the first object that the loader lists.
    static const char* const begin = [] {
        const char* address = nullptr;
        ::dl_iterate_phdr(
            [](dl_phdr_info* info, std::size_t, void* result) {
                *static_cast<const char**>(result) = reinterpret_cast<const char*>(info->dlpi_addr);
                return 1;
            },
            &address);
        return address;
    }();
    return begin;
}

void SourceMap::prepare(const std::vector<std::uint32_t>& pcs) {
    std::vector<std::uint32_t> wanted;
    for (const std::uint32_t pc : pcs)
        if (!lines_.contains(pc)) wanted.push_back(pc);
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());

    // A return address is one past the call: ask for the byte before it. The answer is the address itself, then the
    // chain of inlined functions, innermost first.
    constexpr std::size_t at_once = 1000;
    for (std::size_t begin = 0; begin < wanted.size(); begin += at_once) {
        std::string command = fmt::format("addr2line -a -i -e /proc/{}/exe", ::getpid());
        const std::size_t end = std::min(begin + at_once, wanted.size());
        for (std::size_t i = begin; i < end; ++i) command += fmt::format(" {:x}", wanted[i] - 1);
        Line* line = nullptr;
        std::size_t next = begin;
        for (const std::string& text : output_of(command + " 2>/dev/null")) {
            if (text.starts_with("0x") && next < end) {
                line = &lines_[wanted[next++]];
                *line = {"?", 0};
            } else if (line) {
                Line found = parse(text);
                if (line->number == 0 || is_machinery(*line)) *line = std::move(found);
            }
        }
        for (; next < end; ++next) lines_[wanted[next]] = {"?", 0};
    }
}

const Line& SourceMap::line(std::uint32_t pc) {
    if (!lines_.contains(pc)) prepare({pc});
    return lines_[pc];
}

const std::vector<std::string>& source_lines(const std::string& file) {
    static std::map<std::string, std::vector<std::string>> files;
    auto [entry, is_new] = files.try_emplace(file);
    if (is_new) {
        const fs::path path = fs::path(file).is_absolute() ? fs::path(file) : fs::path(KBK_SOURCE) / file;
        std::ifstream in(path);
        for (std::string line; std::getline(in, line);) entry->second.push_back(line);
    }
    return entry->second;
}

std::string source_text(const Line& line) {
    const auto& lines = source_lines(line.file);
    if (line.number < 1 || std::size_t(line.number) > lines.size()) return "";
    const std::string& text = lines[std::size_t(line.number) - 1];
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string::npos) return "";
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace kbk::cuda::profiler
