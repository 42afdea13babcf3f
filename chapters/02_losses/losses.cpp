#include "chapters/02_losses/losses.hpp"

#include <xtensor/xadapt.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xtensor.hpp>

#include "common/base/error.hpp"

namespace kbk {

namespace {

using Vector = xt::xtensor<double, 1>;
using Matrix = xt::xtensor<double, 2>;

Vector vector(std::span<const double> values) {
    Vector v = Vector::from_shape({values.size()});
    std::copy(values.begin(), values.end(), v.begin());
    return v;
}

Matrix matrix(std::span<const double> values, std::size_t rows) {
    require(rows > 0 && values.size() % rows == 0, "{} numbers are no {} rows", values.size(), rows);
    Matrix m = Matrix::from_shape({rows, values.size() / rows});
    std::copy(values.begin(), values.end(), m.begin());
    return m;
}

template <class Array>
Loss loss(double value, const Array& gradient) {
    return {value, {gradient.begin(), gradient.end()}};
}

// The errors, prediction less target.
Vector errors(std::span<const double> prediction, std::span<const double> target) {
    require(!prediction.empty() && prediction.size() == target.size(),
            "a loss of {} predictions and {} targets", prediction.size(), target.size());
    return vector(prediction) - vector(target);
}

}  // namespace

Loss mean_squared_error(std::span<const double> prediction, std::span<const double> target) {
    const Vector e = errors(prediction, target);
    const auto n = double(e.size());
    // [mse]
    const double value = xt::mean(e * e)();
    const Vector gradient = 2 * e / n;
    // [mse]
    return loss(value, gradient);
}

Loss mean_absolute_error(std::span<const double> prediction, std::span<const double> target) {
    const Vector e = errors(prediction, target);
    const auto n = double(e.size());
    // [mae]
    const double value = xt::mean(xt::abs(e))();
    const Vector gradient = xt::sign(e) / n;
    // [mae]
    return loss(value, gradient);
}

Loss huber(std::span<const double> prediction, std::span<const double> target, double delta) {
    const Vector e = errors(prediction, target);
    const auto n = double(e.size());
    // [huber]
    const Vector near = e * e / 2, far = delta * (xt::abs(e) - delta / 2);
    const double value = xt::mean(xt::where(xt::abs(e) <= delta, near, far))();
    const Vector gradient = xt::clip(e, -delta, delta) / n;
    // [huber]
    return loss(value, gradient);
}

Loss binary_cross_entropy(std::span<const double> probability, std::span<const double> truth) {
    errors(probability, truth);  // refuse what does not fit
    const Vector p = vector(probability), y = vector(truth);
    const auto n = double(p.size());
    // [bce]
    const double value = -xt::mean(y * xt::log(p) + (1 - y) * xt::log(1 - p))();
    const Vector gradient = (p - y) / (p * (1 - p)) / n;
    // [bce]
    return loss(value, gradient);
}

Loss binary_cross_entropy_of_logits(std::span<const double> logit, std::span<const double> truth) {
    errors(logit, truth);
    const Vector z = vector(logit), y = vector(truth);
    const auto n = double(z.size());
    // [bce_logits]
    const Vector e = xt::exp(-xt::abs(z));  // never above 1
    const double value = xt::mean(xt::maximum(z, 0.0) - y * z + xt::log1p(e))();
    const Vector p = xt::where(z < 0.0, e / (1 + e), 1 / (1 + e));
    const Vector gradient = (p - y) / n;
    // [bce_logits]
    return loss(value, gradient);
}

Loss cross_entropy(std::span<const double> logits, std::span<const std::int32_t> labels) {
    const std::size_t rows = labels.size();
    const Matrix z = matrix(logits, rows);
    for (const std::int32_t label : labels)
        require(label >= 0 && std::size_t(label) < z.shape(1), "label {} is none of the {} classes", label,
                z.shape(1));
    // [cross_entropy]
    const Matrix largest = xt::amax(z, {1}, xt::keep_dims);
    const Matrix e = xt::exp(z - largest);
    const Matrix sum = xt::sum(e, {1}, xt::keep_dims);
    const Matrix log_sum_exp = largest + xt::log(sum);
    Matrix gradient = e / sum / double(rows);
    double value = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        const auto t = std::size_t(labels[i]);
        value += (log_sum_exp(i, 0) - z(i, t)) / double(rows);
        gradient(i, t) -= 1 / double(rows);
    }
    // [cross_entropy]
    return loss(value, gradient);
}

Loss kl_divergence(std::span<const double> p_values, std::span<const double> q_values, std::int64_t rows) {
    const Matrix p = matrix(p_values, std::size_t(rows)), q = matrix(q_values, std::size_t(rows));
    // [kl]
    const double value = xt::sum(xt::where(p > 0.0, p * xt::log(p / q), 0.0))() / double(rows);
    const Matrix gradient = -p / q / double(rows);
    // [kl]
    return loss(value, gradient);
}

}  // namespace kbk
