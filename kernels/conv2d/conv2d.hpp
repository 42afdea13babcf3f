/// @file
/// Convolution of images with a bank of filters, and its two gradients: the contract of the ladders conv2d,
/// conv2d_input_gradient and conv2d_weight_gradient.
///
/// \f[ y_{n,k,i,j} = b_k + \sum_{c,u,v} w_{k,c,u,v}\, x_{n,\,c,\; s i + d u - p,\; s j + d v - p} \f]
///
/// with stride \f$s\f$, dilation \f$d\f$ and \f$p\f$ rows and columns of zeros around each image. (What deep
/// learning calls convolution does not turn the filter around, as mathematics would; a learned filter does not
/// mind.) With \f$g\f$ groups, output channel \f$k\f$ sees only the input channels of its group.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/host_device.hpp"
#include "common/ladder/ladder.hpp"

namespace kbk {

/// Height and width, of an image or of a step within it.
struct Extent {
    std::int64_t height, width;

    /// @return number of pixels
    [[nodiscard]] KBK_HD std::int64_t count() const { return height * width; }
    bool operator==(const Extent&) const = default;
};

/// Sizes of a convolution. Each is at least 1, but for the batch and the padding, which may be 0.
struct Conv2dShape {
    std::int64_t batch, in_channels;  ///< images, and planes of each
    Extent image;                     ///< of the input
    std::int64_t out_channels;        ///< number of filters
    Extent kernel;                    ///< of each filter
    Extent stride = {1, 1};           ///< from an output pixel's window to the next
    Extent padding = {0, 0};          ///< zeros before the first and after the last row and column
    Extent dilation = {1, 1};         ///< from a filter's tap to the next
    std::int64_t groups = 1;          ///< divides both numbers of channels

    /// @return size of an output image; without pixels where the filter is larger than the padded image
    [[nodiscard]] KBK_HD Extent output() const {
        return {along(image.height, kernel.height, stride.height, padding.height, dilation.height),
                along(image.width, kernel.width, stride.width, padding.width, dilation.width)};
    }
    /// @return input channels that an output channel sees
    [[nodiscard]] KBK_HD std::int64_t group_inputs() const { return in_channels / groups; }
    /// @return output channels of a group
    [[nodiscard]] KBK_HD std::int64_t group_outputs() const { return out_channels / groups; }
    /// @return weights of one filter: terms of the sum of an output pixel
    [[nodiscard]] KBK_HD std::int64_t taps() const { return group_inputs() * kernel.count(); }
    /// @return number of input values
    [[nodiscard]] KBK_HD std::int64_t x_size() const { return batch * in_channels * image.count(); }
    /// @return number of weights
    [[nodiscard]] KBK_HD std::int64_t weight_size() const { return out_channels * taps(); }
    /// @return number of output values
    [[nodiscard]] KBK_HD std::int64_t y_size() const { return batch * out_channels * output().count(); }
    /// @return whether windows are neighbours, whole, and within the image: stride 1, no padding
    [[nodiscard]] KBK_HD bool plain() const {
        return stride.height == 1 && stride.width == 1 && padding.height == 0 && padding.width == 0;
    }
    bool operator==(const Conv2dShape&) const = default;

  private:
    KBK_HD static std::int64_t along(std::int64_t size, std::int64_t taps, std::int64_t step,
                                     std::int64_t zeros, std::int64_t spread) {
        const std::int64_t room = size + 2 * zeros - (spread * (taps - 1) + 1);
        return room < 0 ? 0 : room / step + 1;
    }
};

/// Convolve a batch of images. All tensors are row-major, on one device, and do not overlap.
/// @tparam T scalar type
template <class T>
struct BasicConv2d {
    using Scalar = T;   ///< the scalar type
    const T* x;         ///< (batch, in_channels, height, width)
    const T* weight;    ///< (out_channels, in_channels / groups, kernel height, kernel width)
    const T* bias;      ///< (out_channels), or null for none
    T* y;               ///< (batch, out_channels, output height, output width)
    Conv2dShape shape;  ///< sizes
};

/// Gradient of the loss by the images.
/// @tparam T scalar type
template <class T>
struct BasicConv2dInputGradient {
    using Scalar = T;   ///< the scalar type
    const T* dy;        ///< (batch, out_channels, output height, output width)
    const T* weight;    ///< (out_channels, in_channels / groups, kernel height, kernel width)
    T* dx;              ///< (batch, in_channels, height, width)
    Conv2dShape shape;  ///< sizes of the convolution
};

/// Gradient of the loss by the weights and, where wanted, by the bias.
/// @tparam T scalar type
template <class T>
struct BasicConv2dWeightGradient {
    using Scalar = T;   ///< the scalar type
    const T* x;         ///< (batch, in_channels, height, width)
    const T* dy;        ///< (batch, out_channels, output height, output width)
    T* dweight;         ///< (out_channels, in_channels / groups, kernel height, kernel width)
    T* dbias;           ///< (out_channels), or null
    Conv2dShape shape;  ///< sizes of the convolution
    T beta = 0;         ///< factor of the old dweight: 0 overwrites (and never reads) it, 1 accumulates
    T beta_bias = 0;    ///< the same for dbias
};

/// The problems in float32, which the ladders compute, and their rungs.
using Conv2dForward = BasicConv2d<float>;
/// @copydoc Conv2dForward
using Conv2dInputGradient = BasicConv2dInputGradient<float>;
/// @copydoc Conv2dForward
using Conv2dWeightGradient = BasicConv2dWeightGradient<float>;
/// A rung of the ladder conv2d.
using Conv2dRung = void(const Conv2dForward&, Scratch&);
/// A rung of the ladder conv2d_input_gradient.
using Conv2dInputGradientRung = void(const Conv2dInputGradient&, Scratch&);
/// A rung of the ladder conv2d_weight_gradient.
using Conv2dWeightGradientRung = void(const Conv2dWeightGradient&, Scratch&);

/// @return the ladder that convolves
const Ladder<Conv2dRung>& conv2d();
/// @return the ladder of the gradient by the images
const Ladder<Conv2dInputGradientRung>& conv2d_input_gradient();
/// @return the ladder of the gradients by weights and bias
const Ladder<Conv2dWeightGradientRung>& conv2d_weight_gradient();
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<Conv2dRung>& ladder(const Conv2dForward&) {
    return conv2d();
}
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<Conv2dInputGradientRung>& ladder(const Conv2dInputGradient&) {
    return conv2d_input_gradient();
}
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<Conv2dWeightGradientRung>& ladder(const Conv2dWeightGradient&) {
    return conv2d_weight_gradient();
}

/// @return two operations for each weight and output pixel, padding included, and one an output for a bias; x, weight
///         and bias read once, y written once
Cost cost(const Conv2dForward& p);
/// @return as many operations as the convolution; dy and weight read, dx written
Cost cost(const Conv2dInputGradient& p);
/// @return as many operations as the convolution; x and dy read, dweight and dbias written (and read when adding)
Cost cost(const Conv2dWeightGradient& p);

/// @param s      sizes
/// @param name   of the operation, for the message
/// @throws Error naming the first size that is out of range, and its range
void validate(const Conv2dShape& s, const char* name);
/// @throws Error for sizes out of range or a null pointer
void validate(const Conv2dForward& p);
/// @throws Error for sizes out of range or a null pointer
void validate(const Conv2dInputGradient& p);
/// @throws Error for sizes out of range or a null pointer
void validate(const Conv2dWeightGradient& p);

/// @param s sizes
/// @return such as "64x32x15x15-64x3x3", with "s2", "p1", "d2", "g4" behind it where they are not the defaults
std::string text(const Conv2dShape& s);

}  // namespace kbk
