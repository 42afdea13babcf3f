/// @file
/// Where values lie on an axis, and which of them get a label. Private to common/report.
#pragma once

#include <string>
#include <vector>

#include "common/report/figure.hpp"

namespace kbk {

/// A labelled place on an axis.
struct Tick {
    double value;       ///< where
    std::string label;  ///< its text
};

/// An axis whose range is settled.
class AxisScale {
  public:
    /// @param axis  the axis asked for; its own limits, where given, outrank the data
    /// @param low   smallest value of the data
    /// @param high  largest value of the data
    /// @param ticks about how many ticks
    /// @param whole whether the range should begin and end at a tick, and take in a nearby zero
    AxisScale(const Axis& axis, double low, double high, int ticks, bool whole);

    /// @param value a value
    /// @return its place: 0 where the axis begins, 1 where it ends
    [[nodiscard]] double place(double value) const;

    /// @param value a value
    /// @return whether it can be drawn at all
    [[nodiscard]] bool drawable(double value) const;

    /// @return the labelled places, in order
    [[nodiscard]] const std::vector<Tick>& ticks() const { return ticks_; }

  private:
    void make_linear(const Axis& axis, int ticks, bool whole);
    void make_logarithmic(const Axis& axis, int ticks, bool whole);

    Scale scale_;
    double low_, high_;
    std::vector<Tick> ticks_;
};

}  // namespace kbk
