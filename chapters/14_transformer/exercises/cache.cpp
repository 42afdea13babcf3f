#include "chapters/14_transformer/exercises/cache.hpp"

namespace kbk::exercise {

std::vector<double> CachedHead::read(std::span<const double> q, std::span<const double> k,
                                     std::span<const double> v) {
    // Your turn. What must be kept of each token, and what can be forgotten? Which mask is needed?
    (void)q, (void)k, (void)v;
    return std::vector<double>(static_cast<std::size_t>(width_), 0.0);
}

}  // namespace kbk::exercise
