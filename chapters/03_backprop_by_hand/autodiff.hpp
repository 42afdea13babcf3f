/// @file
/// Reverse-mode automatic differentiation in a hundred lines: a tape that remembers what was computed, and
/// reads it backwards.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace kbk {

class Tape;

/// A number whose history is on a tape.
struct Variable {
    Tape* tape;      ///< where its history is
    std::size_t at;  ///< its place there

    /// @return the number
    [[nodiscard]] double value() const;
};

// [tape]
/// What was computed, in order. Each entry knows from which earlier entries it was made, at most two, and its
/// derivatives by them alone.
class Tape {
  public:
    /// @param value a number to differentiate by, or a constant
    /// @return its variable
    Variable leaf(double value) { return record(value, 0, 0, 0, 0); }

    /// Note one operation.
    /// @param value  its result
    /// @param a,da   place of its first operand, and the derivative by it
    /// @param b,db   the same of its second; a derivative of 0 where there is none
    /// @return the result's variable
    Variable record(double value, std::size_t a, double da, std::size_t b = 0, double db = 0) {
        entries_.push_back({value, {a, b}, {da, db}});
        return {this, entries_.size() - 1};
    }

    /// Read the tape backwards: each entry passes its own gradient on to those that it was made from.
    /// @param result of what
    /// @return its derivatives by every entry
    [[nodiscard]] std::vector<double> gradients(Variable result) const {
        std::vector<double> gradient(entries_.size());
        gradient[result.at] = 1;
        for (std::size_t i = result.at + 1; i-- > 0;)
            for (int k = 0; k < 2; ++k) gradient[entries_[i].from[k]] += entries_[i].slope[k] * gradient[i];
        return gradient;
    }

    /// @return the value of an entry
    [[nodiscard]] double value(std::size_t at) const { return entries_[at].value; }
    /// @return how many entries there are
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

  private:
    struct Entry {
        double value;
        std::array<std::size_t, 2> from;
        std::array<double, 2> slope;
    };
    std::vector<Entry> entries_;
};
// [tape]

inline double Variable::value() const {
    return tape->value(at);
}

// [operators]
inline Variable operator+(Variable a, Variable b) {
    return a.tape->record(a.value() + b.value(), a.at, 1, b.at, 1);
}
inline Variable operator-(Variable a, Variable b) {
    return a.tape->record(a.value() - b.value(), a.at, 1, b.at, -1);
}
inline Variable operator*(Variable a, Variable b) {
    return a.tape->record(a.value() * b.value(), a.at, b.value(), b.at, a.value());
}
inline Variable relu(Variable a) {
    return a.tape->record(a.value() > 0 ? a.value() : 0, a.at, a.value() > 0 ? 1 : 0);
}
inline Variable sigmoid(Variable a) {
    const double y = 1 / (1 + std::exp(-a.value()));
    return a.tape->record(y, a.at, y * (1 - y));
}
inline Variable log(Variable a) {
    return a.tape->record(std::log(a.value()), a.at, 1 / a.value());
}
// [operators]

}  // namespace kbk
