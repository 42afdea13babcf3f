#include "chapters/02_losses/exercises/log_sum_exp.hpp"

#include <cmath>
#include <limits>

namespace kbk::exercise {

void LogSumExp::add(double x) {
    if (std::isinf(x) && x < 0) return;
    if (empty_ || x > largest_) {
        sum_ = (empty_ ? 0 : sum_ * std::exp(largest_ - x)) + 1;
        largest_ = x;
        empty_ = false;
    } else {
        sum_ += std::exp(x - largest_);
    }
}

void LogSumExp::join(const LogSumExp& other) {
    if (other.empty_) return;
    if (empty_ || other.largest_ > largest_) {
        sum_ = (empty_ ? 0 : sum_ * std::exp(largest_ - other.largest_)) + other.sum_;
        largest_ = other.largest_;
        empty_ = false;
    } else {
        sum_ += other.sum_ * std::exp(other.largest_ - largest_);
    }
}

double LogSumExp::value() const {
    return empty_ ? -std::numeric_limits<double>::infinity() : largest_ + std::log(sum_);
}

}  // namespace kbk::exercise
