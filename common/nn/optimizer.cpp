#include "common/nn/optimizer.hpp"

#include <cmath>

#include "common/nn/compute.hpp"
#include "kernels/optimizer/reference.hpp"

namespace kbk {

Optimizer::Optimizer(Parameters<float> parameters, double rate, std::vector<std::string> slots)
    : learning_rate(rate), parameters_(std::move(parameters)), slots_(std::move(slots)) {
    require(std::isfinite(rate) && rate > 0, "a learning rate of {} was asked for; it must be positive",
            rate);
    for (const auto* p : parameters_)
        for (std::size_t s = 0; s < slots_.size(); ++s)
            state_.emplace_back(p->value.shape(), p->value.device()).clear();
}

void Optimizer::step() {
    // Every parameter must have got its gradient since the last step.
    for (const auto* p : parameters_)
        require(!p->empty, "{} has no gradient in this step: does the model's backward reach it?", p->name);
    ++steps;
    for (std::size_t i = 0; i < parameters_.size(); ++i)
        update(*parameters_[i], std::span(state_).subspan(i * slots_.size(), slots_.size()));
}

std::vector<std::pair<std::string, Tensor<float>*>> Optimizer::state() {
    std::vector<std::pair<std::string, Tensor<float>*>> tensors;
    for (std::size_t i = 0; i < state_.size(); ++i)
        tensors.emplace_back(parameters_[i / slots_.size()]->name + "." + slots_[i % slots_.size()],
                             &state_[i]);
    return tensors;
}

SgdOptimizer::SgdOptimizer(Parameters<float> parameters, double rate, double momentum, double weight_decay,
                           bool nesterov)
    : Optimizer(std::move(parameters), rate,
                momentum == 0 ? std::vector<std::string>{} : std::vector<std::string>{"velocity"}),
      momentum_(momentum),
      weight_decay_(weight_decay),
      nesterov_(nesterov) {}

void SgdOptimizer::update(Parameter<float>& p, std::span<Tensor<float>> state) {
    compute(Sgd{.weight = p.value.data(),
                .gradient = p.gradient.data(),
                .velocity = state.empty() ? nullptr : state[0].data(),
                .count = p.value.size(),
                .learning_rate = float(learning_rate),
                .momentum = float(momentum_),
                .weight_decay = float(weight_decay_),
                .nesterov = nesterov_},
            p.value.device());
}

AdagradOptimizer::AdagradOptimizer(Parameters<float> parameters, double rate, double epsilon,
                                   double weight_decay)
    : Optimizer(std::move(parameters), rate, {"square"}), epsilon_(epsilon), weight_decay_(weight_decay) {}

void AdagradOptimizer::update(Parameter<float>& p, std::span<Tensor<float>> state) {
    compute(Adagrad{.weight = p.value.data(),
                    .gradient = p.gradient.data(),
                    .square = state[0].data(),
                    .count = p.value.size(),
                    .learning_rate = float(learning_rate),
                    .epsilon = float(epsilon_),
                    .weight_decay = float(weight_decay_)},
            p.value.device());
}

RmsPropOptimizer::RmsPropOptimizer(Parameters<float> parameters, double rate, double smoothing,
                                   double epsilon, double weight_decay)
    : Optimizer(std::move(parameters), rate, {"square"}),
      smoothing_(smoothing),
      epsilon_(epsilon),
      weight_decay_(weight_decay) {}

void RmsPropOptimizer::update(Parameter<float>& p, std::span<Tensor<float>> state) {
    compute(RmsProp{.weight = p.value.data(),
                    .gradient = p.gradient.data(),
                    .square = state[0].data(),
                    .count = p.value.size(),
                    .learning_rate = float(learning_rate),
                    .smoothing = float(smoothing_),
                    .epsilon = float(epsilon_),
                    .weight_decay = float(weight_decay_)},
            p.value.device());
}

AdamOptimizer::AdamOptimizer(Parameters<float> parameters, double rate, double beta1, double beta2,
                             double epsilon, double weight_decay, bool decoupled)
    : Optimizer(std::move(parameters), rate, {"first", "second"}),
      beta1_(beta1),
      beta2_(beta2),
      epsilon_(epsilon),
      weight_decay_(weight_decay),
      decoupled_(decoupled) {}

void AdamOptimizer::update(Parameter<float>& p, std::span<Tensor<float>> state) {
    compute(Adam{.weight = p.value.data(),
                 .gradient = p.gradient.data(),
                 .first = state[0].data(),
                 .second = state[1].data(),
                 .count = p.value.size(),
                 .step = steps,
                 .learning_rate = float(learning_rate),
                 .beta1 = float(beta1_),
                 .beta2 = float(beta2_),
                 .epsilon = float(epsilon_),
                 .weight_decay = float(weight_decay_),
                 .decoupled = decoupled_},
            p.value.device());
}

}  // namespace kbk
