/// @file
/// Ways through a matrix product, as memory sees them.
#include "chapters/05_matmul/cache.hpp"

#include <array>

namespace kbk::lesson {

namespace {

constexpr std::int64_t word = 4;  // bytes of a float

}  // namespace

// [walk]
void walk(const char* order, std::int64_t n, std::int64_t row, const Touch& touch) {
    // Which of i, j, k each loop counts.
    const std::size_t outer = std::size_t(order[0] - 'i'), middle = std::size_t(order[1] - 'i'),
                      inner = std::size_t(order[2] - 'i');
    std::array<std::int64_t, 3> at{};
    const auto a = [&] { touch(word * (at[0] * row + at[2])); };
    const auto b = [&] { touch(word * (n * row + at[2] * row + at[1])); };
    const auto c = [&] { touch(word * (2 * n * row + at[0] * row + at[1])); };

    for (at[outer] = 0; at[outer] < n; ++at[outer])
        for (at[middle] = 0; at[middle] < n; ++at[middle]) {
            at[inner] = 0;
            inner == 0 ? b() : inner == 1 ? a() : c();
            for (; at[inner] < n; ++at[inner]) {
                if (inner != 1) a();
                if (inner != 0) b();
                if (inner != 2) c();
            }
        }
}
// [walk]

void walk_blocked(std::int64_t n, std::int64_t tile, const Touch& touch) {
    for (std::int64_t j0 = 0; j0 < n; j0 += tile)
        for (std::int64_t k0 = 0; k0 < n; k0 += tile)
            for (std::int64_t i = 0; i < n; ++i)
                for (std::int64_t k = k0; k < k0 + tile; ++k) {
                    touch(word * (i * n + k));
                    for (std::int64_t j = j0; j < j0 + tile; ++j) {
                        touch(word * (n * n + k * n + j));
                        touch(word * (2 * n * n + i * n + j));
                    }
                }
}

std::vector<std::int64_t> misses_by_size(std::int64_t line_bytes, std::int64_t most,
                                         const std::function<void(const Touch&)>& walk) {
    std::vector<std::int64_t> stack, at_depth(std::size_t(most) + 1);  // lines, the last used first
    std::int64_t beyond = 0;
    walk([&](std::int64_t address) {
        const std::int64_t line = address / line_bytes;
        auto place = std::ranges::find(stack, line);
        const auto depth = place - stack.begin();  // other lines used since
        if (place == stack.end()) {
            ++beyond;
            place = stack.insert(stack.end(), line);
        } else {
            depth < most ? ++at_depth[std::size_t(depth)] : ++beyond;
        }
        std::rotate(stack.begin(), place, place + 1);
    });

    // A cache of z lines misses what lies z or deeper.
    std::vector<std::int64_t> misses(std::size_t(most) + 1, beyond);
    for (std::int64_t z = most - 1; z >= 0; --z)
        misses[std::size_t(z)] = misses[std::size_t(z) + 1] + at_depth[std::size_t(z)];
    return misses;
}

}  // namespace kbk::lesson
