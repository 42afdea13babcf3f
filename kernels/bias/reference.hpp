/// @file
/// Bias and its gradient as they are defined, sums in double precision.
#pragma once

#include "kernels/bias/bias.hpp"

namespace kbk {

/// @param p rows and bias, on the host
template <class T>
void reference(const BasicBias<T>& p) {
    for (std::int64_t i = 0; i < p.rows; ++i)
        for (std::int64_t j = 0; j < p.columns; ++j)
            p.y[i * p.columns + j] = static_cast<T>(double(p.y[i * p.columns + j]) + double(p.bias[j]));
}

/// @param p gradient of the rows, on the host
template <class T>
void reference(const BasicBiasGradient<T>& p) {
    for (std::int64_t j = 0; j < p.columns; ++j) {
        double sum = p.beta == 0 ? 0.0 : double(p.beta) * double(p.gradient[j]);
        for (std::int64_t i = 0; i < p.rows; ++i) sum += double(p.dy[i * p.columns + j]);
        p.gradient[j] = static_cast<T>(sum);
    }
}

}  // namespace kbk
