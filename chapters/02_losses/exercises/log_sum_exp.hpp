/// @file
/// Exercise 3 of chapter 2: the logarithm of a sum of exponentials, as the numbers come.
#pragma once

namespace kbk::exercise {

/// Takes numbers one at a time, keeps two of its own, and knows log(sum of e^x) of all that it was given.
class LogSumExp {
  public:
    /// @param x any number, also minus infinity
    void add(double x);

    /// Take over all that another one was given.
    /// @param other the other one
    void join(const LogSumExp& other);

    /// @return log(sum of e^x); minus infinity where nothing was given
    [[nodiscard]] double value() const;

  private:
    double largest_ = 0, sum_ = 0;  // sum_ counts each e^x as e^(x - largest_)
    bool empty_ = true;
};

}  // namespace kbk::exercise
