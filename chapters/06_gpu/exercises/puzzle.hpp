/// @file
/// What the checks of chapter 6 share: run a kernel with all checks on, in both orders of its threads, say in
/// words what is wrong with it, and score it by what it asks of memory.
#pragma once

#include <cstdint>
#include <functional>
#include <source_location>
#include <vector>

#include "chapters/06_gpu/device_array.hpp"
#include "common/cuda/profiler/profile.hpp"

namespace kbk::puzzle {

using lesson::DeviceArray;

/// @param count how many @param stream numbers of another stream are others @return numbers from -1 to 1
std::vector<float> numbers(std::size_t count, std::uint64_t stream = 1);

/// Launch a kernel twice, threads from the first to the last and from the last to the first, and compare what
/// it leaves. Fails the check with a sentence: a mistake that the checker found, or the first element that is
/// wrong.
/// @param expected  what the output must hold
/// @param launch    launches the kernel, given the output's address
/// @param before    what the output holds before; empty: nobody wrote it
/// @param tolerance largest difference
/// @param where     the line of the check
/// @return whether all is right
template <class T>
bool right(const std::vector<T>& expected, const std::function<void(T*)>& launch,
           const std::vector<T>& before = {}, double tolerance = 0,
           std::source_location where = std::source_location::current());

/// @param launch launches the kernel, once @return what it asked of memory
cuda::profiler::KernelProfile measure(const std::function<void()>& launch);

/// Print a line of the score, and fail the check where it is too high.
/// @param what     what is counted, as a plural: "sectors"
/// @param yours    the kernel's count
/// @param possible what the solution of the book needs
/// @param allowed  what passes: more than `possible` where other good ways need more
/// @param where    the line of the check
void score(const char* what, std::int64_t yours, std::int64_t possible, std::int64_t allowed,
           std::source_location where = std::source_location::current());

/// The same where the book's solution is the limit.
/// @param what,yours,possible,where as above
void score(const char* what, std::int64_t yours, std::int64_t possible,
           std::source_location where = std::source_location::current());

}  // namespace kbk::puzzle
