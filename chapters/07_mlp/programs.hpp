/// @file
/// The documents' three digit classifiers, in full: what --full runs.
#pragma once

#include "common/app/app.hpp"
#include "common/data/dataset.hpp"

namespace kbk {

/// A data set as the network takes it: each picture a row of numbers.
struct Pictures {
    ImageDataset raw;    ///< the pictures as they were read
    Tensor<float> rows;  ///< (n, pixels)

    /// @param set  pictures and classes
    /// @param low  what pixel 0 becomes
    /// @param high what pixel 255 becomes
    Pictures(ImageDataset set, float low, float high)
        : raw(std::move(set)), rows(flattened(scaled(raw.images, low, high))) {}
};

/// Train each program as printed with three seeds, then with other learning rates, of which the held-out
/// pictures choose one; report accuracy beside the claims.
/// @param options of the command line
/// @param report  receives the results
void reproduce_programs(const Options& options, Report& report);

}  // namespace kbk
