/// @file
/// What any training's checkpoint holds: parameters, the optimiser's state, the place in the run.
#pragma once

#include <map>
#include <string>

#include "common/nn/checkpoint.hpp"
#include "common/nn/optimizer.hpp"

namespace kbk {

/// A training, as its checkpoints see it. All that it points to outlives it.
struct RunState {
    Parameters<float> parameters;  ///< all that is learned
    Tensors buffers;               ///< what the model keeps beside them
    Optimizer& optimizer;          ///< of the parameters
    std::string run;               ///< what is trained: a checkpoint of another run is refused
};

/// The words of a checkpoint, which say where its run stood.
class RunWords {
  public:
    /// @param words  by name
    /// @param folder that they come from, for messages
    RunWords(std::map<std::string, std::string> words, std::filesystem::path folder)
        : words_(std::move(words)), folder_(std::move(folder)) {}

    /// @param key a name
    /// @return its words
    /// @throws Error when there is none: the checkpoint is another program's
    [[nodiscard]] const std::string& text(const std::string& key) const;

    /// @param key a name
    /// @return the number that its words are
    /// @throws Error when there is none
    [[nodiscard]] double number(const std::string& key) const;

  private:
    std::map<std::string, std::string> words_;
    std::filesystem::path folder_;
};

/// @param value any number
/// @return hexadecimal text from which it is read back exactly
std::string exact_text(double value);

/// Save a checkpoint.
/// @param folder of the run
/// @param state  what to save
/// @param words  where the run stands; "run", "step" and "learning_rate" are added
/// @return the file
std::filesystem::path save_run(CheckpointFolder& folder, const RunState& state,
                               std::map<std::string, std::string> words);

/// Restore a run from the newest undamaged checkpoint: parameters, buffers, the optimiser's state, steps and
/// rate.
/// @param folder of the run's checkpoints
/// @param state  receives all but the words
/// @return where the run stood
/// @throws Error when the folder has no checkpoint, or one of another run or model
RunWords restore_run(const std::filesystem::path& folder, const RunState& state);

}  // namespace kbk
