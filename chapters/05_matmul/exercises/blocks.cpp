#include "chapters/05_matmul/exercises/blocks.hpp"

namespace kbk::exercise {

void multiply_in_blocks(Watched& a, Watched& b, Watched& c) {
    // Your turn. These three loops fetch all of B for each row of C. Cut B into blocks that the cache of 32 lines
    // can keep, and let all rows of A pass over one block before the next. Mind sizes that no block divides.
    for (std::int64_t i = 0; i < c.size(); ++i)
        for (std::int64_t l = 0; l < c.size(); ++l) {
            const float factor = a(i, l);
            for (std::int64_t j = 0; j < c.size(); ++j) c(i, j) += factor * b(l, j);
        }
}

}  // namespace kbk::exercise
