/// @file
/// Trains a GPT on a text: random windows, a schedule, clipped gradients, checkpoints.
#pragma once

#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "chapters/14_transformer/gpt.hpp"
#include "common/nn/optimizer.hpp"
#include "common/nn/run_state.hpp"
#include "common/nn/schedule.hpp"

namespace kbk {

/// What to train and how.
struct TextTraining {
    std::int64_t steps = 0;                   ///< in all
    std::int64_t batch = 12;                  ///< windows in a step, each as long as the model's context
    std::uint64_t seed = 1;                   ///< of the windows
    std::string run = {};                     ///< what is trained: a checkpoint of another run is refused
    Schedule schedule = {};                   ///< of the learning rate; empty: the optimiser's own
    double clip = 1;                          ///< largest norm of all gradients together; 0: any
    std::int64_t evaluate_every = 250;        ///< steps between two points of the learning curve
    std::int64_t evaluated_tokens = 16384;    ///< of the held-out text for such a point; the first so many
    std::filesystem::path checkpoints = {};   ///< folder for checkpoints; empty: none
    bool resume = false;                      ///< go on from the folder's newest checkpoint
    double seconds_between_checkpoints = 60;  ///< 0: a checkpoint after every step
    /// Stop after so many seconds, with a checkpoint to go on from.
    double seconds_at_most = std::numeric_limits<double>::infinity();
    bool show = true;  ///< a progress bar, and a line for each point of the curve
};

/// A point of a learning curve.
struct TextPoint {
    std::int64_t step;  ///< steps taken
    double training;    ///< mean loss of the steps since the last point, each before its step
    double held_out;    ///< loss on the held-out text
    double seconds;     ///< time of all steps so far, without judging
};

/// Trains a GPT to tell the next token. Windows are a function of seed and step, so a training that is
/// stopped and resumed takes the same steps, bit for bit, as one that is not.
class TextTrainer {
  public:
    /// @param model     it must outlive the trainer
    /// @param optimizer of its parameters; it must outlive the trainer
    /// @param training  what to train and how
    /// @throws Error for fewer than one window a step or one step between points, or a clip that is negative
    TextTrainer(Gpt<float>& model, Optimizer& optimizer, TextTraining training);

    /// Train. Stops early, with a checkpoint, when the time is up.
    /// @param training text to learn from
    /// @param held_out text to judge by
    /// @return the learning curve; its last point is at the last step that was taken
    /// @throws Interrupted when the process was asked to stop, after saving a checkpoint
    /// @throws Error for a text that is shorter than a window, or a loss that is no number
    std::vector<TextPoint> fit(std::span<const std::int32_t> training,
                               std::span<const std::int32_t> held_out);

    /// Take one step.
    /// @param x    (batch, time) tokens on the model's device
    /// @param next (batch * time) the tokens that follow, on the model's device
    /// @return mean loss before the step
    double step(const Tensor<std::int32_t>& x, const Tensor<std::int32_t>& next);

    /// Judge the model by a text: it is cut into windows of the model's context, one behind the other, and
    /// each of its tokens but the first is told once, from those before it in its window.
    /// @param tokens      at least two
    /// @param by_position receives (context) the mean loss at each place of a window; NaN where the text is
    /// shorter.
    ///                    May be null
    /// @return mean loss in nats
    double evaluate(std::span<const std::int32_t> tokens, std::vector<double>* by_position = nullptr);

    /// Time of the quickest step of @ref fit, in seconds; of a training that went on from a checkpoint, of all its
    /// steps. What a step takes on a machine that does nothing else.
    [[nodiscard]] double quickest_step() const { return quickest_; }

  private:
    void save();
    void restore();
    [[nodiscard]] RunState state();
    [[nodiscard]] const Tensor<std::int32_t>& here(const Tensor<std::int32_t>& host,
                                                   Tensor<std::int32_t>& device) const;

    Gpt<float>& model_;
    Optimizer& optimizer_;
    TextTraining training_;
    CheckpointFolder folder_;
    Parameters<float> parameters_;
    std::vector<TextPoint> curve_;
    double loss_sum_ = 0, seconds_ = 0;  // since the last point; of all steps
    double quickest_ = std::numeric_limits<double>::infinity();
    SoftmaxCrossEntropyLoss<float> loss_;
    Tensor<std::int32_t> x_, next_, device_x_, device_next_;
    Tensor<float> logits_;
};

}  // namespace kbk
