/// @file
/// Softmax cross-entropy as it is defined, in double precision.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"

namespace kbk {

/// @param p rows of logits and their classes, on the host
template <class T>
void reference(const BasicSoftmaxCrossEntropy<T>& p) {
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const T* z = p.logits + i * p.classes;
        const double largest = *std::max_element(z, z + p.classes);
        double sum = 0;
        for (std::int64_t j = 0; j < p.classes; ++j) sum += std::exp(double(z[j]) - largest);
        const std::int32_t target = p.labels[i];
        p.loss[i] = static_cast<T>(std::log(sum) - (double(z[target]) - largest));
        if (!p.gradient) continue;
        for (std::int64_t j = 0; j < p.classes; ++j) {
            const double probability = std::exp(double(z[j]) - largest) / sum;
            p.gradient[i * p.classes + j] = static_cast<T>(double(p.scale) * (probability - (j == target)));
        }
    }
}

}  // namespace kbk
