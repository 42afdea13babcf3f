#include "chapters/03_backprop_by_hand/matrices.hpp"

#include <xtensor-blas/xlinalg.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xtensor.hpp>

namespace kbk {

namespace {

using Matrix = xt::xtensor<double, 2>;
using Vector = xt::xtensor<double, 1>;

Matrix matrix(const Rows& rows) {
    Matrix m = Matrix::from_shape({rows.size(), rows[0].size()});
    for (std::size_t i = 0; i < m.shape(0); ++i)
        for (std::size_t j = 0; j < m.shape(1); ++j) m(i, j) = rows[i][j];
    return m;
}

Vector vector(const Numbers& numbers) {
    Vector v = Vector::from_shape({numbers.size()});
    for (std::size_t i = 0; i < numbers.size(); ++i) v(i) = numbers[i];
    return v;
}

Rows rows_of(const Matrix& m) {
    Rows rows;
    for (std::size_t i = 0; i < m.shape(0); ++i) {
        rows.emplace_back();
        for (std::size_t j = 0; j < m.shape(1); ++j) rows.back().push_back(m(i, j));
    }
    return rows;
}

Matrix bent(Bend f, const Matrix& Z) {
    if (f == Bend::relu) return xt::maximum(Z, 0.0);
    return 1.0 / (1.0 + xt::exp(-Z));
}

// f'(Z), from what f made of Z.
Matrix slopes(Bend f, const Matrix& A) {
    if (f == Bend::relu) return xt::where(A > 0.0, 1.0, 0.0);
    return A * (1.0 - A);
}

}  // namespace

std::vector<LayerGradient> gradients_in_matrices(const Network& net, const Rows& x, const Numbers& truth) {
    const std::size_t layers = net.size();
    const auto rows = static_cast<double>(x.size());
    std::vector<Matrix> A{matrix(x)}, W;
    for (const Layer& layer : net) W.push_back(matrix(layer.weight));

    // [matrices]
    // Forward: every row of A is a sample.
    for (std::size_t l = 0; l < layers; ++l) {
        const Matrix Z = xt::linalg::dot(A[l], xt::transpose(W[l])) + vector(net[l].bias);
        A.push_back(bent(net[l].f, Z));
    }

    // Backward: the error of the output, then layer by layer towards the input.
    Matrix Delta = A[layers];
    for (std::size_t i = 0; i < truth.size(); ++i) Delta(i, 0) -= truth[i];
    Delta /= rows;
    std::vector<LayerGradient> gradients(layers);
    for (std::size_t l = layers; l-- > 0;) {
        const Matrix dW = xt::linalg::dot(xt::transpose(Delta), A[l]);
        const Vector db = xt::sum(Delta, {0});
        gradients[l] = {{}, rows_of(dW), Numbers(db.begin(), db.end())};
        if (l == 0) break;
        const Matrix back = xt::linalg::dot(Delta, W[l]);
        Delta = back * slopes(net[l - 1].f, A[l]);
    }
    // [matrices]
    return gradients;
}

}  // namespace kbk
