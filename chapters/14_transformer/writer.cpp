#include "chapters/14_transformer/writer.hpp"

#include <algorithm>

#include "common/base/interrupt.hpp"

namespace kbk {

Writer::Writer(Gpt<float>& model, Memory memory) : model_(model), memory_(memory), cache_(model.cache()) {}

// [writer_read]
std::span<const float> Writer::read(std::span<const std::int32_t> tokens) {
    require(!tokens.empty(), "an empty prompt gives nothing to continue; begin with at least one token");
    require(std::ssize(tokens) <= model_.config.context,
            "a prompt of {} tokens is longer than the context of {} that this model was made for; give it "
            "the last {}",
            tokens.size(), model_.config.context, model_.config.context);

    // Where the context is full, keep its last half: with places shifted, nothing in the cache is right any
    // more.
    window_.insert(window_.end(), tokens.begin(), tokens.end());
    std::int64_t known = memory_ == Memory::cache ? cache_.length() : 0;
    if (std::ssize(window_) > model_.config.context) {
        const std::int64_t kept = std::max(std::ssize(tokens), model_.config.context / 2);
        window_.erase(window_.begin(), window_.end() - kept);
        known = 0;
    }
    if (known == 0) cache_.clear();

    // Read what is not known yet.
    const std::int64_t count = std::ssize(window_) - known;
    tokens_.resize({1, count});
    std::copy(window_.begin() + known, window_.end(), tokens_.data());
    if (model_.device() != Device::cpu) device_tokens_ = tokens_.to(model_.device());
    const Tensor<float>& logits =
        model_.extend(model_.device() == Device::cpu ? tokens_ : device_tokens_, cache_);
    flops_ += model_.config.flops(known, count, 1);
    logits_.resize(logits.shape());
    copy(Device::cpu, logits_.data(), logits.device(), logits.data(),
         std::size_t(logits.size()) * sizeof(float));
    return logits_.values();
}
// [writer_read]

// [write_text]
std::string write_text(Gpt<float>& model, const Tokenizer& tokenizer, std::string_view prompt,
                       std::int64_t count, const Sampling& sampling, std::uint64_t seed,
                       const std::function<void(std::string_view)>& show, Memory memory) {
    require(tokenizer.size() == model.config.vocabulary,
            "the tokeniser knows {} pieces, the model {}; take the tokeniser that was saved beside the model",
            tokenizer.size(), model.config.vocabulary);
    const Philox random(seed, stream_id("sample"));
    Writer writer(model, memory);
    std::vector<std::int32_t> next = tokenizer.encode(prompt);
    std::string text;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::span<const float> logits = writer.read(next);
        next = {draw(probabilities(logits, sampling), double(random.uniform(std::uint64_t(i))))};
        const std::string_view piece = tokenizer.piece(next.front());
        text += piece;
        if (show) show(piece);
        if (interrupted()) throw Interrupted("stopped");
    }
    return text;
}
// [write_text]

}  // namespace kbk
