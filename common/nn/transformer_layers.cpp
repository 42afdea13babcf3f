#include "common/nn/transformer_layers.hpp"

namespace kbk {

template class LayerNorm<float>;
template class LayerNorm<double>;
template class Embedding<float>;
template class Embedding<double>;
template class SelfAttention<float>;
template class SelfAttention<double>;
template class FeedForward<float>;
template class FeedForward<double>;
template class Block<float>;
template class Block<double>;

}  // namespace kbk
