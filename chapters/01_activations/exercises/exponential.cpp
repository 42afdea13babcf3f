#include "chapters/01_activations/exercises/exponential.hpp"

#include <cmath>

namespace kbk::exercise {

float exponential(float x) {
    // Your turn. Take so many halves or doublings out that what is left lies within +-log(2)/2, sum the
    // series of that, and put them back. Then look at large x: is n log(2) exact?
    return 1 + x;
}

}  // namespace kbk::exercise
