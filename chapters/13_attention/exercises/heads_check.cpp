#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "chapters/13_attention/exercises/heads.hpp"
#include "common/base/philox.hpp"
#include "kernels/attention/reference.hpp"

using namespace kbk;

namespace {

// Hold it against copies of each head, packed.
void check(std::int64_t batch, std::int64_t time, std::int64_t channels, std::int64_t heads) {
    CAPTURE(batch);
    CAPTURE(heads);
    const std::int64_t rows = batch * time, width = channels / heads;
    std::vector<float> random(static_cast<std::size_t>(rows * 3 * channels));
    Philox(9).fill_uniform(random, -1, 1);
    const std::vector<double> qkv(random.begin(), random.end());
    std::vector<double> out(static_cast<std::size_t>(rows * channels), std::nan(""));
    const BasicAttention<double> p =
        exercise::split_heads(qkv.data(), out.data(), batch, time, channels, heads);
    REQUIRE(p.batch == batch);
    REQUIRE(p.heads == heads);
    REQUIRE(p.queries == time);
    REQUIRE(p.keys == time);
    REQUIRE(p.width == width);
    REQUIRE(p.causal);

    // Look at the addresses before anything is read or written there.
    for (std::int64_t b = 0; b < batch; ++b)
        for (std::int64_t h = 0; h < heads; ++h)
            for (std::int64_t t = 0; t < time; ++t) {
                const double* row = qkv.data() + (b * time + t) * 3 * channels + h * width;
                REQUIRE(p.q_of(b, h)[t] == row);
                REQUIRE(p.k_of(b, h)[t] == row + channels);
                REQUIRE(p.v_of(b, h)[t] == row + 2 * channels);
                REQUIRE(p.out_of(b, h)[t] == out.data() + (b * time + t) * channels + h * width);
            }

    reference(p);
    for (std::int64_t b = 0; b < batch; ++b)
        for (std::int64_t h = 0; h < heads; ++h) {
            std::vector<double> part[3], packed(static_cast<std::size_t>(time * width));
            for (std::int64_t which = 0; which < 3; ++which)
                for (std::int64_t t = 0; t < time; ++t)
                    for (std::int64_t c = 0; c < width; ++c)
                        part[which].push_back(
                            qkv[std::size_t(((b * time + t) * 3 + which) * channels + h * width + c)]);
            reference(BasicAttention<double>{part[0].data(), part[1].data(), part[2].data(), packed.data(),
                                             nullptr, 1, 1, time, time, width});
            for (std::int64_t t = 0; t < time; ++t)
                for (std::int64_t c = 0; c < width; ++c)
                    REQUIRE(out[std::size_t((b * time + t) * channels + h * width + c)] ==
                            packed[std::size_t(t * width + c)]);
        }
}

}  // namespace

TEST_CASE("one sequence, one head") {
    check(1, 3, 4, 1);
}

TEST_CASE("one sequence, more heads") {
    check(1, 4, 6, 3);
}

TEST_CASE("more of both") {
    check(3, 5, 8, 2);
    check(2, 4, 6, 6);
}
