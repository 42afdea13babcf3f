/// @file
/// A trained GPT writes: it reads a prompt, draws a token, reads it, draws the next.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "chapters/14_transformer/gpt.hpp"
#include "chapters/14_transformer/sampling.hpp"
#include "common/data/tokenizer.hpp"

namespace kbk {

/// Whether a writer remembers keys and values of what it read.
enum class Memory {
    none,   ///< it reads the whole window again for each token
    cache,  ///< it reads each token once
};

/// Continues a text token by token. When the context is full it goes on with the last half of it, which it
/// reads again.
class Writer {
  public:
    /// @param model  a trained one, which must outlive this
    /// @param memory what it remembers: nothing but the time changes
    explicit Writer(Gpt<float>& model, Memory memory = Memory::cache);

    /// @param tokens to read behind those before: all of a prompt, or the one just drawn
    /// @return (vocabulary) logits of the token that follows
    /// @throws Error for no tokens, or more than the context
    std::span<const float> read(std::span<const std::int32_t> tokens);

    /// @return floating-point operations of the matrix products so far
    [[nodiscard]] double flops() const { return flops_; }

  private:
    Gpt<float>& model_;
    Memory memory_;
    GptCache<float> cache_;
    std::vector<std::int32_t> window_;  // what it has read and may look at
    Tensor<std::int32_t> tokens_, device_tokens_;
    Tensor<float> logits_;
    double flops_ = 0;
};

/// Write a text.
/// @param model     a trained one
/// @param tokenizer that it was trained with
/// @param prompt    what to continue; at least one token, at most the context
/// @param count     tokens to write
/// @param sampling  how they are drawn
/// @param seed      of the draws: the same seed writes the same text
/// @param show      called with each piece as it is written; may be empty
/// @param memory    what the writer remembers
/// @return the text that follows the prompt
/// @throws Error for a prompt that is empty, too long or not in the vocabulary, for a tokeniser of another
/// size than the
///               model's vocabulary, and for a sampling outside its limits
std::string write_text(Gpt<float>& model, const Tokenizer& tokenizer, std::string_view prompt,
                       std::int64_t count, const Sampling& sampling, std::uint64_t seed,
                       const std::function<void(std::string_view)>& show = {}, Memory memory = Memory::cache);

}  // namespace kbk
