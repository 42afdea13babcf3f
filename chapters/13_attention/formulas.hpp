/// @file
/// The chapter's formulas as array expressions.
#pragma once

#include "common/tensor/tensor.hpp"

namespace kbk {

/// One head's attention, with everything on the way.
struct Attended {
    Tensor<double> scores;  ///< (queries, keys), scaled; minus infinity where the mask hides a key
    Tensor<double> shares;  ///< (queries, keys), each row adds up to 1
    Tensor<double> out;     ///< (queries, width)
};

/// The gradients of one head's attention, with everything on the way.
struct AttendedGradients {
    Tensor<double> shares;  ///< (queries, keys)
    Tensor<double> scores;  ///< (queries, keys)
    Tensor<double> q;       ///< (queries, width)
    Tensor<double> k;       ///< (keys, width)
    Tensor<double> v;       ///< (keys, width)
};

/// Attention of one head as the page's formulas say, in xtensor.
/// @param q      (queries, width)
/// @param k      (keys, width)
/// @param v      (keys, width)
/// @param causal whether query i sees only the keys up to i
/// @return scores, shares and output
Attended attend_by_formula(const Tensor<double>& q, const Tensor<double>& k, const Tensor<double>& v,
                           bool causal);

/// The way back as the page's formulas say, in xtensor.
/// @param q     (queries, width)
/// @param k     (keys, width)
/// @param v     (keys, width)
/// @param way   what `attend_by_formula` returned for them
/// @param d_out (queries, width), gradient of the loss by its output
/// @return the gradients
AttendedGradients attend_backward_by_formula(const Tensor<double>& q, const Tensor<double>& k,
                                             const Tensor<double>& v, const Attended& way,
                                             const Tensor<double>& d_out);

}  // namespace kbk
