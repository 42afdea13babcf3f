/// @file
/// From an address in the program to the line of the source that the reader wrote.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace kbk::cuda::profiler {

/// A line of a source file.
struct Line {
    std::string file;  ///< from the project's root where it lies in the project, else its path; "?" without debug data
    int number = 0;    ///< 0: not known

    auto operator<=>(const Line&) const = default;
    /// @return "kernels/matmul/naive.cu:12"
    [[nodiscard]] std::string text() const;
};

/// Looks addresses up in the program's debug data, with addr2line of the GNU binutils, which come with g++.
class SourceMap {
  public:
    /// Look up many addresses at once: starting addr2line takes far longer than an address.
    /// @param pcs return addresses, from the start of the program's image
    void prepare(const std::vector<std::uint32_t>& pcs);

    /// @param pc a return address @return the line of the call before it; of nested inline functions the innermost
    ///           that does not belong to the emulator
    const Line& line(std::uint32_t pc);

    /// @return the program's image: its first byte
    static const char* image_begin();

  private:
    std::unordered_map<std::uint32_t, Line> lines_;
};

/// @param path as compilers write it: absolute, or relative to a folder that may be gone
/// @return the same from the project's root, where the file lies in the project
std::string shown_path(const std::string& path);

/// @param line a line of the source @return its text without the spaces around it; empty when the file is not there
std::string source_text(const Line& line);

/// @param file as in Line @return all its lines; none when the file is not there
const std::vector<std::string>& source_lines(const std::string& file);

}  // namespace kbk::cuda::profiler
