#include "common/nn/layers.hpp"

namespace kbk {

template class Linear<float>;
template class Linear<double>;
template class ActivationLayer<float>;
template class ActivationLayer<double>;
template class SoftmaxCrossEntropyLoss<float>;
template class SoftmaxCrossEntropyLoss<double>;

}  // namespace kbk
