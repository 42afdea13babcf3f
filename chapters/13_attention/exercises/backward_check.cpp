#include <doctest/doctest.h>

#include <cmath>
#include <utility>
#include <vector>

#include "chapters/13_attention/exercises/backward.hpp"
#include "common/base/philox.hpp"
#include "kernels/attention/reference.hpp"

using namespace kbk;

namespace {

std::vector<double> numbers(std::int64_t count, std::uint64_t stream) {
    std::vector<float> values(static_cast<std::size_t>(count));
    Philox(5, stream).fill_uniform(values, -1.5f, 1.5f);
    return {values.begin(), values.end()};
}

// Hold the exercise against central differences of the definition.
void check(std::int64_t queries, std::int64_t keys, std::int64_t width, bool causal, double scale) {
    CAPTURE(queries);
    CAPTURE(keys);
    CAPTURE(width);
    std::vector<double> q = numbers(queries * width, 1), k = numbers(keys * width, 2),
                        v = numbers(keys * width, 3);
    const std::vector<double> d_out = numbers(queries * width, 4);
    std::vector<double> out(q.size()), log_sum(static_cast<std::size_t>(queries));
    const BasicAttention<double> p{q.data(), k.data(), v.data(), out.data(), log_sum.data(), 1,
                                   1,        queries,  keys,     width,      causal,         scale};
    const auto loss = [&] {
        reference(p);
        double sum = 0;
        for (std::size_t i = 0; i < out.size(); ++i) sum += out[i] * d_out[i];
        return sum;
    };
    loss();
    std::vector<double> shares(static_cast<std::size_t>(queries * keys));
    for (std::int64_t i = 0; i < queries; ++i)
        for (std::int64_t j = 0; j < p.seen(i); ++j) {
            double dot = 0;
            for (std::int64_t c = 0; c < width; ++c)
                dot += q[std::size_t(i * width + c)] * k[std::size_t(j * width + c)];
            shares[std::size_t(i * keys + j)] = std::exp(scale * dot - log_sum[std::size_t(i)]);
        }

    const double poison = std::nan("");
    std::vector<double> dq(q.size(), poison), dk(k.size(), poison), dv(v.size(), poison);
    exercise::attention_backward(q, k, v, shares, d_out, width, scale, dq, dk, dv);
    constexpr double h = 1e-5;
    for (auto [value, gradient, name] :
         {std::tuple(&q, &dq, "dq"), std::tuple(&k, &dk, "dk"), std::tuple(&v, &dv, "dv")})
        for (std::size_t i = 0; i < value->size(); ++i) {
            CAPTURE(name);
            CAPTURE(i);
            const double old = (*value)[i];
            (*value)[i] = old + h;
            const double up = loss();
            (*value)[i] = old - h;
            const double down = loss();
            (*value)[i] = old;
            REQUIRE(std::fabs((*gradient)[i] - (up - down) / (2 * h)) < 1e-8);
        }
}

}  // namespace

TEST_CASE("one query, one key: only the value learns") {
    check(1, 1, 3, false, 1);
}

TEST_CASE("all see all") {
    check(3, 3, 2, false, 1 / std::sqrt(2.0));
    check(2, 5, 4, false, 0.5);
    check(5, 2, 3, false, 0.7);
}

TEST_CASE("under the mask") {
    check(4, 4, 3, true, 1 / std::sqrt(3.0));
    check(2, 6, 5, true, 1.3);
}
