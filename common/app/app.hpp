/// @file
/// Start-up of a chapter: options that mean the same everywhere, errors in one line, Ctrl-C.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/report/report.hpp"
#include "common/tensor/device.hpp"

namespace kbk {

/// What the reader asked for on the command line.
struct Options {
    Device device = Device::cpu;
    std::string dataset;                ///< one of the chapter's data sets; empty: the chapter's own choice
    std::filesystem::path data;         ///< --data DIR; empty: look in the usual places
    std::uint64_t seed = 1;             ///< of initial values, orders and splits
    bool full = false;                  ///< the real training, not the short one
    bool resume = false;                ///< go on from the last checkpoint
    std::filesystem::path checkpoints;  ///< folder for checkpoints
    double minutes = 0;                 ///< most time for a training that would take hours
};

/// What a chapter says of itself.
struct Chapter {
    std::string name;                        ///< its folder, such as "07_mlp"
    std::string title;                       ///< its first heading
    std::vector<std::string> datasets = {};  ///< that --dataset may name; may be empty
    double minutes = 0;                      ///< default of --minutes; 0: there is no such option
};

/// Run a chapter's program: read the command line, choose kernels and threads, call the program, compare with
/// --expect, print what went wrong in a line or two.
/// @param argc    of main
/// @param argv    of main
/// @param chapter what it is
/// @param program computes and reports
/// @return exit status: 0 done; 1 an error or a value that differs from --expect; 2 a wrong command line;
///         130 stopped by Ctrl-C
int run_chapter(int argc, char** argv, const Chapter& chapter, void (*program)(const Options&, Report&));

}  // namespace kbk
