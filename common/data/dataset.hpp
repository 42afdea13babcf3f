/// @file
/// Labelled images in memory: loaded, scaled, split, gathered into batches.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/tensor/tensor.hpp"

namespace kbk {

/// Images with a class each.
struct ImageDataset {
    std::string name;                  ///< such as "fashion-mnist"
    Tensor<std::uint8_t> images;       ///< (n, channels, rows, columns), 0 to 255
    Tensor<std::int32_t> labels;       ///< (n), each an index into `classes`
    std::vector<std::string> classes;  ///< the classes' names
};

/// A data set as it was published: in two parts.
struct ImageData {
    ImageDataset training;
    ImageDataset test;
    std::string source;  ///< folder in which it was found
};

/// @return the names that `load_images` knows
std::vector<std::string> image_sets();

/// Find a data set's files (see find.hpp for the places), read and check them.
/// @param name     one of `image_sets()`
/// @param data_dir what the user gave as --data; empty for none
/// @return its images and labels, in the order of the files
/// @throws Error for an unknown name (listing the known ones), and for files that are missing or damaged
ImageData load_images(std::string_view name, const std::filesystem::path& data_dir = {});

/// Pixels as floating-point numbers: 0 becomes `low`, 255 becomes `high`, and v becomes
/// fma(high - low, v / 255.0f, low) in float. For [0, 1] that is exactly v / 255, for [-1, 1] exactly
/// (v / 255 - 0.5) / 0.5, in float: what PyTorch's ToTensor, and ToTensor with Normalize(0.5, 0.5), compute.
/// @param images any shape
/// @param low    value of pixel 0
/// @param high   value of pixel 255
/// @return the same shape
Tensor<float> scaled(const Tensor<std::uint8_t>& images, float low, float high);

/// Make a row of each image, as fully connected layers need it.
/// @param images (n, ...); moved in, its memory is kept
/// @return (n, product of the other sizes)
Tensor<float> flattened(Tensor<float> images);

/// Copy chosen samples into a batch. Allocates nothing once `x` and `y` have been as large.
/// @param samples (n, ...) on the host
/// @param labels  (n) on the host
/// @param which   indices in [0, n), any number of them, in any order
/// @param x       becomes (which.size(), ...): samples[which[0]], samples[which[1]], ...
/// @param y       becomes (which.size()): their labels
/// @throws Error for an index outside [0, n), or if samples and labels differ in number
void gather(const Tensor<float>& samples, const Tensor<std::int32_t>& labels,
            std::span<const std::int32_t> which, Tensor<float>& x, Tensor<std::int32_t>& y);

/// Indices of the samples to train on, and of those held out.
struct Split {
    std::vector<std::int32_t> training;
    std::vector<std::int32_t> validation;
};

/// Hold samples out at random. The same seed holds out the same samples on every machine, and a larger number
/// holds out those of a smaller one and some more.
/// @param count      number of samples
/// @param validation how many to hold out: 0 to count
/// @param seed       the user's seed
/// @return all indices in [0, count), each in one of the two lists, both in random order
/// @throws Error if `validation` is not in that range
Split split(std::int64_t count, std::int64_t validation, std::uint64_t seed);

}  // namespace kbk
