/// @file
/// Optimisers: the rule of kernels/optimizer over all parameters of a model, and its state.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/nn/parameter.hpp"

namespace kbk {

/// Changes a model's parameters by their gradients.
class Optimizer {
  public:
    virtual ~Optimizer() = default;

    /// Take one step.
    /// @throws Error naming a parameter that has no gradient in this step; then nothing is changed
    virtual void step() = 0;

    /// @return a tensor of state for checkpoints, with its name, such as ("fc1.weight.velocity", ...)
    [[nodiscard]] virtual std::vector<std::pair<std::string, Tensor<float>*>> state() = 0;

    double learning_rate;    ///< alpha, which a schedule may change between steps
    std::int64_t steps = 0;  ///< steps taken

  protected:
    /// @param parameters of a model, which must outlive the optimiser
    /// @param rate       the learning rate
    /// @throws Error for a rate that is not a positive number
    Optimizer(Parameters<float> parameters, double rate);

    Parameters<float> parameters_;
};

/// Stochastic gradient descent, with momentum if wanted.
class SgdOptimizer : public Optimizer {
  public:
    /// @param parameters    of a model, which must outlive the optimiser
    /// @param rate          the learning rate
    /// @param momentum      in [0, 1)
    /// @param weight_decay  factor of the weights added to their gradients
    SgdOptimizer(Parameters<float> parameters, double rate, double momentum = 0, double weight_decay = 0);
    void step() override;
    std::vector<std::pair<std::string, Tensor<float>*>> state() override;

  private:
    double momentum_, weight_decay_;
    std::vector<Tensor<float>> velocity_;
};

/// Adam, with decoupled weight decay (AdamW) if wanted.
class AdamOptimizer : public Optimizer {
  public:
    /// @param parameters   of a model, which must outlive the optimiser
    /// @param rate         the learning rate
    /// @param beta1        decay of the mean gradient
    /// @param beta2        decay of the mean square gradient
    /// @param epsilon      keeps the division finite (Keras: 1e-7, PyTorch: 1e-8)
    /// @param weight_decay decoupled decay
    AdamOptimizer(Parameters<float> parameters, double rate = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
                  double epsilon = 1e-8, double weight_decay = 0);
    void step() override;
    std::vector<std::pair<std::string, Tensor<float>*>> state() override;

  private:
    double beta1_, beta2_, epsilon_, weight_decay_;
    std::vector<Tensor<float>> first_, second_;
};

}  // namespace kbk
