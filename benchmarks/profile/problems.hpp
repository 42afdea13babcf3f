/// @file
/// Every CUDA rung that can be profiled, with a problem of a given size.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/ladder/ladder.hpp"

namespace kbk::profile {

/// One CUDA rung, ready to run on a problem of its operation.
struct Candidate {
    std::string operation;       ///< "matmul"
    std::string folder;          ///< of kernels/ that it lies in: "optimizer" for "adam"
    std::string rung;            ///< "shared"
    std::string idea;            ///< what it changes
    std::string not_run;         ///< why it cannot be profiled here, in one clause; empty when it can
    Precision precision;         ///< of its arithmetic
    std::string problem;         ///< in words: "m=256 n=256 k=256"
    Cost cost;                   ///< of the problem
    /// Run it once in device memory. Before that it calls `name` with the address of each array and what it is called.
    std::function<void(const std::function<void(const void*, const char*)>& name)> run;
};

/// @return the names of all CUDA rungs, as "matmul/cuda/shared", in the order of the ladders
std::vector<std::string> names();

/// @param operation such as "matmul"
/// @param size      0: the operation's usual one
/// @return its CUDA rungs, each on the problem of that size
std::vector<Candidate> candidates(const std::string& operation, std::int64_t size);

/// @param operation such as "matmul" @return the size that it is profiled with unless said otherwise
std::int64_t usual_size(const std::string& operation);

}  // namespace kbk::profile
