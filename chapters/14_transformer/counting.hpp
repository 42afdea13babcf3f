/// @file
/// Language models that only count: the chance of a token, given the one or two before it, is how often it
/// stood there.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace kbk {

/// A model of the next token that counts what stood behind the last few.
class CountingModel {
  public:
    /// @param tokens     to count
    /// @param vocabulary how many different ones there are
    /// @param order      tokens that it looks back: 0, 1 or 2
    /// @param extra      added to each count, so that nothing is impossible; 0: nothing
    CountingModel(std::span<const std::int32_t> tokens, std::int64_t vocabulary, int order, double extra);

    /// @param before the tokens before, of which it looks at the last few; at least as many
    /// @param token  the one that follows
    /// @return its probability
    [[nodiscard]] double probability(std::span<const std::int32_t> before, std::int32_t token) const;

    /// @param tokens a text
    /// @return mean loss of its tokens in nats, but for those at the beginning that have too little before
    /// them
    [[nodiscard]] double loss(std::span<const std::int32_t> tokens) const;

  private:
    [[nodiscard]] std::int64_t key(std::span<const std::int32_t> before) const;

    std::int64_t vocabulary_;
    int order_;
    double extra_;
    std::map<std::int64_t, std::vector<std::int64_t>>
        counts_;  // by what stands before: of each token, and of all
};

}  // namespace kbk
