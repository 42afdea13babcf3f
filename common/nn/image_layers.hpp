/// @file
/// Layers for images, (batch, channels, height, width): convolution, pooling, batch normalisation. As all layers
/// they keep their outputs between steps, and a reference that one returns holds until its next call.
/// \see chapter 10, where their gradients are derived
#pragma once

#include <cmath>
#include <string>

#include "common/nn/layers.hpp"
#include "kernels/batch_norm/reference.hpp"
#include "kernels/conv2d/reference.hpp"
#include "kernels/pool2d/reference.hpp"

namespace kbk {

/// How a convolution's windows lie.
struct Windows {
    std::int64_t stride = 1;    ///< from a window to the next, in both directions
    std::int64_t padding = 0;   ///< zeros around the image
    std::int64_t dilation = 1;  ///< from a filter's tap to the next
    std::int64_t groups = 1;    ///< divides both numbers of channels
};

/// A bank of square filters that slide over images.
/// @tparam T float or double
template <class T>
class Conv2d {
  public:
    Parameter<T> weight;  ///< (outputs, inputs / groups, size, size)
    Parameter<T> bias;    ///< (outputs)

    /// @param name    prefix of its parameters' names, which also chooses its random numbers
    /// @param inputs  channels of x
    /// @param outputs channels of y: the number of filters
    /// @param size    height and width of a filter
    /// @param windows how its windows lie
    /// @param initial how weight and bias begin
    /// @param seed    the user's seed
    /// @param device  where it computes
    /// @throws Error for sizes that make no convolution
    Conv2d(const std::string& name, std::int64_t inputs, std::int64_t outputs, std::int64_t size, Windows windows,
           Initial initial, std::uint64_t seed, Device device = Device::cpu)
        : weight(name + ".weight", {outputs, inputs / std::max<std::int64_t>(1, windows.groups), size, size}, device),
          bias(name + ".bias", {outputs}, device) {
        shape_ = {.batch = 0,
                  .in_channels = inputs,
                  .image = {1, 1},
                  .out_channels = outputs,
                  .kernel = {size, size},
                  .stride = {windows.stride, windows.stride},
                  .padding = {windows.padding, windows.padding},
                  .dilation = {windows.dilation, windows.dilation},
                  .groups = windows.groups};
        validate(shape_, weight.name.c_str());

        // A filter's output is a sum of `taps` inputs, and an input enters as many sums times outputs over inputs.
        const double fan_in = double(shape_.taps()), fan_out = double(shape_.group_outputs() * size * size);
        const double bound = initial == Initial::pytorch ? 1 / std::sqrt(fan_in) : std::sqrt(6 / (fan_in + fan_out));
        fill_uniform(weight, seed, bound);
        fill_uniform(bias, seed, initial == Initial::pytorch ? bound : 0);
    }

    // [conv2d_layer]
    /// @param x (batch, inputs, height, width), kept by the caller until `backward`
    /// @return (batch, outputs, height, width) of the windows
    const Tensor<T>& forward(const Tensor<T>& x) {
        require(x.shape().rank() == 4 && x.shape(1) == shape_.in_channels,
                "{} takes images of {} channels, not a tensor of shape {}", weight.name, shape_.in_channels,
                x.shape().text());
        shape_.batch = x.shape(0);
        shape_.image = {x.shape(2), x.shape(3)};
        const Extent out = shape_.output();
        require(out.count() > 0, "{}: no window fits into images of {} x {}", weight.name, x.shape(2), x.shape(3));
        x_ = &x;
        y_.resize({shape_.batch, shape_.out_channels, out.height, out.width}, device());
        compute(BasicConv2d<T>{x.data(), weight.value.data(), bias.value.data(), y_.data(), shape_}, device());
        return y_;
    }
    /// A temporary would be gone before `backward`: it needs a name.
    void forward(const Tensor<T>&&) = delete;

    /// Gradients by weight and bias, added to those of this step.
    /// @param dy gradient of the loss by what `forward` returned
    void backward_parameters(const Tensor<T>& dy) {
        require(x_ && dy.shape() == y_.shape(), "{}: the gradient has shape {}, the output had {}", weight.name,
                dy.shape().text(), y_.shape().text());
        compute(BasicConv2dWeightGradient<T>{x_->data(), dy.data(), weight.gradient.data(), bias.gradient.data(), shape_,
                                             weight.beta(), bias.beta()},
                device());
    }

    /// Gradients by weight and bias, and by the images. (A model's first layer calls `backward_parameters`.)
    /// @param dy gradient of the loss by what `forward` returned
    /// @return (batch, inputs, height, width)
    const Tensor<T>& backward(const Tensor<T>& dy) {
        backward_parameters(dy);
        dx_.resize(x_->shape(), device());
        compute(BasicConv2dInputGradient<T>{dy.data(), weight.value.data(), dx_.data(), shape_}, device());
        return dx_;
    }
    // [conv2d_layer]

    /// @return where it computes
    [[nodiscard]] Device device() const { return weight.value.device(); }
    /// @return sizes, with the batch and the images of the last `forward`
    [[nodiscard]] const Conv2dShape& shape() const { return shape_; }
    /// @return weight and bias
    [[nodiscard]] Parameters<T> parameters() { return {&weight, &bias}; }

  private:
    Conv2dShape shape_{};
    const Tensor<T>* x_ = nullptr;
    Tensor<T> y_, dx_;
};

/// One number for each window of an image: its largest or its mean.
/// @tparam T float or double
template <class T>
class Pool2d {
  public:
    /// @param kind    largest or mean
    /// @param size    height and width of a window
    /// @param stride  from a window to the next; 0: as the size, so that windows are neighbours
    /// @param padding around the image, less than `size`; it neither wins nor counts
    explicit Pool2d(Pooling kind, std::int64_t size = 2, std::int64_t stride = 0, std::int64_t padding = 0)
        : kind_(kind), shape_{0, 1, 1, size, size, stride ? stride : size, stride ? stride : size, padding, padding} {
        require(size >= 1 && stride >= 0, "pooling by windows of {} with stride {}; both must be positive", size, stride);
        require(padding >= 0 && padding < size, "pooling with a padding of {}; it must be at least 0 and less than the "
                "window of {}", padding, size);
    }

    /// @param x (batch, channels, height, width), kept by the caller until `backward`
    /// @return (batch, channels, height, width) of the windows
    const Tensor<T>& forward(const Tensor<T>& x) {
        require(x.shape().rank() == 4, "pooling takes images (batch, channels, height, width), not a tensor of shape {}",
                x.shape().text());
        shape_.planes = x.shape(0) * x.shape(1);
        shape_.height = x.shape(2);
        shape_.width = x.shape(3);
        require(shape_.out_height() * shape_.out_width() > 0, "pooling: no window of {} x {} fits into images of {} x {}",
                shape_.kernel_height, shape_.kernel_width, shape_.height, shape_.width);
        x_ = &x;
        y_.resize({x.shape(0), x.shape(1), shape_.out_height(), shape_.out_width()}, x.device());
        compute(BasicPool2d<T>{kind_, x.data(), y_.data(), shape_}, x.device());
        return y_;
    }
    /// A temporary would be gone before `backward`: it needs a name.
    void forward(const Tensor<T>&&) = delete;

    /// @param dy gradient of the loss by what `forward` returned
    /// @return gradient by its input
    const Tensor<T>& backward(const Tensor<T>& dy) {
        require(x_ && dy.shape() == y_.shape(), "pooling: the gradient has shape {}, the output had {}", dy.shape().text(),
                y_.shape().text());
        dx_.resize(x_->shape(), dy.device());
        compute(BasicPool2dBackward<T>{kind_, x_->data(), dy.data(), dx_.data(), shape_}, dy.device());
        return dx_;
    }

  private:
    Pooling kind_;
    Pool2dShape shape_;
    const Tensor<T>* x_ = nullptr;
    Tensor<T> y_, dx_;
};

/// Pooling by the largest.
template <class T>
struct MaxPool2d : Pool2d<T> {
    /// @param size,stride,padding as of Pool2d
    explicit MaxPool2d(std::int64_t size = 2, std::int64_t stride = 0, std::int64_t padding = 0)
        : Pool2d<T>(Pooling::max, size, stride, padding) {}
};

/// Pooling by the mean.
template <class T>
struct AveragePool2d : Pool2d<T> {
    /// @param size,stride,padding as of Pool2d
    explicit AveragePool2d(std::int64_t size = 2, std::int64_t stride = 0, std::int64_t padding = 0)
        : Pool2d<T>(Pooling::average, size, stride, padding) {}
};

/// The mean of each channel: images of any size become rows of as many numbers as they have channels.
/// @tparam T float or double
template <class T>
class GlobalAveragePool {
  public:
    /// @param x (batch, channels, height, width)
    /// @return (batch, channels)
    const Tensor<T>& forward(const Tensor<T>& x) {
        require(x.shape().rank() == 4 && x.shape(2) * x.shape(3) > 0,
                "the mean of each channel needs images (batch, channels, height, width), not a tensor of shape {}",
                x.shape().text());
        shape_ = {x.shape(0) * x.shape(1), x.shape(2), x.shape(3), x.shape(2), x.shape(3), x.shape(2), x.shape(3)};
        x_shape_ = x.shape();
        y_.resize({x.shape(0), x.shape(1)}, x.device());
        compute(BasicPool2d<T>{Pooling::average, x.data(), y_.data(), shape_}, x.device());
        return y_;
    }

    /// @param dy (batch, channels), gradient of the loss by what `forward` returned
    /// @return gradient by its input
    const Tensor<T>& backward(const Tensor<T>& dy) {
        require(dy.shape() == y_.shape(), "mean of each channel: the gradient has shape {}, the output had {}",
                dy.shape().text(), y_.shape().text());
        dx_.resize(x_shape_, dy.device());
        compute(BasicPool2dBackward<T>{Pooling::average, nullptr, dy.data(), dx_.data(), shape_}, dy.device());
        return dx_;
    }

  private:
    Pool2dShape shape_{};
    Shape x_shape_;
    Tensor<T> y_, dx_;
};

/// Each image a row of numbers. It copies, which costs next to nothing behind the last pooling.
/// @tparam T float or double
template <class T>
class Flatten {
  public:
    /// @param x (batch, ...)
    /// @return (batch, product of the other sizes)
    const Tensor<T>& forward(const Tensor<T>& x) {
        require(x.shape().rank() >= 2, "flattening takes (batch, ...), not a tensor of shape {}", x.shape().text());
        shape_ = x.shape();
        const std::int64_t row = Shape(shape_.sizes().subspan(1)).count();
        return copied(x, y_, {x.shape(0), row});
    }

    /// @param dy gradient of the loss by what `forward` returned
    /// @return gradient by its input
    const Tensor<T>& backward(const Tensor<T>& dy) {
        require(dy.shape() == y_.shape(), "flattening: the gradient has shape {}, the output had {}", dy.shape().text(),
                y_.shape().text());
        return copied(dy, dx_, shape_);
    }

  private:
    static const Tensor<T>& copied(const Tensor<T>& from, Tensor<T>& to, Shape shape) {
        to.resize(shape, from.device());
        copy(to.device(), to.data(), from.device(), from.data(), std::size_t(from.size()) * sizeof(T));
        return to;
    }

    Shape shape_;
    Tensor<T> y_, dx_;
};

/// Batch normalisation of each channel of images.
/// @tparam T float or double
template <class T>
class BatchNorm2d {
  public:
    Parameter<T> scale;                      ///< (channels), begins with ones
    Parameter<T> shift;                      ///< (channels), begins with zeros
    Tensor<T> running_mean;                  ///< (channels), for judging
    Tensor<T> running_variance;              ///< (channels), for judging
    bool training = true;                    ///< normalise by the batch, and learn from it; else by the running values

    /// @param name     prefix of its parameters' names
    /// @param channels of its input
    /// @param device   where it computes
    BatchNorm2d(const std::string& name, std::int64_t channels, Device device = Device::cpu)
        : scale(name + ".weight", {channels}, device),
          shift(name + ".bias", {channels}, device),
          name_(name),
          mean_({channels}, device),
          inverse_deviation_({channels}, device) {
        require(channels >= 1, "{} of {} channels; there must be at least 1", scale.name, channels);
        const Tensor<T> zeros({channels}, std::vector<T>(std::size_t(channels), T(0)));
        const Tensor<T> ones({channels}, std::vector<T>(std::size_t(channels), T(1)));
        scale.value = ones.to(device), shift.value = zeros.to(device);
        running_mean = zeros.to(device), running_variance = ones.to(device);
    }

    /// @param x (batch, channels, height, width), kept by the caller until `backward`
    /// @return the same shape
    const Tensor<T>& forward(const Tensor<T>& x) {
        require(x.shape().rank() == 4 && x.shape(1) == channels(),
                "{} takes images of {} channels, not a tensor of shape {}", scale.name, channels(), x.shape().text());
        x_ = &x;
        y_.resize(x.shape(), x.device());
        const std::int64_t batch = x.shape(0), pixels = x.shape(2) * x.shape(3);
        if (training)
            compute(BasicBatchNorm<T>{x.data(), scale.value.data(), shift.value.data(), y_.data(), mean_.data(),
                                      inverse_deviation_.data(), running_mean.data(), running_variance.data(), batch,
                                      channels(), pixels},
                    x.device());
        else
            compute(BasicBatchNormInference<T>{x.data(), scale.value.data(), shift.value.data(), running_mean.data(),
                                               running_variance.data(), y_.data(), batch, channels(), pixels},
                    x.device());
        return y_;
    }
    /// A temporary would be gone before `backward`: it needs a name.
    void forward(const Tensor<T>&&) = delete;

    /// @param dy gradient of the loss by what `forward` returned while training
    /// @return gradient by its input
    const Tensor<T>& backward(const Tensor<T>& dy) {
        require(x_ && dy.shape() == y_.shape(), "{}: the gradient has shape {}, the output had {}", scale.name,
                dy.shape().text(), y_.shape().text());
        require(training, "{}: backward needs the means of a batch; it was judging", scale.name);
        dx_.resize(dy.shape(), dy.device());
        compute(BasicBatchNormBackward<T>{x_->data(), dy.data(), scale.value.data(), mean_.data(),
                                          inverse_deviation_.data(), dx_.data(), scale.gradient.data(),
                                          shift.gradient.data(), dy.shape(0), channels(), dy.shape(2) * dy.shape(3),
                                          scale.beta(), shift.beta()},
                dy.device());
        return dx_;
    }

    /// @return number of channels
    [[nodiscard]] std::int64_t channels() const { return scale.value.size(); }
    /// @return scale and shift
    [[nodiscard]] Parameters<T> parameters() { return {&scale, &shift}; }
    /// @return the running values with their names, for checkpoints
    [[nodiscard]] Tensors buffers()
    requires std::is_same_v<T, float>
    {
        return {{name_ + ".running_mean", &running_mean}, {name_ + ".running_var", &running_variance}};
    }

  private:
    std::string name_;
    const Tensor<T>* x_ = nullptr;
    Tensor<T> mean_, inverse_deviation_, y_, dx_;
};

// Compiled once, in image_layers.cpp, and not in every file that uses a layer.
extern template class Conv2d<float>;
extern template class Conv2d<double>;
extern template class Pool2d<float>;
extern template class Pool2d<double>;
extern template class GlobalAveragePool<float>;
extern template class GlobalAveragePool<double>;
extern template class Flatten<float>;
extern template class Flatten<double>;
extern template class BatchNorm2d<float>;
extern template class BatchNorm2d<double>;

}  // namespace kbk
