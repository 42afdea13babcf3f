#include "chapters/04_gradient_descent_vs_adam/exercises/trapezium.hpp"

namespace kbk::exercise {

Schedule trapezium(double peak, std::int64_t up, std::int64_t hold, std::int64_t down) {
    return [=](std::int64_t step) {
        if (step < up) return peak * double(step + 1) / double(up + 1);
        if (step < up + hold) return peak;
        const std::int64_t i = step - up - hold;
        return i < down ? peak * double(down - i) / double(down + 1) : 0.0;
    };
}

}  // namespace kbk::exercise
