/// @file
/// Pooling: one number for each window of an image, its largest or its mean, and the gradient: the contract of the
/// ladders pool2d and pool2d_backward.
///
/// \f[ y_{ij} = \max_{(u,v) \in W_{ij}} x_{uv} \quad\text{or}\quad y_{ij} = \frac{1}{|W_{ij}|} \sum_{(u,v) \in W_{ij}} x_{uv} \f]
///
/// where \f$W_{ij}\f$ are the pixels of the image in the window of output (i, j): padding neither wins nor counts. The
/// gradient of a maximum goes to the first pixel (in row-major order) that holds it, that of a mean to all in equal
/// parts. A NaN wins every maximum.
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/base/host_device.hpp"
#include "common/ladder/ladder.hpp"

namespace kbk {

/// What is kept of a window.
enum class Pooling { max, average };

/// Sizes of a pooling.
struct Pool2dShape {
    std::int64_t planes;                             ///< images times channels: each is pooled by itself
    std::int64_t height, width;                      ///< of a plane, at least 1
    std::int64_t kernel_height, kernel_width;        ///< of a window, at least 1
    std::int64_t stride_height, stride_width;        ///< from a window to the next, at least 1
    std::int64_t padding_height = 0, padding_width = 0;  ///< less than the window: each window sees a pixel

    /// @return height of a pooled plane; 0 where the window is larger than the padded plane
    [[nodiscard]] KBK_HD std::int64_t out_height() const {
        return along(height, kernel_height, stride_height, padding_height);
    }
    /// @return width of a pooled plane
    [[nodiscard]] KBK_HD std::int64_t out_width() const {
        return along(width, kernel_width, stride_width, padding_width);
    }
    /// @return number of input values
    [[nodiscard]] KBK_HD std::int64_t x_size() const { return planes * height * width; }
    /// @return number of output values
    [[nodiscard]] KBK_HD std::int64_t y_size() const { return planes * out_height() * out_width(); }

    /// A window, cut to the plane.
    struct Window {
        std::int64_t top, bottom, left, right;  ///< rows [top, bottom), columns [left, right)
        /// @return its pixels
        [[nodiscard]] KBK_HD std::int64_t count() const { return (bottom - top) * (right - left); }
    };
    /// @param i,j output row and column @return the pixels that it sees
    [[nodiscard]] KBK_HD Window window(std::int64_t i, std::int64_t j) const {
        const std::int64_t top = i * stride_height - padding_height, left = j * stride_width - padding_width;
        const std::int64_t bottom = top + kernel_height, right = left + kernel_width;
        return {top < 0 ? 0 : top, bottom > height ? height : bottom, left < 0 ? 0 : left,
                right > width ? width : right};
    }

  private:
    KBK_HD static std::int64_t along(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                                     std::int64_t padding) {
        const std::int64_t room = size + 2 * padding - kernel;
        if (room < 0) return 0;
        // A last window that would lie on the padding alone does not count.
        const std::int64_t count = room / stride + 1;
        return (count - 1) * stride - padding >= size ? (size + padding - 1) / stride + 1 : count;
    }
};

/// @param value   the largest so far
/// @param another value that follows it in the window
/// @return whether the other one wins: it is larger, or the first NaN
template <class T>
KBK_HD bool wins(T another, T value) {
    return (another > value) | ((another != another) & (value == value));
}

/// Pool each plane.
/// @tparam T scalar type
template <class T>
struct BasicPool2d {
    using Scalar = T;   ///< the scalar type
    Pooling kind;       ///< largest or mean
    const T* x;         ///< (planes, height, width), row-major
    T* y;               ///< (planes, out_height, out_width)
    Pool2dShape shape;  ///< sizes
};

/// Gradient by the planes. Which pixel was the largest is found again from x: that costs less than to keep it.
/// @tparam T scalar type
template <class T>
struct BasicPool2dBackward {
    using Scalar = T;   ///< the scalar type
    Pooling kind;       ///< largest or mean
    const T* x;         ///< (planes, height, width), what was pooled; may be null for the mean
    const T* dy;        ///< (planes, out_height, out_width), gradient by the output
    T* dx;              ///< (planes, height, width), gradient by the input
    Pool2dShape shape;  ///< sizes
};

/// The problems in float32, which the ladders compute, and their rungs.
using Pool2dForward = BasicPool2d<float>;
/// @copydoc Pool2dForward
using Pool2dBackward = BasicPool2dBackward<float>;
/// A rung of the ladder pool2d.
using Pool2dRung = void(const Pool2dForward&, Scratch&);
/// A rung of the ladder pool2d_backward.
using Pool2dBackwardRung = void(const Pool2dBackward&, Scratch&);

/// @return the ladder that pools
const Ladder<Pool2dRung>& pool2d();
/// @return the ladder of its gradient
const Ladder<Pool2dBackwardRung>& pool2d_backward();
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<Pool2dRung>& ladder(const Pool2dForward&) {
    return pool2d();
}
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<Pool2dBackwardRung>& ladder(const Pool2dBackward&) {
    return pool2d_backward();
}

/// @return one operation for each pixel of each window; x read, y written
Cost cost(const Pool2dForward& p);
/// @return one operation for each pixel of each window; dy (and x, for a maximum) read, dx written
Cost cost(const Pool2dBackward& p);

/// @throws Error for a size out of range or a null pointer
void validate(const Pool2dForward& p);
/// @throws Error for a size out of range or a null pointer
void validate(const Pool2dBackward& p);

}  // namespace kbk
