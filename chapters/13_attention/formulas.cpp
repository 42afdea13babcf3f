#include "chapters/13_attention/formulas.hpp"

#include <cmath>
#include <limits>
#include <xtensor-blas/xlinalg.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xview.hpp>

#include "common/tensor/xtensor.hpp"

namespace kbk {

namespace {

using Matrix = xt::xtensor<double, 2>;

Tensor<double> tensor(const Matrix& m) {
    return Tensor<double>({std::int64_t(m.shape(0)), std::int64_t(m.shape(1))},
                          std::span(m.data(), m.size()));
}

}  // namespace

Attended attend_by_formula(const Tensor<double>& q, const Tensor<double>& k, const Tensor<double>& v,
                           bool causal) {
    const Matrix Q = view<2>(q), K = view<2>(k), V = view<2>(v);
    const double scale = 1 / std::sqrt(double(Q.shape(1)));

    // [formulas_forward]
    // Scores: every query with every key. What the mask hides scores minus infinity.
    Matrix S = scale * xt::linalg::dot(Q, xt::transpose(K));
    if (causal)
        for (std::size_t i = 0; i < S.shape(0); ++i)
            for (std::size_t j = i + 1; j < S.shape(1); ++j)
                S(i, j) = -std::numeric_limits<double>::infinity();

    // Shares: softmax of each row, with every reduction stored before it is used.
    const Matrix M = xt::amax(S, {1}, xt::keep_dims);
    const Matrix E = xt::exp(S - M);
    const Matrix Z = xt::sum(E, {1}, xt::keep_dims);
    const Matrix P = E / Z;

    // Output: the values, mixed by their shares.
    const Matrix O = xt::linalg::dot(P, V);
    // [formulas_forward]

    return {tensor(S), tensor(P), tensor(O)};
}

AttendedGradients attend_backward_by_formula(const Tensor<double>& q, const Tensor<double>& k,
                                             const Tensor<double>& v, const Attended& way,
                                             const Tensor<double>& d_out) {
    const Matrix Q = view<2>(q), K = view<2>(k), V = view<2>(v), dO = view<2>(d_out);
    const Matrix P = view<2>(way.shares), O = view<2>(way.out);
    const double scale = 1 / std::sqrt(double(Q.shape(1)));

    // [formulas_backward]
    // The product O = P V gives each factor the gradient times the other factor.
    const Matrix dV = xt::linalg::dot(xt::transpose(P), dO);
    const Matrix dP = xt::linalg::dot(dO, xt::transpose(V));

    // Through the softmax: each share times how much its gradient exceeds the row's mean.
    const Matrix D = xt::sum(dO * O, {1}, xt::keep_dims);
    const Matrix dS = P * (dP - D);

    // The product S = scale Q K^T, in the same way.
    const Matrix dQ = scale * xt::linalg::dot(dS, K);
    const Matrix dK = scale * xt::linalg::dot(xt::transpose(dS), Q);
    // [formulas_backward]

    return {tensor(dP), tensor(dS), tensor(dQ), tensor(dK), tensor(dV)};
}

}  // namespace kbk
