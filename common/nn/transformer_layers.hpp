/// @file
/// Layers of a transformer: normalisation of rows, embedding, self-attention, feed-forward, and the block that they make.
/// Names, order and first values are GPT-2's (Radford and others 2019). As all layers they keep their outputs between
/// steps, and a reference that one returns holds until its next call.
///
/// Text is (batch, time) tokens; behind the embedding it is a matrix (batch * time, channels), a row for each token, so
/// that all layers but attention need not know where a sequence ends.
/// \see chapter 14, where their gradients are derived
#pragma once

#include <cmath>
#include <string>

#include "common/nn/layers.hpp"
#include "kernels/attention/reference.hpp"
#include "kernels/embedding/reference.hpp"
#include "kernels/layernorm/reference.hpp"
#include "kernels/residual/reference.hpp"

namespace kbk {

/// Standard deviation of GPT-2's first weights.
inline constexpr double gpt2_deviation = 0.02;

/// Standard deviation of the first weights of layers that write to the residual stream: with two of them a block, the
/// stream's variance after all blocks would grow with their number (Radford and others 2019, section 2.3).
/// @param blocks of the model, at least 1
/// @return 0.02 / sqrt(2 blocks)
inline double residual_deviation(std::int64_t blocks) {
    return gpt2_deviation / std::sqrt(2 * double(blocks));
}

/// Give a parameter normal first values with mean 0, made on the host and copied. The parameter's name chooses the
/// random numbers.
/// @param parameter receives them
/// @param seed      the user's seed
/// @param deviation standard deviation
template <class T>
void fill_normal(Parameter<T>& parameter, std::uint64_t seed, double deviation) {
    Tensor<float> values(parameter.value.shape());
    Philox(seed, stream_id(parameter.name)).fill_normal(values.values(), 0, float(deviation));
    if constexpr (std::is_same_v<T, float>)
        parameter.value = values.to(parameter.value.device());
    else
        parameter.value =
            Tensor<T>(values.shape(), std::vector<T>(values.values().begin(), values.values().end())).to(parameter.value.device());
}

/// Give a fully connected layer GPT-2's first values: normal weights, no bias.
/// @param layer     receives them
/// @param seed      the user's seed
/// @param deviation standard deviation of the weights
template <class T>
void fill_normal(Linear<T>& layer, std::uint64_t seed, double deviation) {
    fill_normal(layer.weight, seed, deviation);
    layer.bias.value.clear();
}

// [layernorm_layer]
/// Normalisation of each row, with learned scale and shift.
/// @tparam T float or double
template <class T>
class LayerNorm {
  public:
    Parameter<T> weight;  ///< (columns), gamma, at first 1
    Parameter<T> bias;    ///< (columns), beta, at first 0

    /// @param name    prefix of its parameters' names
    /// @param columns numbers in a row
    /// @param device  where it computes
    /// @param epsilon keeps the division finite
    /// @throws Error for rows of no numbers
    LayerNorm(const std::string& name, std::int64_t columns, Device device = Device::cpu, double epsilon = 1e-5)
        : weight(name + ".weight", {columns}, device), bias(name + ".bias", {columns}, device), epsilon_(T(epsilon)) {
        require(columns > 0, "{} of rows of {} numbers; at least 1 is needed", weight.name, columns);
        weight.value = Tensor<T>({columns}, std::vector<T>(std::size_t(columns), T(1))).to(device);
        bias.value.clear();
    }

    /// @param x (rows, columns), kept by the caller until `backward`
    /// @return (rows, columns)
    const Tensor<T>& forward(const Tensor<T>& x) {
        x_ = &x;
        return run(x, nullptr, nullptr);
    }
    /// A temporary would be gone before `backward`: it needs a name.
    void forward(const Tensor<T>&&) = delete;

    /// Normalise x + branch, which `sum` then is.
    /// @param x      (rows, columns)
    /// @param branch (rows, columns), what a residual branch adds to x
    /// @return (rows, columns)
    const Tensor<T>& forward(const Tensor<T>& x, const Tensor<T>& branch) {
        require(branch.shape() == x.shape(), "{}: a branch of shape {} cannot be added to rows of shape {}", weight.name,
                branch.shape().text(), x.shape().text());
        sum_.resize(x.shape(), device());
        x_ = &sum_;
        return run(x, branch.data(), sum_.data());
    }

    /// @return (rows, columns), x + branch of the last `forward` with a branch
    [[nodiscard]] const Tensor<T>& sum() const { return sum_; }

    /// Gradients by scale and shift, added to those of this step, and by what was normalised.
    /// @param dy       gradient of the loss by what `forward` returned
    /// @param residual gradient that reached the rows past the normalisation, added to the result; or null
    /// @return (rows, columns)
    const Tensor<T>& backward(const Tensor<T>& dy, const Tensor<T>* residual = nullptr) {
        require(x_ && dy.shape() == y_.shape(), "{}: the gradient has shape {}, the output had {}", weight.name,
                dy.shape().text(), y_.shape().text());
        require(!residual || residual->shape() == dy.shape(), "{}: the residual gradient has shape {}, the other one {}",
                weight.name, residual ? residual->shape().text() : "", dy.shape().text());
        dx_.resize(dy.shape(), device());
        compute(BasicLayerNormBackward<T>{.x = x_->data(),
                                          .gamma = weight.value.data(),
                                          .mean = mean_.data(),
                                          .rstd = rstd_.data(),
                                          .dy = dy.data(),
                                          .dx = dx_.data(),
                                          .d_gamma = weight.gradient.data(),
                                          .d_beta = bias.gradient.data(),
                                          .rows = dy.shape(0),
                                          .columns = dy.shape(1),
                                          .old_gamma = weight.beta(),
                                          .old_beta = bias.beta(),
                                          .residual = residual ? residual->data() : nullptr},
                device());
        return dx_;
    }

    /// @return where it computes
    [[nodiscard]] Device device() const { return weight.value.device(); }
    /// @return scale and shift
    [[nodiscard]] Parameters<T> parameters() { return {&weight, &bias}; }

  private:
    const Tensor<T>& run(const Tensor<T>& x, const T* branch, T* sum) {
        const std::int64_t columns = weight.value.size();
        require(x.shape().rank() == 2 && x.shape(1) == columns, "{} takes rows of {} numbers, not a tensor of shape {}",
                weight.name, columns, x.shape().text());
        const std::int64_t rows = x.shape(0);
        y_.resize(x.shape(), device());
        mean_.resize({rows}, device());
        rstd_.resize({rows}, device());
        compute(BasicLayerNorm<T>{.x = x.data(),
                                  .gamma = weight.value.data(),
                                  .beta = bias.value.data(),
                                  .y = y_.data(),
                                  .mean = mean_.data(),
                                  .rstd = rstd_.data(),
                                  .rows = rows,
                                  .columns = columns,
                                  .epsilon = epsilon_,
                                  .branch = branch,
                                  .sum = sum},
                device());
        return y_;
    }

    T epsilon_;
    const Tensor<T>* x_ = nullptr;  // what was normalised
    Tensor<T> y_, sum_, mean_, rstd_, dx_;
};
// [layernorm_layer]

// [embedding_layer]
/// Tokens to rows of numbers: the token's row of one table, plus its place's row of another.
/// @tparam T float or double
template <class T>
class Embedding {
  public:
    Parameter<T> tokens;     ///< (vocabulary, channels), "wte.weight"; the head of a model may be tied to it
    Parameter<T> positions;  ///< (context, channels), "wpe.weight"; without a context nobody learns it

    /// @param prefix     of its parameters' names, such as "" or "decoder."
    /// @param vocabulary number of different tokens
    /// @param context    longest sequence; 0: places make no difference
    /// @param channels   numbers in a row
    /// @param seed       the user's seed
    /// @param device     where it computes
    /// @throws Error for a table without rows or columns
    Embedding(const std::string& prefix, std::int64_t vocabulary, std::int64_t context, std::int64_t channels,
              std::uint64_t seed, Device device = Device::cpu)
        : tokens(prefix + "wte.weight", {vocabulary, channels}, device),
          positions(prefix + "wpe.weight", {context, channels}, device) {
        require(vocabulary > 0 && channels > 0, "{} of {} tokens and {} channels; each must be at least 1", tokens.name,
                vocabulary, channels);
        fill_normal(tokens, seed, gpt2_deviation);
        if (context > 0) fill_normal(positions, seed, gpt2_deviation);
    }

    /// @param ids   (batch, time), each in [0, vocabulary), on the layer's device, kept by the caller until `backward`
    /// @param first place of each sequence's first token: more than 0 where the tokens before it are in a cache
    /// @return (batch * time, channels)
    /// @throws Error for a sequence that goes beyond the context, and for a token on the host that is not in the
    ///         vocabulary
    const Tensor<T>& forward(const Tensor<std::int32_t>& ids, std::int64_t first = 0) {
        require(ids.shape().rank() == 2, "{} takes tokens (batch, time), not a tensor of shape {}", tokens.name,
                ids.shape().text());
        const std::int64_t rows = ids.size(), time = ids.shape(1);
        require(context() == 0 || (first >= 0 && first + time <= context()),
                "{}: {} tokens from place {} on do not fit a context of {}; shorten the text", positions.name, time, first,
                context());
        // A token that the table does not have would be an address outside it. On a GPU it cannot be looked at from here.
        if (ids.device() == Device::cpu) validate_tokens(ids.data(), rows, vocabulary());
        ids_ = &ids;
        first_ = first;
        y_.resize({rows, channels()}, device());
        const bool placed = context() > 0 && time > 0;
        compute(BasicEmbedding<T>{.tokens = ids.data(),
                                  .table = tokens.value.data(),
                                  .y = y_.data(),
                                  .rows = rows,
                                  .vocabulary = vocabulary(),
                                  .width = channels(),
                                  .positions = placed ? positions.value.data() + first * channels() : nullptr,
                                  .time = placed ? time : 0},
                device());
        return y_;
    }
    /// A temporary would be gone before `backward`: it needs a name.
    void forward(const Tensor<std::int32_t>&&, std::int64_t = 0) = delete;

    /// Gradients by both tables, added to those of this step. (Tokens have no gradient.)
    /// @param dy (batch * time, channels), gradient of the loss by what `forward` returned
    void backward(const Tensor<T>& dy) {
        require(ids_ && dy.shape() == y_.shape(), "{}: the gradient has shape {}, the output had {}", tokens.name,
                dy.shape().text(), y_.shape().text());
        compute(BasicEmbeddingBackward<T>{.tokens = ids_->data(),
                                          .dy = dy.data(),
                                          .gradient = tokens.gradient.data(),
                                          .rows = dy.shape(0),
                                          .vocabulary = vocabulary(),
                                          .width = channels(),
                                          .beta = tokens.beta()},
                device());
        if (context() == 0) return;

        // A place's gradient is the sum over the sequences: the columns of a matrix with one row for each of them.
        const T beta = positions.beta();
        if (beta == 0) positions.gradient.clear();
        const std::int64_t batch = ids_->shape(0), time = ids_->shape(1);
        compute(BasicBiasGradient<T>{.dy = dy.data(),
                                     .gradient = positions.gradient.data() + first_ * channels(),
                                     .rows = batch,
                                     .columns = time * channels(),
                                     .beta = beta},
                device());
    }

    /// @return number of different tokens
    [[nodiscard]] std::int64_t vocabulary() const { return tokens.value.shape(0); }
    /// @return longest sequence; 0: places make no difference
    [[nodiscard]] std::int64_t context() const { return positions.value.shape(0); }
    /// @return numbers in a row
    [[nodiscard]] std::int64_t channels() const { return tokens.value.shape(1); }
    /// @return where it computes
    [[nodiscard]] Device device() const { return tokens.value.device(); }
    /// @return both tables, or with no context the tokens' alone
    [[nodiscard]] Parameters<T> parameters() {
        return context() > 0 ? Parameters<T>{&tokens, &positions} : Parameters<T>{&tokens};
    }

  private:
    const Tensor<std::int32_t>* ids_ = nullptr;
    std::int64_t first_ = 0;
    Tensor<T> y_;
};
// [embedding_layer]

/// Keys and values of the tokens that one self-attention has seen, so that a text that grows by a token costs only that
/// token.
/// @tparam T float or double
template <class T>
struct KeyValueCache {
    Tensor<T> rows;           ///< (batch, capacity, 2 channels): a token's keys, then its values
    std::int64_t length = 0;  ///< tokens that it holds, the same number of each sequence

    /// @param batch    sequences
    /// @param capacity tokens of each that there is room for
    /// @param channels of the attention
    /// @param device   where the attention computes
    KeyValueCache(std::int64_t batch, std::int64_t capacity, std::int64_t channels, Device device = Device::cpu)
        : rows({batch, capacity, 2 * channels}, device) {}
};

// [self_attention_layer]
/// Multi-head causal self-attention: each token looks at those before it and at itself.
/// @tparam T float or double
template <class T>
class SelfAttention {
  public:
    Linear<T> qkv;         ///< channels to queries, keys and values, side by side: "c_attn"
    Linear<T> projection;  ///< what the heads found, to channels: "c_proj"

    /// @param name      prefix of its parameters' names, which also choose its random numbers
    /// @param channels  numbers in a row
    /// @param heads     divides the channels
    /// @param seed      the user's seed
    /// @param deviation of the projection's first weights: `residual_deviation`
    /// @param device    where it computes
    /// @param causal    whether a token may not look at those behind it
    /// @throws Error for heads that do not divide the channels
    SelfAttention(const std::string& name, std::int64_t channels, std::int64_t heads, std::uint64_t seed,
                  double deviation = gpt2_deviation, Device device = Device::cpu, bool causal = true)
        : qkv(name + ".c_attn", channels, 3 * channels, Initial::keras, seed, device),
          projection(name + ".c_proj", channels, channels, Initial::keras, seed, device),
          heads_(heads),
          causal_(causal) {
        require(heads > 0 && channels % heads == 0, "{}: {} heads do not divide {} channels", name, heads, channels);
        fill_normal(qkv, seed, gpt2_deviation);
        fill_normal(projection, seed, deviation);
    }

    /// @param x     (batch * time, channels), kept by the caller until `backward`
    /// @param batch number of sequences
    /// @param time  tokens of each
    /// @return (batch * time, channels)
    const Tensor<T>& forward(const Tensor<T>& x, std::int64_t batch, std::int64_t time) {
        require(batch >= 0 && time >= 0 && x.shape() == Shape{batch * time, channels()},
                "{}: {} sequences of {} tokens are rows of shape {}, not {}", qkv.weight.name, batch, time,
                Shape{batch * time, channels()}.text(), x.shape().text());
        batch_ = batch;
        time_ = time;
        heads_out_.resize(x.shape(), device());
        log_sum_.resize({batch, heads_, time}, device());

        // Queries, keys and values are columns of one matrix, and heads are columns of each: nothing is copied.
        const T* q = qkv.forward(x).data();
        compute(BasicAttention<T>{.q = q,
                                  .k = q + channels(),
                                  .v = q + 2 * channels(),
                                  .out = heads_out_.data(),
                                  .log_sum = log_sum_.data(),
                                  .batch = batch,
                                  .heads = heads_,
                                  .queries = time,
                                  .keys = time,
                                  .width = width(),
                                  .causal = causal_,
                                  .q_strides = strides(time, 3),
                                  .k_strides = strides(time, 3),
                                  .v_strides = strides(time, 3),
                                  .out_strides = strides(time, 1)},
                device());
        qkv_ = q;
        return projection.forward(heads_out_);
    }
    /// A temporary would be gone before `backward`: it needs a name.
    void forward(const Tensor<T>&&, std::int64_t, std::int64_t) = delete;

    /// Gradients by all parameters, added to those of this step, and by the input.
    /// @param dy (batch * time, channels), gradient of the loss by what `forward` returned
    /// @return (batch * time, channels)
    const Tensor<T>& backward(const Tensor<T>& dy) {
        require(qkv_, "{}: backward comes after forward", qkv.weight.name);
        const Tensor<T>& d_out = projection.backward(dy);
        d_qkv_.resize({batch_ * time_, 3 * channels()}, device());
        compute(BasicAttentionBackward<T>{.q = qkv_,
                                          .k = qkv_ + channels(),
                                          .v = qkv_ + 2 * channels(),
                                          .out = heads_out_.data(),
                                          .log_sum = log_sum_.data(),
                                          .d_out = d_out.data(),
                                          .dq = d_qkv_.data(),
                                          .dk = d_qkv_.data() + channels(),
                                          .dv = d_qkv_.data() + 2 * channels(),
                                          .batch = batch_,
                                          .heads = heads_,
                                          .queries = time_,
                                          .keys = time_,
                                          .width = width(),
                                          .causal = causal_,
                                          .q_strides = strides(time_, 3),
                                          .k_strides = strides(time_, 3),
                                          .v_strides = strides(time_, 3),
                                          .out_strides = strides(time_, 1),
                                          .d_out_strides = strides(time_, 1),
                                          .dq_strides = strides(time_, 3),
                                          .dk_strides = strides(time_, 3),
                                          .dv_strides = strides(time_, 3)},
                device());
        return qkv.backward(d_qkv_);
    }
    // [self_attention_layer]

    // [self_attention_extend]
    /// Attend from tokens that continue those in a cache, and put their keys and values there too. No `backward` follows.
    /// @param x     (batch * time, channels), the new tokens, with the cache's batch
    /// @param cache of the tokens before; receives the new ones
    /// @return (batch * time, channels)
    /// @throws Error for more tokens than the cache has room for
    const Tensor<T>& extend(const Tensor<T>& x, KeyValueCache<T>& cache) {
        const std::int64_t batch = cache.rows.shape(0), capacity = cache.rows.shape(1);
        require(cache.rows.shape(2) == 2 * channels(), "{}: a cache of {} channels serves no attention of {}",
                qkv.weight.name, cache.rows.shape(2) / 2, channels());
        require(batch > 0 && x.shape().rank() == 2 && x.shape(0) % batch == 0,
                "{}: rows of shape {} cannot be shared out among {} sequences", qkv.weight.name, x.shape().text(), batch);
        const std::int64_t time = x.shape(0) / batch, keys = cache.length + time;
        require(keys <= capacity, "{}: a cache of {} tokens has no room for {}; start it anew with a shorter text",
                qkv.weight.name, capacity, keys);
        qkv_ = nullptr;
        heads_out_.resize({x.shape(0), channels()}, device());

        const T* q = qkv.forward(x).data();
        const std::int64_t row = 2 * channels();
        T* k = cache.rows.data();
        for (std::int64_t b = 0; b < batch; ++b)
            for (std::int64_t t = 0; t < time; ++t)
                copy(device(), k + (b * capacity + cache.length + t) * row, device(),
                     q + (b * time + t) * 3 * channels() + channels(), std::size_t(row) * sizeof(T));
        cache.length = keys;
        compute(BasicAttention<T>{.q = q,
                                  .k = k,
                                  .v = k + channels(),
                                  .out = heads_out_.data(),
                                  .log_sum = nullptr,
                                  .batch = batch,
                                  .heads = heads_,
                                  .queries = time,
                                  .keys = keys,
                                  .width = width(),
                                  .causal = causal_,
                                  .q_strides = strides(time, 3),
                                  .k_strides = strides(capacity, 2),
                                  .v_strides = strides(capacity, 2),
                                  .out_strides = strides(time, 1)},
                device());
        return projection.forward(heads_out_);
    }
    // [self_attention_extend]

    /// @return numbers in a row
    [[nodiscard]] std::int64_t channels() const { return projection.inputs(); }
    /// @return number of heads
    [[nodiscard]] std::int64_t heads() const { return heads_; }
    /// @return numbers of a head
    [[nodiscard]] std::int64_t width() const { return channels() / heads_; }
    /// @return where it computes
    [[nodiscard]] Device device() const { return qkv.device(); }
    /// @return weights and biases of both layers
    [[nodiscard]] Parameters<T> parameters() { return {&qkv.weight, &qkv.bias, &projection.weight, &projection.bias}; }

  private:
    // Of a matrix (batch * time, parts * channels) whose columns are parts, each of them heads.
    [[nodiscard]] HeadStrides strides(std::int64_t time, std::int64_t parts) const {
        const std::int64_t row = parts * channels();
        return {.batch = time * row, .head = width(), .row = row};
    }

    std::int64_t heads_, batch_ = 0, time_ = 0;
    bool causal_;
    const T* qkv_ = nullptr;  // what qkv's layer returned; null where there is no way back
    Tensor<T> heads_out_, log_sum_, d_qkv_;
};

// [feed_forward_layer]
/// Two layers with a bend between them, for each token by itself.
/// @tparam T float or double
template <class T>
class FeedForward {
  public:
    Linear<T> hidden;      ///< channels to hidden: "c_fc"
    Linear<T> projection;  ///< hidden to channels: "c_proj"

    /// @param name      prefix of its parameters' names, which also choose its random numbers
    /// @param channels  numbers in a row
    /// @param width     of the hidden layer; GPT-2 takes four times the channels
    /// @param seed      the user's seed
    /// @param deviation of the projection's first weights: `residual_deviation`
    /// @param device    where it computes
    /// @param kind      the bend: GPT-2 takes the approximation of GELU by a hyperbolic tangent
    FeedForward(const std::string& name, std::int64_t channels, std::int64_t width, std::uint64_t seed,
                double deviation = gpt2_deviation, Device device = Device::cpu, Activation kind = Activation::gelu_tanh)
        : hidden(name + ".c_fc", channels, width, Initial::keras, seed, device),
          projection(name + ".c_proj", width, channels, Initial::keras, seed, device),
          bend_(kind) {
        fill_normal(hidden, seed, gpt2_deviation);
        fill_normal(projection, seed, deviation);
    }

    /// @param x (rows, channels), kept by the caller until `backward`
    /// @return (rows, channels)
    const Tensor<T>& forward(const Tensor<T>& x) { return projection.forward(bend_.forward(hidden.forward(x))); }
    /// A temporary would be gone before `backward`: it needs a name.
    void forward(const Tensor<T>&&) = delete;

    /// Gradients by all parameters, added to those of this step, and by the input.
    /// @param dy (rows, channels), gradient of the loss by what `forward` returned
    /// @return (rows, channels)
    const Tensor<T>& backward(const Tensor<T>& dy) { return hidden.backward(bend_.backward(projection.backward(dy))); }

    /// @return weights and biases of both layers
    [[nodiscard]] Parameters<T> parameters() {
        return {&hidden.weight, &hidden.bias, &projection.weight, &projection.bias};
    }

  private:
    ActivationLayer<T> bend_;
};
// [feed_forward_layer]

// [block_layer]
/// A transformer's block, with the normalisation in front of each branch: x + attention(norm(x)), and of that,
/// x + feed_forward(norm(x)).
/// @tparam T float or double
template <class T>
class Block {
  public:
    LayerNorm<T> norm1;          ///< in front of the attention: "ln_1"
    SelfAttention<T> attention;  ///< "attn"
    LayerNorm<T> norm2;          ///< in front of the feed-forward layers: "ln_2"
    FeedForward<T> feed_forward; ///< "mlp", with four times as many hidden numbers as channels

    /// @param name     prefix of its parameters' names, such as "h.0", which also choose its random numbers
    /// @param channels numbers in a row
    /// @param heads    of the attention; divides the channels
    /// @param blocks   of the whole model, which set the scale of the first weights
    /// @param seed     the user's seed
    /// @param device   where it computes
    /// @throws Error for heads that do not divide the channels
    Block(const std::string& name, std::int64_t channels, std::int64_t heads, std::int64_t blocks, std::uint64_t seed,
          Device device = Device::cpu)
        : norm1(name + ".ln_1", channels, device),
          attention(name + ".attn", channels, heads, seed, residual_deviation(blocks), device),
          norm2(name + ".ln_2", channels, device),
          feed_forward(name + ".mlp", channels, 4 * channels, seed, residual_deviation(blocks), device) {}

    /// @param x     (batch * time, channels), kept by the caller until `backward`
    /// @param batch number of sequences
    /// @param time  tokens of each
    /// @return (batch * time, channels)
    const Tensor<T>& forward(const Tensor<T>& x, std::int64_t batch, std::int64_t time) {
        return finish(x, attention.forward(norm1.forward(x), batch, time));
    }
    /// A temporary would be gone before `backward`: it needs a name.
    void forward(const Tensor<T>&&, std::int64_t, std::int64_t) = delete;

    /// Go on from the tokens in a cache. No `backward` follows.
    /// @param x     (batch * time, channels), the new tokens, with the cache's batch
    /// @param cache of this block's attention
    /// @return (batch * time, channels)
    const Tensor<T>& extend(const Tensor<T>& x, KeyValueCache<T>& cache) {
        return finish(x, attention.extend(norm1.forward(x), cache));
    }

    /// Gradients by all parameters, added to those of this step, and by the input. A gradient that arrives at a sum goes
    /// into the branch and around it; each normalisation's last loop adds both.
    /// @param dy (batch * time, channels), gradient of the loss by what `forward` returned
    /// @return (batch * time, channels)
    const Tensor<T>& backward(const Tensor<T>& dy) {
        const Tensor<T>& d_sum = norm2.backward(feed_forward.backward(dy), &dy);
        return norm1.backward(attention.backward(d_sum), &d_sum);
    }

    /// @return of all its layers
    [[nodiscard]] Parameters<T> parameters() {
        Parameters<T> all;
        const auto add = [&](auto& layer) {
            const Parameters<T> own = layer.parameters();
            all.insert(all.end(), own.begin(), own.end());
        };
        add(norm1), add(attention), add(norm2), add(feed_forward);
        return all;
    }

  private:
    const Tensor<T>& finish(const Tensor<T>& x, const Tensor<T>& attended) {
        const Tensor<T>& branch = feed_forward.forward(norm2.forward(x, attended));
        y_.resize(x.shape(), x.device());
        compute(BasicResidual<T>{norm2.sum().data(), branch.data(), y_.data(), x.size()}, x.device());
        return y_;
    }

    Tensor<T> y_;
};
// [block_layer]

// Compiled once, in transformer_layers.cpp, and not in every file that uses a layer.
extern template class LayerNorm<float>;
extern template class LayerNorm<double>;
extern template class Embedding<float>;
extern template class Embedding<double>;
extern template class SelfAttention<float>;
extern template class SelfAttention<double>;
extern template class FeedForward<float>;
extern template class FeedForward<double>;
extern template class Block<float>;
extern template class Block<double>;

}  // namespace kbk
