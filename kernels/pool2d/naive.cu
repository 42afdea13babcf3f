/// @file
/// pool2d/cuda/naive, with its gradient: one thread a result.
///
/// *Change*: none, this is the first rung here. Forward, a thread takes one window. Backward it takes one pixel of dx,
/// and looks for the windows that saw it: the CPU's way, a window that adds to its pixels, would need atomic additions.
/// *Why*: it is the definition; what each pixel collects is added in the order of the windows, so the bits never
/// change. Predicted: limited by memory forward; backward each window is searched again by each of its pixels.
/// *Limits*: divisions find a thread's place.
/// *Next*: squares, for windows of 2 x 2.
#include "kernels/elementwise.cuh"
#include "kernels/pool2d/rungs.hpp"

namespace kbk::gpu {

namespace {

// [pool2d_cuda_naive]
__global__ void naive_kernel(Pool2dForward p) {
    const Pool2dShape& s = p.shape;
    const std::int64_t thread = global_thread(), rows = s.out_height(), columns = s.out_width();
    if (thread >= s.planes * rows * columns) return;
    const auto w = s.window(thread / columns % rows, thread % columns);
    const float* x = p.x + thread / columns / rows * s.height * s.width;
    float largest = x[w.top * s.width + w.left], sum = 0;
    for (std::int64_t r = w.top; r < w.bottom; ++r)
        for (std::int64_t c = w.left; c < w.right; ++c) {
            const float value = x[r * s.width + c];
            sum += value;
            if (wins(value, largest)) largest = value;
        }
    p.y[thread] = p.kind == Pooling::max ? largest : sum / float(w.count());
}
// [pool2d_cuda_naive]

// The first window that reaches this row, or column.
__device__ __forceinline__ std::int64_t first_window(std::int64_t at, std::int64_t kernel,
                                                     std::int64_t stride) {
    return at < kernel ? 0 : (at - kernel) / stride + 1;
}

// [pool2d_backward_cuda_naive]
__global__ void backward_naive_kernel(Pool2dBackward p) {
    const Pool2dShape& s = p.shape;
    const std::int64_t thread = global_thread(), plane = thread / s.width / s.height;
    if (plane >= s.planes) return;
    const std::int64_t row = thread / s.width % s.height, column = thread % s.width;
    const std::int64_t rows = s.out_height(), columns = s.out_width(), r = row + s.padding_height,
                       c = column + s.padding_width;
    const float* x = p.x + plane * s.height * s.width;  // of the maximum's gradient alone
    float sum = 0;
    for (std::int64_t i = first_window(r, s.kernel_height, s.stride_height);
         i < rows && i * s.stride_height <= r; ++i)
        for (std::int64_t j = first_window(c, s.kernel_width, s.stride_width);
             j < columns && j * s.stride_width <= c; ++j) {
            const auto w = s.window(i, j);
            const float dy = p.dy[(plane * rows + i) * columns + j];
            if (p.kind == Pooling::average) {
                sum += dy / float(w.count());
                continue;
            }
            std::int64_t winner = w.top * s.width + w.left;
            for (std::int64_t u = w.top; u < w.bottom; ++u)
                for (std::int64_t v = w.left; v < w.right; ++v)
                    if (wins(x[u * s.width + v], x[winner])) winner = u * s.width + v;
            if (winner == row * s.width + column) sum += dy;
        }
    p.dx[thread] = sum;
}
// [pool2d_backward_cuda_naive]

}  // namespace

void naive(const Pool2dForward& p, Scratch&) {
    if (p.shape.y_size() > 0) cuda::launch<naive_kernel>(blocks_for(p.shape.y_size()), block_threads, 0, p);
}

void naive(const Pool2dBackward& p, Scratch&) {
    if (p.shape.x_size() > 0)
        cuda::launch<backward_naive_kernel>(blocks_for(p.shape.x_size()), block_threads, 0, p);
}

}  // namespace kbk::gpu
