/// @file
/// softmax_backward/cpu/naive: the gradient times the whole Jacobian matrix.
///
/// *Change*: none, this is the first rung.
/// *Why*: it is the chain rule, written out: each output depends on each input of its row. Predicted:
/// hopeless on long rows, as the work grows with the square of their length. *Limits*: one thread; a
/// quadratic number of operations. *Next*: rowwise.
#include "kernels/softmax/rungs.hpp"

namespace kbk::cpu {

// [softmax_backward_naive]
void naive(const SoftmaxBackward& p, Scratch& scratch) {
    const Scratch::Frame frame(scratch);
    float* gradient = scratch.take<float>(p.columns);  // dx may lie over dy, which every element needs
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const float *y = p.y + i * p.columns, *dy = p.dy + i * p.columns;
        for (std::int64_t j = 0; j < p.columns; ++j) {
            gradient[j] = 0;
            for (std::int64_t k = 0; k < p.columns; ++k)
                gradient[j] += (j == k ? y[j] * (1 - y[j]) : -y[j] * y[k]) * dy[k];
        }
        for (std::int64_t j = 0; j < p.columns; ++j) p.dx[i * p.columns + j] = gradient[j];
    }
}
// [softmax_backward_naive]

}  // namespace kbk::cpu
