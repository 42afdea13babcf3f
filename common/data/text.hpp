/// @file
/// Texts to learn from: found, read, cut into windows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/tensor/tensor.hpp"

namespace kbk {

/// @return the names that `load_text` knows
std::vector<std::string> text_sets();

/// Find a text (see find.hpp for the places) and read it.
/// @param name     one of `text_sets()`
/// @param data_dir what the user gave as --data; empty for none
/// @return its bytes
/// @throws Error for an unknown name (listing the known ones), and for a file that is missing, empty or
/// damaged
std::string load_text(std::string_view name, const std::filesystem::path& data_dir = {});

/// Read any text file, plain or gzipped.
/// @param path the file
/// @return its bytes
/// @throws Error naming the file, where it cannot be read, is empty, or holds more than 1 GiB
std::string read_text(const std::filesystem::path& path);

/// @param text any bytes
/// @return their CRC-32, as eight hexadecimal digits
std::string checksum(std::string_view text);

/// Where windows of a text begin: at random, the same for the same seed and step on every machine.
/// @param tokens  length of the text
/// @param time    tokens in a window
/// @param windows how many
/// @param seed    the user's seed
/// @param step    of the training
/// @return places from 0 to tokens - time - 1, so that each window's next token exists
/// @throws Error for a text that is too short
std::vector<std::int64_t> random_windows(std::int64_t tokens, std::int64_t time, std::int64_t windows,
                                         std::uint64_t seed, std::uint64_t step);

/// Cut windows out of a text, and the same windows one token later: what a model of the next token reads, and
/// what it should have said.
/// @param tokens the text
/// @param begins where windows begin
/// @param time   tokens in a window
/// @param x      becomes (windows, time) on the host
/// @param next   becomes (windows * time) on the host: the token behind each of x
/// @throws Error for a window that does not lie in the text with its next token
void cut_windows(std::span<const std::int32_t> tokens, std::span<const std::int64_t> begins,
                 std::int64_t time, Tensor<std::int32_t>& x, Tensor<std::int32_t>& next);

}  // namespace kbk
