/// @file
/// Every optimiser, at many learning rates, on a real classifier.
#pragma once

#include "common/app/app.hpp"

namespace kbk {

/// Train a small network on pictures with each optimiser at each of many rates; report the best rate of each,
/// how wide the range of good rates is, and draw the final loss over the rate.
/// @param options of the command line
/// @param report  receives the results
void compare_on_classifier(const Options& options, Report& report);

}  // namespace kbk
