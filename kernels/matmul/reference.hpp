/// @file
/// The definition of matrix multiplication, against which every rung is tested. Never optimised.
#pragma once

#include "kernels/matmul/matmul.hpp"

namespace kbk {

/// Compute a product as it is defined, each element's sum in double precision.
/// @param p the product, on the host
template <class T>
void reference(const BasicMatmul<T>& p) {
    for (std::int64_t item = 0; item < p.batch.count(); ++item) {
        const BasicMatmul<T> q = p.item(item);
        for (std::int64_t i = 0; i < q.m; ++i)
            for (std::int64_t j = 0; j < q.n; ++j) {
                double sum = 0;
                for (std::int64_t l = 0; l < q.k; ++l) {
                    const double a = q.transpose_a ? q.a[l * q.stride_a() + i] : q.a[i * q.stride_a() + l];
                    const double b = q.transpose_b ? q.b[j * q.stride_b() + l] : q.b[l * q.stride_b() + j];
                    sum += a * b;
                }
                T& c = q.c[i * q.stride_c() + j];
                if (q.beta != 0) sum += double(q.beta) * c;
                if (q.epilogue.bias) sum += q.epilogue.bias[j];
                c = static_cast<T>(activate(q.epilogue.activation, sum));
            }
    }
}

}  // namespace kbk
