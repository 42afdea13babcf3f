/// @file
/// The chapter's trainings: the short one of the default run, and those of --full.
#pragma once

#include "common/app/app.hpp"

namespace kbk {

/// Train D0's network on a part of Fashion-MNIST, or on what --dataset names, and draw what it learned.
/// @param options of the command line
/// @param report  receives the results
void train_short(const Options& options, Report& report);

/// Train D0's program as printed, then the larger network, on CIFAR-10.
/// @param options of the command line
/// @param report  receives the results
void train_in_full(const Options& options, Report& report);

/// Time one training step of D0's network on CIFAR-10's sizes, with the naive and the best kernels.
/// @param options of the command line
/// @param report  receives the results
void compare_speed(const Options& options, Report& report);

}  // namespace kbk
