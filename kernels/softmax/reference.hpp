/// @file
/// Softmax and its gradient as they are defined, in double precision.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/softmax/softmax.hpp"

namespace kbk {

/// @param p rows, on the host
template <class T>
void reference(const BasicSoftmax<T>& p) {
    for (std::int64_t i = 0; i < p.rows && p.columns > 0; ++i) {
        const T* x = p.x + i * p.columns;
        const double largest = *std::max_element(x, x + p.columns);
        double sum = 0;
        for (std::int64_t j = 0; j < p.columns; ++j) sum += std::exp(double(x[j]) - largest);
        T* y = p.y + i * p.columns;
        for (std::int64_t j = 0; j < p.columns; ++j)
            y[j] = static_cast<T>(std::exp(double(x[j]) - largest) / sum);
    }
}

/// @param p rows, on the host
template <class T>
void reference(const BasicSoftmaxBackward<T>& p) {
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const T *y = p.y + i * p.columns, *dy = p.dy + i * p.columns;
        double dot = 0;
        for (std::int64_t j = 0; j < p.columns; ++j) dot += double(y[j]) * double(dy[j]);
        T* dx = p.dx + i * p.columns;
        for (std::int64_t j = 0; j < p.columns; ++j)
            dx[j] = static_cast<T>(double(y[j]) * (double(dy[j]) - dot));
    }
}

}  // namespace kbk
