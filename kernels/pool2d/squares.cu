/// @file
/// pool2d/cuda/squares, with its gradient: windows of 2 x 2 side by side, two pixels at a time.
///
/// *Change*: a thread takes one window both ways; it reads, and backward writes, the two pixels of a row as one pair.
/// Its place is found in 32 bits.
/// *Why*: neighbouring threads' pairs are neighbours, so each request is 256 bytes without gaps; and the gradient reads
/// each pixel once in place of four times. Predicted: limited by memory.
/// *Limits*: windows of 2 x 2 with stride 2 and no padding; rows of odd length are read pixel by pixel.
/// *Next*: none.
#include "kernels/elementwise.cuh"
#include "kernels/pool2d/rungs.hpp"

namespace kbk::gpu {

namespace {

// Sizes in 32 bits; backward `rows` and `columns` count the windows that an odd row or column leaves
// incomplete, too.
struct Planes {
    int planes, height, width, out_height, out_width, rows, columns;
};

template <bool pairs>
__device__ __forceinline__ float2 load_pair(const float* from) {
    if constexpr (pairs)
        return *reinterpret_cast<const float2*>(from);
    else
        return make_float2(from[0], from[1]);
}

// The value, or zero, without a branch.
__device__ __forceinline__ float only_if(bool condition, float value) {
    return __int_as_float(-int(condition) & __float_as_int(value));
}

// [pool2d_cuda_squares]
template <bool pairs>
__global__ void squares_kernel(Pooling kind, const float* x, float* y, Planes s) {
    const int thread = int(global_thread()), column = thread % s.columns, row = thread / s.columns % s.rows,
              plane = thread / s.columns / s.rows;
    if (plane >= s.planes) return;
    const float* upper = x + (std::int64_t(plane) * s.height + 2 * row) * s.width + 2 * column;
    const float2 a = load_pair<pairs>(upper), b = load_pair<pairs>(upper + s.width);
    const float above = wins(a.y, a.x) ? a.y : a.x, below = wins(b.y, b.x) ? b.y : b.x;
    y[thread] = kind == Pooling::average ? 0.25f * ((a.x + a.y) + (b.x + b.y))
                : wins(below, above)     ? below
                                         : above;
}
// [pool2d_cuda_squares]

// [pool2d_backward_cuda_squares]
template <bool pairs>
__global__ void backward_squares_kernel(Pooling kind, const float* x, const float* dy, float* dx, Planes s) {
    const int thread = int(global_thread()), column = thread % s.columns, row = thread / s.columns % s.rows,
              plane = thread / s.columns / s.rows;
    if (plane >= s.planes) return;
    const std::int64_t at = (std::int64_t(plane) * s.height + 2 * row) * s.width + 2 * column;
    const auto write = [&](std::int64_t to, float left, float right) {
        if constexpr (pairs) {
            *reinterpret_cast<float2*>(dx + to) = make_float2(left, right);
        } else {
            dx[to] = left;
            if (2 * column + 1 < s.width) dx[to + 1] = right;
        }
    };

    // A last odd row or column belongs to no window.
    float a = 0, b = 0, c = 0, d = 0;
    if (row < s.out_height && column < s.out_width) {
        const float g = dy[(std::int64_t(plane) * s.out_height + row) * s.out_width + column];
        if (kind == Pooling::average) {
            a = b = c = d = 0.25f * g;
        } else {
            const float2 above = load_pair<pairs>(x + at), below = load_pair<pairs>(x + at + s.width);
            const bool right_above = wins(above.y, above.x), right_below = wins(below.y, below.x);
            const bool lower = wins(right_below ? below.y : below.x, right_above ? above.y : above.x);
            a = only_if(!lower & !right_above, g), b = only_if(!lower & right_above, g);
            c = only_if(lower & !right_below, g), d = only_if(lower & right_below, g);
        }
    }
    write(at, a, b);
    if (2 * row + 1 < s.height) write(at + s.width, c, d);
}
// [pool2d_backward_cuda_squares]

// Whether the pixels of a window's row may be read at once.
bool in_pairs(const Pool2dShape& s, std::initializer_list<const float*> arrays) {
    return s.width % 2 == 0 && std::all_of(arrays.begin(), arrays.end(), [](const float* a) {
               return reinterpret_cast<std::uintptr_t>(a) % sizeof(float2) == 0;
           });
}

}  // namespace

void squares(const Pool2dForward& p, Scratch&) {
    const Pool2dShape& s = p.shape;
    if (s.y_size() == 0) return;
    const int rows = int(s.out_height()), columns = int(s.out_width());
    const Planes planes{int(s.planes), int(s.height), int(s.width), rows, columns, rows, columns};
    if (in_pairs(s, {p.x}))
        cuda::launch<squares_kernel<true>>(blocks_for(s.y_size()), block_threads, 0, p.kind, p.x, p.y,
                                           planes);
    else
        cuda::launch<squares_kernel<false>>(blocks_for(s.y_size()), block_threads, 0, p.kind, p.x, p.y,
                                            planes);
}

void squares(const Pool2dBackward& p, Scratch&) {
    const Pool2dShape& s = p.shape;
    if (s.x_size() == 0) return;
    const int rows = int(divide_up(s.height, 2)), columns = int(divide_up(s.width, 2));
    const Planes planes{int(s.planes),      int(s.height), int(s.width), int(s.out_height()),
                        int(s.out_width()), rows,          columns};
    const std::int64_t windows = s.planes * rows * columns;
    if (in_pairs(s, {p.x, p.dx}))
        cuda::launch<backward_squares_kernel<true>>(blocks_for(windows), block_threads, 0, p.kind, p.x, p.dy,
                                                    p.dx, planes);
    else
        cuda::launch<backward_squares_kernel<false>>(blocks_for(windows), block_threads, 0, p.kind, p.x, p.dy,
                                                     p.dx, planes);
}

}  // namespace kbk::gpu
