/// @file
/// Matrix multiplication: the contract that every rung of the ladder keeps.
///
/// \f[ C \leftarrow f\big(\mathrm{op}(A)\,\mathrm{op}(B) + \beta C + \mathbf 1 b^\top\big), \qquad
///     \mathrm{op}(X) \in \{X, X^\top\} \f]
///
/// with \f$\mathrm{op}(A)\f$ of shape (m, k), \f$\mathrm{op}(B)\f$ (k, n), \f$C\f$ (m, n), a bias row \f$b\f$ (n)
/// and an activation \f$f\f$, both optional.
#pragma once

#include <cstdint>

#include "common/ladder/ladder.hpp"
#include "kernels/activation/activation_math.hpp"

namespace kbk {

/// Many products of one shape: `outer * inner` of them, as attention needs for (batch, head).
struct Batch {
    std::int64_t outer = 1, inner = 1;                               ///< counts of the two levels
    std::int64_t outer_a = 0, outer_b = 0, outer_c = 0;              ///< elements from one outer product to the next
    std::int64_t inner_a = 0, inner_b = 0, inner_c = 0;              ///< elements from one inner product to the next

    /// @return number of products
    [[nodiscard]] std::int64_t count() const { return outer * inner; }
};

/// What happens to each element of the product before it is stored.
/// @tparam T scalar type
template <class T>
struct Epilogue {
    const T* bias = nullptr;                      ///< (n), added to each row; null for none
    Activation activation = Activation::identity; ///< applied last

    /// @return whether there is nothing to do
    [[nodiscard]] bool empty() const { return !bias && activation == Activation::identity; }
};

/// One matrix product, or a batch of them. Matrices are row-major and on one device; C overlaps neither A nor B.
/// A leading dimension is the number of elements from one stored row to the next; 0 stands for packed rows.
/// @tparam T scalar type
template <class T>
struct BasicMatmul {
    using Scalar = T;        ///< the scalar type
    const T* a;              ///< stored (m, k), or (k, m) when transposed
    const T* b;              ///< stored (k, n), or (n, k) when transposed
    T* c;                    ///< (m, n)
    std::int64_t m, n, k;    ///< sizes after op(); any may be 0
    bool transpose_a = false, transpose_b = false;  ///< whether op() transposes
    std::int64_t lda = 0, ldb = 0, ldc = 0;         ///< leading dimensions; 0: packed
    Batch batch = {};        ///< how many products, and where each one's matrices begin
    T beta = 0;              ///< factor of the old C: 0 overwrites (and never reads) it, 1 accumulates
    Epilogue<T> epilogue = {};  ///< bias and activation

    /// @return elements from one stored row of A to the next
    [[nodiscard]] std::int64_t stride_a() const { return lda ? lda : (transpose_a ? m : k); }
    /// @return elements from one stored row of B to the next
    [[nodiscard]] std::int64_t stride_b() const { return ldb ? ldb : (transpose_b ? k : n); }
    /// @return elements from one row of C to the next
    [[nodiscard]] std::int64_t stride_c() const { return ldc ? ldc : n; }

    /// @param i index of a product in the batch, in [0, batch.count())
    /// @return that product alone, as a problem without a batch
    [[nodiscard]] BasicMatmul item(std::int64_t i) const {
        BasicMatmul one = *this;
        const std::int64_t outer = i / batch.inner, inner = i % batch.inner;
        one.a += outer * batch.outer_a + inner * batch.inner_a;
        one.b += outer * batch.outer_b + inner * batch.inner_b;
        one.c += outer * batch.outer_c + inner * batch.inner_c;
        one.batch = {};
        return one;
    }
};

/// The product in float32, which the ladder computes.
using Matmul = BasicMatmul<float>;
/// A rung of the ladder.
using MatmulRung = void(const Matmul&, Scratch&);

/// @return the ladder of matrix multiplication
const Ladder<MatmulRung>& matmul();
/// @return the ladder for this kind of problem, for code that is generic in the operation
inline const Ladder<MatmulRung>& ladder(const Matmul&) { return matmul(); }

/// @param p a product
/// @return 2mnk operations for each product (and 2mn for a beta other than 0 and 1, mn for the bias);
///         A, B and the old C read once, C written once
Cost cost(const Matmul& p);

/// Check what no rung can: null pointers, negative sizes, leading dimensions shorter than a row.
/// @param p a product
/// @throws Error naming the value and its limit
void validate(const Matmul& p);

}  // namespace kbk
