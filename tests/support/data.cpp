#include "tests/support/data.hpp"

#include "common/base/philox.hpp"

namespace kbk::test {

namespace {
constexpr std::uint64_t seed = 20;
}

std::vector<float> integers(std::int64_t count, std::string_view name, int limit) {
    const Philox random(seed, stream_id(name));
    std::vector<float> out(static_cast<std::size_t>(count));
    random.fill_uniform(out, 0, 1);
    for (float& x : out) x = static_cast<float>(static_cast<int>(x * static_cast<float>(2 * limit + 1)) - limit);
    return out;
}

std::vector<float> reals(std::int64_t count, std::string_view name) {
    std::vector<float> out(static_cast<std::size_t>(count));
    Philox(seed, stream_id(name)).fill_uniform(out, -1.0f, 1.5f);
    return out;
}

}  // namespace kbk::test
