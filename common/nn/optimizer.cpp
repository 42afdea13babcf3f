#include "common/nn/optimizer.hpp"

#include <cmath>

#include "common/nn/compute.hpp"
#include "kernels/clip/reference.hpp"
#include "kernels/optimizer/reference.hpp"

namespace kbk {

DecayGroups decay_groups(const Parameters<float>& parameters, double weight_decay) {
    DecayGroups groups{{}, {}, weight_decay};
    for (Parameter<float>* p : parameters) (p->value.shape().rank() >= 2 ? groups.decaying : groups.others).push_back(p);
    return groups;
}

double clip_gradients(const Parameters<float>& parameters, double limit) {
    require(limit > 0, "gradients were to be clipped to a norm of {}; the limit must be positive", limit);
    double squares = 0;
    for (const Parameter<float>* p : parameters) {
        require(!p->empty, "{} has no gradient in this step: does the model's backward reach it?", p->name);
        const Device device = p->gradient.device();
        const std::int64_t blocks = SquareSums::blocks(p->gradient.size());
        Scratch &there = scratch(device), &here = scratch(Device::cpu);
        const Scratch::Frame frame(there), host_frame(here);
        float* sums = there.take<float>(blocks);
        square_sums().run({p->gradient.data(), sums, p->gradient.size()}, there);

        // Sum in double and in order, on the host.
        float* host = device == Device::cpu ? sums : here.take<float>(blocks);
        if (host != sums) copy(Device::cpu, host, device, sums, std::size_t(blocks) * sizeof(float));
        for (std::int64_t b = 0; b < blocks; ++b) squares += double(host[b]);
    }
    const double norm = std::sqrt(squares);
    if (std::isfinite(norm) && norm > limit)
        for (Parameter<float>* p : parameters)
            compute(Rescale{p->gradient.data(), p->gradient.size(), float(limit / norm)}, p->gradient.device());
    return norm;
}

Optimizer::Optimizer(DecayGroups groups, double rate, std::vector<std::string> slots)
    : learning_rate(rate),
      parameters_(std::move(groups.decaying)),
      decaying_(parameters_.size()),
      weight_decay_(groups.weight_decay),
      slots_(std::move(slots)) {
    require(std::isfinite(rate) && rate > 0, "a learning rate of {} was asked for; it must be positive",
            rate);
    parameters_.insert(parameters_.end(), groups.others.begin(), groups.others.end());
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
        update(*parameters_[i], std::span(state_).subspan(i * slots_.size(), slots_.size()), i < decaying_ ? weight_decay_ : 0);
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
    : Optimizer({std::move(parameters), {}, weight_decay}, rate,
                momentum == 0 ? std::vector<std::string>{} : std::vector<std::string>{"velocity"}),
      momentum_(momentum),
      nesterov_(nesterov) {}

void SgdOptimizer::update(Parameter<float>& p, std::span<Tensor<float>> state, double weight_decay) {
    compute(Sgd{.weight = p.value.data(),
                .gradient = p.gradient.data(),
                .velocity = state.empty() ? nullptr : state[0].data(),
                .count = p.value.size(),
                .learning_rate = float(learning_rate),
                .momentum = float(momentum_),
                .weight_decay = float(weight_decay),
                .nesterov = nesterov_},
            p.value.device());
}

AdagradOptimizer::AdagradOptimizer(Parameters<float> parameters, double rate, double epsilon,
                                   double weight_decay)
    : Optimizer({std::move(parameters), {}, weight_decay}, rate, {"square"}), epsilon_(epsilon) {}

void AdagradOptimizer::update(Parameter<float>& p, std::span<Tensor<float>> state, double weight_decay) {
    compute(Adagrad{.weight = p.value.data(),
                    .gradient = p.gradient.data(),
                    .square = state[0].data(),
                    .count = p.value.size(),
                    .learning_rate = float(learning_rate),
                    .epsilon = float(epsilon_),
                    .weight_decay = float(weight_decay)},
            p.value.device());
}

RmsPropOptimizer::RmsPropOptimizer(Parameters<float> parameters, double rate, double smoothing,
                                   double epsilon, double weight_decay)
    : Optimizer({std::move(parameters), {}, weight_decay}, rate, {"square"}),
      smoothing_(smoothing),
      epsilon_(epsilon) {}

void RmsPropOptimizer::update(Parameter<float>& p, std::span<Tensor<float>> state, double weight_decay) {
    compute(RmsProp{.weight = p.value.data(),
                    .gradient = p.gradient.data(),
                    .square = state[0].data(),
                    .count = p.value.size(),
                    .learning_rate = float(learning_rate),
                    .smoothing = float(smoothing_),
                    .epsilon = float(epsilon_),
                    .weight_decay = float(weight_decay)},
            p.value.device());
}

AdamOptimizer::AdamOptimizer(DecayGroups groups, double rate, double beta1, double beta2,
                             double epsilon, bool decoupled)
    : Optimizer(std::move(groups), rate, {"first", "second"}),
      beta1_(beta1),
      beta2_(beta2),
      epsilon_(epsilon),
      decoupled_(decoupled) {}

void AdamOptimizer::update(Parameter<float>& p, std::span<Tensor<float>> state, double weight_decay) {
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
                 .weight_decay = float(weight_decay),
                 .decoupled = decoupled_},
            p.value.device());
}

}  // namespace kbk
