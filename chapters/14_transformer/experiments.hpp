/// @file
/// The chapter's trainings: the short one of the default run, and those of --full.
#pragma once

#include <memory>

#include "chapters/14_transformer/text_trainer.hpp"
#include "chapters/14_transformer/writer.hpp"
#include "common/app/app.hpp"

namespace kbk {

/// A text in tokens: the first nine tenths to learn from, the last to judge by.
struct TextData {
    std::string text;                  ///< itself
    CharTokenizer tokenizer;           ///< of its characters
    std::vector<std::int32_t> tokens;  ///< the text in them

    /// @param contents of the text
    explicit TextData(std::string contents);

    /// @return the first nine tenths
    [[nodiscard]] std::span<const std::int32_t> training() const;
    /// @return the last tenth
    [[nodiscard]] std::span<const std::int32_t> held_out() const;
};

/// What models that only count lose on the held-out text.
struct CountingLosses {
    double none = 0, one = 0, two = 0;  ///< looking back at no, one and two characters
};

/// @param data a text @return the losses of models that count its training part
CountingLosses count_text(const TextData& data);

/// Train a small GPT on the book's own words, draw what it learned, and let it write.
/// @param options of the command line
/// @param report  receives the results
void train_short(const Options& options, Report& report);

/// Train nanoGPT's two configurations on tinyshakespeare, and take a training step of GPT-2's sizes.
/// @param options of the command line
/// @param report  receives the results
void train_in_full(const Options& options, Report& report);

/// Continue a prompt with GPT-2's published weights.
/// @param options of the command line, whose data folder holds gpt2/model.safetensors, vocab.json and
/// merges.txt
/// @param report  receives the results
void write_with_gpt2(const Options& options, Report& report);

}  // namespace kbk
