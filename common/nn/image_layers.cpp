#include "common/nn/image_layers.hpp"

namespace kbk {

template class Conv2d<float>;
template class Conv2d<double>;
template class Pool2d<float>;
template class Pool2d<double>;
template class GlobalAveragePool<float>;
template class GlobalAveragePool<double>;
template class Flatten<float>;
template class Flatten<double>;
template class BatchNorm2d<float>;
template class BatchNorm2d<double>;

}  // namespace kbk
