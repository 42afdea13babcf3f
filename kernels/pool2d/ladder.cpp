/// @file
/// The only list of the rungs of pool2d and pool2d_backward, in order.
#include <utility>

#include "kernels/pool2d/rungs.hpp"

namespace kbk {

namespace {

std::string two_by_two(const Pool2dShape& s) {
    if (s.kernel_height == 2 && s.kernel_width == 2 && s.stride_height == 2 && s.stride_width == 2 &&
        s.padding_height == 0 && s.padding_width == 0)
        return "";
    return "it takes windows of 2 x 2 that neither overlap nor reach into a padding";
}

// The CUDA rung counts in 32 bits.
std::string small_two_by_two(const Pool2dShape& s) {
    constexpr std::int64_t most = (std::int64_t(1) << 31) - (std::int64_t(1) << 16);
    return s.x_size() <= most ? two_by_two(s) : "it counts in 32 bits: at most 2^31 pixels";
}

}  // namespace

const Ladder<Pool2dRung>& pool2d() {
    static const Ladder<Pool2dRung> ladder("pool2d", {
        {Device::cpu, "naive", cpu::naive, "window by window"},
        {Device::cpu, "threaded", cpu::threaded, "blocks of planes, on all cores"},
        {Device::cpu, "squares", cpu::squares, "windows of 2 x 2, two rows at a time",
         [](const Pool2dForward& p) { return two_by_two(p.shape); }},
#ifdef KBK_MINE
        {Device::cpu, "mine", cpu::mine, "yours"},
#endif
        {Device::cuda, "naive", gpu::naive, "one thread a window"},
        {Device::cuda, "squares", gpu::squares, "windows of 2 x 2, two pixels at a time",
         [](const Pool2dForward& p) { return small_two_by_two(p.shape); }},
    });
    return ladder;
}

const Ladder<Pool2dBackwardRung>& pool2d_backward() {
    static const Ladder<Pool2dBackwardRung> ladder("pool2d_backward", {
        {Device::cpu, "naive", cpu::naive, "window by window, added to zeros"},
        {Device::cpu, "threaded", cpu::threaded, "blocks of planes, on all cores"},
        {Device::cpu, "squares", cpu::squares, "windows of 2 x 2: each pixel written once",
         [](const Pool2dBackward& p) { return two_by_two(p.shape); }},
        {Device::cuda, "naive", gpu::naive, "one thread a pixel, which looks for its windows"},
        {Device::cuda, "squares", gpu::squares, "windows of 2 x 2: each pixel read and written once",
         [](const Pool2dBackward& p) { return small_two_by_two(p.shape); }},
    });
    return ladder;
}

namespace {

double operations(const Pool2dShape& s) {
    return double(s.y_size()) * double(s.kernel_height * s.kernel_width);
}

void validate_shape(const Pool2dShape& s, const char* name) {
    require(s.planes >= 0, "{}: {} planes; there cannot be fewer than 0", name, s.planes);
    for (const auto& [value, what] : {std::pair(s.height, "the height"), {s.width, "the width"},
                                      {s.kernel_height, "the window's height"}, {s.kernel_width, "the window's width"},
                                      {s.stride_height, "the stride's height"}, {s.stride_width, "the stride's width"}})
        require(value >= 1, "{}: {} is {}; it must be at least 1", name, what, value);
    require(s.padding_height >= 0 && s.padding_height < s.kernel_height && s.padding_width >= 0 &&
                s.padding_width < s.kernel_width,
            "{}: a padding of {} x {} must be at least 0 and less than the window of {} x {}", name, s.padding_height,
            s.padding_width, s.kernel_height, s.kernel_width);
}

}  // namespace

Cost cost(const Pool2dForward& p) {
    return {operations(p.shape), 4 * (double(p.shape.x_size()) + double(p.shape.y_size()))};
}

Cost cost(const Pool2dBackward& p) {
    const double inputs = (p.kind == Pooling::max ? 2 : 1) * double(p.shape.x_size());
    return {operations(p.shape), 4 * (inputs + double(p.shape.y_size()))};
}

void validate(const Pool2dForward& p) {
    validate_shape(p.shape, "pool2d");
    require(p.shape.y_size() == 0 || (p.x && p.y), "pool2d: x or y is a null pointer where {} numbers are expected",
            p.shape.y_size());
}

void validate(const Pool2dBackward& p) {
    validate_shape(p.shape, "pool2d_backward");
    const bool inputs = p.shape.y_size() == 0 || (p.dy && (p.x || p.kind == Pooling::average));
    require(p.shape.x_size() == 0 || (p.dx && inputs),
            "pool2d_backward: x, dy or dx is a null pointer where {} numbers are expected", p.shape.x_size());
}

}  // namespace kbk
