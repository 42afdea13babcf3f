/// @file
/// Numbers and speed, as the checks of the exercises need them.
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

#include "common/base/philox.hpp"

namespace kbk::exercise {

/// @param count  how many
/// @param stream whose numbers differ from those of other streams
/// @return numbers between -1 and 1.5
inline std::vector<float> numbers(std::int64_t count, std::uint64_t stream) {
    std::vector<float> values(static_cast<std::size_t>(count));
    Philox(3, stream).fill_uniform(values, -1, 1.5f);
    return values;
}

/// Compare the best of many short runs in turns, so that a busy machine does not decide.
/// @param slow one function
/// @param fast another
/// @return how many times as fast as the first the second is
template <class Slow, class Fast>
double gain(const Slow& slow, const Fast& fast) {
    const auto seconds = [](const auto& run) {
        const auto start = std::chrono::steady_clock::now();
        run();
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    double first = 1e9, second = 1e9;
    for (int i = 0; i < 40; ++i) {
        first = std::min(first, seconds(slow));
        second = std::min(second, seconds(fast));
    }
    return first / second;
}

}  // namespace kbk::exercise
