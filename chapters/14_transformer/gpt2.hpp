/// @file
/// GPT-2's published weights.
#pragma once

#include <filesystem>

#include "chapters/14_transformer/gpt.hpp"

namespace kbk {

/// Read the weights of a GPT-2 from a safetensors file with the names under which they are published, with or
/// without "transformer." in front. There the weights of fully connected layers stand as (inputs, outputs):
/// they are turned around. The masks "h.N.attn.bias" and "h.N.attn.masked_bias" are passed over; a
/// "lm_head.weight" must be the table of tokens, to which the head is tied.
/// @param path  the file
/// @param model of the file's sizes; receives the weights. After an error its weights are what they were
/// @throws Error naming the file and what is wrong: damage, a tensor that is missing, superfluous, of another
/// type or
///               shape, or holds numbers that are not finite
void load_gpt2(const std::filesystem::path& path, Gpt<float>& model);

}  // namespace kbk
