#include "chapters/03_backprop_by_hand/exercises/differences.hpp"

namespace kbk::exercise {

std::vector<double> differences(const std::function<double(const std::vector<double>&)>& f,
                                std::vector<double> x) {
    // Your turn. Which step is best, the figure tells; but what if a number is a million? Put each number
    // back.
    (void)f;
    return std::vector<double>(x.size());
}

}  // namespace kbk::exercise
