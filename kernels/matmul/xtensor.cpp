/// @file
/// matmul/cpu/xtensor: the formula as xtensor writes it, C = dot(A, B).
///
/// *Change*: an expression of a library; underneath, xtensor-blas calls the same OpenBLAS as the rung
/// openblas. *Why*: it is what a reader who trusts a library writes. Predicted: OpenBLAS's speed, less a
/// little for checks and, where beta is not zero, for a temporary result. *Limits*: one product of packed
/// matrices, no epilogue; results may depend on the number of threads. *Next*: openblas, the library behind
/// it, called directly.
#include <array>
#include <xtensor-blas/xlinalg.hpp>
#include <xtensor/xadapt.hpp>
#include <xtensor/xnoalias.hpp>

#include "kernels/matmul/rungs.hpp"

namespace kbk::cpu {

namespace {

template <class T>
auto matrix(T* data, std::int64_t rows, std::int64_t columns) {
    const std::array<std::size_t, 2> sizes{static_cast<std::size_t>(rows), static_cast<std::size_t>(columns)};
    return xt::adapt(data, sizes[0] * sizes[1], xt::no_ownership(), sizes);
}

}  // namespace

// [matmul_xtensor]
void xtensor(const Matmul& p, Scratch&) {
    // Materialise the product before it meets C: lazy expressions outlive what they refer to
    // (docs/pitfalls.md).
    const auto a = p.transpose_a ? matrix(p.a, p.k, p.m) : matrix(p.a, p.m, p.k);
    const auto b = p.transpose_b ? matrix(p.b, p.n, p.k) : matrix(p.b, p.k, p.n);
    auto c = matrix(p.c, p.m, p.n);
    xt::xtensor<float, 2> product;
    if (p.transpose_a && p.transpose_b)
        product = xt::linalg::dot(xt::transpose(a), xt::transpose(b));
    else if (p.transpose_a)
        product = xt::linalg::dot(xt::transpose(a), b);
    else if (p.transpose_b)
        product = xt::linalg::dot(a, xt::transpose(b));
    else
        product = xt::linalg::dot(a, b);
    if (p.beta == 0)
        xt::noalias(c) = product;
    else
        xt::noalias(c) = product + p.beta * c;
}
// [matmul_xtensor]

}  // namespace kbk::cpu
