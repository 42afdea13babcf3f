/// @file
/// Temporaries for layers, which keep the address of what they read and so refuse them.
#pragma once

namespace kbk::test {

/// Pass a temporary where no `backward` follows.
/// @param temporary such as a tensor; it lives until the end of the statement
/// @return the same, as if it had a name
template <class T>
const T& named(const T& temporary) {
    return temporary;
}

/// Whether `Layer::forward` compiles with a temporary.
/// @tparam Layer a layer
/// @tparam Input what it reads
/// @tparam More  types of its other arguments
template <class Layer, class Input, class... More>
concept TakesTemporary = requires(Layer& layer, More... more) { layer.forward(Input(), more...); };

}  // namespace kbk::test
