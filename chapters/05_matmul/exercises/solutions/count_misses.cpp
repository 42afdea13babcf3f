#include "chapters/05_matmul/exercises/count_misses.hpp"

namespace kbk::exercise {

std::int64_t misses(std::string_view order, std::int64_t n, std::int64_t floats) {
    const std::int64_t once = n * n, each = n * n * n;
    // Sums in the inner loop: A along rows again and again, B down columns, C once for each sum.
    if (order == "ijk" || order == "jik") return each / floats + each + once;
    // Rows in the inner loop: B streams for each row of C, or C for each row of B.
    if (order == "ikj") return once / floats + each / floats + once / floats;
    if (order == "kij") return once + once / floats + each / floats;
    // Columns in the inner loop: A and C down columns.
    return each + once + each;
}

}  // namespace kbk::exercise
