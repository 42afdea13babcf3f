/// @file
/// Exercise 2 of chapter 13: softmax of the past.
#pragma once

#include <cstdint>
#include <span>

namespace kbk::exercise {

/// Turn scores into shares under a causal mask. The last query stands at the last key's place, so query i
/// sees the keys j <= i + keys - queries: with as many queries as keys the triangle of the page, with one
/// query (as when a text is continued by a token) all keys.
/// @param scores       (queries, keys), row-major; becomes the shares, with 0 for each key that is not seen.
/// A query that
///                     sees no key has all zeros
/// @param queries,keys sizes
void causal_shares(std::span<double> scores, std::int64_t queries, std::int64_t keys);

}  // namespace kbk::exercise
