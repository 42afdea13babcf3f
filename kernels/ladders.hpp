/// @file
/// The only list of the operations: for those who must know them all.
#pragma once

#include "kernels/activation/activation.hpp"
#include "kernels/attention/attention.hpp"
#include "kernels/batch_norm/batch_norm.hpp"
#include "kernels/bias/bias.hpp"
#include "kernels/clip/clip.hpp"
#include "kernels/conv2d/conv2d.hpp"
#include "kernels/embedding/embedding.hpp"
#include "kernels/layernorm/layernorm.hpp"
#include "kernels/matmul/matmul.hpp"
#include "kernels/matmul_bf16/matmul_bf16.hpp"
#include "kernels/matmul_int8/matmul_int8.hpp"
#include "kernels/optimizer/optimizer.hpp"
#include "kernels/pool2d/pool2d.hpp"
#include "kernels/residual/residual.hpp"
#include "kernels/softmax/softmax.hpp"
#include "kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"

namespace kbk {

/// Call a function with every operation's ladder.
/// @param visit callable with a const Ladder<Run>& for any Run
template <class Visit>
void for_each_ladder(const Visit& visit) {
    visit(activation());
    visit(activation_backward());
    visit(adagrad());
    visit(adam());
    visit(attention());
    visit(attention_backward());
    visit(batch_norm());
    visit(batch_norm_backward());
    visit(batch_norm_inference());
    visit(bias());
    visit(bias_gradient());
    visit(conv2d());
    visit(conv2d_input_gradient());
    visit(conv2d_weight_gradient());
    visit(embedding());
    visit(embedding_backward());
    visit(layernorm());
    visit(layernorm_backward());
    visit(matmul());
    visit(matmul_bf16());
    visit(matmul_int8());
    visit(rmsprop());
    visit(rescale());
    visit(sgd());
    visit(square_sums());
    visit(pool2d());
    visit(pool2d_backward());
    visit(residual());
    visit(softmax());
    visit(softmax_backward());
    visit(softmax_cross_entropy());
}

}  // namespace kbk
