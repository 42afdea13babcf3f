/// @file
/// Exercise 2 of chapter 1: the slopes that a backward pass needs.
#pragma once

namespace kbk::exercise {

/// @param y a value of the sigmoid
/// @return the sigmoid's slope there
double sigmoid_slope(double y);

/// @param y a value of tanh
/// @return its slope there
double tanh_slope(double y);

/// @param x     an argument
/// @param leak  slope of the leaky ReLU to the left of 0
/// @return its slope at x; at 0 that of the left side
double leaky_relu_slope(double x, double leak);

/// @param x an argument
/// @return the slope of x sigmoid(x) there
double silu_slope(double x);

}  // namespace kbk::exercise
