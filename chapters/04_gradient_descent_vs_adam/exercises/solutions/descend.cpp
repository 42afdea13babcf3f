#include "chapters/04_gradient_descent_vs_adam/exercises/descend.hpp"

#include <cmath>

namespace kbk::exercise {

Descent descend(const std::function<double(double)>& slope, double start, double rate, double small,
                int limit) {
    Descent walk{start, 0};
    for (double s = slope(start); std::fabs(s) > small && walk.steps < limit; s = slope(walk.at)) {
        walk.at -= rate * s;
        ++walk.steps;
    }
    return walk;
}

}  // namespace kbk::exercise
