/// @file
/// A task that needs looking back, and networks for it that differ in one layer only: how tokens are mixed.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "common/nn/transformer_layers.hpp"

namespace kbk {

// [recall_task]
/// Sequences "key value key value ... key key key": pairs first, then keys alone, each of which asks for the
/// value that stood behind it. All is drawn anew for each sequence, so that nothing can be learned by heart.
struct RecallTask {
    std::int64_t batch = 32;    ///< sequences
    std::int64_t pairs = 8;     ///< of different keys and different values
    std::int64_t queries = 8;   ///< keys that ask
    std::int64_t symbols = 16;  ///< different keys; as many different values. Tokens [0, symbols) are keys

    /// @return tokens of a sequence
    [[nodiscard]] std::int64_t time() const { return 2 * pairs + queries; }

    /// Draw sequences.
    /// @param seed   the user's seed
    /// @param index  which of the seed's batches
    /// @param ids    receives (batch, time) tokens
    /// @param labels receives (batch * queries) values, in [0, symbols)
    void draw(std::uint64_t seed, std::uint64_t index, Tensor<std::int32_t>& ids,
              Tensor<std::int32_t>& labels) const {
        ids.resize({batch, time()});
        labels.resize({batch * queries});
        std::vector<std::int32_t> keys(static_cast<std::size_t>(symbols)), values = keys;
        for (std::int64_t b = 0; b < batch; ++b) {
            const std::uint64_t sequence = index * std::uint64_t(batch) + std::uint64_t(b);
            std::iota(keys.begin(), keys.end(), 0);
            std::iota(values.begin(), values.end(), 0);
            Philox(seed, stream_id("recall keys", sequence)).shuffle(std::span(keys));
            Philox(seed, stream_id("recall values", sequence)).shuffle(std::span(values));
            std::int32_t* id = ids.data() + b * time();
            for (std::int64_t j = 0; j < pairs; ++j) {
                *id++ = keys[std::size_t(j)];
                *id++ = std::int32_t(symbols) + values[std::size_t(j)];
            }
            const Philox asked(seed, stream_id("recall queries", sequence));
            for (std::int64_t i = 0; i < queries; ++i) {
                const std::size_t j = asked.word(std::uint64_t(i)) % std::uint64_t(pairs);
                *id++ = keys[j];
                labels.data()[b * queries + i] = values[j];
            }
        }
    }
};
// [recall_task]

// [prefix_mean]
/// What attention is without the looking: each token gets the mean of all up to itself. With twice the width
/// it has as many weights as SelfAttention.
/// @tparam T float or double
template <class T>
struct PrefixMean {
    Linear<T> in, out;  ///< channels to 2 channels, and back

    /// @param name,channels,seed as of SelfAttention
    PrefixMean(const std::string& name, std::int64_t channels, std::uint64_t seed)
        : in(name + ".in", channels, 2 * channels, Initial::keras, seed),
          out(name + ".out", 2 * channels, channels, Initial::keras, seed) {}

    /// @param x          (batch * time, channels)
    /// @param batch,time sizes
    /// @return the same shape
    const Tensor<T>& forward(const Tensor<T>& x, std::int64_t batch, std::int64_t time) {
        mean_.resize({time, time});
        for (std::int64_t i = 0; i < time; ++i)
            for (std::int64_t j = 0; j < time; ++j)
                mean_.data()[i * time + j] = j <= i ? T(1) / T(i + 1) : T(0);
        batch_ = batch;
        return out.forward(mix(in.forward(x), mixed_, false));
    }
    /// @param dy gradient by what `forward` returned @return gradient by its input
    const Tensor<T>& backward(const Tensor<T>& dy) {
        return in.backward(mix(out.backward(dy), unmixed_, true));
    }
    /// @return what is learned
    Parameters<T> parameters() { return {&in.weight, &in.bias, &out.weight, &out.bias}; }

  private:
    // The product of the matrix of means, or its transpose, with each sequence.
    const Tensor<T>& mix(const Tensor<T>& from, Tensor<T>& to, bool transpose) {
        const std::int64_t time = mean_.shape(0), width = from.shape(1);
        to.resize(from.shape());
        compute(BasicMatmul<T>{.a = mean_.data(),
                               .b = from.data(),
                               .c = to.data(),
                               .m = time,
                               .n = width,
                               .k = time,
                               .transpose_a = transpose,
                               .batch = {.outer = batch_, .outer_b = time * width, .outer_c = time * width}},
                Device::cpu);
        return to;
    }

    std::int64_t batch_ = 0;
    Tensor<T> mean_, mixed_, unmixed_;
};
// [prefix_mean]

// [printed_attention]
/// D4's formula as it is printed: Q K^T / sqrt(d) V, without a softmax and without a mask.
/// @tparam T float or double
template <class T>
struct PrintedAttention {
    Linear<T> qkv, projection;  ///< as of SelfAttention

    /// @param name,channels,seed as of SelfAttention
    PrintedAttention(const std::string& name, std::int64_t channels, std::uint64_t seed)
        : qkv(name + ".c_attn", channels, 3 * channels, Initial::keras, seed),
          projection(name + ".c_proj", channels, channels, Initial::keras, seed) {}

    /// @param x          (batch * time, channels)
    /// @param batch,time sizes
    /// @return the same shape
    const Tensor<T>& forward(const Tensor<T>& x, std::int64_t batch, std::int64_t time) {
        const std::int64_t c = x.shape(1);
        batch_ = batch, time_ = time, qkv_ = qkv.forward(x).data();
        scores_.resize({batch, time, time});
        out_.resize(x.shape());
        product(qkv_, 3 * c, false, qkv_ + c, 3 * c, true, scores_.data(), time, time, time, c);
        for (T& s : scores_.values()) s /= std::sqrt(T(c));
        product(scores_.data(), time, false, qkv_ + 2 * c, 3 * c, false, out_.data(), c, time, c, time);
        return projection.forward(out_);
    }

    /// @param dy gradient by what `forward` returned @return gradient by its input
    const Tensor<T>& backward(const Tensor<T>& dy) {
        const T* d_out = projection.backward(dy).data();
        const std::int64_t c = dy.shape(1);
        d_scores_.resize(scores_.shape());
        d_qkv_.resize({batch_ * time_, 3 * c});
        product(d_out, c, false, qkv_ + 2 * c, 3 * c, true, d_scores_.data(), time_, time_, time_, c);
        for (T& s : d_scores_.values()) s /= std::sqrt(T(c));
        product(scores_.data(), time_, true, d_out, c, false, d_qkv_.data() + 2 * c, 3 * c, time_, c, time_);
        product(d_scores_.data(), time_, false, qkv_ + c, 3 * c, false, d_qkv_.data(), 3 * c, time_, c,
                time_);
        product(d_scores_.data(), time_, true, qkv_, 3 * c, false, d_qkv_.data() + c, 3 * c, time_, c, time_);
        return qkv.backward(d_qkv_);
    }
    /// @return what is learned
    Parameters<T> parameters() { return {&qkv.weight, &qkv.bias, &projection.weight, &projection.bias}; }

  private:
    // One product for each sequence; a row of each matrix is so many numbers behind the one before.
    void product(const T* a, std::int64_t lda, bool transpose_a, const T* b, std::int64_t ldb,
                 bool transpose_b, T* to, std::int64_t ldc, std::int64_t m, std::int64_t n, std::int64_t k) {
        compute(BasicMatmul<T>{.a = a,
                               .b = b,
                               .c = to,
                               .m = m,
                               .n = n,
                               .k = k,
                               .transpose_a = transpose_a,
                               .transpose_b = transpose_b,
                               .lda = lda,
                               .ldb = ldb,
                               .ldc = ldc,
                               .batch = {.outer = batch_,
                                         .outer_a = time_ * lda,
                                         .outer_b = time_ * ldb,
                                         .outer_c = time_ * ldc}},
                Device::cpu);
    }

    std::int64_t batch_ = 0, time_ = 0;
    const T* qkv_ = nullptr;
    Tensor<T> scores_, out_, d_scores_, d_qkv_;
};
// [printed_attention]

// [recall_net]
/// Tokens and places, some layers that mix them, and a value for each key that asks.
/// @tparam T   float to train, double to check gradients
/// @tparam Mix SelfAttention<T>, PrefixMean<T> or PrintedAttention<T>
template <class T, class Mix>
struct RecallNet {
    RecallTask task;                  ///< sizes of its sequences
    Embedding<T> embedding;           ///< tokens and places
    std::vector<Mix> mix;             ///< the layers
    std::vector<LayerNorm<T>> norms;  ///< one before each layer, and one behind the last
    Linear<T> head;                   ///< channels to values

    /// @param recall    what it shall learn
    /// @param channels  width
    /// @param layers    that mix tokens, all on the device of the rest
    /// @param seed      of the initial values
    /// @param placed    whether it knows the places of its tokens
    /// @param device    where it computes
    RecallNet(const RecallTask& recall, std::int64_t channels, std::vector<Mix> layers, std::uint64_t seed,
              bool placed = true, Device device = Device::cpu)
        : task(recall),
          embedding("", 2 * recall.symbols, placed ? recall.time() : 0, channels, seed, device),
          mix(std::move(layers)),
          head("head", channels, recall.symbols, Initial::keras, seed, device) {
        for (std::size_t i = 0; i <= mix.size(); ++i)
            norms.emplace_back("norm" + std::to_string(i + 1), channels, device);
        // GPT-2's deviation of 0.02 is made for channels by the thousand; with 64 of them scores would begin
        // near zero, and so would their gradients.
        for (Parameter<T>* p : parameters())
            if (p->value.shape().rank() == 2) fill_normal(*p, seed, 0.1);
    }

    /// @param ids (batch, time)
    /// @return (batch * queries, symbols), logits of the values behind the keys that ask
    const Tensor<T>& forward(const Tensor<std::int32_t>& ids) {
        batch_ = ids.shape(0);
        const Tensor<T>* x = &embedding.forward(ids);
        const Tensor<T>* normal = &norms[0].forward(*x);
        for (std::size_t i = 0; i < mix.size(); ++i) {
            normal = &norms[i + 1].forward(*x, mix[i].forward(*normal, batch_, task.time()));
            x = &norms[i + 1].sum();
        }
        // Only the last tokens of each sequence ask.
        asking_.resize({batch_ * task.queries, channels()}, normal->device());
        for (std::int64_t b = 0; b < batch_; ++b)
            copy(normal->device(), asking_.data() + to(b), normal->device(), normal->data() + from(b),
                 bytes());
        return head.forward(asking_);
    }

    /// @param dy (batch * queries, symbols), gradient of the loss by what `forward` returned
    void backward(const Tensor<T>& dy) {
        const Tensor<T>& d_asking = head.backward(dy);
        d_normal_.resize({batch_ * task.time(), channels()}, dy.device());
        d_normal_.clear();
        for (std::int64_t b = 0; b < batch_; ++b)
            copy(dy.device(), d_normal_.data() + from(b), dy.device(), d_asking.data() + to(b), bytes());
        const Tensor<T>* dx = &norms.back().backward(d_normal_);
        for (std::size_t i = mix.size(); i-- > 0;) dx = &norms[i].backward(mix[i].backward(*dx), dx);
        embedding.backward(*dx);
    }

    /// @return what is learned
    Parameters<T> parameters() {
        Parameters<T> all = embedding.parameters();
        const auto add = [&](const Parameters<T>& some) { all.insert(all.end(), some.begin(), some.end()); };
        for (auto& layer : mix) add(layer.parameters());
        for (auto& norm : norms) add(norm.parameters());
        add(head.parameters());
        return all;
    }

    /// @return numbers of a token
    [[nodiscard]] std::int64_t channels() const { return embedding.channels(); }

  private:
    // Where the rows that ask begin, among all rows and among themselves.
    [[nodiscard]] std::int64_t from(std::int64_t b) const {
        return ((b + 1) * task.time() - task.queries) * channels();
    }
    [[nodiscard]] std::int64_t to(std::int64_t b) const { return b * task.queries * channels(); }
    [[nodiscard]] std::size_t bytes() const { return std::size_t(task.queries * channels()) * sizeof(T); }

    std::int64_t batch_ = 0;
    Tensor<T> asking_, d_normal_;
};
// [recall_net]

}  // namespace kbk
