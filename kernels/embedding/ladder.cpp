/// @file
/// The only list of the rungs of embedding and embedding_backward, in order.
#include <algorithm>

#include "kernels/embedding/rungs.hpp"

namespace kbk {

const Ladder<EmbeddingRung>& embedding() {
    static const Ladder<EmbeddingRung> ladder(
        "embedding", {
                         {Device::cpu, "naive", cpu::naive, "row after row"},
                         {Device::cpu, "threaded", cpu::threaded, "blocks of rows, on all cores"},
#ifdef KBK_MINE
                         {Device::cpu, "mine", cpu::mine, "yours"},
#endif
                         {Device::cuda, "naive", gpu::naive, "one thread an element"},
                         {Device::cuda, "vectorized", gpu::vectorized, "four elements a thread, a warp a row"},
                     });
    return ladder;
}

const Ladder<EmbeddingBackwardRung>& embedding_backward() {
    static const Ladder<EmbeddingBackwardRung> ladder(
        "embedding_backward", {
                                  {Device::cpu, "naive", cpu::naive, "row after row"},
                                  {Device::cpu, "threaded", cpu::threaded, "classes of tokens, on all cores"},
                                  {Device::cuda, "naive", gpu::naive, "one thread a column"},
                                  {Device::cuda, "leaders", gpu::leaders, "a token's first row collects the others"},
                              });
    return ladder;
}

Cost cost(const EmbeddingForward& p) {
    const double count = double(p.rows) * double(p.width);
    return p.positions ? Cost{count, 4 * (2 * count + double(p.time) * double(p.width))} : Cost{0, 8 * count};
}

Cost cost(const EmbeddingBackward& p) {
    const double count = double(p.rows) * double(p.width), table = double(p.vocabulary) * double(p.width);
    return {count, 4 * (count + (p.beta == 0 ? table : p.beta == 1 ? 2 * std::min(count, table) : 2 * table))};
}

namespace {

void validate_sizes(const char* operation, std::int64_t rows, std::int64_t vocabulary, std::int64_t width, bool pointers) {
    require(rows >= 0 && vocabulary >= 0 && width >= 0, "{}: {} rows of a table ({}, {}); no size may be negative",
            operation, rows, vocabulary, width);
    require(rows == 0 || vocabulary > 0, "{}: {} rows are named of a table that has none", operation, rows);
    require(rows * width == 0 || pointers, "{}: a null pointer where ({}, {}) elements are expected", operation, rows, width);
}

}  // namespace

void validate(const EmbeddingForward& p) {
    validate_sizes("embedding", p.rows, p.vocabulary, p.width, p.tokens && p.table && p.y);
    require(!p.positions || (p.time > 0 && p.rows % p.time == 0),
            "embedding: {} rows are no whole number of sequences of {}", p.rows, p.time);
}

void validate(const EmbeddingBackward& p) {
    validate_sizes("embedding_backward", p.rows, p.vocabulary, p.width, p.tokens && p.dy);
    // Without rows the sums are zeros, which need a place too.
    require(p.vocabulary * p.width == 0 || p.gradient, "embedding_backward: a null pointer where ({}, {}) sums are expected",
            p.vocabulary, p.width);
}

void validate_tokens(const std::int32_t* tokens, std::int64_t rows, std::int64_t vocabulary) {
    for (std::int64_t i = 0; i < rows; ++i)
        require(tokens[i] >= 0 && tokens[i] < vocabulary, "token {} at place {} is not in the vocabulary of {}; is it of another tokenizer?",
                tokens[i], i, vocabulary);
}

}  // namespace kbk
