#include "chapters/07_mlp/formulas.hpp"

#include <xtensor-blas/xlinalg.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xview.hpp>

#include "common/tensor/xtensor.hpp"

namespace kbk {

namespace {

template <class Expression>
std::vector<double> flat(const Expression& values) {
    return {values.begin(), values.end()};
}

}  // namespace

std::vector<std::vector<double>> gradients_by_formula(const Mlp<double>& net, const Tensor<double>& x,
                                                      const Tensor<std::int32_t>& labels) {
    using Matrix = xt::xtensor<double, 2>;
    using Vector = xt::xtensor<double, 1>;
    const Matrix X = view<2>(x);
    const Matrix W1 = view<2>(net.linear[0].weight.value), W2 = view<2>(net.linear[1].weight.value);
    const Vector b1 = view<1>(net.linear[0].bias.value), b2 = view<1>(net.linear[1].bias.value);
    const auto rows = static_cast<double>(x.shape(0));

    // [formulas]
    // Forward.
    const Matrix Z1 = xt::linalg::dot(X, xt::transpose(W1)) + b1;
    const Matrix H = xt::maximum(Z1, 0.0);
    const Matrix Z2 = xt::linalg::dot(H, xt::transpose(W2)) + b2;

    // Softmax, with every reduction stored before it is used.
    const Matrix M = xt::amax(Z2, {1}, xt::keep_dims);
    const Matrix E = xt::exp(Z2 - M);
    const Matrix S = xt::sum(E, {1}, xt::keep_dims);

    // Backward: probability, less one at the true class; then the chain rule, layer by layer.
    Matrix D2 = E / S;
    for (std::size_t i = 0; i < D2.shape(0); ++i) D2(i, std::size_t(labels.data()[i])) -= 1;
    D2 /= rows;
    const Matrix dW2 = xt::linalg::dot(xt::transpose(D2), H);
    const Vector db2 = xt::sum(D2, {0});
    const Matrix dH = xt::linalg::dot(D2, W2);
    const Matrix D1 = xt::where(Z1 > 0.0, dH, 0.0);
    const Matrix dW1 = xt::linalg::dot(xt::transpose(D1), X);
    const Vector db1 = xt::sum(D1, {0});
    // [formulas]

    return {flat(dW1), flat(db1), flat(dW2), flat(db2)};
}

}  // namespace kbk
