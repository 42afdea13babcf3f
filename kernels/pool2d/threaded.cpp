/// @file
/// pool2d/cpu/threaded: planes shared among the threads.
///
/// *Change*: blocks of planes, of about 16 Ki pixels, run in parallel.
/// *Why*: planes do not know each other. Predicted: a gain of the number of cores.
/// *Limits*: a single plane stays on one thread.
/// *Next*: squares, for windows of 2 x 2.
#include <algorithm>

#include "common/base/threads.hpp"
#include "kernels/pool2d/rungs.hpp"

namespace kbk::cpu {

namespace {

// Pixels in a task: some ten microseconds of work, so that a task outlasts its start by far.
constexpr std::int64_t task_pixels = 1 << 14;

template <class Problem>
void all_planes(const Problem& p) {
    const std::int64_t pixels = p.shape.height * p.shape.width;
    parallel_ranges(p.shape.planes, std::max<std::int64_t>(1, task_pixels / pixels),
                    [&](std::int64_t begin, std::int64_t end) {
                        for (std::int64_t plane = begin; plane < end; ++plane) pool_plane(p, plane);
                    });
}

}  // namespace

void threaded(const Pool2dForward& p, Scratch&) {
    all_planes(p);
}

void threaded(const Pool2dBackward& p, Scratch&) {
    all_planes(p);
}

}  // namespace kbk::cpu
