#include <numeric>

#include "chapters/05_matmul/exercises/column_lines.hpp"

namespace kbk::exercise {

std::int64_t column_lines(std::int64_t bytes, std::int64_t ways, std::int64_t row) {
    const std::int64_t sets = bytes / 64 / ways;
    return sets / std::gcd(sets, row / 64) * ways;
}

}  // namespace kbk::exercise
