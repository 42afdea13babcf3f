/// @file
/// What our side of a comparison with PyTorch has in common: each program is called by run.py as
///
///     PROGRAM THREADS MILLISECONDS FOLDER [PATTERN]
///
/// and prints one line of JSON: for each piece of work its cost, some of its numbers (PyTorch must find the same), and
/// the time of each call.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <regex>
#include <span>
#include <string>
#include <vector>

#include "benchmarks/support/peak.hpp"
#include "common/ladder/ladder.hpp"
#include "common/tensor/tensor.hpp"

namespace kbk::bench {

/// Times pieces of work, and the machine's limits between them.
class Peer {
  public:
    /// Where programs and PyTorch exchange files: weights, batches.
    std::filesystem::path folder;

    /// @param name         of the program, such as "d1_step"
    /// @param title        the same for readers
    /// @param threads      how many to compute with
    /// @param milliseconds how long each piece of work is timed
    /// @param exchange     see `folder`
    /// @param pattern      a regular expression: work whose name does not contain it is left out
    Peer(const std::string& name, const std::string& title, int threads, double milliseconds,
         std::filesystem::path exchange, const std::string& pattern);

    /// Remember a fact of this run, such as the name of its data set.
    /// @param name  of the fact
    /// @param value of the fact
    void fact(const std::string& name, const std::string& value) {
        found_[name] = value;
    }

    /// Time a piece of work, after one call that is not timed.
    /// @param name  of the work, such as "relu 4096x1024": PyTorch's side has the same
    /// @param cost  of one call
    /// @param check numbers that PyTorch must find too
    /// @param run   one call
    void work(const std::string& name, Cost cost, const std::vector<double>& check, const std::function<void()>& run);

    /// Print all that was found.
    void print() const;

  private:
    void measure_limits();

    double milliseconds_;
    std::regex pattern_;
    std::unique_ptr<Copy> copy_;
    nlohmann::ordered_json found_;
};

/// Numbers that both sides make for themselves: spread evenly over [-1, 1), in an order without a pattern.
/// @param values receives them
/// @param seed   chooses among streams of them
void fill(std::span<float> values, std::uint32_t seed);

/// @param shape of the tensor
/// @param seed  see `fill`
/// @return a tensor of such numbers
Tensor<float> filled(const Shape& shape, std::uint32_t seed);

/// @param values many numbers
/// @return sixteen of them, evenly spaced: what both sides compare
std::vector<double> samples(std::span<const float> values);

/// Be the program: read the command line, run, print.
/// @param argc of main
/// @param argv of main
/// @param title for readers
/// @param body does the work
/// @return exit status
int run_peer(int argc, char** argv, const std::string& title, const std::function<void(Peer&)>& body);

}  // namespace kbk::bench
