/// @file
/// Augmentation: small changes to training images that do not change what they show.
#pragma once

#include <cstdint>

#include "common/tensor/tensor.hpp"

namespace kbk {

/// How far images may be changed. Each image draws its own changes within these limits.
struct Augmentation {
    std::int64_t shift = 0;  ///< whole pixels, up to this many in each direction; zeros come in (random crop of a padded image)
    bool flip = false;       ///< left and right exchanged, with probability one half
    double crop = 1;         ///< the side of a square cut out, from this share of the image to all of it, then enlarged
    double rotation = 0;     ///< degrees, up to this many in each direction, about the centre; zeros come in
    double colour = 0;       ///< each channel times a factor in 1 - colour to 1 + colour
};

/// Change each image of a batch at random, in place. What happens to an image is a function of the seed and of its number
/// alone: not of the batch that it comes in, nor of the number of threads.
/// @param limits how far
/// @param images (n, channels, height, width) on the host
/// @param seed   the user's seed
/// @param first  number of the batch's first image in the run: image i draws the random numbers of first + i
/// @throws Error for limits out of range, and for images of another rank
void augment(const Augmentation& limits, Tensor<float>& images, std::uint64_t seed, std::uint64_t first);

}  // namespace kbk
