// Checkpoints: what is written comes back, and no damage enters unnoticed.
#include "common/nn/checkpoint.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "tests/support/captured.hpp"
#include "tests/support/close.hpp"
#include "tests/support/data.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/message_of.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace kbk::test {

using kbk::test::message_of;

namespace {

Tensor<float> tensor(Shape shape, std::string_view name) {
    return Tensor<float>(shape, reals(shape.count(), name));
}

// Write bytes as they are: damage need not survive a power failure, and the tests write many files.
void put(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), std::ssize(bytes));
}

// Whether reading a file of these bytes is refused as damaged, by the file's name.
bool refused(const fs::path& path, const std::string& bytes) {
    put(path, bytes);
    return message_of([&] { load_checkpoint(path); }).starts_with(path.string() + " is damaged: ");
}

// A file with any header, and the checksum that belongs to it: damage that only a reader with its own checks
// finds.
std::string forged(json header, const std::string& values) {
    const std::string text = header.dump();
    uLong crc = crc32(0, reinterpret_cast<const Bytef*>(text.data()), uInt(text.size()));
    crc = crc32(crc, reinterpret_cast<const Bytef*>(values.data()), uInt(values.size()));
    header["__metadata__"]["crc32"] = fmt::format("{:08x}", crc);
    const std::string written = header.dump();
    const std::uint64_t length = written.size();
    return std::string(reinterpret_cast<const char*>(&length), 8) + written + values;
}

json entry(std::vector<std::int64_t> shape, std::int64_t begin, std::int64_t end, const char* dtype = "F32") {
    return {{"dtype", dtype}, {"shape", std::move(shape)}, {"data_offsets", {begin, end}}};
}

// A header with one tensor, or two.
json header(json a) {
    return {{"__metadata__", json::object()}, {"a", std::move(a)}};
}
json header(json a, json b) {
    json both = header(std::move(a));
    both["b"] = std::move(b);
    return both;
}

// The damage that the reader reports for a forged file.
std::string complaint(const fs::path& path, const json& head, std::size_t value_bytes) {
    put(path, forged(head, std::string(value_bytes, '\1')));
    std::string message = message_of([&] { load_checkpoint(path); });
    const std::string prefix = path.string() + " is damaged: ";
    return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
}

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& file : fs::directory_iterator(folder)) names.push_back(file.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("what is written comes back") {
    const TemporaryFolder folder;
    Tensor<float> matrix = tensor({3, 5}, "matrix"), deep = tensor({2, 1, 3, 2, 2}, "deep"), empty({0, 4}),
                  scalar(Shape{});
    scalar.values()[0] = -0.0f;
    matrix.values()[0] = std::numeric_limits<float>::quiet_NaN();
    matrix.values()[1] = -std::numeric_limits<float>::infinity();
    matrix.values()[2] = std::numeric_limits<float>::denorm_min();
    const std::map<std::string, std::string> words = {
        {"step", "1200"}, {"empty", ""}, {"quoted", "a \"b\" \\ \n \xc3\xa9"}};
    save_checkpoint(folder / "deep/er/file",
                    {{"matrix", &matrix}, {"deep", &deep}, {"empty", &empty}, {"scalar", &scalar}}, words);
    const Checkpoint found = load_checkpoint(folder / "deep/er/file");
    CHECK(found.metadata == words);
    REQUIRE(found.tensors.size() == 4);
    for (const auto& [name, expected] : {std::pair<const char*, Tensor<float>*>{"matrix", &matrix},
                                         {"deep", &deep},
                                         {"empty", &empty},
                                         {"scalar", &scalar}}) {
        INFO(name);
        CHECK(found.tensors.at(name).shape() == expected->shape());
        CHECK(find_bit_difference(found.tensors.at(name).values(), expected->values()) == "");
    }

    // Nothing at all is a checkpoint too.
    save_checkpoint(folder / "nothing", {}, {});
    CHECK(load_checkpoint(folder / "nothing").tensors.empty());
}

TEST_CASE("a file with any byte changed is refused by name") {
    const TemporaryFolder folder;
    const fs::path path = folder / "file";
    const Tensor<float> a = tensor({2, 3}, "a"), b = tensor({4}, "b");
    save_checkpoint(path, {{"a", &a}, {"b", &b}}, {{"step", "7"}});
    const std::string good = read_file(path);
    CHECK(good.size() < 400);
    for (std::size_t i = 0; i < good.size(); ++i)
        for (const char change : {'\x01', '\x04', '\x10', '\x20', '\x80', '\xff'}) {
            std::string bad = good;
            bad[i] = char(bad[i] ^ change);
            CHECK_MESSAGE(refused(path, bad), "byte ", i, " of ", good.size(), " xor ", int(change));
        }
    put(path, good);
    CHECK_NOTHROW(load_checkpoint(path));
}

TEST_CASE("a file cut off anywhere is refused by name") {
    const TemporaryFolder folder;
    const fs::path path = folder / "file";
    const Tensor<float> a = tensor({2, 3}, "a"), empty({0});
    save_checkpoint(path, {{"a", &a}, {"empty", &empty}}, {{"step", "7"}});
    const std::string good = read_file(path);
    for (std::size_t size = 0; size < good.size(); ++size)
        CHECK_MESSAGE(refused(path, good.substr(0, size)), size, " bytes of ", good.size());
    CHECK(refused(path, good + '\0'));
    CHECK(refused(path, good + good));
    CHECK(refused(path, std::string(1000, '\0')));

    // The reason is said where it is simple.
    put(path, "");
    CHECK(message_of([&] { load_checkpoint(path); }) ==
          fmt::format("{} is damaged: cut off: 0 bytes are not even a header", path.string()));
    put(path, good.substr(0, 20));
    CHECK(message_of([&] {
              load_checkpoint(path);
          }).starts_with(fmt::format("{} is damaged: cut off or altered: a header of ", path.string())));
}

TEST_CASE("a hostile length of the header is refused") {
    const TemporaryFolder folder;
    for (const std::uint64_t length :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{93}, ~std::uint64_t{0}, ~std::uint64_t{7},
          std::uint64_t{1} << 63, std::uint64_t{1} << 40}) {
        std::string bytes = forged(header(entry({1}, 0, 4)), "1234");
        std::memcpy(bytes.data(), &length, 8);
        CHECK(refused(folder / "file", bytes));
    }
}

TEST_CASE("a header that is no checkpoint's is refused") {
    const TemporaryFolder folder;
    const auto with_text = [](const std::string& text) {
        const std::uint64_t length = text.size();
        return std::string(reinterpret_cast<const char*>(&length), 8) + text;
    };
    for (const char* text :
         {"", "{", "[]", "null", "7", "{}", "{\"__metadata__\":[]}", "{\"__metadata__\":{\"crc32\":5}}",
          "{\"__metadata__\":{}}", "{\"__metadata__\":{\"crc32\":\"00000000\"}}", "\xff\xfe", "{\"a\":1}"})
        CHECK_MESSAGE(refused(folder / "file", with_text(text)), text);
    CHECK(refused(folder / "file", with_text(std::string(1 << 20, '[') + "}")));
    std::string deep;
    for (int i = 0; i < 100000; ++i) deep += "{\"a\":";
    CHECK(refused(folder / "file", with_text(deep + "1" + std::string(100000, '}'))));
    CHECK(message_of([&] {
              put(folder / "file", with_text("{\"__metadata__\":{}}"));
              load_checkpoint(folder / "file");
          }).ends_with(" is damaged: it carries no checksum"));
}

TEST_CASE("forged entries are refused, each for its reason") {
    const TemporaryFolder folder;
    const fs::path path = folder / "file";
    const std::string header_wrong = "its header is not what a checkpoint's should be",
                      larger = "tensor 'a': has a shape larger than the file",
                      offsets = "tensor 'a': has offsets that do not fit its shape and the file";
    CHECK(complaint(path, header(entry({2, 3}, 0, 24)), 24) == "no error");
    CHECK(complaint(path, header(entry({6}, 0, 24, "F16")), 24) ==
          "tensor 'a': holds values of type \"F16\", only F32 is read");
    CHECK(complaint(path, header(entry({6}, 0, 24, "I32")), 24) ==
          "tensor 'a': holds values of type \"I32\", only F32 is read");

    // Shapes.
    CHECK(complaint(path, header(entry({7}, 0, 24)), 24) == larger);
    CHECK(complaint(path, header(entry({5}, 0, 24)), 24) == offsets);
    CHECK(complaint(path, header(entry({-6}, 0, 24)), 24) == larger);
    CHECK(complaint(path, header(entry({std::int64_t{1} << 62, 4}, 0, 24)), 24) == larger);
    CHECK(complaint(path, header(entry({std::int64_t{1} << 32, std::int64_t{1} << 32}, 0, 0)), 24) == larger);
    CHECK(complaint(path, header(entry({1, 1, 1, 1, 1, 6}, 0, 24)), 24) ==
          "tensor 'a': a tensor has at most 5 dimensions, not 6");

    // Places.
    CHECK(complaint(path, header(entry({6}, 4, 28)), 24) == offsets);
    CHECK(complaint(path, header(entry({6}, 24, 0)), 24) == offsets);
    CHECK(complaint(path, header(entry({6}, -24, 0)), 24) == offsets);
    CHECK(complaint(path, header(entry({0}, 1 << 30, 1 << 30)), 24) == offsets);
    CHECK(complaint(path, header(entry({3}, 0, 12), entry({3}, 0, 12)), 12) ==
          "has tensors that overlap or leave a gap");
    CHECK(complaint(path, header(entry({3}, 0, 12), entry({3}, 8, 20)), 20) ==
          "has tensors that overlap or leave a gap");
    CHECK(complaint(path, header(entry({2}, 0, 8), entry({3}, 12, 24)), 24) ==
          "has tensors that overlap or leave a gap");
    CHECK(complaint(path, header(entry({2}, 0, 8)), 24) == "has 16 bytes of values that belong to no tensor");

    // Fields that are missing or of another kind.
    for (const char* field : {"dtype", "shape", "data_offsets"}) {
        json bad = entry({6}, 0, 24);
        bad.erase(field);
        CHECK(complaint(path, header(bad), 24) == header_wrong);
        bad[field] = json::object();
        CHECK(complaint(path, header(bad), 24) != "no error");
    }
    CHECK(complaint(path, header(json("a string")), 24) == header_wrong);
    json one_offset = entry({6}, 0, 24);
    one_offset["data_offsets"] = {24};
    CHECK(complaint(path, header(one_offset), 24) == offsets);
}

TEST_CASE("what is no file is refused by name") {
    const TemporaryFolder folder;
    CHECK(message_of([&] { load_checkpoint(folder.path()); }) ==
          fmt::format("cannot read {}: Is a directory", folder.path().string()));
    CHECK(message_of([&] { load_checkpoint(folder / "absent"); }) ==
          fmt::format("cannot read {}: No such file or directory", (folder / "absent").string()));
}

TEST_CASE("a folder keeps the newest two checkpoints, and nothing half-written") {
    const TemporaryFolder place;
    const fs::path path = place / "run/checkpoints";
    CheckpointFolder folder(path);
    CHECK(!folder.latest().has_value());  // there is no such folder yet
    const Tensor<float> a = tensor({3}, "a");
    const auto save = [&](std::int64_t step) {
        return folder.save(step, {{"a", &a}}, {{"step", std::to_string(step)}});
    };
    CHECK(save(9) == path / "step-000000009.safetensors");
    CHECK(folder.latest()->metadata.at("step") == "9");
    save(10);
    save(100);
    CHECK(names_in(path) == Names{"step-000000010.safetensors", "step-000000100.safetensors"});
    CHECK(folder.latest()->metadata.at("step") == "100");

    // What a killed process left goes; what is not ours stays.
    put(path / "step-000000099.safetensors.4711.tmp", "half");
    put(path / "notes.tmp", "the reader's");
    put(path / "best.safetensors", "the reader's");
    save(101);
    CHECK(names_in(path) ==
          Names{"best.safetensors", "notes.tmp", "step-000000100.safetensors", "step-000000101.safetensors"});
}

TEST_CASE("a run from the beginning takes the place of an earlier one that had come further") {
    const TemporaryFolder place;
    CheckpointFolder folder(place.path());
    const Tensor<float> a = tensor({3}, "a");
    const auto save = [&](std::int64_t step, const char* run) {
        folder.save(step, {{"a", &a}}, {{"run", run}});
    };
    save(899, "old");
    save(900, "old");
    save(10, "new");
    CHECK(names_in(place.path()) == Names{"step-000000010.safetensors"});
    CHECK(folder.latest()->metadata.at("run") == "new");
    save(20, "new");
    CHECK(names_in(place.path()) == Names{"step-000000010.safetensors", "step-000000020.safetensors"});
}

TEST_CASE("where the newest checkpoint is damaged the one before it serves") {
    const TemporaryFolder place;
    CheckpointFolder folder(place.path());
    const Tensor<float> a = tensor({3}, "a");
    for (const int step : {1, 2}) folder.save(step, {{"a", &a}}, {{"step", std::to_string(step)}});
    const fs::path newest = place / "step-000000002.safetensors",
                   before = place / "step-000000001.safetensors";
    const std::string good = read_file(newest);
    put(newest, good.substr(0, good.size() / 2));
    {
        CapturedStderr output;
        CHECK(folder.latest()->metadata.at("step") == "1");
        const std::string text = output.text();
        CHECK(text.starts_with("note: " + newest.string() + " is damaged: "));
        CHECK(text.ends_with("; trying the one before it\n"));
    }
    // A folder in a file's place is damage like any other.
    fs::remove(newest);
    fs::create_directories(newest);
    {
        CapturedStderr output;
        CHECK(folder.latest()->metadata.at("step") == "1");
        CHECK(output.text() == fmt::format("note: cannot read {}: Is a directory; trying the one before it\n",
                                           newest.string()));
    }
    put(before, "");
    CapturedStderr output;
    CHECK(message_of([&] { (void)folder.latest(); }) ==
          fmt::format("all checkpoints in {} are damaged; remove the folder and train from the beginning",
                      place.path().string()));
    CHECK(output.text().find(before.string()) != std::string::npos);
}

TEST_CASE("a checkpoint that cannot be written is an error, and the last one stays") {
    const TemporaryFolder place;
    put(place / "plain", "a file, not a folder");
    const Tensor<float> a = tensor({3}, "a");
    CheckpointFolder folder(place / "plain/checkpoints");
    CHECK(message_of([&] {
              folder.save(1, {{"a", &a}}, {});
          }).starts_with("cannot make the folder " + (place / "plain/checkpoints").string()));
}

}  // namespace kbk::test
