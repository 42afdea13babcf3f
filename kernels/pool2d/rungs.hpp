/// @file
/// Names of the rungs: each is one function in the file of its name.
#pragma once

#include "kernels/pool2d/pool2d.hpp"

namespace kbk::cpu {

Pool2dRung naive, threaded, squares, mine;
Pool2dBackwardRung naive, threaded, squares;

/// One plane by the definition: what the rungs naive and threaded loop over.
/// @param p pooling @param plane index of the plane
void pool_plane(const Pool2dForward& p, std::int64_t plane);
/// The same for the gradient.
/// @param p gradient @param plane index of the plane
void pool_plane(const Pool2dBackward& p, std::int64_t plane);

}  // namespace kbk::cpu

namespace kbk::gpu {

Pool2dRung naive, squares;
Pool2dBackwardRung naive, squares;

}  // namespace kbk::gpu
