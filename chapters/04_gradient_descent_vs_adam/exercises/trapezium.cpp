#include "chapters/04_gradient_descent_vs_adam/exercises/trapezium.hpp"

namespace kbk::exercise {

Schedule trapezium(double peak, std::int64_t up, std::int64_t hold, std::int64_t down) {
    // Your turn. A schedule is a function of the step alone: return a lambda with three parts, and a fourth
    // after them.
    (void)peak, (void)up, (void)hold, (void)down;
    return [](std::int64_t) { return 0.0; };
}

}  // namespace kbk::exercise
