/// @file
/// The Trainer: epochs, shuffling, validation, progress, evaluation, checkpoints.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "common/nn/checkpoint.hpp"
#include "common/nn/layers.hpp"
#include "common/nn/optimizer.hpp"
#include "common/nn/schedule.hpp"

namespace kbk {

/// Labelled samples, or those of them that `which` names.
struct Examples {
    const Tensor<float>& samples;        ///< (n, ...) on the host
    const Tensor<std::int32_t>& labels;  ///< (n) on the host
    std::vector<std::int32_t> which;     ///< indices in [0, n), in any order

    /// All samples, in their order.
    /// @param all_samples (n, ...) on the host, which must outlive this
    /// @param all_labels  (n) on the host, which must outlive this
    Examples(const Tensor<float>& all_samples, const Tensor<std::int32_t>& all_labels);

    /// Some of the samples.
    /// @param all_samples (n, ...) on the host, which must outlive this
    /// @param all_labels  (n) on the host, which must outlive this
    /// @param chosen      indices in [0, n)
    Examples(const Tensor<float>& all_samples, const Tensor<std::int32_t>& all_labels,
             std::vector<std::int32_t> chosen)
        : samples(all_samples), labels(all_labels), which(std::move(chosen)) {}
};

/// A classifier as the Trainer sees it: any struct with forward, backward and parameters.
struct Classifier {
    std::function<const Tensor<float>&(const Tensor<float>&)>
        forward;                                         ///< (rows, ...) to logits (rows, classes)
    std::function<void(const Tensor<float>&)> backward;  ///< from the gradient by the logits
    Parameters<float> parameters;                        ///< all that is learned
    std::function<void(bool)> set_training = {};  ///< for layers that learn and judge in different ways; or empty
    Tensors buffers = {};                         ///< what checkpoints must keep beside the parameters

    /// @param model with `forward(x)`, `backward(dy)` and `parameters()`, and where it needs them `set_training(bool)` and
    ///              `buffers()`; it must outlive this
    template <class Model>
    requires(!std::is_same_v<Model, Classifier>) explicit Classifier(Model& model)
        : forward([&model](const Tensor<float>& x) -> const Tensor<float>& { return model.forward(x); }),
          backward([&model](const Tensor<float>& dy) { model.backward(dy); }),
          parameters(model.parameters()) {
        if constexpr (requires { model.set_training(true); })
            set_training = [&model](bool training) { model.set_training(training); };
        if constexpr (requires { model.buffers(); }) buffers = model.buffers();
    }
};

/// How well a model does on some examples.
struct Score {
    double loss = 0;      ///< mean cross-entropy
    double accuracy = 0;  ///< share of examples whose largest logit is that of their class
};

/// One line of a learning curve.
struct Epoch {
    Score training;    ///< over the epoch's batches, each before its step
    Score validation;  ///< after the epoch's last step
    double seconds;    ///< time that its steps took, without the validation
};

/// What to train and how.
struct Training {
    int epochs = 1;            ///< passes over the examples
    std::int64_t batch = 128;  ///< examples in a step; the last batch of an epoch may be smaller
    std::uint64_t seed = 1;    ///< of the order of the examples
    std::string run;           ///< what is trained: a checkpoint of another run is refused
    std::filesystem::path checkpoints = {};   ///< folder for checkpoints; empty: none
    bool resume = false;                      ///< go on from the folder's newest checkpoint
    double seconds_between_checkpoints = 60;  ///< 0: a checkpoint after every step
    bool show = true;                         ///< a progress bar, and a line for each epoch
    Schedule schedule = {};                   ///< of the learning rate in `fit`; empty: the optimiser's own
    /// Changes a batch before the step; empty: nothing. The number counts the examples of the run before this batch,
    /// and so is all that its random numbers may depend on beside the seed.
    std::function<void(Tensor<float>&, std::uint64_t)> augment = {};
};

/// Trains a classifier with softmax cross-entropy. All randomness is a function of the seed and the epoch, so
/// a run that is stopped and resumed takes the same steps, bit for bit, as one that is not.
class Trainer {
  public:
    /// @param model     the classifier; it must outlive the trainer
    /// @param optimizer of its parameters; it must outlive the trainer
    /// @param training  what to train and how
    /// @throws Error for fewer than one epoch or example in a batch
    template <class Model>
    Trainer(Model& model, Optimizer& optimizer, Training training)
        : Trainer(Classifier(model), optimizer, std::move(training)) {}

    /// As above, for a model that is already a Classifier.
    Trainer(Classifier model, Optimizer& optimizer, Training training);

    /// Train.
    /// @param training   examples to learn from
    /// @param validation examples to judge each epoch by; may be none
    /// @return the learning curve
    /// @throws Interrupted when the process was asked to stop, after saving a checkpoint
    std::vector<Epoch> fit(const Examples& training, const Examples& validation);

    /// Take one step.
    /// @param x      (rows, ...) on the model's device
    /// @param labels (rows) on the model's device
    /// @return mean loss before the step
    double step(const Tensor<float>& x, const Tensor<std::int32_t>& labels);

    /// Judge the model as it is.
    /// @param examples    what to judge it by
    /// @param predictions receives (examples) the class of the largest logit; may be null
    /// @param confidence  receives (examples) that class's probability; may be null
    /// @return its loss and accuracy
    Score evaluate(const Examples& examples, std::vector<std::int32_t>* predictions = nullptr,
                   std::vector<float>* confidence = nullptr);

  private:
    // Where a run stands: with parameters and optimiser state, all that a checkpoint needs.
    struct Position {
        std::int64_t epoch = 0;    // epochs finished
        std::int64_t batch = 0;    // batches finished in the one after them
        double loss = 0;           // sum of their examples' losses
        std::int64_t correct = 0;  // of their examples
        double seconds = 0;        // time they took
        std::vector<Epoch> curve;
    };

    void load_batch(const Examples& examples, std::span<const std::int32_t> which);
    void train_epoch(const Examples& training, std::int64_t number);
    std::int64_t count_correct(const Tensor<float>& logits);
    std::filesystem::path save();
    void restore();

    Classifier model_;
    Optimizer& optimizer_;
    Training training_;
    CheckpointFolder folder_;
    Position at_;
    SoftmaxCrossEntropyLoss<float> loss_;
    Tensor<float> x_, device_x_, logits_;
    Tensor<std::int32_t> labels_, device_labels_;
};

}  // namespace kbk
