/// @file
/// Helpers of NVIDIA's samples: strings, a stop watch, comparisons.
#pragma once

#include <cmath>
#include <cstdio>

#include <helper_string.h>
#include <helper_timer.h>

template <class T>
bool kbk_compare(const T* wanted, const T* data, unsigned count, double tolerance) {
    for (unsigned i = 0; i < count; ++i)
        if (!(std::fabs(static_cast<double>(wanted[i]) - static_cast<double>(data[i])) <= tolerance))
            return false;
    return true;
}
/// Compare two arrays, whose elements may differ by the tolerance.
inline bool compareData(const float* wanted, const float* data, unsigned count, float tolerance, float) {
    return kbk_compare(wanted, data, count, tolerance);
}
/// Compare two arrays relative to the size of the first, as a norm.
inline bool sdkCompareL2fe(const float* wanted, const float* data, unsigned count, float tolerance) {
    double error = 0, size = 0;
    for (unsigned i = 0; i < count; ++i) {
        error += (static_cast<double>(wanted[i]) - data[i]) * (static_cast<double>(wanted[i]) - data[i]);
        size += static_cast<double>(wanted[i]) * wanted[i];
    }
    return size > 0 && std::sqrt(error / size) < tolerance;
}
