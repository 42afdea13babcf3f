#include "common/nn/optimizer.hpp"

#include <cmath>

#include "common/nn/compute.hpp"
#include "kernels/optimizer/reference.hpp"

namespace kbk {

namespace {

// One tensor of zeros for each parameter.
std::vector<Tensor<float>> zeros_like(const Parameters<float>& parameters) {
    std::vector<Tensor<float>> zeros;
    for (const auto* p : parameters) zeros.emplace_back(p->value.shape(), p->value.device()).clear();
    return zeros;
}

// Every parameter must have got its gradient since the last step.
void require_gradients(const Parameters<float>& parameters) {
    for (const auto* p : parameters)
        require(!p->empty, "{} has no gradient in this step: does the model's backward reach it?", p->name);
}

}  // namespace

Optimizer::Optimizer(Parameters<float> parameters, double rate)
    : learning_rate(rate), parameters_(std::move(parameters)) {
    require(std::isfinite(rate) && rate > 0, "a learning rate of {} was asked for; it must be positive",
            rate);
}

SgdOptimizer::SgdOptimizer(Parameters<float> parameters, double rate, double momentum, double weight_decay)
    : Optimizer(std::move(parameters), rate),
      momentum_(momentum),
      weight_decay_(weight_decay),
      velocity_(zeros_like(parameters_)) {}

void SgdOptimizer::step() {
    require_gradients(parameters_);
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        Parameter<float>& p = *parameters_[i];
        compute(Sgd{p.value.data(), p.gradient.data(), velocity_[i].data(), p.value.size(),
                    float(learning_rate), float(momentum_), float(weight_decay_)},
                p.value.device());
    }
    ++steps;
}

std::vector<std::pair<std::string, Tensor<float>*>> SgdOptimizer::state() {
    std::vector<std::pair<std::string, Tensor<float>*>> tensors;
    for (std::size_t i = 0; i < parameters_.size(); ++i)
        tensors.emplace_back(parameters_[i]->name + ".velocity", &velocity_[i]);
    return tensors;
}

AdamOptimizer::AdamOptimizer(Parameters<float> parameters, double rate, double beta1, double beta2,
                             double epsilon, double weight_decay)
    : Optimizer(std::move(parameters), rate),
      beta1_(beta1),
      beta2_(beta2),
      epsilon_(epsilon),
      weight_decay_(weight_decay),
      first_(zeros_like(parameters_)),
      second_(zeros_like(parameters_)) {}

void AdamOptimizer::step() {
    require_gradients(parameters_);
    ++steps;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        Parameter<float>& p = *parameters_[i];
        compute(Adam{p.value.data(), p.gradient.data(), first_[i].data(), second_[i].data(), p.value.size(),
                     steps, float(learning_rate), float(beta1_), float(beta2_), float(epsilon_),
                     float(weight_decay_)},
                p.value.device());
    }
}

std::vector<std::pair<std::string, Tensor<float>*>> AdamOptimizer::state() {
    std::vector<std::pair<std::string, Tensor<float>*>> tensors;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        tensors.emplace_back(parameters_[i]->name + ".first", &first_[i]);
        tensors.emplace_back(parameters_[i]->name + ".second", &second_[i]);
    }
    return tensors;
}

}  // namespace kbk
