#include "chapters/03_backprop_by_hand/exercises/hidden_delta.hpp"

namespace kbk::exercise {

std::vector<double> hidden_delta(const std::vector<std::vector<double>>& weight,
                                 const std::vector<double>& delta, const std::vector<double>& z) {
    std::vector<double> errors;
    for (std::size_t j = 0; j < z.size(); ++j) {
        double sum = 0;
        for (std::size_t i = 0; i < delta.size(); ++i) sum += weight[i][j] * delta[i];
        errors.push_back(z[j] > 0 ? sum : 0);
    }
    return errors;
}

}  // namespace kbk::exercise
