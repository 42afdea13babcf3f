#include "chapters/13_attention/exercises/backward.hpp"

#include <algorithm>
#include <vector>

namespace kbk::exercise {

void attention_backward(std::span<const double> q, std::span<const double> k, std::span<const double> v,
                        std::span<const double> shares, std::span<const double> d_out, std::int64_t width,
                        double scale, std::span<double> dq, std::span<double> dk, std::span<double> dv) {
    const std::size_t w = std::size_t(width), queries = q.size() / w, keys = k.size() / w;
    std::ranges::fill(dq, 0.0);
    std::ranges::fill(dk, 0.0);
    std::ranges::fill(dv, 0.0);
    std::vector<double> d_share(keys);
    for (std::size_t i = 0; i < queries; ++i) {
        double mean = 0;
        for (std::size_t j = 0; j < keys; ++j) {
            d_share[j] = 0;
            for (std::size_t c = 0; c < w; ++c) d_share[j] += d_out[i * w + c] * v[j * w + c];
            mean += shares[i * keys + j] * d_share[j];
        }
        for (std::size_t j = 0; j < keys; ++j) {
            const double share = shares[i * keys + j], d_score = scale * share * (d_share[j] - mean);
            for (std::size_t c = 0; c < w; ++c) {
                dq[i * w + c] += d_score * k[j * w + c];
                dk[j * w + c] += d_score * q[i * w + c];
                dv[j * w + c] += share * d_out[i * w + c];
            }
        }
    }
}

}  // namespace kbk::exercise
