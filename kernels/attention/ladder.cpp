/// @file
/// The only list of the rungs of attention and attention_backward, in order.
#include <algorithm>

#include "common/cuda/runtime.hpp"
#include "kernels/attention/rungs.hpp"

namespace kbk {

namespace {

// Why a CUDA rung refuses a problem: its tiles have a largest width, and its grid has a place for each head.
template <std::int64_t widest>
std::string tiles_up_to(const Attention& p) {
    if (p.width > widest) return fmt::format("its tiles are at most {} wide, not {}", widest, p.width);
    constexpr std::int64_t most = std::int64_t(1) << 30;
    if (p.queries > most || p.keys > most) return "it counts positions in 32 bits: at most 2^30 of them";
    return p.batch > 65535 || p.heads > 65535 ? "its grid reaches 65,535 heads, and as many items of a batch" : "";
}
template <std::int64_t widest>
std::string backward_tiles_up_to(const AttentionBackward& p) {
    return tiles_up_to<widest>(p.forward());
}

std::string no_such_tensor_cores() {
    constexpr int ampere = 80;
    const int capability = cuda::compute_capability();
    if (!cuda::unavailable().empty() || capability >= ampere) return "";  // without a device another reason is given
    return fmt::format("tensor cores of compute capability {}.{} know no tf32; those of 8.0 do", capability / 10,
                       capability % 10);
}

}  // namespace

const Ladder<AttentionRung>& attention() {
    static const Ladder<AttentionRung> ladder(
        "attention",
        {
            {Device::cpu, "naive", cpu::naive, "the definition, with the whole matrix of scores"},
            {Device::cpu, "online", cpu::online, "one query at a time, whose scores are never stored"},
            {Device::cpu, "flash", cpu::flash, "blocks of queries meet blocks of keys"},
            {Device::cpu, "vectorized", cpu::vectorized, "both products in register tiles, registers of exponentials"},
            {Device::cpu, "threaded", cpu::threaded, "blocks of queries, on all cores"},
#ifdef KBK_MINE
            {Device::cpu, "mine", cpu::mine, "yours"},
#endif
            {Device::cuda, "naive", gpu::naive, "three launches, with the whole matrix of scores"},
            {Device::cuda, "shared", gpu::shared, "a thread a query; keys pass through shared memory", tiles_up_to<64>},
            {Device::cuda, "flash", gpu::flash, "a warp meets 16 queries and 32 keys, with shuffles", tiles_up_to<128>},
            {.device = Device::cuda,
             .name = "wmma_tf32",
             .run = gpu::wmma_tf32,
             .idea = "both products on tensor cores, in tf32",
             .refuses = tiles_up_to<128>,
             .unavailable = no_such_tensor_cores,
             .precision = Precision::tf32},
        });
    return ladder;
}

const Ladder<AttentionBackwardRung>& attention_backward() {
    static const Ladder<AttentionBackwardRung> ladder(
        "attention_backward",
        {
            {Device::cpu, "naive", cpu::naive, "the chain rule, with whole matrices"},
            {Device::cpu, "flash", cpu::flash, "blocks of keys, whose shares are computed anew"},
            {Device::cpu, "vectorized", cpu::vectorized, "five products in register tiles"},
            {Device::cpu, "threaded", cpu::threaded, "ranges of keys, on all cores"},
            {Device::cuda, "naive", gpu::naive, "a thread a query, then a thread a key"},
            {Device::cuda, "flash", gpu::flash, "tiles meet tiles, from the queries' side and from the keys'",
             backward_tiles_up_to<128>},
        });
    return ladder;
}

double seen_pairs(const Attention& p) {
    // Query i sees i + 1 + keys - queries of the keys: an arithmetic series, from the first query that sees any.
    const auto queries = double(p.queries), keys = double(p.keys), seeing = std::min(queries, keys);
    const double heads = double(p.batch) * double(p.heads);
    return heads * (p.causal ? seeing * keys - seeing * (seeing - 1) / 2 : queries * keys);
}

Cost cost(const Attention& p) {
    const double heads = double(p.batch) * double(p.heads), width = double(p.width);
    const double elements = heads * width * (2 * double(p.queries) + 2 * double(p.keys));
    return {4 * width * seen_pairs(p), 4 * (elements + (p.log_sum ? heads * double(p.queries) : 0))};
}

Cost cost(const AttentionBackward& p) {
    const double heads = double(p.batch) * double(p.heads), width = double(p.width);
    const double elements = heads * width * (4 * double(p.queries) + 4 * double(p.keys));
    return {10 * width * seen_pairs(p.forward()), 4 * (elements + heads * double(p.queries))};
}

namespace {

template <class P>
void validate_sizes(const char* operation, const P& p, bool pointers) {
    require(p.batch >= 0 && p.heads >= 0 && p.queries >= 0 && p.keys >= 0,
            "{}: sizes (batch {}, heads {}, queries {}, keys {}) must not be negative", operation, p.batch, p.heads,
            p.queries, p.keys);
    require(p.width >= 1, "{}: a width of {}; queries, keys and values have at least one number", operation, p.width);
    require(std::isfinite(p.scale) && p.scale >= 0, "{}: a scale of {}; give a positive number, or 0 for 1 / sqrt(width)",
            operation, p.scale);
    require(pointers, "{}: a null pointer where (batch {}, heads {}, queries {}, keys {}, width {}) are expected",
            operation, p.batch, p.heads, p.queries, p.keys, p.width);
}

// Rows of an output must not lie over each other.
template <class P>
void validate_strides(const char* operation, const char* name, const P& p, const HeadStrides& s, bool written) {
    require(s.batch >= 0 && s.head >= 0 && s.row >= 0, "{}: strides of {} ({}, {}, {}) must not be negative", operation,
            name, s.batch, s.head, s.row);
    if (!written || s == HeadStrides{}) return;
    require(s.row >= p.width && (p.heads <= 1 || s.head >= p.width) && (p.batch <= 1 || s.batch >= p.width),
            "{}: with strides ({}, {}, {}) rows of {} would overlap; each must be at least the width {}", operation,
            s.batch, s.head, s.row, name, p.width);
}

}  // namespace

void validate(const Attention& p) {
    const bool any = p.batch * p.heads > 0, queries = any && p.queries > 0, keys = any && p.keys > 0;
    validate_sizes("attention", p, (!queries || (p.q && p.out)) && (!queries || !keys || (p.k && p.v)));
    validate_strides("attention", "q", p, p.q_strides, false);
    validate_strides("attention", "k", p, p.k_strides, false);
    validate_strides("attention", "v", p, p.v_strides, false);
    validate_strides("attention", "out", p, p.out_strides, true);
}

void validate(const AttentionBackward& p) {
    const bool any = p.batch * p.heads > 0, queries = any && p.queries > 0, keys = any && p.keys > 0;
    validate_sizes("attention_backward", p,
                   (!queries || (p.q && p.out && p.log_sum && p.d_out && p.dq)) && (!keys || (p.k && p.v && p.dk && p.dv)));
    validate_strides("attention_backward", "q", p, p.q_strides, false);
    validate_strides("attention_backward", "k", p, p.k_strides, false);
    validate_strides("attention_backward", "v", p, p.v_strides, false);
    validate_strides("attention_backward", "out", p, p.out_strides, false);
    validate_strides("attention_backward", "d_out", p, p.d_out_strides, false);
    validate_strides("attention_backward", "dq", p, p.dq_strides, true);
    validate_strides("attention_backward", "dk", p, p.dk_strides, true);
    validate_strides("attention_backward", "dv", p, p.dv_strides, true);
}

}  // namespace kbk
