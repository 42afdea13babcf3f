#include "chapters/05_matmul/exercises/loop_order.hpp"

namespace kbk::exercise {

void multiply(Watched& a, Watched& b, Watched& c) {
    for (std::int64_t i = 0; i < c.size(); ++i)
        for (std::int64_t l = 0; l < c.size(); ++l) {
            const float factor = a(i, l);
            for (std::int64_t j = 0; j < c.size(); ++j) c(i, j) += factor * b(l, j);
        }
}

}  // namespace kbk::exercise
