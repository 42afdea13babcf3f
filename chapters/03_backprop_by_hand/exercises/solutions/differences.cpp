#include "chapters/03_backprop_by_hand/exercises/differences.hpp"

#include <cmath>

namespace kbk::exercise {

std::vector<double> differences(const std::function<double(const std::vector<double>&)>& f,
                                std::vector<double> x) {
    std::vector<double> gradient;
    for (double& v : x) {
        const double old = v, h = 1e-5 * std::fmax(1, std::fabs(old));
        v = old + h;
        const double up = f(x);
        v = old - h;
        gradient.push_back((up - f(x)) / (2 * h));
        v = old;
    }
    return gradient;
}

}  // namespace kbk::exercise
