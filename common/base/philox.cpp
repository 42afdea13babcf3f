#include "common/base/philox.hpp"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>

namespace kbk {

std::array<std::uint32_t, 4> Philox::block(std::uint64_t index) const {
    const auto low = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
    const auto high = [](std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32); };
    const r123::Philox4x32::ctr_type counter = {{low(index), high(index), low(stream_), high(stream_)}};
    const r123::Philox4x32::key_type key = {{low(seed_), high(seed_)}};
    const auto words = r123::Philox4x32{}(counter, key);
    return {words[0], words[1], words[2], words[3]};
}

void Philox::fill_uniform(std::span<float> out, float low, float high) const {
    for (std::size_t i = 0; i < out.size(); i += 4) {
        const auto words = block(i / 4);
        for (std::size_t j = i; j < std::min(i + 4, out.size()); ++j)
            out[j] = low + (high - low) * to_uniform(words[j - i]);
    }
}

void Philox::fill_normal(std::span<float> out, float mean, float deviation) const {
    for (std::size_t i = 0; i < out.size(); i += 2) {
        // Take the radius from (0, 1], so that its logarithm is finite.
        const auto words = block(i / 2);
        const double u = (words[0] + 1.0) * 0x1p-32, v = words[1] * 0x1p-32;
        const double radius = std::sqrt(-2 * std::log(u)), angle = 2 * std::numbers::pi * v;
        out[i] = mean + deviation * static_cast<float>(radius * std::cos(angle));
        if (i + 1 < out.size()) out[i + 1] = mean + deviation * static_cast<float>(radius * std::sin(angle));
    }
}

}  // namespace kbk
