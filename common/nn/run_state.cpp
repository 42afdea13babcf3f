#include "common/nn/run_state.hpp"

#include <cstdlib>

namespace kbk {

const std::string& RunWords::text(const std::string& key) const {
    const auto at = words_.find(key);
    require(at != words_.end(), "the checkpoint in {} lacks '{}'; it is not from this program",
            folder_.string(), key);
    return at->second;
}

double RunWords::number(const std::string& key) const {
    return std::strtod(text(key).c_str(), nullptr);
}

std::string exact_text(double value) {
    return fmt::format("{:a}", value);
}

std::filesystem::path save_run(CheckpointFolder& folder, const RunState& state,
                               std::map<std::string, std::string> words) {
    std::vector<std::pair<std::string, const Tensor<float>*>> tensors;
    for (const auto* p : state.parameters) tensors.emplace_back(p->name, &p->value);
    for (const auto& [name, tensor] : state.buffers) tensors.emplace_back(name, tensor);
    for (const auto& [name, tensor] : state.optimizer.state()) tensors.emplace_back(name, tensor);
    words["run"] = state.run;
    words["step"] = std::to_string(state.optimizer.steps);
    words["learning_rate"] = exact_text(state.optimizer.learning_rate);
    return folder.save(state.optimizer.steps, tensors, words);
}

RunWords restore_run(const std::filesystem::path& folder, const RunState& state) {
    const auto found = CheckpointFolder(folder).latest();
    require(found.has_value(), "there is no checkpoint in {} to resume from; run without --resume",
            folder.string());
    const RunWords words(found->metadata, folder);
    require(words.text("run") == state.run, "the checkpoint in {} is of another run:\n  {}\nand not of\n  {}",
            folder.string(), words.text("run"), state.run);

    const auto fill = [&](const std::string& name, Tensor<float>& tensor) {
        const auto at = found->tensors.find(name);
        require(at != found->tensors.end() && at->second.shape() == tensor.shape(),
                "the checkpoint in {} has no tensor {} of shape {}", folder.string(), name,
                tensor.shape().text());
        copy(tensor.device(), tensor.data(), Device::cpu, at->second.data(),
             std::size_t(tensor.size()) * sizeof(float));
    };
    for (auto* p : state.parameters) fill(p->name, p->value);
    for (const auto& [name, tensor] : state.buffers) fill(name, *tensor);
    for (const auto& [name, tensor] : state.optimizer.state()) fill(name, *tensor);
    state.optimizer.steps = static_cast<std::int64_t>(words.number("step"));
    state.optimizer.learning_rate = words.number("learning_rate");
    return words;
}

}  // namespace kbk
