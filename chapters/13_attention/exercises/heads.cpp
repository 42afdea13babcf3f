#include "chapters/13_attention/exercises/heads.hpp"

namespace kbk::exercise {

BasicAttention<double> split_heads(const double* qkv, double* out, std::int64_t batch, std::int64_t time,
                                   std::int64_t channels, std::int64_t heads) {
    // Your turn. This describes packed tensors (batch, heads, time, width) one behind the other. Where do the
    // first query, the first key and the first value really begin? How far is it from a row to the next, from
    // a head to the next, from a sequence to the next?
    const std::int64_t width = channels / heads, count = batch * time * channels;
    return {.q = qkv,
            .k = qkv + count,
            .v = qkv + 2 * count,
            .out = out,
            .log_sum = nullptr,
            .batch = batch,
            .heads = heads,
            .queries = time,
            .keys = time,
            .width = width};
}

}  // namespace kbk::exercise
