/// @file
/// The rungs of the ladder, timed. The list of them is the ladder's own.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/tensor/tensor.hpp"
#include "kernels/matmul/matmul.hpp"

namespace kbk::lesson {

/// Matrices of a product, filled with random numbers.
class Operands {
  public:
    /// @param sizes m, n and k, and what is transposed; its pointers are set to matrices of these sizes
    explicit Operands(Matmul sizes);

    /// @return the product
    [[nodiscard]] const Matmul& problem() const { return problem_; }

    /// Add a bias and a bend.
    void fuse();

    /// @return the bias that fuse() takes, (n)
    [[nodiscard]] const float* bias() const { return bias_.data(); }

  private:
    Matmul problem_;
    Tensor<float> a_, b_, c_, bias_;
};

/// How long rungs take for a product, by name.
using Times = std::map<std::string, double>;

/// Which rungs to time.
enum class Which { all, best_and_libraries };

/// Time the rungs of the CPU's ladder that take a product, in turns, so that a busy moment meets all of them.
/// @param problem what to compute
/// @param longest seconds that a call may take: slower rungs, by `before`, are left out
/// @param budget  seconds for each rung
/// @param before  what each took for each operation on the problem before; is updated
/// @param which   all of them, or only those that a best rung is compared with
/// @return the median of each rung's calls
Times time_rungs(const Matmul& problem, double longest, double budget, std::map<std::string, double>& before,
                 Which which = Which::all);

/// @param run     what to time
/// @param budget  seconds
/// @return the median of the seconds of calls
double median_seconds(const std::function<void()>& run, double budget);

/// @param times of rungs
/// @return the time of the fastest library, 0 where none was timed
double best_library(const Times& times);

/// @return names of the CPU's own rungs in float32 in the order of the ladder
std::vector<std::string> own_rungs();

}  // namespace kbk::lesson
