#include "chapters/03_backprop_by_hand/exercises/sweep.hpp"

namespace kbk::exercise {

std::vector<double> sweep(const std::vector<Entry>& tape) {
    std::vector<double> gradient(tape.size());
    gradient.back() = 1;
    for (std::size_t i = tape.size(); i-- > 0;)
        for (int k = 0; k < 2; ++k)
            if (tape[i].from[k] >= 0)
                gradient[std::size_t(tape[i].from[k])] += tape[i].slope[k] * gradient[i];
    return gradient;
}

}  // namespace kbk::exercise
