#include "common/data/text.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "common/base/error.hpp"
#include "common/base/philox.hpp"
#include "common/data/contents.hpp"
#include "common/data/find.hpp"

namespace kbk {

namespace {

// A new text is one more row.
struct TextSet {
    std::string_view name, file;
};

constexpr std::array<TextSet, 1> registry = {{{"tinyshakespeare", "input.txt"}}};

}  // namespace

std::vector<std::string> text_sets() {
    std::vector<std::string> names;
    for (const TextSet& set : registry) names.emplace_back(set.name);
    return names;
}

std::string read_text(const std::filesystem::path& path) {
    constexpr std::int64_t limit = std::int64_t{1} << 30;
    const Tensor<std::uint8_t> bytes = read_contents(path, limit + 1);
    require(bytes.size() > 0, "{} is empty", path.string());
    require(bytes.size() <= limit, "{} holds more than the {} bytes that a text may have", path.string(),
            limit);
    return {reinterpret_cast<const char*>(bytes.data()), std::size_t(bytes.size())};
}

std::string load_text(std::string_view name, const std::filesystem::path& data_dir) {
    const auto set = std::ranges::find(registry, name, &TextSet::name);
    if (set == registry.end()) {
        std::string known;
        for (const std::string& choice : text_sets()) known += (known.empty() ? "" : ", ") + choice;
        fail("unknown text \"{}\"; the choices are: {}", name, known);
    }
    const std::array<std::string_view, 1> files = {set->file};
    const DataFiles found = find_data(name, files, data_dir);
    try {
        return read_text(found.files.front());
    } catch (const Error& error) {
        fail("{}; put a good copy in its place (./course data {} gets one)", error.what(), name);
    }
}

std::string checksum(std::string_view text) {
    return fmt::format("{:08x}", crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

// [random_windows]
std::vector<std::int64_t> random_windows(std::int64_t tokens, std::int64_t time, std::int64_t windows,
                                         std::uint64_t seed, std::uint64_t step) {
    require(time >= 1 && tokens > time,
            "a text of {} tokens has no window of {} with a token behind it; take a longer text or shorter "
            "windows",
            tokens, time);
    const Philox random(seed, stream_id("windows", step));
    std::vector<std::int64_t> begins;
    for (std::int64_t i = 0; i < windows; ++i)
        begins.push_back(
            std::int64_t(std::uint64_t{random.word(std::uint64_t(i))} * std::uint64_t(tokens - time) >> 32));
    return begins;
}
// [random_windows]

// [cut_windows]
void cut_windows(std::span<const std::int32_t> tokens, std::span<const std::int64_t> begins,
                 std::int64_t time, Tensor<std::int32_t>& x, Tensor<std::int32_t>& next) {
    x.resize({std::ssize(begins), time});
    next.resize({std::ssize(begins) * time});
    std::int32_t *now = x.values().data(), *then = next.values().data();
    for (const std::int64_t begin : begins) {
        require(begin >= 0 && begin + time < std::ssize(tokens),
                "no window of {} tokens with one behind it begins at {} of a text of {}", time, begin,
                tokens.size());
        now = std::copy_n(tokens.data() + begin, time, now);
        then = std::copy_n(tokens.data() + begin + 1, time, then);
    }
}
// [cut_windows]

}  // namespace kbk
