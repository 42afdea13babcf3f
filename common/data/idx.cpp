#include "common/data/idx.hpp"

#include <array>
#include <span>
#include <string>

#include "common/base/error.hpp"
#include "common/data/contents.hpp"

namespace kbk {

Tensor<std::uint8_t> read_idx(const std::filesystem::path& path, int rank) {
    const std::string file = path.string();
    const std::int64_t header = 4 + 4 * rank;

    // Check the magic number: two zeros, the type, the rank.
    const Tensor<std::uint8_t> start = read_contents(path, header);
    const std::span<const std::uint8_t> head = start.values();
    constexpr std::uint8_t unsigned_byte = 8;
    require(!head.empty(), "{} is empty; expected an IDX file", file);
    require(head.size() >= 4, "{} is not an IDX file: it holds {} bytes, fewer than a header", file,
            head.size());
    require(head[0] == 0 && head[1] == 0,
            "{} is not an IDX file, plain or gzipped: expected it to begin with 00 00 {:02x} {:02x}, found "
            "{:02x} {:02x} {:02x} {:02x}",
            file, unsigned_byte, rank, head[0], head[1], head[2], head[3]);
    require(head[2] == unsigned_byte, "{} holds IDX values of type {:#04x}; expected {:#04x}, unsigned bytes",
            file, head[2], unsigned_byte);
    require(head[3] == rank, "{} holds an IDX array of rank {}; expected rank {}", file, head[3], rank);
    require(std::ssize(head) == header, "{} is cut off: expected a header of {} bytes, found {}", file,
            header, head.size());

    // Read the sizes. They are not to be trusted: their product may not even fit 64 bits.
    std::array<std::int64_t, Shape::max_rank> sizes{};
    std::int64_t values = 1;
    bool overflow = false;
    std::string announced;
    for (int i = 0; i < rank; ++i) {
        for (int byte = 0; byte < 4; ++byte) sizes[i] = sizes[i] << 8 | head[4 + 4 * i + byte];
        overflow |= __builtin_mul_overflow(values, sizes[i], &values);
        announced += (i ? " x " : "") + std::to_string(sizes[i]);
    }
    overflow |= __builtin_add_overflow(values, header + 1, &values);
    require(!overflow && values <= Shape::max_count,
            "{}: its header announces {} values, more than any file holds", file, announced);
    const auto shape = Shape(std::span<const std::int64_t>(sizes).first(std::size_t(rank)));
    const std::int64_t expected = values - 1;

    // Ask for one byte too many, to see whether more follow. It takes no more memory than the file can fill.
    const Tensor<std::uint8_t> contents = read_contents(path, expected + 1);
    require(contents.size() >= expected, "{} is cut off: expected {} bytes for {} values, found {}", file,
            expected, shape.text(), contents.size());
    require(contents.size() <= expected, "{} is too long: expected {} bytes for {} values, found more", file,
            expected, shape.text());
    return Tensor<std::uint8_t>(shape, contents.values().subspan(std::size_t(header)));
}

}  // namespace kbk
