/// @file
/// Cases of softmax cross-entropy, for the tests of its ladder and for the gallery of broken kernels.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/softmax_cross_entropy/reference.hpp"
#include "tests/support/case.hpp"
#include "tests/support/data.hpp"

namespace kbk::test {

/// Where a kernel puts the gradient.
enum class GradientPlace {
    none,    ///< losses only
    beside,  ///< in memory of its own
    over     ///< over the logits
};

/// @param count   how many
/// @param classes number of classes
/// @return labels that visit all classes, in no order
inline std::vector<std::int32_t> some_labels(std::int64_t count, std::int64_t classes) {
    std::vector<std::int32_t> labels;
    for (const float x : reals(count, "labels"))
        labels.push_back(static_cast<std::int32_t>((x + 1) / 2.5f * float(classes)) %
                         static_cast<std::int32_t>(classes));
    return labels;
}

/// @param what   what the case is about
/// @param logits (rows, classes)
/// @param labels (rows)
/// @param place  where the gradient goes
/// @param scale  factor of the gradient
/// @return the case. With d_j the distance of logit j from the row's largest, rounding d_j moves e^-d_j by
///         u d_j of itself, and adding up n exponentials strays by about u sqrt(n), so the loss has the
///         tolerance 8 u (1 + d_t + log n + sqrt(n)), and the gradient that of its scale times
///         8 u (p_j (1 + d_j + log n + sqrt(n)) + [j = t]). Probabilities below float's normal numbers may
///         become 0.
inline Case<SoftmaxCrossEntropy> softmax_case(const std::string& what, const std::vector<float>& logits,
                                              const std::vector<std::int32_t>& labels,
                                              GradientPlace place = GradientPlace::beside, float scale = 1) {
    const std::int64_t rows = std::ssize(labels), classes = rows ? std::ssize(logits) / rows : 1;
    const double base = 1 + std::log(double(classes)) + std::sqrt(double(classes));
    constexpr double subnormal = 0x1p-126 / 0x1p-24;
    std::vector<double> loss_scale(labels.size()), gradient_scale(logits.size());
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const float* z = logits.data() + i * std::size_t(classes);
        const double largest = *std::max_element(z, z + classes);
        double sum = 0;
        for (std::int64_t j = 0; j < classes; ++j) sum += std::exp(z[j] - largest);
        for (std::int64_t j = 0; j < classes; ++j) {
            const double distance = largest - z[j], p = std::exp(-distance) / sum;
            const double part = p > 0 ? p * (base + distance) : 0;
            gradient_scale[i * std::size_t(classes) + std::size_t(j)] =
                std::abs(double(scale)) * 8 * (part + (j == labels[i])) + subnormal;
        }
        const double distance = largest - z[labels[i]];
        loss_scale[i] = 8 * (base + (std::isfinite(distance) ? distance : 0));
    }

    Case<SoftmaxCrossEntropy> test(
        fmt::format("{}, {} rows, {} classes{}", what, rows, classes,
                    place == GradientPlace::none     ? ", no gradient"
                    : place == GradientPlace::beside ? ""
                                                     : ", in place"),
        SoftmaxCrossEntropy{nullptr, nullptr, nullptr, nullptr, rows, classes, scale});
    test.input(&SoftmaxCrossEntropy::labels, labels);
    if (place != GradientPlace::over) test.input(&SoftmaxCrossEntropy::logits, logits);
    test.output(&SoftmaxCrossEntropy::loss, std::vector<float>(labels.size(), poison()), loss_scale);
    if (place == GradientPlace::beside)
        test.output(&SoftmaxCrossEntropy::gradient, std::vector<float>(logits.size(), poison()),
                    gradient_scale);
    if (place == GradientPlace::over)
        test.output([](SoftmaxCrossEntropy& p, float* memory) { p.logits = p.gradient = memory; }, logits,
                    gradient_scale);
    return test;
}

}  // namespace kbk::test
