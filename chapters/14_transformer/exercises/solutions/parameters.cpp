#include "chapters/14_transformer/exercises/parameters.hpp"

namespace kbk::exercise {

std::int64_t parameters(std::int64_t vocabulary, std::int64_t context, std::int64_t layers,
                        std::int64_t channels) {
    const std::int64_t weights = 12 * channels * channels, biases = (3 + 1 + 4 + 1) * channels,
                       norms = 4 * channels;
    return (vocabulary + context) * channels + layers * (weights + biases + norms) + 2 * channels;
}

std::int64_t widest(std::int64_t budget, std::int64_t vocabulary, std::int64_t context, std::int64_t layers) {
    std::int64_t channels = 0;
    while (parameters(vocabulary, context, layers, channels + 64) <= budget) channels += 64;
    return channels;
}

}  // namespace kbk::exercise
