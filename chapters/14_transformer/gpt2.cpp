#include "chapters/14_transformer/gpt2.hpp"

#include <algorithm>
#include <cmath>

#include "common/nn/checkpoint.hpp"

namespace kbk {

namespace {

constexpr std::string_view prefix = "transformer.";

// A tensor's name without what some files put in front of it.
std::string plain(std::string_view name) {
    return std::string(name.starts_with(prefix) ? name.substr(prefix.size()) : name);
}

bool is_mask(std::string_view name) {
    return name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias");
}

// Whether the file holds this weight as (inputs, outputs).
bool is_turned(const Parameter<float>& p) {
    return p.value.shape().rank() == 2 && p.name != "wte.weight" && p.name != "wpe.weight";
}

Tensor<float> transposed(const Tensor<float>& matrix) {
    const std::int64_t rows = matrix.shape(0), columns = matrix.shape(1);
    Tensor<float> turned({columns, rows});
    for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < columns; ++j)
            turned.data()[j * rows + i] = matrix.data()[i * columns + j];
    return turned;
}

}  // namespace

// [load_gpt2]
void load_gpt2(const std::filesystem::path& path, Gpt<float>& model) {
    Checkpoint file = load_safetensors(path, [](std::string_view name) { return !is_mask(name); });
    std::map<std::string, Tensor<float>> found;
    for (auto& [name, tensor] : file.tensors)
        require(found.emplace(plain(name), std::move(tensor)).second,
                "{} holds {} twice, with and without '{}'", path.string(), plain(name), prefix);

    // Look at everything before anything is changed.
    for (const Parameter<float>* p : model.parameters()) {
        const auto at = found.find(p->name);
        require(at != found.end(), "{} lacks the tensor {}; it is no GPT-2 of {} layers", path.string(),
                p->name, model.config.layers);
        const Shape own = p->value.shape(), wanted = is_turned(*p) ? Shape{own[1], own[0]} : own;
        require(at->second.shape() == wanted, "{}: {} has shape {}; this model needs {}", path.string(),
                p->name, at->second.shape().text(), wanted.text());
        require(std::ranges::all_of(at->second.values(), [](float x) { return std::isfinite(x); }),
                "{}: {} holds numbers that are not finite; get the file anew", path.string(), p->name);
    }
    if (const auto head = found.find("lm_head.weight"); head != found.end()) {
        require(head->second.shape() == found.at("wte.weight").shape() &&
                    std::ranges::equal(head->second.values(), found.at("wte.weight").values()),
                "{}: lm_head.weight is not wte.weight; this model's head is tied to its table of tokens",
                path.string());
        found.erase(head);
    }
    require(found.size() == model.parameters().size(),
            "{} holds {} tensors, this model has {}; its sizes are others", path.string(), found.size(),
            model.parameters().size());

    for (Parameter<float>* p : model.parameters()) {
        const Tensor<float>& value = found.at(p->name);
        p->value = (is_turned(*p) ? transposed(value) : value.to(Device::cpu)).to(model.device());
    }
}
// [load_gpt2]

}  // namespace kbk
