/// @file
/// Files that are either the old one or the new one, never half of one.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace kbk {

/// Replace a file's contents as one step: write a temporary file beside it, flush it to the disk, rename it.
/// A crash at any moment leaves the old file or the new one. Folders are made as needed.
/// @param path     the file
/// @param contents its new bytes
/// @throws Error naming the file and the system's reason (a full disk, a missing permission)
void write_file(const std::filesystem::path& path, std::string_view contents);

/// @param path a file
/// @return all its bytes
/// @throws Error naming the file and the system's reason
std::string read_file(const std::filesystem::path& path);

/// @return $XDG_CACHE_HOME/kernel-by-kernel, or ~/.cache/kernel-by-kernel, or a folder under /tmp without a
/// home
std::filesystem::path cache_folder();

}  // namespace kbk
