/// @file
/// Layers: a few lines each, which say what the kernels compute. Every layer keeps its output and its
/// gradient between steps, so that a training step allocates nothing; a reference that it returns holds until
/// its next call.
#pragma once

#include <cmath>

#include "common/base/philox.hpp"
#include "common/nn/compute.hpp"
#include "common/nn/parameter.hpp"
#include "kernels/activation/reference.hpp"
#include "kernels/bias/reference.hpp"
#include "kernels/matmul/reference.hpp"
#include "kernels/softmax_cross_entropy/reference.hpp"

namespace kbk {

/// How a layer's values begin.
enum class Initial {
    pytorch,  ///< nn.Linear's default: weights and biases uniform in +-1/sqrt(inputs)
    keras,    ///< Dense's default (Glorot, Bengio 2010): weights uniform in +-sqrt(6/(inputs + outputs)),
              ///< biases 0
};

/// Give a parameter its first values: uniform in [-bound, bound), made on the host and copied. The parameter's name
/// chooses the random numbers.
/// @param parameter receives them
/// @param seed      the user's seed
/// @param bound     largest magnitude
template <class T>
void fill_uniform(Parameter<T>& parameter, std::uint64_t seed, double bound) {
    Tensor<T> values(parameter.value.shape());
    const Philox random(seed, stream_id(parameter.name));
    for (std::int64_t i = 0; i < values.size(); ++i)
        values.data()[i] = static_cast<T>((2 * double(random.uniform(std::uint64_t(i))) - 1) * bound);
    parameter.value = values.to(parameter.value.device());
}

// [compute_with_bias]
/// Compute a product and add a bias to each of its rows: at once, while a tile of the result is in the cache, where the
/// product's rung can; else in a second pass, also where --kernels asks for a rung of the bias.
/// @param product one matrix product without an epilogue
/// @param bias    (n), on the product's device
/// @param device  where to run
template <class T>
void compute_with_bias(const BasicMatmul<T>& product, const T* bias, Device device) {
    BasicMatmul<T> fused = product;
    fused.epilogue.bias = bias;
    if constexpr (std::is_same_v<T, float>)
        if (chosen_rung("bias") != "best" || !matmul().select(device, product).accepts(fused)) {
            compute(product, device);
            return compute(BasicBias<T>{product.c, bias, product.m, product.n}, device);
        }
    compute(fused, device);
}
// [compute_with_bias]

/// A fully connected layer, y = x W^T + b.
/// @tparam T float or double
/// \see chapter 7, where its three products are derived
template <class T>
class Linear {
  public:
    Parameter<T> weight;  ///< (outputs, inputs)
    Parameter<T> bias;    ///< (outputs)

    /// @param name    prefix of its parameters' names, which also chooses its random numbers
    /// @param inputs  features of x
    /// @param outputs features of y
    /// @param initial how weight and bias begin
    /// @param seed    the user's seed
    /// @param device  where it computes
    /// @throws Error for a layer without inputs or outputs
    Linear(const std::string& name, std::int64_t inputs, std::int64_t outputs, Initial initial,
           std::uint64_t seed, Device device = Device::cpu)
        : weight(name + ".weight", {outputs, inputs}, device), bias(name + ".bias", {outputs}, device) {
        require(inputs > 0 && outputs > 0, "{} of {} inputs and {} outputs; each must be at least 1",
                weight.name, inputs, outputs);
        const double bound = initial == Initial::pytorch ? 1 / std::sqrt(double(inputs))
                                                         : std::sqrt(6 / double(inputs + outputs));
        fill_uniform(weight, seed, bound);
        fill_uniform(bias, seed, initial == Initial::pytorch ? bound : 0);
    }

    // [linear_forward]
    /// @param x (rows, inputs), kept by the caller until `backward`
    /// @return (rows, outputs)
    const Tensor<T>& forward(const Tensor<T>& x) {
        require(x.shape().rank() == 2 && x.shape(1) == inputs(),
                "{} takes rows of {} numbers, not a tensor of shape {}", weight.name, inputs(),
                x.shape().text());
        x_ = &x;
        const std::int64_t rows = x.shape(0);
        y_.resize({rows, outputs()}, device());
        compute_with_bias(BasicMatmul<T>{.a = x.data(),
                                         .b = weight.value.data(),
                                         .c = y_.data(),
                                         .m = rows,
                                         .n = outputs(),
                                         .k = inputs(),
                                         .transpose_b = true},
                          bias.value.data(), device());
        return y_;
    }
    // [linear_forward]

    /// A temporary would be gone before `backward`: it needs a name.
    void forward(const Tensor<T>&&) = delete;

    // [linear_backward]
    /// Gradients by weight and bias, added to those of this step.
    /// @param dy (rows, outputs), gradient of the loss by what `forward` returned
    void backward_parameters(const Tensor<T>& dy) {
        require(x_ && dy.shape() == y_.shape(), "{}: the gradient has shape {}, the output had {}",
                weight.name, dy.shape().text(), y_.shape().text());
        const std::int64_t rows = dy.shape(0);
        compute(BasicMatmul<T>{.a = dy.data(),
                               .b = x_->data(),
                               .c = weight.gradient.data(),
                               .m = outputs(),
                               .n = inputs(),
                               .k = rows,
                               .transpose_a = true,
                               .beta = weight.beta()},
                device());
        compute(BasicBiasGradient<T>{dy.data(), bias.gradient.data(), rows, outputs(), bias.beta()},
                device());
    }

    /// Gradients by weight and bias, and by the input. (A model's first layer needs no gradient by its input:
    /// it calls `backward_parameters` and saves a third of the work.)
    /// @param dy (rows, outputs), gradient of the loss by what `forward` returned
    /// @return (rows, inputs)
    const Tensor<T>& backward(const Tensor<T>& dy) {
        backward_parameters(dy);
        const std::int64_t rows = dy.shape(0);
        dx_.resize({rows, inputs()}, device());
        compute(BasicMatmul<T>{.a = dy.data(),
                               .b = weight.value.data(),
                               .c = dx_.data(),
                               .m = rows,
                               .n = inputs(),
                               .k = outputs()},
                device());
        return dx_;
    }
    // [linear_backward]

    /// @return features of x
    [[nodiscard]] std::int64_t inputs() const { return weight.value.shape(1); }
    /// @return features of y
    [[nodiscard]] std::int64_t outputs() const { return weight.value.shape(0); }
    /// @return where it computes
    [[nodiscard]] Device device() const { return weight.value.device(); }
    /// @return weight and bias
    [[nodiscard]] Parameters<T> parameters() { return {&weight, &bias}; }

  private:
    const Tensor<T>* x_ = nullptr;
    Tensor<T> y_, dx_;
};

// [activation_layer]
/// A function of one number, applied to each element: y = f(x).
/// @tparam T float or double
/// \see chapter 1, which compares the functions
template <class T>
class ActivationLayer {
  public:
    /// @param kind which function
    explicit ActivationLayer(Activation kind) : kind_(kind) {}

    /// @param x any shape; kept by the caller until `backward` where the derivative needs it (gelu, silu)
    /// @return the same shape
    const Tensor<T>& forward(const Tensor<T>& x) {
        x_ = &x;
        y_.resize(x.shape(), x.device());
        compute(BasicActivation<T>{kind_, x.data(), y_.data(), x.size()}, x.device());
        return y_;
    }
    /// A temporary would be gone before `backward`: it needs a name.
    void forward(const Tensor<T>&&) = delete;

    /// @param dy gradient of the loss by what `forward` returned
    /// @return gradient by its input
    const Tensor<T>& backward(const Tensor<T>& dy) {
        require(dy.shape() == y_.shape(), "{}: the gradient has shape {}, the output had {}", name(kind_),
                dy.shape().text(), y_.shape().text());
        dx_.resize(dy.shape(), dy.device());
        const T* x = derivative_needs_argument(kind_) ? x_->data() : nullptr;
        compute(BasicActivationBackward<T>{kind_, y_.data(), dy.data(), dx_.data(), dy.size(), x}, dy.device());
        return dx_;
    }

  private:
    Activation kind_;
    const Tensor<T>* x_ = nullptr;
    Tensor<T> y_, dx_;
};
// [activation_layer]

/// The rectified linear unit as a layer: y = max(0, x).
/// @tparam T float or double
template <class T>
class ReLU : public ActivationLayer<T> {
  public:
    ReLU() : ActivationLayer<T>(Activation::relu) {}
};

/// Mean cross-entropy of softmax(logits), and its gradient.
/// @tparam T float or double
template <class T>
class SoftmaxCrossEntropyLoss {
  public:
    /// Loss and gradient: what training needs.
    /// @param logits (rows, classes)
    /// @param labels (rows), on the logits' device
    /// @return mean loss of the rows
    /// @throws Error for shapes that do not fit, and for a label on the host that is no class
    double forward(const Tensor<T>& logits, const Tensor<std::int32_t>& labels) {
        gradient_.resize(logits.shape(), logits.device());
        return run(logits, labels, gradient_.data());
    }

    /// The loss alone: what evaluation needs.
    /// @param logits (rows, classes)
    /// @param labels (rows), on the logits' device
    /// @return mean loss of the rows
    double evaluate(const Tensor<T>& logits, const Tensor<std::int32_t>& labels) {
        return run(logits, labels, nullptr);
    }

    /// @return (rows, classes), gradient of the mean loss by the logits of the last `forward`
    [[nodiscard]] const Tensor<T>& backward() const { return gradient_; }

  private:
    double run(const Tensor<T>& logits, const Tensor<std::int32_t>& labels, T* gradient) {
        require(logits.shape().rank() == 2 && labels.shape() == Shape{logits.shape(0)},
                "cross-entropy of logits of shape {} needs a label a row, not labels of shape {}",
                logits.shape().text(), labels.shape().text());
        const std::int64_t rows = logits.shape(0), classes = logits.shape(1);
        require(rows > 0, "cross-entropy needs at least one row of logits");
        loss_.resize({rows}, logits.device());
        const BasicSoftmaxCrossEntropy<T> problem{logits.data(), labels.data(), loss_.data(),  gradient,
                                                  rows,          classes,       T(1) / T(rows)};
        // A label that is no class would be an address outside the gradient. On a GPU it cannot be looked at
        // from here.
        if (labels.device() == Device::cpu) validate_labels(problem);
        compute(problem, logits.device());

        // Sum in double and in order: the mean does not depend on the number of threads.
        host_.resize({rows});
        copy(Device::cpu, host_.data(), logits.device(), loss_.data(), std::size_t(rows) * sizeof(T));
        double sum = 0;
        for (const T loss : host_.values()) sum += double(loss);
        return sum / double(rows);
    }

    Tensor<T> gradient_, loss_, host_;
};

// Compiled once, in layers.cpp, and not in every file that uses a layer.
extern template class Linear<float>;
extern template class Linear<double>;
extern template class ActivationLayer<float>;
extern template class ActivationLayer<double>;
extern template class SoftmaxCrossEntropyLoss<float>;
extern template class SoftmaxCrossEntropyLoss<double>;

}  // namespace kbk
