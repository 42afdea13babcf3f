#include <doctest/doctest.h>

#include "chapters/14_transformer/exercises/cache.hpp"
#include "common/base/philox.hpp"
#include "kernels/attention/reference.hpp"

using namespace kbk;
using kbk::exercise::CachedHead;

TEST_CASE("the first token sees itself alone") {
    CachedHead head(2);
    CHECK(head.read(std::vector<double>{3, -1}, std::vector<double>{0.5, 2}, std::vector<double>{7, 8}) ==
          std::vector<double>{7, 8});
}

TEST_CASE("token by token, as the definition says for all at once") {
    for (const int width : {1, 3, 8}) {
        const int time = 9;
        std::vector<double> q(static_cast<std::size_t>(time * width)), k = q, v = q, expected = q;
        for (std::size_t i = 0; i < q.size(); ++i) {
            q[i] = 4 * double(Philox(1, 1).uniform(i)) - 2;
            k[i] = 4 * double(Philox(1, 2).uniform(i)) - 2;
            v[i] = 4 * double(Philox(1, 3).uniform(i)) - 2;
        }
        reference(BasicAttention<double>{.q = q.data(),
                                         .k = k.data(),
                                         .v = v.data(),
                                         .out = expected.data(),
                                         .log_sum = nullptr,
                                         .batch = 1,
                                         .heads = 1,
                                         .queries = time,
                                         .keys = time,
                                         .width = width});
        CachedHead head(width);
        for (int t = 0; t < time; ++t) {
            const auto row = [&](const std::vector<double>& all) {
                return std::span(all).subspan(static_cast<std::size_t>(t * width),
                                              static_cast<std::size_t>(width));
            };
            const auto found = head.read(row(q), row(k), row(v));
            REQUIRE(found.size() == static_cast<std::size_t>(width));
            for (int c = 0; c < width; ++c)
                CHECK(found[static_cast<std::size_t>(c)] ==
                      doctest::Approx(expected[static_cast<std::size_t>(t * width + c)]));
        }
    }
}

TEST_CASE("large scores do not overflow, of either sign") {
    CachedHead head(1);
    head.read(std::vector<double>{1}, std::vector<double>{1000}, std::vector<double>{1});
    CHECK(head.read(std::vector<double>{1}, std::vector<double>{-1000}, std::vector<double>{2})[0] ==
          doctest::Approx(1));
    CachedHead low(1);
    CHECK(low.read(std::vector<double>{1}, std::vector<double>{-1000}, std::vector<double>{3})[0] ==
          doctest::Approx(3));
}
