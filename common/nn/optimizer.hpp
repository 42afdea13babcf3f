/// @file
/// Optimisers: the rules of kernels/optimizer over all parameters of a model, and their state.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/nn/parameter.hpp"

namespace kbk {

/// The parameters of a model in two groups, of which one decays.
struct DecayGroups {
    Parameters<float> decaying;  ///< those that decay
    Parameters<float> others;    ///< those that do not
    double weight_decay = 0;     ///< lambda of the first group
};

/// GPT-2's groups: matrices and tables decay; biases, and the scales and shifts of normalisations, which a decay would
/// only pull away from where they belong, do not.
/// @param parameters   of a model
/// @param weight_decay of those with two or more dimensions
/// @return both groups, each in the model's order
DecayGroups decay_groups(const Parameters<float>& parameters, double weight_decay);

/// Clip gradients by their global norm (Pascanu, Mikolov, Bengio, ICML 2013, section 3.2): where the norm of all gradients
/// together exceeds a limit, all are multiplied by limit / norm. One step that is far too large does no harm then, and the
/// direction stays. The norm is summed in fixed blocks, and does not depend on the number of threads.
/// @param parameters of a model, each with a gradient of this step
/// @param limit      largest norm, positive; infinity only measures
/// @return the norm before clipping; where it is infinite or NaN, nothing is changed
/// @throws Error for a limit that is not positive, and for a parameter without a gradient
double clip_gradients(const Parameters<float>& parameters, double limit);

/// Changes a model's parameters by their gradients.
class Optimizer {
  public:
    virtual ~Optimizer() = default;

    /// Take one step.
    /// @throws Error naming a parameter that has no gradient in this step; then nothing is changed
    void step();

    /// @return each tensor of state for checkpoints, with its name, such as ("fc1.weight.velocity", ...)
    [[nodiscard]] std::vector<std::pair<std::string, Tensor<float>*>> state();

    double learning_rate;    ///< alpha, which a schedule may change between steps
    std::int64_t steps = 0;  ///< steps taken

  protected:
    /// @param groups the parameters of a model, which must outlive the optimiser, and their decay
    /// @param rate   the learning rate
    /// @param slots  names of the tensors of state that each parameter has, all zeros at first
    /// @throws Error for a rate that is not a positive number
    Optimizer(DecayGroups groups, double rate, std::vector<std::string> slots);

    /// Change one parameter; `steps` counts the step that is being taken.
    /// @param parameter    its value and gradient
    /// @param state        its tensors of state, in the order of the slots
    /// @param weight_decay its lambda
    virtual void update(Parameter<float>& parameter, std::span<Tensor<float>> state, double weight_decay) = 0;

  private:
    Parameters<float> parameters_;
    std::size_t decaying_;  // so many of them, the first, decay
    double weight_decay_;
    std::vector<std::string> slots_;
    std::vector<Tensor<float>> state_;  // those of the first parameter, then those of the second, ...
};

/// Stochastic gradient descent, with momentum or Nesterov's if wanted.
class SgdOptimizer : public Optimizer {
  public:
    /// @param parameters    of a model, which must outlive the optimiser
    /// @param rate          the learning rate
    /// @param momentum      in [0, 1)
    /// @param weight_decay  factor of the weights added to their gradients
    /// @param nesterov      whether the momentum is Nesterov's
    SgdOptimizer(Parameters<float> parameters, double rate, double momentum = 0, double weight_decay = 0,
                 bool nesterov = false);

  private:
    void update(Parameter<float>& parameter, std::span<Tensor<float>> state, double weight_decay) override;
    double momentum_;
    bool nesterov_;
};

/// Adagrad.
class AdagradOptimizer : public Optimizer {
  public:
    /// @param parameters   of a model, which must outlive the optimiser
    /// @param rate         the learning rate
    /// @param epsilon      keeps the division finite
    /// @param weight_decay factor of the weights added to their gradients
    explicit AdagradOptimizer(Parameters<float> parameters, double rate = 1e-2, double epsilon = 1e-10,
                              double weight_decay = 0);

  private:
    void update(Parameter<float>& parameter, std::span<Tensor<float>> state, double weight_decay) override;
    double epsilon_;
};

/// RMSProp.
class RmsPropOptimizer : public Optimizer {
  public:
    /// @param parameters   of a model, which must outlive the optimiser
    /// @param rate         the learning rate
    /// @param smoothing    decay of the mean square gradient
    /// @param epsilon      keeps the division finite
    /// @param weight_decay factor of the weights added to their gradients
    explicit RmsPropOptimizer(Parameters<float> parameters, double rate = 1e-3, double smoothing = 0.99,
                              double epsilon = 1e-8, double weight_decay = 0);

  private:
    void update(Parameter<float>& parameter, std::span<Tensor<float>> state, double weight_decay) override;
    double smoothing_, epsilon_;
};

/// Adam, with weight decay beside the gradient (AdamW) or within it if wanted.
class AdamOptimizer : public Optimizer {
  public:
    /// @param parameters   of a model, which must outlive the optimiser
    /// @param rate         the learning rate
    /// @param beta1        decay of the mean gradient
    /// @param beta2        decay of the mean square gradient
    /// @param epsilon      keeps the division finite (Keras: 1e-7, PyTorch: 1e-8)
    /// @param weight_decay lambda
    /// @param decoupled    whether the decay stands beside the gradient
    explicit AdamOptimizer(Parameters<float> parameters, double rate = 1e-3, double beta1 = 0.9,
                           double beta2 = 0.999, double epsilon = 1e-8, double weight_decay = 0,
                           bool decoupled = true)
        : AdamOptimizer(DecayGroups{std::move(parameters), {}, weight_decay}, rate, beta1, beta2, epsilon, decoupled) {}

    /// As above, with a decay for one group only.
    /// @param groups    the parameters of a model, which must outlive the optimiser: see `decay_groups`
    /// @param rate      the learning rate
    /// @param beta1     decay of the mean gradient
    /// @param beta2     decay of the mean square gradient
    /// @param epsilon   keeps the division finite
    /// @param decoupled whether the decay stands beside the gradient
    explicit AdamOptimizer(DecayGroups groups, double rate = 1e-3, double beta1 = 0.9,
                           double beta2 = 0.999, double epsilon = 1e-8, bool decoupled = true);

  private:
    void update(Parameter<float>& parameter, std::span<Tensor<float>> state, double weight_decay) override;
    double beta1_, beta2_, epsilon_;
    bool decoupled_;
};

}  // namespace kbk
