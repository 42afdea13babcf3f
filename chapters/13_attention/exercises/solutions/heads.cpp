#include "chapters/13_attention/exercises/heads.hpp"

namespace kbk::exercise {

BasicAttention<double> split_heads(const double* qkv, double* out, std::int64_t batch, std::int64_t time,
                                   std::int64_t channels, std::int64_t heads) {
    const std::int64_t width = channels / heads;
    const HeadStrides inputs = {.batch = time * 3 * channels, .head = width, .row = 3 * channels};
    const HeadStrides outputs = {.batch = time * channels, .head = width, .row = channels};
    return {.q = qkv,
            .k = qkv + channels,
            .v = qkv + 2 * channels,
            .out = out,
            .log_sum = nullptr,
            .batch = batch,
            .heads = heads,
            .queries = time,
            .keys = time,
            .width = width,
            .q_strides = inputs,
            .k_strides = inputs,
            .v_strides = inputs,
            .out_strides = outputs};
}

}  // namespace kbk::exercise
