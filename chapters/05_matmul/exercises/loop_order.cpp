#include "chapters/05_matmul/exercises/loop_order.hpp"

namespace kbk::exercise {

void multiply(Watched& a, Watched& b, Watched& c) {
    // Your turn. This order is right, and misses at nearly each step of its inner loop. Which other one is right,
    // and walks along rows only?
    for (std::int64_t i = 0; i < c.size(); ++i)
        for (std::int64_t j = 0; j < c.size(); ++j) {
            float sum = 0;
            for (std::int64_t l = 0; l < c.size(); ++l) sum += a(i, l) * b(l, j);
            c(i, j) = sum;
        }
}

}  // namespace kbk::exercise
