/// @file
/// A decoder-only transformer (Radford and others: Language Models are Unsupervised Multitask Learners,
/// 2019), assembled from the layers of common/nn.
#pragma once

#include <deque>

#include "common/nn/transformer_layers.hpp"

namespace kbk {

// [gpt_config]
/// Sizes of a GPT.
struct GptConfig {
    std::int64_t vocabulary;  ///< different tokens
    std::int64_t context;     ///< most tokens that it looks at
    std::int64_t layers;      ///< blocks
    std::int64_t heads;       ///< of each block's attention; divide the channels
    std::int64_t channels;    ///< numbers of a token between the blocks

    bool operator==(const GptConfig&) const = default;

    /// @return learned numbers: two tables, the blocks, and the last normalisation
    [[nodiscard]] std::int64_t parameters() const {
        const std::int64_t attention =
            channels * 3 * channels + 3 * channels + channels * channels + channels;
        const std::int64_t feed_forward =
            channels * 4 * channels + 4 * channels + 4 * channels * channels + channels;
        const std::int64_t norm = 2 * channels;
        return (vocabulary + context) * channels + layers * (attention + feed_forward + 2 * norm) + norm;
    }

    /// Floating-point operations of the matrix products that read `count` tokens behind `before` others whose
    /// keys and values are known; a multiply-add counts two, and a token looks at itself and at those before
    /// it.
    /// @param before   tokens already read
    /// @param count    tokens to read
    /// @param answered tokens of them for which the logits are computed
    /// @return operations of a forward pass; a training step takes three times as many
    [[nodiscard]] double flops(std::int64_t before, std::int64_t count, std::int64_t answered) const {
        const double c = double(channels), n = double(count);
        const double pairs = n * double(before) + n * (n + 1) / 2;
        return double(layers) * (2 * n * 12 * c * c + 4 * pairs * c) +
               2 * double(answered) * c * double(vocabulary);
    }
};

/// @return GPT-2's smallest: 124 million parameters
constexpr GptConfig gpt2_config() {
    return {.vocabulary = 50257, .context = 1024, .layers = 12, .heads = 12, .channels = 768};
}
// [gpt_config]

/// What a GPT remembers of a text that it reads bit by bit: each block's keys and values.
/// @tparam T float or double
template <class T>
struct GptCache {
    std::deque<KeyValueCache<T>> blocks;  ///< one for each

    /// @return tokens that were read
    [[nodiscard]] std::int64_t length() const { return blocks.front().length; }
    /// Forget them.
    void clear() {
        for (auto& block : blocks) block.length = 0;
    }
};

// [gpt]
/// Tokens in, and for each of them logits of the one that follows.
/// @tparam T float to train, double to check gradients
template <class T>
class Gpt {
  public:
    GptConfig config;             ///< its sizes
    Embedding<T> embedding;       ///< "wte", which is the head's weight too, and "wpe"
    std::deque<Block<T>> blocks;  ///< "h.0", "h.1", ...
    LayerNorm<T> norm;            ///< "ln_f"

    /// @param sizes  of the model
    /// @param seed   of the first values, which are GPT-2's
    /// @param device where it computes
    /// @throws Error for sizes that make no model
    explicit Gpt(const GptConfig& sizes, std::uint64_t seed, Device device = Device::cpu)
        : config(checked(sizes)),
          embedding("", sizes.vocabulary, sizes.context, sizes.channels, seed, device),
          norm("ln_f", sizes.channels, device) {
        for (std::int64_t i = 0; i < sizes.layers; ++i)
            blocks.emplace_back(fmt::format("h.{}", i), sizes.channels, sizes.heads, sizes.layers, seed,
                                device);
    }

    /// @param tokens (batch, time), kept by the caller until `backward`
    /// @return (batch * time, vocabulary): logits of the token behind each
    /// @throws Error for no tokens, and for more than the context
    const Tensor<T>& forward(const Tensor<std::int32_t>& tokens) {
        require_tokens(tokens, 0);
        const Tensor<T>* h = &embedding.forward(tokens);
        for (Block<T>& block : blocks) h = &block.forward(*h, tokens.shape(0), tokens.shape(1));
        return head(norm.forward(*h));
    }
    /// A temporary would be gone before `backward`: it needs a name.
    void forward(const Tensor<std::int32_t>&&) = delete;

    /// Gradients by all parameters, added to those of this step.
    /// @param d_logits (batch * time, vocabulary), gradient of the loss by what `forward` returned
    void backward(const Tensor<T>& d_logits) {
        const Tensor<T>* d = &norm.backward(head_backward(d_logits));
        for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) d = &block->backward(*d);
        embedding.backward(*d);
    }
    // [gpt]

    // [gpt_extend]
    /// Read tokens that continue those in a cache. No `backward` follows.
    /// @param tokens (1, time), the new ones
    /// @param cache  of those before; receives the new ones
    /// @return (1, vocabulary): logits of the token behind the last
    /// @throws Error for no tokens, and for more in all than the context
    const Tensor<T>& extend(const Tensor<std::int32_t>& tokens, GptCache<T>& cache) {
        require_tokens(tokens, cache.length());
        const Tensor<T>* h = &embedding.forward(tokens, cache.length());
        for (std::size_t i = 0; i < blocks.size(); ++i) h = &blocks[i].extend(*h, cache.blocks[i]);

        // Only the last token's logits are wanted.
        last_.resize({1, config.channels}, device());
        copy(device(), last_.data(), device(), h->data() + (h->shape(0) - 1) * config.channels,
             std::size_t(config.channels) * sizeof(T));
        return head(norm.forward(last_));
    }
    // [gpt_extend]

    /// @return an empty cache for one text
    [[nodiscard]] GptCache<T> cache() const {
        GptCache<T> cache;
        for (std::int64_t i = 0; i < config.layers; ++i)
            cache.blocks.emplace_back(1, config.context, config.channels, device());
        return cache;
    }

    /// @return where it computes
    [[nodiscard]] Device device() const { return embedding.device(); }

    /// @return all that is learned, in GPT-2's order and under its names
    [[nodiscard]] Parameters<T> parameters() {
        Parameters<T> all = embedding.parameters();
        const auto add = [&](const Parameters<T>& some) { all.insert(all.end(), some.begin(), some.end()); };
        for (Block<T>& block : blocks) add(block.parameters());
        add(norm.parameters());
        return all;
    }

  private:
    static const GptConfig& checked(const GptConfig& c) {
        require(
            c.vocabulary >= 1 && c.context >= 1 && c.layers >= 1 && c.heads >= 1 && c.channels >= 1,
            "a GPT of {} tokens, context {}, {} layers, {} heads and {} channels; each must be at least 1",
            c.vocabulary, c.context, c.layers, c.heads, c.channels);
        return c;
    }

    void require_tokens(const Tensor<std::int32_t>& tokens, std::int64_t before) const {
        require(tokens.shape().rank() == 2, "a GPT reads tokens (batch, time), not a tensor of shape {}",
                tokens.shape().text());
        require(tokens.size() > 0,
                "an empty prompt gives nothing to continue; begin with at least one token");
        require(before + tokens.shape(1) <= config.context,
                "a text of {} tokens is longer than the context of {} that this model was made for; give it "
                "the last {}",
                before + tokens.shape(1), config.context, config.context);
    }

    // [gpt_head]
    // The head is tied: the table that turned tokens into rows turns rows into scores of tokens.
    const Tensor<T>& head(const Tensor<T>& x) {
        x_ = &x;
        logits_.resize({x.shape(0), config.vocabulary}, device());
        compute(BasicMatmul<T>{.a = x.data(),
                               .b = embedding.tokens.value.data(),
                               .c = logits_.data(),
                               .m = x.shape(0),
                               .n = config.vocabulary,
                               .k = config.channels,
                               .transpose_b = true},
                device());
        return logits_;
    }

    const Tensor<T>& head_backward(const Tensor<T>& d) {
        require(x_ && d.shape() == logits_.shape(), "the head: the gradient has shape {}, the logits had {}",
                d.shape().text(), logits_.shape().text());
        compute(BasicMatmul<T>{.a = d.data(),
                               .b = x_->data(),
                               .c = embedding.tokens.gradient.data(),
                               .m = config.vocabulary,
                               .n = config.channels,
                               .k = d.shape(0),
                               .transpose_a = true,
                               .beta = embedding.tokens.beta()},
                device());
        dx_.resize(x_->shape(), device());
        compute(BasicMatmul<T>{.a = d.data(),
                               .b = embedding.tokens.value.data(),
                               .c = dx_.data(),
                               .m = d.shape(0),
                               .n = config.channels,
                               .k = config.vocabulary},
                device());
        return dx_;
    }
    // [gpt_head]

    const Tensor<T>* x_ = nullptr;
    Tensor<T> logits_, dx_, last_;
};

}  // namespace kbk
