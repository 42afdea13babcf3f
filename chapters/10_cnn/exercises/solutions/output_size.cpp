#include "chapters/10_cnn/exercises/output_size.hpp"

namespace kbk::exercise {

std::int64_t output_size(std::int64_t input, const Sliding& layer) {
    const std::int64_t room = input + 2 * layer.padding - layer.size;
    return room < 0 ? 0 : room / layer.stride + 1;
}

std::int64_t receptive_field(std::span<const Sliding> layers) {
    std::int64_t field = 1, step = 1;
    for (const Sliding& layer : layers) {
        field += (layer.size - 1) * step;
        step *= layer.stride;
    }
    return field;
}

}  // namespace kbk::exercise
