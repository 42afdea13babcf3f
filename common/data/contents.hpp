/// @file
/// The bytes of a data file, whether it lies there plain or gzipped.
#pragma once

#include <cstdint>
#include <filesystem>

#include "common/tensor/tensor.hpp"

namespace kbk {

/// Read a file, decompressing it if its contents (whatever its name) are gzip. Decompressed files are kept in
/// the cache, in kernel-by-kernel/decompressed, and read from there the next time; without a cache that can
/// be written, everything works, but slower.
/// @param path  the file
/// @param limit read at most this many bytes: who expects n asks for n + 1, and sees whether more follow
/// @return (count) the bytes; fewer than `limit` if the file holds fewer
/// @throws Error naming the file, when it cannot be read or its gzip data are damaged or cut off
Tensor<std::uint8_t> read_contents(const std::filesystem::path& path, std::int64_t limit);

}  // namespace kbk
