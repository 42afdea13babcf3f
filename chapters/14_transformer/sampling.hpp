/// @file
/// From logits to the next token.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace kbk {

/// How a token is drawn.
struct Sampling {
    double temperature = 1;  ///< divides the logits: below 1 safer, above 1 bolder; 0 takes the likeliest
    std::int64_t top_k = 0;  ///< choose among the so many likeliest; 0: among all
    double top_p = 1;  ///< choose among the likeliest that together have at least this probability; in (0, 1]
};

/// What sampling makes of logits: softmax(logits / temperature), then all but the top_k likeliest set to
/// zero, then all but the smallest set of the likeliest that together reach top_p (the "nucleus"; Holtzman
/// and others 2020), and what is left scaled to add up to one. Of equally likely tokens the one with the
/// smaller number counts as the likelier.
/// @param logits   finite; at least one
/// @param sampling how
/// @return a probability for each
/// @throws Error for a temperature, top_k or top_p outside its limits, and for logits that are not finite
std::vector<double> probabilities(std::span<const float> logits, const Sampling& sampling);

/// @param probabilities that add up to one
/// @param uniform       a uniform number in [0, 1)
/// @return the first token whose probability, with those before it, exceeds the number; never one of
/// probability zero
std::int32_t draw(std::span<const double> probabilities, double uniform);

}  // namespace kbk
