/// @file
/// Matrices whose every access is seen by a small cache, for the checks of this chapter's exercises.
#pragma once

#include <cstdint>
#include <vector>

#include "chapters/05_matmul/cache.hpp"

namespace kbk::exercise {

/// A square matrix before a cache. Write `x(i, j)` to read an element or to change it.
class Watched {
  public:
    /// @param n     rows and columns
    /// @param begin address of its first element
    /// @param cache sees each access
    Watched(std::int64_t n, std::int64_t begin, lesson::Cache& cache)
        : n_(n), begin_(begin), cache_(cache), values_(std::size_t(n * n)) {}

    /// @param i row @param j column @return the element
    float& operator()(std::int64_t i, std::int64_t j) {
        cache_.touch(begin_ + 4 * (i * n_ + j));
        return values_[std::size_t(i * n_ + j)];
    }

    /// @return rows, and columns
    [[nodiscard]] std::int64_t size() const { return n_; }

    /// @return all elements, row by row, unseen by the cache
    std::vector<float>& values() { return values_; }

  private:
    std::int64_t n_, begin_;
    lesson::Cache& cache_;
    std::vector<float> values_;
};

}  // namespace kbk::exercise
