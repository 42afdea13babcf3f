/// @file
/// A solution of exercise 6: no hidden scores, keys turned around, values mixed row by row.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/attention/rungs.hpp"

namespace kbk::cpu {

void mine(const Attention& p, Scratch& scratch) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const Scratch::Frame frame(scratch);
    float* turned =
        scratch.take<float>(p.width * p.keys);  // (width, keys): the keys' first numbers side by side
    float* row = scratch.take<float>(p.keys);
    for (std::int64_t b = 0; b < p.batch; ++b)
        for (std::int64_t h = 0; h < p.heads; ++h) {
            const auto q = p.q_of(b, h), k = p.k_of(b, h), v = p.v_of(b, h);
            for (std::int64_t j = 0; j < p.keys; ++j)
                for (std::int64_t c = 0; c < p.width; ++c) turned[c * p.keys + j] = k[j][c];

            for (std::int64_t i = 0; i < p.queries; ++i) {
                // All scores of a query grow together, one number of the width after the other.
                const std::int64_t seen = p.seen(i);
                std::fill_n(row, seen, 0.0f);
                for (std::int64_t c = 0; c < p.width; ++c) {
                    const float factor = p.factor() * q[i][c];
                    const float* keys = turned + c * p.keys;
                    for (std::int64_t j = 0; j < seen; ++j) row[j] += factor * keys[j];
                }
                float largest = -infinity, sum = 0;
                for (std::int64_t j = 0; j < seen; ++j) largest = std::max(largest, row[j]);
                for (std::int64_t j = 0; j < seen; ++j) sum += row[j] = std::exp(row[j] - largest);
                if (p.log_sum) p.log_sum_of(b, h)[i] = largest + std::log(sum);

                float* out = p.out_of(b, h)[i];
                std::fill_n(out, p.width, 0.0f);
                for (std::int64_t j = 0; j < seen; ++j) {
                    const float share = row[j] / sum;
                    const float* value = v[j];
                    for (std::int64_t c = 0; c < p.width; ++c) out[c] += share * value[c];
                }
            }
        }
}

}  // namespace kbk::cpu
