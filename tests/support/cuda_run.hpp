/// @file
/// How a program tests CUDA rungs: a plain one runs them once; a checked one (OP_checked_test), whose kernels are
/// instrumented, runs them under the emulator's checker, threads first to last and last to first.
#pragma once

#include <functional>
#include <string>

namespace kbk::test {

/// @return whether this program tests CUDA rungs under the checker, and nothing else
bool checked_cuda();

/// Run a test of a CUDA rung as this program does.
/// @param test returns what is wrong, or nothing
/// @return what it returned; in a checked program also what the checker found (a race, memory read before it was
///         written, an access out of bounds), with the order of the threads
std::string run_on_cuda(const std::function<std::string()>& test);

}  // namespace kbk::test
