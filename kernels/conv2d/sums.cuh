/// @file
/// A convolution and its gradients as matrix products that are never written down: what the CUDA rungs share.
///
/// Each is C (m, n) = A (m, k) B (k, n) for each group, with elements of A and B found where the tensors lie:
///
///     forward          m filters         n output pixels of the batch   k taps
///     input gradient   m input channels  n pixels of the batch          k filters times places
///     weight gradient  m filters         n taps                         k output pixels of the batch
#pragma once

#include <cstdint>

#include "kernels/conv2d/conv2d.hpp"
#include "kernels/elementwise.cuh"

namespace kbk::gpu {

/// Sizes of a convolution in 32 bits: a GPU divides these several times as fast.
struct SmallShape {
    int batch, channels, filters, groups;      ///< all channels and filters
    int height, width, out_height, out_width;  ///< of images and outputs
    int kernel_height, kernel_width;           ///< of a filter
    int stride_height, stride_width, padding_height, padding_width, dilation_height,
        dilation_width;  ///< as ever

    /// @return of a group
    [[nodiscard]] __device__ __forceinline__ int group_channels() const { return channels / groups; }
    /// @return of a group
    [[nodiscard]] __device__ __forceinline__ int group_filters() const { return filters / groups; }
    /// @return places of a filter
    [[nodiscard]] __device__ __forceinline__ int places() const { return kernel_height * kernel_width; }
    /// @return pixels of an output image
    [[nodiscard]] __device__ __forceinline__ int pixels() const { return out_height * out_width; }
};

/// @param s sizes below 2^31 @return the same
inline SmallShape small_shape(const Conv2dShape& s) {
    const Extent o = s.output();
    return {int(s.batch),          int(s.in_channels),   int(s.out_channels),    int(s.groups),
            int(s.image.height),   int(s.image.width),   int(o.height),          int(o.width),
            int(s.kernel.height),  int(s.kernel.width),  int(s.stride.height),   int(s.stride.width),
            int(s.padding.height), int(s.padding.width), int(s.dilation.height), int(s.dilation.width)};
}

// Each .cu file has these for itself, so that its checked and its plain build share no code.
namespace {

// [conv2d_cuda_forward_sum]
/// The convolution as a product.
struct ForwardSum {
    const float *x, *weight, *bias;
    float* y;
    SmallShape s;
    int m, n, k;
    static constexpr bool b_along_k = false;  ///< whether B's neighbours in memory lie along k

    /// What is known of a column of B: its image, and the first pixel of its window.
    struct Column {
        int image, row, column;
    };
    __device__ __forceinline__ Column column(int n_index) const {
        const int pixel = n_index % s.pixels();
        return {n_index / s.pixels(), pixel / s.out_width * s.stride_height - s.padding_height,
                pixel % s.out_width * s.stride_width - s.padding_width};
    }
    __device__ __forceinline__ float a(int group, int m_index, int k_index) const {
        return weight[(group * m + m_index) * k + k_index];
    }
    __device__ __forceinline__ float b(int group, int k_index, const Column& at) const {
        const int channel = group * s.group_channels() + k_index / s.places(), place = k_index % s.places();
        const int row = at.row + place / s.kernel_width * s.dilation_height,
                  column = at.column + place % s.kernel_width * s.dilation_width;
        if (row < 0 || row >= s.height || column < 0 || column >= s.width) return 0;
        return x[((at.image * s.channels + channel) * s.height + row) * s.width + column];
    }
    __device__ __forceinline__ void store(int group, int m_index, int n_index, float sum) const {
        const int filter = group * m + m_index;
        y[(n_index / s.pixels() * s.filters + filter) * s.pixels() + n_index % s.pixels()] =
            bias ? sum + bias[filter] : sum;
    }
};
// [conv2d_cuda_forward_sum]

/// The gradient by the images as a product.
struct InputSum {
    const float *dy, *weight;
    float* dx;
    SmallShape s;
    int m, n, k;
    static constexpr bool b_along_k = false;

    /// A pixel, counted from the padding's corner.
    struct Column {
        int image, row, column;
    };
    __device__ __forceinline__ Column column(int n_index) const {
        const int pixel = n_index % (s.height * s.width);
        return {n_index / (s.height * s.width), pixel / s.width + s.padding_height,
                pixel % s.width + s.padding_width};
    }
    __device__ __forceinline__ float a(int group, int m_index, int k_index) const {
        const int filter = group * s.group_filters() + k_index / s.places();
        return weight[(filter * m + m_index) * s.places() + k_index % s.places()];
    }
    __device__ __forceinline__ float b(int group, int k_index, const Column& at) const {
        // Tap (u, v) met the pixel in the output whose window begins u rows above and v columns to the left
        // of it.
        const int filter = group * s.group_filters() + k_index / s.places(), place = k_index % s.places();
        const int row = at.row - place / s.kernel_width * s.dilation_height,
                  column = at.column - place % s.kernel_width * s.dilation_width;
        if (row < 0 || column < 0 || row % s.stride_height != 0 || column % s.stride_width != 0) return 0;
        const int i = row / s.stride_height, j = column / s.stride_width;
        if (i >= s.out_height || j >= s.out_width) return 0;
        return dy[((at.image * s.filters + filter) * s.out_height + i) * s.out_width + j];
    }
    __device__ __forceinline__ void store(int group, int m_index, int n_index, float sum) const {
        const int pixels = s.height * s.width;
        dx[(n_index / pixels * s.channels + group * m + m_index) * pixels + n_index % pixels] = sum;
    }
};

/// The gradient by the weights as a product.
struct WeightSum {
    const float *x, *dy;
    float* dweight;  ///< (groups, m, n)
    SmallShape s;
    int m, n, k;
    float beta;
    static constexpr bool b_along_k = true;

    /// A tap.
    struct Column {
        int channel, row, column;
    };
    __device__ __forceinline__ Column column(int n_index) const {
        const int place = n_index % s.places();
        return {n_index / s.places(), place / s.kernel_width * s.dilation_height - s.padding_height,
                place % s.kernel_width * s.dilation_width - s.padding_width};
    }
    __device__ __forceinline__ float a(int group, int m_index, int k_index) const {
        return dy[(k_index / s.pixels() * s.filters + group * m + m_index) * s.pixels() +
                  k_index % s.pixels()];
    }
    __device__ __forceinline__ float b(int group, int k_index, const Column& at) const {
        const int image = k_index / s.pixels(), pixel = k_index % s.pixels();
        const int row = at.row + pixel / s.out_width * s.stride_height,
                  column = at.column + pixel % s.out_width * s.stride_width;
        if (row < 0 || row >= s.height || column < 0 || column >= s.width) return 0;
        const int channel = group * s.group_channels() + at.channel;
        return x[((image * s.channels + channel) * s.height + row) * s.width + column];
    }
    __device__ __forceinline__ void store(int group, int m_index, int n_index, float sum) const {
        float& dw = dweight[(group * m + m_index) * n + n_index];
        dw = beta == 0 ? sum : beta * dw + sum;
    }
};

/// @param p a convolution @return its sums
inline ForwardSum sums_of(const Conv2dForward& p) {
    return {p.x,
            p.weight,
            p.bias,
            p.y,
            small_shape(p.shape),
            int(p.shape.group_outputs()),
            int(p.shape.batch * p.shape.output().count()),
            int(p.shape.taps())};
}

/// @param p gradient by the images @return its sums
inline InputSum sums_of(const Conv2dInputGradient& p) {
    // Without any output, each sum is empty.
    const bool empty = p.shape.y_size() == 0;
    return {p.dy,
            p.weight,
            p.dx,
            small_shape(p.shape),
            int(p.shape.group_inputs()),
            int(p.shape.batch * p.shape.image.count()),
            empty ? 0 : int(p.shape.group_outputs() * p.shape.kernel.count())};
}

/// @param p gradient by weights and bias @return the sums of the weights
inline WeightSum sums_of(const Conv2dWeightGradient& p) {
    return {p.x,
            p.dy,
            p.dweight,
            small_shape(p.shape),
            int(p.shape.group_outputs()),
            int(p.shape.taps()),
            int(p.shape.batch * p.shape.output().count()),
            p.beta};
}

}  // namespace

}  // namespace kbk::gpu
