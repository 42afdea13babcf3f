#include "common/data/contents.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <string_view>

#include "common/base/error.hpp"
#include "common/base/file.hpp"

namespace kbk {

namespace fs = std::filesystem;

namespace {

// What the last eight bytes of a gzip file say of its contents: CRC-32, and length modulo 2^32.
struct Stamp {
    std::uint32_t crc = 0, size = 0;
    bool operator==(const Stamp&) const = default;
};

Stamp stamp_of(const Tensor<std::uint8_t>& bytes) {
    return {static_cast<std::uint32_t>(crc32_z(0, bytes.data(), std::size_t(bytes.size()))),
            static_cast<std::uint32_t>(bytes.size())};
}

// Both ends of a file: whether it begins as gzip does, and its stamp. A file cut short has a stamp that does
// not fit, or none.
struct Ends {
    bool gzip = false;
    Stamp stamp = {};
};

Ends ends_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (in.get() != 0x1f || in.get() != 0x8b) return {};
    std::array<unsigned char, 8> end{};
    in.seekg(-std::streamoff(end.size()), std::ios::end);
    in.read(reinterpret_cast<char*>(end.data()), end.size());
    const auto little_endian = [&](int at) {
        return std::uint32_t{end[at]} | std::uint32_t{end[at + 1]} << 8 | std::uint32_t{end[at + 2]} << 16 |
               std::uint32_t{end[at + 3]} << 24;
    };
    return {true, {little_endian(0), little_endian(4)}};
}

// A cached file is named by the stamp of its contents, and by the size of its source: two gzip files in a row
// are one, too, but only the last has its stamp at the end. So a changed source looks for another name, and a
// damaged entry does not fit its own.
fs::path cache_entry(Stamp stamp, std::int64_t file_size) {
    return cache_folder() / "decompressed" / fmt::format("{:08x}-{}-{}", stamp.crc, stamp.size, file_size);
}

// Read a cached file. Return false if there is none, or it is damaged.
bool read_cached(const fs::path& entry, Stamp stamp, Tensor<std::uint8_t>& bytes) {
    std::error_code error;
    if (fs::file_size(entry, error) != stamp.size || error) return false;
    bytes.resize({stamp.size});
    std::ifstream in(entry, std::ios::binary);
    in.read(reinterpret_cast<char*>(bytes.data()), bytes.size());
    return in && stamp_of(bytes) == stamp;
}

// Keep decompressed bytes for the next time. A cache is a convenience: a full disk or a folder that cannot be
// written must not stop a training.
void write_cached(const fs::path& entry, const Tensor<std::uint8_t>& bytes) {
    try {
        write_file(entry, {reinterpret_cast<const char*>(bytes.data()), std::size_t(bytes.size())});
    } catch (const Error&) {
    }
}

}  // namespace

Tensor<std::uint8_t> read_contents(const fs::path& path, std::int64_t limit) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    require(status.type() != fs::file_type::none, "cannot read {}: {}", path.string(), error.message());
    require(status.type() != fs::file_type::not_found, "cannot read {}: no such file", path.string());
    require(status.type() == fs::file_type::regular, "cannot read {}: it is a {}, not a file", path.string(),
            fs::is_directory(status) ? "folder" : "device or pipe");
    const auto file_size = static_cast<std::int64_t>(fs::file_size(path, error));
    require(!error, "cannot read {}: {}", path.string(), error.message());

    // Take the cached file if all of its bytes are wanted.
    const auto [gzip, stamp] = ends_of(path);
    const bool cacheable = stamp.size > 0 && stamp.size < limit;
    const fs::path entry = cache_entry(stamp, file_size);
    Tensor<std::uint8_t> bytes;
    if (cacheable && read_cached(entry, stamp, bytes)) return bytes;

    // Make room for what the file can hold at most, whatever a caller read in its header: deflate, the method
    // of gzip, makes a file at most 1032 times smaller.
    constexpr std::int64_t largest_ratio = 1032;
    const std::int64_t room = std::min(limit, file_size * (gzip ? largest_ratio : 1));
    bytes.resize({room});

    // Read until the room is full or the file ends. zlib checks the CRC at the end of a gzip file.
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
    require(file != nullptr, "cannot read {}: {}", path.string(), std::strerror(errno));
    gzbuffer(file.get(), 1 << 16);
    std::int64_t count = 0;
    while (count < room) {
        const auto piece = static_cast<unsigned>(std::min<std::int64_t>(room - count, 1 << 24));
        const int got = gzread(file.get(), bytes.data() + count, piece);
        if (got <= 0) break;
        count += got;
    }
    int code = Z_OK;
    gzerror(file.get(), &code);
    require(code != Z_ERRNO, "cannot read {}: {}", path.string(), std::strerror(errno));
    require(code != Z_BUF_ERROR, "{} is cut off: its gzip data end too early", path.string());
    require(code == Z_OK || code == Z_STREAM_END, "{} is damaged: its gzip data do not fit their checksum",
            path.string());
    bytes.resize({count});

    if (cacheable && stamp_of(bytes) == stamp) write_cached(entry, bytes);
    return bytes;
}

}  // namespace kbk
