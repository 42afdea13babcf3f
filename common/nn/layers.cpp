#include "common/nn/layers.hpp"

namespace kbk {

template class Linear<float>;
template class Linear<double>;
template class ReLU<float>;
template class ReLU<double>;
template class SoftmaxCrossEntropyLoss<float>;
template class SoftmaxCrossEntropyLoss<double>;

}  // namespace kbk
