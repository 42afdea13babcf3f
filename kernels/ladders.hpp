/// @file
/// The only list of the operations: for those who must know them all.
#pragma once

#include "kernels/activation/activation.hpp"
#include "kernels/bias/bias.hpp"
#include "kernels/matmul/matmul.hpp"
#include "kernels/optimizer/optimizer.hpp"
#include "kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"

namespace kbk {

/// Call a function with every operation's ladder.
/// @param visit callable with a const Ladder<Run>& for any Run
template <class Visit>
void for_each_ladder(const Visit& visit) {
    visit(activation());
    visit(activation_backward());
    visit(adam());
    visit(bias());
    visit(bias_gradient());
    visit(matmul());
    visit(sgd());
    visit(softmax_cross_entropy());
}

}  // namespace kbk
