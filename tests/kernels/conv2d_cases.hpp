/// @file
/// Cases of convolution and its gradients, for the tests of the ladders and for the gallery of broken kernels.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "kernels/conv2d/reference.hpp"
#include "tests/support/case.hpp"
#include "tests/support/data.hpp"

namespace kbk::test {

/// The numbers that a case convolves.
enum class Kind {
    integers,  ///< compared for equality
    reals      ///< compared with a tolerance
};

/// Norms of a sum's two factors, for each element that for_each_term adds to.
class TermNorms {
  public:
    /// @param count elements
    explicit TermNorms(std::int64_t count) : first_(std::size_t(count)), second_(std::size_t(count)) {}

    /// @param at     element @param first one factor of a term @param second the other
    void add(std::int64_t at, double first, double second) {
        first_[std::size_t(at)] += first * first;
        second_[std::size_t(at)] += second * second;
    }

    /// @param at    element @param extra added outside the sum @param slack factor for algorithms that round more
    /// @return the accepted error in units of the roundoff: 8 times the product of the norms
    [[nodiscard]] double scale(std::int64_t at, double extra, double slack) const {
        return 8 * slack * (std::sqrt(first_[std::size_t(at)] * second_[std::size_t(at)]) + std::abs(extra));
    }

  private:
    std::vector<double> first_, second_;
};

inline std::vector<float> numbers(std::int64_t count, std::string_view name, Kind kind) {
    return kind == Kind::reals ? reals(count, name) : integers(count, name);
}

/// @param s     sizes
/// @param kind  what to convolve
/// @param bias  whether there is one
/// @param slack factor of the tolerance, for algorithms that round more often than the definition
/// @return the case, with the tolerance 8 u (|w_k| |x_window| + |bias|) of a matrix product
inline Case<Conv2dForward> conv2d_case(const Conv2dShape& s, Kind kind, bool bias, double slack = 1) {
    const auto x = numbers(s.x_size(), "x", kind), w = numbers(s.weight_size(), "weight", kind),
               b = numbers(s.out_channels, "bias", kind);
    std::vector<double> scale;
    if (kind == Kind::reals || slack > 1) {
        TermNorms norms(s.y_size());
        for_each_term(s, [&](std::int64_t iy, std::int64_t iw, std::int64_t ix) {
            norms.add(iy, w[std::size_t(iw)], x[std::size_t(ix)]);
        });
        for (std::int64_t i = 0; i < s.y_size(); ++i)
            scale.push_back(norms.scale(
                i, bias ? b[std::size_t(i / s.output().count() % s.out_channels)] : 0, slack));
    }
    Conv2dForward p{};
    p.shape = s;
    Case<Conv2dForward> test(text(s) + (bias ? " bias" : "") + (kind == Kind::reals ? ", reals" : ", integers"), p);
    test.input(&Conv2dForward::x, x).input(&Conv2dForward::weight, w);
    if (bias) test.input(&Conv2dForward::bias, b);
    return test.output(&Conv2dForward::y, std::vector<float>(std::size_t(s.y_size()), poison()), scale);
}

/// @param s,kind as above
/// @return the case of the gradient by the images, with the same tolerance
inline Case<Conv2dInputGradient> conv2d_input_gradient_case(const Conv2dShape& s, Kind kind) {
    const auto dy = numbers(s.y_size(), "dy", kind), w = numbers(s.weight_size(), "weight", kind);
    std::vector<double> scale;
    if (kind == Kind::reals) {
        TermNorms norms(s.x_size());
        for_each_term(s, [&](std::int64_t iy, std::int64_t iw, std::int64_t ix) {
            norms.add(ix, w[std::size_t(iw)], dy[std::size_t(iy)]);
        });
        for (std::int64_t i = 0; i < s.x_size(); ++i) scale.push_back(norms.scale(i, 0, 1));
    }
    Conv2dInputGradient p{};
    p.shape = s;
    return Case<Conv2dInputGradient>(text(s) + (kind == Kind::reals ? ", reals" : ", integers"), p)
        .input(&Conv2dInputGradient::dy, dy)
        .input(&Conv2dInputGradient::weight, w)
        .output(&Conv2dInputGradient::dx, std::vector<float>(std::size_t(s.x_size()), poison()), scale);
}

/// @param s,kind    as above
/// @param beta      factor of the old gradients of both
/// @param bias      whether the gradient by the bias is wanted
/// @return the case of the gradients by weights and bias, with the same tolerance
inline Case<Conv2dWeightGradient> conv2d_weight_gradient_case(const Conv2dShape& s, Kind kind, float beta, bool bias) {
    const auto x = numbers(s.x_size(), "x", kind), dy = numbers(s.y_size(), "dy", kind);
    const auto old = [&](std::int64_t count, std::string_view name) {
        return beta == 0 ? std::vector<float>(std::size_t(count), poison()) : numbers(count, name, kind);
    };
    const auto dw = old(s.weight_size(), "dw"), db = old(s.out_channels, "db");
    std::vector<double> weight_scale, bias_scale;
    if (kind == Kind::reals) {
        TermNorms weights(s.weight_size()), biases(s.out_channels);
        for_each_term(s, [&](std::int64_t iy, std::int64_t iw, std::int64_t ix) {
            weights.add(iw, dy[std::size_t(iy)], x[std::size_t(ix)]);
        });
        for (std::int64_t i = 0; i < s.y_size(); ++i)
            biases.add(i / s.output().count() % s.out_channels, dy[std::size_t(i)], 1);
        for (std::int64_t i = 0; i < s.weight_size(); ++i)
            weight_scale.push_back(weights.scale(i, beta == 0 ? 0 : beta * dw[std::size_t(i)], 1));
        for (std::int64_t k = 0; k < s.out_channels; ++k)
            bias_scale.push_back(biases.scale(k, beta == 0 ? 0 : beta * db[std::size_t(k)], 1));
    }
    Conv2dWeightGradient p{};
    p.shape = s;
    p.beta = p.beta_bias = beta;
    Case<Conv2dWeightGradient> test(
        fmt::format("{}, beta {}{}{}", text(s), beta, bias ? ", bias" : "", kind == Kind::reals ? ", reals" : ", integers"),
        p);
    test.input(&Conv2dWeightGradient::x, x).input(&Conv2dWeightGradient::dy, dy);
    test.output(&Conv2dWeightGradient::dweight, dw, weight_scale);
    if (bias) test.output(&Conv2dWeightGradient::dbias, db, bias_scale);
    return test;
}

}  // namespace kbk::test
