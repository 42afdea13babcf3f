/// @file
/// Checkpoints: tensors and a few words in a file that any tool for safetensors reads, and that damage cannot
/// enter unnoticed.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/tensor/tensor.hpp"

namespace kbk {

/// What a checkpoint file holds.
struct Checkpoint {
    std::map<std::string, Tensor<float>> tensors;  ///< by name, on the host
    std::map<std::string, std::string> metadata;   ///< words about them, such as ("step", "1200")
};

/// Write tensors to a safetensors file: an 8-byte length, a JSON header of names, shapes and offsets, the
/// values in little-endian order. A CRC-32 of header and values is kept in the header's metadata. The file
/// appears whole or not at all.
/// @param path     the file
/// @param tensors  with their names, on any device
/// @param metadata words to keep with them; the key "crc32" is taken
/// @throws Error naming the file and the reason (a full disk, a missing permission)
void save_checkpoint(const std::filesystem::path& path,
                     const std::vector<std::pair<std::string, const Tensor<float>*>>& tensors,
                     const std::map<std::string, std::string>& metadata);

/// Read a file that `save_checkpoint` wrote.
/// @param path the file
/// @return its contents
/// @throws Error naming the file and its damage: cut off, altered, inconsistent, or of a type other than F32
Checkpoint load_checkpoint(const std::filesystem::path& path);

/// Read a safetensors file that any tool wrote, such as published weights: as `load_checkpoint`, without a checksum.
/// @param path   the file
/// @param wanted says by its name whether a tensor is read; those that are not may be of any type. Empty: all
/// @return the tensors wanted, and the file's metadata
/// @throws Error naming the file and what is wrong: a length, shape or offset that does not fit the file, tensors that
///               overlap or leave a gap, a name that stands twice, a type other than F32 in a tensor that is wanted
Checkpoint load_safetensors(const std::filesystem::path& path,
                            const std::function<bool(std::string_view)>& wanted = {});

/// A folder of one run's checkpoints, of which it keeps the newest two: if the newest is damaged, the one
/// before it serves.
class CheckpointFolder {
  public:
    /// @param folder made when the first checkpoint is saved
    explicit CheckpointFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// Save a checkpoint, then remove all but it and the one before it: also those of an earlier run that had
    /// come further, and what a run that was killed left half-written.
    /// @param step     of the training, which names the file; larger than in the run's earlier checkpoints
    /// @param tensors  as for `save_checkpoint`
    /// @param metadata as for `save_checkpoint`
    /// @return the file
    std::filesystem::path save(std::int64_t step,
                               const std::vector<std::pair<std::string, const Tensor<float>*>>& tensors,
                               const std::map<std::string, std::string>& metadata);

    /// @return the newest undamaged checkpoint; nothing when the folder has no checkpoint. Damaged ones are
    /// named on
    ///         the standard error
    /// @throws Error when there are checkpoints but all are damaged
    [[nodiscard]] std::optional<Checkpoint> latest() const;

  private:
    // The folder's checkpoints, newest first.
    [[nodiscard]] std::vector<std::filesystem::path> files() const;

    std::filesystem::path folder_;
};

}  // namespace kbk
