#include "common/nn/checkpoint.hpp"

#include <fmt/core.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "common/base/file.hpp"

namespace kbk {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

constexpr std::size_t length_bytes = 8;
// The format's own limit: no tool writes a longer header.
constexpr std::uint64_t longest_header = 100'000'000;

// Read a header, refusing a name that stands twice in one object: parsers differ in which of the two they keep.
json parse_header(std::string_view text) {
    std::vector<std::set<std::string>> names;
    return json::parse(text, [&](int, json::parse_event_t event, json& value) {
        if (event == json::parse_event_t::object_start) names.emplace_back();
        if (event == json::parse_event_t::object_end) names.pop_back();
        if (event == json::parse_event_t::key)
            require(names.back().insert(value.get<std::string>()).second, "its header names '{}' twice",
                    value.get<std::string>());
        return true;
    });
}

// Checksum of the header without its own field, and of the values.
std::string checksum(json header, std::string_view values) {
    header["__metadata__"].erase("crc32");
    const std::string text = header.dump();
    uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size());
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(values.data()), values.size());
    return fmt::format("{:08x}", crc);
}

using Range = std::pair<std::uint64_t, std::uint64_t>;  // begin and end among the values, in bytes

// A list of whole numbers, as the format has them: the parser would make some of 7.5 and of 1e30, too.
template <class T>
std::vector<T> read_numbers(const json& list) {
    require(!list.is_array() || std::ranges::all_of(list, [](const json& number) { return number.is_number_integer(); }),
            "has sizes or offsets that are no whole numbers");
    return list.get<std::vector<T>>();
}

// Where a tensor's values lie.
Range read_range(const json& entry, std::string_view values) {
    const auto offsets = read_numbers<std::uint64_t>(entry.at("data_offsets"));
    require(offsets.size() == 2 && offsets[0] <= offsets[1] && offsets[1] <= values.size(),
            "has offsets that do not fit its shape and the file");
    return {offsets[0], offsets[1]};
}

// Read one tensor's entry, distrusting every number in it.
Tensor<float> read_tensor(const json& entry, std::string_view values) {
    require(entry.at("dtype") == "F32", "holds values of type {}, only F32 is read",
            entry.at("dtype").dump());
    const auto sizes = read_numbers<std::int64_t>(entry.at("shape"));
    std::uint64_t bytes = sizeof(float);
    for (const std::int64_t size : sizes) {
        require(size >= 0 && (size == 0 || bytes <= values.size() / std::uint64_t(size)),
                "has a shape larger than the file");
        bytes *= std::uint64_t(size);
    }
    const auto [begin, end] = read_range(entry, values);
    require(end - begin == bytes, "has offsets that do not fit its shape and the file");
    Tensor<float> tensor{Shape(std::span(sizes))};
    std::memcpy(tensor.data(), values.data() + begin, bytes);
    return tensor;
}

enum class Checked { by_checksum, by_form };

Checkpoint parse(std::string_view file, Checked checked, const std::function<bool(std::string_view)>& wanted = {}) {
    require(file.size() >= length_bytes, "cut off: {} bytes are not even a header", file.size());
    std::uint64_t length;
    std::memcpy(&length, file.data(), length_bytes);
    require(length <= file.size() - length_bytes, "cut off or altered: a header of {} bytes in a file of {}",
            length, file.size());
    require(length <= longest_header, "has a header of {} bytes; a safetensors file has at most {}", length,
            longest_header);
    // The parser would take a zero byte for the end of the text, and pass over what follows.
    std::string_view text = file.substr(length_bytes, length);
    text = text.substr(0, text.find_last_not_of(' ') + 1);
    require(text.ends_with('}'), "altered: its header does not end where it should");
    const json header = parse_header(text);
    const std::string_view values = file.substr(length_bytes + length);

    Checkpoint checkpoint;
    require(header.is_object(), "its header is no list of tensors");
    if (checked == Checked::by_checksum || header.contains("__metadata__"))
        checkpoint.metadata = header.at("__metadata__").get<std::map<std::string, std::string>>();
    if (checked == Checked::by_checksum) {
        require(checkpoint.metadata.contains("crc32"), "it carries no checksum");
        const std::string expected = checkpoint.metadata.at("crc32"), found = checksum(header, values);
        require(found == expected, "altered or cut off: its checksum is {}, it should be {}", found, expected);
        checkpoint.metadata.erase("crc32");
    }
    std::vector<Range> ranges;
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__") continue;
        try {
            if (!wanted || wanted(name)) checkpoint.tensors.emplace(name, read_tensor(entry, values));
            ranges.push_back(read_range(entry, values));
        } catch (const Error& error) {
            fail("tensor '{}': {}", name, error.what());
        }
    }

    // Each byte of the values belongs to one tensor.
    std::sort(ranges.begin(), ranges.end());
    std::uint64_t end = 0;
    for (const auto& [begin, next] : ranges) {
        require(begin == end, "has tensors that overlap or leave a gap");
        end = next;
    }
    require(end == values.size(), "has {} bytes of values that belong to no tensor", values.size() - end);
    return checkpoint;
}

}  // namespace

void save_checkpoint(const fs::path& path,
                     const std::vector<std::pair<std::string, const Tensor<float>*>>& tensors,
                     const std::map<std::string, std::string>& metadata) {
    // Lay the values out one after the other, and describe them.
    json header;
    header["__metadata__"] = metadata;
    std::string values;
    for (const auto& [name, tensor] : tensors) {
        const std::size_t begin = values.size(), bytes = std::size_t(tensor->size()) * sizeof(float);
        values.resize(begin + bytes);
        copy(Device::cpu, values.data() + begin, tensor->device(), tensor->data(), bytes);
        const auto sizes = tensor->shape().sizes();
        header[name] = {{"dtype", "F32"},
                        {"shape", std::vector<std::int64_t>(sizes.begin(), sizes.end())},
                        {"data_offsets", {begin, begin + bytes}}};
    }
    header["__metadata__"]["crc32"] = checksum(header, values);

    // Pad the header with spaces, so that the values are aligned when the file is mapped.
    std::string text = header.dump();
    text.resize((text.size() + length_bytes - 1) / length_bytes * length_bytes, ' ');
    const std::uint64_t length = text.size();
    std::string file(reinterpret_cast<const char*>(&length), length_bytes);
    write_file(path, file + text + values);
}

Checkpoint load_checkpoint(const fs::path& path) {
    const std::string file = read_file(path);
    try {
        return parse(file, Checked::by_checksum);
    } catch (const json::exception&) {
        fail("{} is damaged: its header is not what a checkpoint's should be", path.string());
    } catch (const Error& error) {
        fail("{} is damaged: {}", path.string(), error.what());
    }
}

Checkpoint load_safetensors(const fs::path& path, const std::function<bool(std::string_view)>& wanted) {
    const std::string file = read_file(path);
    try {
        return parse(file, Checked::by_form, wanted);
    } catch (const json::exception&) {
        fail("{} cannot be read as safetensors: its header is not what it should be", path.string());
    } catch (const Error& error) {
        fail("{} cannot be read as safetensors: {}", path.string(), error.what());
    }
}

fs::path CheckpointFolder::save(std::int64_t step,
                                const std::vector<std::pair<std::string, const Tensor<float>*>>& tensors,
                                const std::map<std::string, std::string>& metadata) {
    const fs::path path = folder_ / fmt::format("step-{:09}.safetensors", step);
    save_checkpoint(path, tensors, metadata);

    // Remove what is no longer needed: failing to is no reason to stop a training. A run's steps only grow,
    // so later ones are an earlier run's; left there, they would pass for this run's newest.
    std::error_code ignored;
    int kept = 0;
    for (const auto& file : files())
        if (file > path || ++kept > 2) fs::remove(file, ignored);
    for (const auto& entry : fs::directory_iterator(folder_, ignored))
        if (entry.path().extension() == ".tmp" && entry.path().filename().string().starts_with("step-"))
            fs::remove(entry.path(), ignored);
    return path;
}

std::optional<Checkpoint> CheckpointFolder::latest() const {
    const auto all = files();
    for (const auto& path : all) {
        try {
            return load_checkpoint(path);
        } catch (const Error& error) {
            fmt::print(stderr, "note: {}; trying the one before it\n", error.what());
        }
    }
    require(all.empty(), "all checkpoints in {} are damaged; remove the folder and train from the beginning",
            folder_.string());
    return std::nullopt;
}

std::vector<fs::path> CheckpointFolder::files() const {
    std::vector<fs::path> found;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(folder_, missing))
        if (entry.path().extension() == ".safetensors" &&
            entry.path().filename().string().starts_with("step-"))
            found.push_back(entry.path());
    std::sort(found.rbegin(), found.rend());
    return found;
}

}  // namespace kbk
