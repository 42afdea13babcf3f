/// @file
/// Pooling and its gradient as they are defined, sums in double precision. Never optimised.
#pragma once

#include <vector>

#include "kernels/pool2d/pool2d.hpp"

namespace kbk {

/// @param p planes to pool, on the host
template <class T>
void reference(const BasicPool2d<T>& p) {
    const Pool2dShape& s = p.shape;
    T* y = p.y;
    for (std::int64_t plane = 0; plane < s.planes; ++plane) {
        const T* x = p.x + plane * s.height * s.width;
        for (std::int64_t i = 0; i < s.out_height(); ++i)
            for (std::int64_t j = 0; j < s.out_width(); ++j) {
                const auto w = s.window(i, j);
                T largest = x[w.top * s.width + w.left];
                double sum = 0;
                for (std::int64_t r = w.top; r < w.bottom; ++r)
                    for (std::int64_t c = w.left; c < w.right; ++c) {
                        const T value = x[r * s.width + c];
                        sum += double(value);
                        if (wins(value, largest)) largest = value;
                    }
                *y++ = p.kind == Pooling::max ? largest : static_cast<T>(sum / double(w.count()));
            }
    }
}

/// @param p gradient by pooled planes, on the host
template <class T>
void reference(const BasicPool2dBackward<T>& p) {
    const Pool2dShape& s = p.shape;
    std::vector<double> sum(static_cast<std::size_t>(s.x_size()));
    const T* dy = p.dy;
    for (std::int64_t plane = 0; plane < s.planes; ++plane) {
        const std::int64_t begin = plane * s.height * s.width;
        for (std::int64_t i = 0; i < s.out_height(); ++i)
            for (std::int64_t j = 0; j < s.out_width(); ++j, ++dy) {
                const auto w = s.window(i, j);
                std::int64_t winner = w.top * s.width + w.left;
                for (std::int64_t r = w.top; r < w.bottom; ++r)
                    for (std::int64_t c = w.left; c < w.right; ++c) {
                        const std::int64_t at = r * s.width + c;
                        if (p.kind == Pooling::average)
                            sum[std::size_t(begin + at)] += double(*dy) / double(w.count());
                        else if (wins(p.x[begin + at], p.x[begin + winner]))
                            winner = at;
                    }
                if (p.kind == Pooling::max) sum[std::size_t(begin + winner)] += double(*dy);
            }
    }
    for (std::int64_t i = 0; i < s.x_size(); ++i) p.dx[i] = static_cast<T>(sum[std::size_t(i)]);
}

}  // namespace kbk
