#include "chapters/05_matmul/exercises/sums.hpp"

namespace kbk::exercise {

float dot(const float* a, const float* b, std::int64_t n) {
    // Your turn. This sum waits for itself at each step. How many independent sums does the processor need? Keep them in
    // an array, with an inner loop of constant length over it: the compiler makes vectors of neighbours, so take enough
    // for several vectors. And what becomes of the elements that are left over?
    float sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
    return sum;
}

}  // namespace kbk::exercise
