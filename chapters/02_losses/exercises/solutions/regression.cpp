#include "chapters/02_losses/exercises/regression.hpp"

#include <algorithm>
#include <cmath>

namespace kbk::exercise {

double squared_error(std::span<const double> prediction, std::span<const double> target,
                     std::span<double> gradient) {
    const auto n = double(prediction.size());
    double sum = 0;
    for (std::size_t i = 0; i < prediction.size(); ++i) {
        const double e = prediction[i] - target[i];
        sum += e * e;
        gradient[i] = 2 * e / n;
    }
    return sum / n;
}

double absolute_error(std::span<const double> prediction, std::span<const double> target,
                      std::span<double> gradient) {
    const auto n = double(prediction.size());
    double sum = 0;
    for (std::size_t i = 0; i < prediction.size(); ++i) {
        const double e = prediction[i] - target[i];
        sum += std::fabs(e);
        gradient[i] = (double(e > 0) - double(e < 0)) / n;
    }
    return sum / n;
}

double huber(std::span<const double> prediction, std::span<const double> target, double delta,
             std::span<double> gradient) {
    const auto n = double(prediction.size());
    double sum = 0;
    for (std::size_t i = 0; i < prediction.size(); ++i) {
        const double e = prediction[i] - target[i], size = std::fabs(e);
        sum += size <= delta ? e * e / 2 : delta * (size - delta / 2);
        gradient[i] = std::clamp(e, -delta, delta) / n;
    }
    return sum / n;
}

}  // namespace kbk::exercise
