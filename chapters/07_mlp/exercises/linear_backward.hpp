/// @file
/// Exercise 3 of chapter 7: the backward pass of a fully connected layer, in plain loops.
#pragma once

namespace kbk::exercise {

/// Gradients of a loss through y = x W^T + b, given its gradient by y. All matrices are row-major.
/// @param x       (rows, inputs)
/// @param weight  (outputs, inputs)
/// @param dy      (rows, outputs)
/// @param dx      receives (rows, inputs)
/// @param dweight receives (outputs, inputs)
/// @param dbias   receives (outputs)
/// @param rows    samples in the batch
/// @param inputs  features of x
/// @param outputs features of y
void linear_backward(const double* x, const double* weight, const double* dy, double* dx, double* dweight,
                     double* dbias, int rows, int inputs, int outputs);

}  // namespace kbk::exercise
