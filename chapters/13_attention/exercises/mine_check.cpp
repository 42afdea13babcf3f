#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "chapters/exercise.hpp"
#include "kernels/attention/reference.hpp"
#include "kernels/attention/rungs.hpp"

using namespace kbk;
using namespace kbk::exercise;

namespace {

struct Sizes {
    std::int64_t batch, heads, queries, keys, width;
    bool causal;
    float scale;
};

}  // namespace

TEST_CASE("right for masks, scales, strides and odd sizes") {
    Scratch arena;
    for (const Sizes& s : {Sizes{1, 1, 1, 1, 1, true, 0},
                           {2, 3, 5, 5, 4, true, 0},
                           {1, 2, 7, 7, 3, false, 0},
                           {2, 1, 1, 19, 8, true, 0.3f},
                           {1, 1, 33, 33, 17, true, 2},
                           {1, 1, 6, 3, 5, true, 0}}) {
        CAPTURE(s.queries);
        CAPTURE(s.keys);
        CAPTURE(s.width);
        // Rows of queries, keys and values are three widths apart, as behind one fully connected layer.
        const std::int64_t row = 3 * s.heads * s.width, longest = std::max(s.queries, s.keys);
        const auto qkv = numbers(s.batch * longest * row, 1);
        std::vector<float> found(std::size_t(s.batch * s.heads * s.queries * s.width), std::nanf("")),
            expected = found;
        std::vector<float> found_sum(std::size_t(s.batch * s.heads * s.queries), std::nanf("")),
            expected_sum = found_sum;
        Attention p{qkv.data(),
                    qkv.data() + s.heads * s.width,
                    qkv.data() + 2 * s.heads * s.width,
                    expected.data(),
                    expected_sum.data(),
                    s.batch,
                    s.heads,
                    s.queries,
                    s.keys,
                    s.width,
                    s.causal,
                    s.scale};
        p.q_strides = p.k_strides = p.v_strides = {longest * row, s.width, row};
        // The heads' outputs lie side by side in a row, as the layer behind them wants it.
        p.out_strides = {s.queries * s.heads * s.width, s.width, s.heads * s.width};
        reference(p);
        p.out = found.data(), p.log_sum = found_sum.data();
        cpu::mine(p, arena);
        for (std::size_t i = 0; i < found.size(); ++i) {
            CAPTURE(i);
            REQUIRE(std::fabs(found[i] - expected[i]) <= 1e-5f);
        }
        for (std::size_t i = 0; i < found_sum.size(); ++i)
            REQUIRE((found_sum[i] == expected_sum[i] || std::fabs(found_sum[i] - expected_sum[i]) <= 1e-5f));
    }
}

TEST_CASE("at least three times as fast as the naive rung") {
    const std::int64_t heads = 4, n = 192, width = 64;
    const auto q = numbers(heads * n * width, 1), k = numbers(heads * n * width, 2),
               v = numbers(heads * n * width, 3);
    std::vector<float> out(q.size());
    const Attention p{q.data(), k.data(), v.data(), out.data(), nullptr, 1, heads, n, n, width};
    Scratch arena;
    const double found = gain([&] { cpu::naive(p, arena); }, [&] { cpu::mine(p, arena); });
    MESSAGE("yours is " << found << " times as fast as naive");
    CHECK(found >= 3);
}
