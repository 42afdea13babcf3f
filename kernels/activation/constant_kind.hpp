/// @file
/// The choice of a function, made once and not for each element.
#pragma once

#include <type_traits>

#include "kernels/activation/activation_math.hpp"

namespace kbk {

/// Call a function with the kind as a constant. A loop in it is then compiled for each kind by itself: that
/// of relu becomes vectors, which a choice within the loop would prevent.
/// @param kind  which function
/// @param visit callable with a std::integral_constant<Activation, ...>
template <class Visit>
void with_constant(Activation kind, const Visit& visit) {
    using enum Activation;
    const auto call = [&]<Activation... kinds>() {
        ((kind == kinds ? visit(std::integral_constant<Activation, kinds>()) : void()), ...);
    };
    call.template operator()<identity, relu, leaky_relu, sigmoid, tanh, gelu, gelu_tanh, silu>();
}

}  // namespace kbk
