/// @file
/// xtensor's view of a tensor, for mathematics on the host that should read like the formula.
/// Include it in .cpp files only, and never beside cblas.h (docs/pitfalls.md).
#pragma once

#include <array>
#include <xtensor/xadapt.hpp>

#include "common/tensor/tensor.hpp"

namespace kbk {

/// A tensor on the host as an xtensor expression of fixed rank, without a copy.
/// @tparam N     the tensor's rank
/// @param tensor a tensor on the host, const for reading, which must outlive the view
/// @return an assignable view of its values
/// @throws Error when the rank is not N
template <int N, class AnyTensor>
auto view(AnyTensor& tensor) {
    require(tensor.shape().rank() == N, "a view of rank {} was asked for of a tensor of shape {}", N,
            tensor.shape().text());
    std::array<std::size_t, N> sizes;
    for (int i = 0; i < N; ++i) sizes[i] = static_cast<std::size_t>(tensor.shape(i));
    return xt::adapt(tensor.values().data(), static_cast<std::size_t>(tensor.size()), xt::no_ownership(),
                     sizes);
}

}  // namespace kbk
