/// @file
/// softmax_backward/cpu/rowwise: one dot product a row, then one pass.
///
/// *Change*: the sum over k is taken out of the loop over j: it is the same dot product for every element of
/// a row. *Why*: the Jacobian is diag(y) - y y^T, a diagonal and one product of a column with a row, and need
/// never be formed. Predicted: faster by about the length of a row. *Limits*: one thread; the dot product
/// adds one term after the other. *Next*: vectorized.
#include "kernels/softmax/rungs.hpp"

namespace kbk::cpu {

// [softmax_backward_rowwise]
void rowwise(const SoftmaxBackward& p, Scratch&) {
    for (std::int64_t i = 0; i < p.rows; ++i) {
        const float *y = p.y + i * p.columns, *dy = p.dy + i * p.columns;
        float *dx = p.dx + i * p.columns, dot = 0;
        for (std::int64_t k = 0; k < p.columns; ++k) dot += y[k] * dy[k];
        for (std::int64_t j = 0; j < p.columns; ++j) dx[j] = y[j] * (dy[j] - dot);
    }
}
// [softmax_backward_rowwise]

}  // namespace kbk::cpu
