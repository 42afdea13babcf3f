// GPT-2's weights out of a safetensors file: a small one that these tests write, whole, damaged and hostile.
#include "chapters/14_transformer/gpt2.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "common/base/file.hpp"
#include "common/nn/checkpoint.hpp"
#include "tests/support/close.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/temporary_folder.hpp"

namespace fs = std::filesystem;

namespace kbk::test {

using kbk::test::message_of;
using nlohmann::ordered_json;

namespace {

constexpr GptConfig tiny = {.vocabulary = 7, .context = 5, .layers = 2, .heads = 2, .channels = 6};

// A safetensors file, put together without the project's writer.
struct File {
    ordered_json header = ordered_json::object();
    std::string values;

    void add(const std::string& name, const std::vector<std::int64_t>& shape, const void* data,
             std::size_t bytes, const char* type = "F32") {
        header[name] = {
            {"dtype", type}, {"shape", shape}, {"data_offsets", {values.size(), values.size() + bytes}}};
        values.append(static_cast<const char*>(data), bytes);
    }

    [[nodiscard]] std::string bytes() const { return with_header(header.dump()); }

    [[nodiscard]] std::string with_header(const std::string& text) const {
        const std::uint64_t length = text.size();
        return std::string(reinterpret_cast<const char*>(&length), 8) + text + values;
    }
};

// What is published of a model: names with a prefix, weights of layers as (inputs, outputs), masks beside
// them.
File published(Gpt<float>& model, const std::string& prefix = "", bool head = false) {
    File file;
    for (const Parameter<float>* p : model.parameters()) {
        const Shape shape = p->value.shape();
        std::vector<float> values(p->value.values().begin(), p->value.values().end());
        std::vector<std::int64_t> sizes(shape.sizes().begin(), shape.sizes().end());
        if (p->name.ends_with("c_attn.weight") || p->name.ends_with("c_proj.weight") ||
            p->name.ends_with("c_fc.weight")) {
            std::swap(sizes[0], sizes[1]);
            for (std::int64_t i = 0; i < sizes[0]; ++i)
                for (std::int64_t j = 0; j < sizes[1]; ++j)
                    values[std::size_t(i * sizes[1] + j)] = p->value.values()[std::size_t(j * sizes[0] + i)];
        }
        file.add(prefix + p->name, sizes, values.data(), values.size() * sizeof(float));
    }
    const unsigned char mask[25] = {};
    file.add(prefix + "h.0.attn.bias", {1, 1, 5, 5}, mask, 25, "BOOL");
    file.add(prefix + "h.1.attn.bias", {1, 1, 5, 5}, mask, 25, "BOOL");
    file.add(prefix + "h.1.attn.masked_bias", {}, mask, 2, "F16");
    const auto table = model.embedding.tokens.value.values();
    if (head) file.add("lm_head.weight", {7, 6}, table.data(), table.size_bytes());
    file.header["__metadata__"] = {{"format", "pt"}};
    return file;
}

bool equal(Gpt<float>& a, Gpt<float>& b) {
    const auto first = a.parameters(), second = b.parameters();
    for (std::size_t i = 0; i < first.size(); ++i)
        if (!find_bit_difference(first[i]->value.values(), second[i]->value.values()).empty()) return false;
    return true;
}

// What the loader says of a file; the model must be as it was.
std::string complaint(const fs::path& path, const std::string& bytes) {
    write_file(path, bytes);
    Gpt<float> model(tiny, 2), before(tiny, 2);
    const std::string message = message_of([&] { load_gpt2(path, model); });
    if (message != "no error") CHECK(equal(model, before));
    return message.starts_with(path.string()) ? message.substr(path.string().size()) : message;
}

// The complaint about a file after a change of its header.
std::string changed(const fs::path& path, const std::function<void(File&)>& change) {
    Gpt<float> source(tiny, 1);
    File file = published(source);
    change(file);
    return complaint(path, file.bytes());
}

}  // namespace

TEST_CASE("published weights come in, whatever stands in front of their names") {
    const TemporaryFolder folder;
    const fs::path path = folder / "model.safetensors";
    Gpt<float> source(tiny, 1);
    for (const auto& [prefix, head] :
         {std::pair<const char*, bool>{"", false}, {"transformer.", false}, {"transformer.", true}}) {
        write_file(path, published(source, prefix, head).bytes());
        Gpt<float> model(tiny, 2);
        CHECK(!equal(model, source));
        load_gpt2(path, model);
        CHECK(equal(model, source));
        const Tensor<std::int32_t> tokens({1, 3}, std::vector<std::int32_t>{1, 6, 2});
        CHECK(find_bit_difference(model.forward(tokens).values(), source.forward(tokens).values()) == "");
    }
}

TEST_CASE("a file cut off or altered in its header is refused by name") {
    const TemporaryFolder folder;
    const fs::path path = folder / "model.safetensors";
    Gpt<float> source(tiny, 1);
    const File file = published(source);
    const std::string good = file.bytes();
    CHECK(complaint(path, good) == "no error");
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{7}, std::size_t{8}, std::size_t{100}, good.size() / 2, good.size() - 1})
        CHECK(complaint(path, good.substr(0, size)).starts_with(" cannot be read as safetensors: "));
    CHECK(complaint(path, good + 'x') ==
          " cannot be read as safetensors: has 1 bytes of values that belong to no tensor");
    for (const std::uint64_t length :
         {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}, ~std::uint64_t{7}, std::uint64_t{1} << 63,
          std::uint64_t{1} << 40, std::uint64_t{99}}) {
        std::string bad = good;
        std::memcpy(bad.data(), &length, 8);
        CHECK(complaint(path, bad).starts_with(" cannot be read as safetensors: "));
    }
    for (const char* text :
         {"{", "[]", "null", "7", "\xff}", "{\"wte.weight\":1}", "{\"__metadata__\":{\"a\":1}}"})
        CHECK(complaint(path, file.with_header(text)).starts_with(" cannot be read as safetensors: "));
    // So deep that a parser which calls itself for each level would run out of its stack.
    CHECK(complaint(path, file.with_header(std::string(1'000'000, '[') + "}"))
              .starts_with(" cannot be read as safetensors: "));
    CHECK(complaint(path, file.with_header("{\"a\":" + std::string(500'000, '[') + std::string(500'000, ']') + "}"))
              .starts_with(" cannot be read as safetensors: "));
    CHECK(complaint(path, file.with_header("{}")).find("belong to no tensor") != std::string::npos);
    CHECK(message_of([&] {
              Gpt<float> model(tiny, 2);
              load_gpt2(folder / "absent", model);
          }).starts_with("cannot read "));
}

TEST_CASE("a header that is longer than the format allows is refused before it is read") {
    const TemporaryFolder folder;
    const fs::path path = folder / "model.safetensors";
    const std::uint64_t length = 100'000'001;
    std::string bytes(reinterpret_cast<const char*>(&length), 8);
    bytes.resize(8 + length, ' ');
    bytes.back() = '}';
    CHECK(complaint(path, bytes) ==
          " cannot be read as safetensors: has a header of 100000001 bytes; a safetensors file has at most "
          "100000000");
}

TEST_CASE("a name that stands twice is refused, in the list of tensors and within one") {
    const TemporaryFolder folder;
    const fs::path path = folder / "model.safetensors";
    Gpt<float> source(tiny, 1);
    const File file = published(source);
    const std::string header = file.header.dump();
    const std::string again = "," + header.substr(1, header.find("}") - 1) + "}";
    std::string twice = header;
    twice.insert(header.find("},") + 1, again);
    CHECK(complaint(path, file.with_header(twice)) ==
          " cannot be read as safetensors: its header names 'wte.weight' twice");
    std::string field = header;
    field.insert(header.find("\"shape\""), "\"dtype\":\"F32\",");
    CHECK(complaint(path, file.with_header(field)) ==
          " cannot be read as safetensors: its header names 'dtype' twice");

    // The same tensor under both of its names.
    CHECK(changed(path, [&](File& f) {
              const std::vector<float> values(6, 1);
              f.add("transformer.ln_f.bias", {6}, values.data(), 24);
          }) == " holds ln_f.bias twice, with and without 'transformer.'");
}

TEST_CASE("offsets and shapes that lie are refused, each for its reason") {
    const TemporaryFolder folder;
    const fs::path path = folder / "model.safetensors";
    const std::string start = " cannot be read as safetensors: ", tensor = start + "tensor 'wpe.weight': ";
    const std::string offsets = tensor + "has offsets that do not fit its shape and the file";
    const auto with = [&](const char* field, const ordered_json& value) {
        return changed(path, [&](File& f) { f.header["wpe.weight"][field] = value; });
    };
    const auto huge = std::uint64_t{1} << 62;
    CHECK(with("data_offsets", {288, 168}) == offsets);
    CHECK(with("data_offsets", {168, ~std::uint64_t{0}}) == offsets);
    CHECK(with("data_offsets", {~std::uint64_t{0} - 119, ~std::uint64_t{0}}) == offsets);
    CHECK(with("data_offsets", {168}) == offsets);
    CHECK(with("data_offsets", {168, 284}) == offsets);
    CHECK(with("data_offsets", {0, 120}) == start + "has tensors that overlap or leave a gap");
    CHECK(with("data_offsets", {-1, 119}) != "no error");
    CHECK(with("data_offsets", "all") == start + "its header is not what it should be");
    CHECK(with("shape", {huge, 8}) == tensor + "has a shape larger than the file");
    CHECK(with("shape", {huge, huge}) == tensor + "has a shape larger than the file");
    CHECK(with("shape", {-5, -6}) == tensor + "has a shape larger than the file");
    CHECK(with("shape", {5, 1, 1, 1, 1, 6}) == tensor + "a tensor has at most 5 dimensions, not 6");
    CHECK(with("shape", {5, 7}) == offsets);
    CHECK(with("shape", {5.5, 6}) == tensor + "has sizes or offsets that are no whole numbers");
    CHECK(with("shape", {1e30, 6}) == tensor + "has sizes or offsets that are no whole numbers");
    CHECK(with("shape", {~std::uint64_t{0}, 6}) == tensor + "has a shape larger than the file");
    CHECK(with("data_offsets", {168.5, 288}) == tensor + "has sizes or offsets that are no whole numbers");
    CHECK(with("shape", nullptr) == start + "its header is not what it should be");
    for (const char* type : {"F16", "BF16", "I32", "F64", "nonsense"})
        CHECK(with("dtype", type) ==
              fmt::format("{}holds values of type \"{}\", only F32 is read", tensor, type));

    // Also of what is passed over.
    CHECK(changed(path, [](File& f) {
              f.header["h.0.attn.bias"]["data_offsets"] = {0, 25};
          }) == start + "has tensors that overlap or leave a gap");
}

TEST_CASE("a file of another model is refused by the first tensor that does not fit") {
    const TemporaryFolder folder;
    const fs::path path = folder / "model.safetensors";
    const auto other = [&](GptConfig config) {
        Gpt<float> source(config, 1);
        File file = published(source);
        return complaint(path, file.bytes());
    };
    GptConfig config = tiny;
    config.layers = 1;
    CHECK(other(config) == " lacks the tensor h.1.ln_1.weight; it is no GPT-2 of 2 layers");
    config.layers = 3;
    CHECK(other(config) == " holds 40 tensors, this model has 28; its sizes are others");
    config = tiny;
    config.vocabulary = 8;
    CHECK(other(config) == ": wte.weight has shape (8, 6); this model needs (7, 6)");
    config = tiny;
    config.context = 4;
    CHECK(other(config) == ": wpe.weight has shape (4, 6); this model needs (5, 6)");

    // A weight that was not turned around, and a number that is none.
    CHECK(changed(path, [](File& f) {
              f.header["h.0.attn.c_attn.weight"]["shape"] = {18, 6};
          }) == ": h.0.attn.c_attn.weight has shape (18, 6); this model needs (6, 18)");
    CHECK(changed(path, [](File& f) {
              const float bad = std::numeric_limits<float>::quiet_NaN();
              std::memcpy(f.values.data() + 168 + 8, &bad, 4);
          }) == ": wpe.weight holds numbers that are not finite; get the file anew");
    CHECK(changed(path, [](File& f) {
              const std::vector<float> head(42, 0.5f);
              f.add("lm_head.weight", {7, 6}, head.data(), 168);
          }) == ": lm_head.weight is not wte.weight; this model's head is tied to its table of tokens");
}

}  // namespace kbk::test
