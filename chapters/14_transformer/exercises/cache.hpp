/// @file
/// Exercise 6 of chapter 14: attention that remembers.
#pragma once

#include <span>
#include <vector>

namespace kbk::exercise {

/// One head of causal attention that reads a text token by token.
class CachedHead {
  public:
    /// @param width numbers of a query, key or value
    explicit CachedHead(int width) : width_(width) {}

    /// Read the next token: remember its key and value, and attend to all that was read, itself included,
    /// with the scale 1 / sqrt(width).
    /// @param q,k,v (width) query, key and value of the token
    /// @return (width) the values, weighted by softmax of the scaled products of q with the keys
    std::vector<double> read(std::span<const double> q, std::span<const double> k, std::span<const double> v);

  private:
    int width_;
    std::vector<double> keys_, values_;  // (tokens, width)
};

}  // namespace kbk::exercise
