/// @file
/// conv2d/cpu/winograd4: F(4x4, 3x3), 36 products for sixteen outputs in place of 144.
///
/// *Change*: tiles of 6 x 6 pixels, 4 x 4 outputs.
/// *Why*: four times fewer multiplications than the sum has. Predicted: faster than winograd2 on large images; on small
/// ones much of the last tiles is wasted.
/// *Limits*: 3 x 3, stride 1. The transforms hold factors from 1/24 to 8: even integers are no longer exact, and the error
/// is some ten times that of the plain sum. So the ladder's best rung, which trains the book's networks, is another one.
/// *Next*: implicit, which computes the plain sum.
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/winograd.hpp"

namespace kbk::cpu {

void winograd4(const Conv2dForward& p, Scratch& scratch) {
    winograd<4>(p, scratch);
}

}  // namespace kbk::cpu
