#include "chapters/07_mlp/exercises/linear_backward.hpp"

#include <algorithm>

namespace kbk::exercise {

void linear_backward(const double* x, const double* weight, const double* dy, double* dx, double* dweight,
                     double* dbias, int rows, int inputs, int outputs) {
    std::fill_n(dx, rows * inputs, 0.0);
    std::fill_n(dweight, outputs * inputs, 0.0);
    std::fill_n(dbias, outputs, 0.0);
    for (int i = 0; i < rows; ++i)
        for (int j = 0; j < outputs; ++j) {
            const double d = dy[i * outputs + j];
            dbias[j] += d;
            for (int l = 0; l < inputs; ++l) {
                dx[i * inputs + l] += d * weight[j * inputs + l];
                dweight[j * inputs + l] += d * x[i * inputs + l];
            }
        }
}

}  // namespace kbk::exercise
