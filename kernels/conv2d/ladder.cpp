/// @file
/// The only list of the rungs of conv2d and its gradients, in order, and what holds for all of them.
#include <utility>

#include "common/cuda/runtime.hpp"
#include "kernels/conv2d/rungs.hpp"
#include "kernels/conv2d/winograd.hpp"

namespace kbk {

namespace {

std::string without_windows(const Conv2dShape& s, const char* library) {
    return s.y_size() == 0 ? fmt::format("{} knows no convolution without outputs", library) : "";
}

// Whether a vector of channels would be mostly empty.
std::string few_channels(std::int64_t channels, const char* what) {
    constexpr std::int64_t least = 4;
    if (channels >= least) return "";
    return fmt::format("its tiles hold {}s of one group: {} would leave them mostly empty", what, channels);
}

// Whether an index does not fit into the 32 bits in which the CUDA rungs count.
std::string too_large(const Conv2dShape& s) {
    constexpr std::int64_t most = (std::int64_t(1) << 31) - (std::int64_t(1) << 16);
    const bool fits = s.x_size() <= most && s.y_size() <= most && s.weight_size() <= most &&
                      s.image.height + 2 * s.padding.height <= 32767 && s.image.width + 2 * s.padding.width <= 32767;
    return fits ? "" : "it counts in 32 bits: at most 2^31 numbers in a tensor, 32,767 rows and columns in an image";
}

std::string not_for_cudnn(const Conv2dShape& s) {
    const std::string reason = without_windows(s, "cuDNN");
    return reason.empty() ? too_large(s) : reason;
}

std::string no_such_tensor_cores() {
    constexpr int ampere = 80;
    const int capability = cuda::compute_capability();
    if (!cuda::unavailable().empty() || capability >= ampere) return "";  // without a device another reason is given
    return fmt::format("tensor cores of compute capability {}.{} know no tf32; those of 8.0 do", capability / 10,
                       capability % 10);
}

// Whether the gradient by the images is worth computing as a convolution.
std::string turned_filters(const Conv2dInputGradient& p) {
    const Conv2dShape& s = p.shape;
    if (s.stride != Extent{1, 1}) return "with a stride the gradient is no plain convolution";
    const Extent o = s.output();
    if (o.count() == 0) return "no window fits into the image";
    if (s.padding.height > s.dilation.height * (s.kernel.height - 1) ||
        s.padding.width > s.dilation.width * (s.kernel.width - 1))
        return "it takes no more padding than the filter reaches";
    // Windows of the turned convolution against those of the convolution itself.
    if (4 * s.image.count() > 5 * o.count()) return "on small images the zeros around them cost more than a quarter";
    return few_channels(s.group_inputs(), "input channel");
}

}  // namespace

// [conv2d_ladder]
const Ladder<Conv2dRung>& conv2d() {
    static const Ladder<Conv2dRung> ladder("conv2d", {
        {Device::cpu, "naive", cpu::naive, "seven loops, as the formula says"},
        {Device::cpu, "im2col", cpu::im2col, "windows as columns of a matrix, then a product"},
        {Device::cpu, "winograd2", cpu::winograd2, "fewer products: tiles of 2 x 2 outputs",
         [](const Conv2dForward& p) { return cpu::not_three_by_three(p.shape); }},
        {Device::cpu, "winograd4", cpu::winograd4, "still fewer products: tiles of 4 x 4 outputs",
         [](const Conv2dForward& p) { return cpu::not_three_by_three(p.shape); }},
        {Device::cpu, "implicit", cpu::implicit, "columns made in the cache, as the product needs them"},
        {Device::cpu, "direct", cpu::direct, "no columns: windows read where they lie, channels together",
         [](const Conv2dForward& p) { return few_channels(p.shape.group_outputs(), "filter"); }},
        {Device::cpu, "rows", cpu::rows, "pictures: vectors of neighbouring pixels, nothing copied",
         [](const Conv2dForward& p) { return cpu::no_rows_of_vectors(p.shape); }},
#ifdef KBK_MINE
        {Device::cpu, "mine", cpu::mine, "yours"},
#endif
        {.device = Device::cpu, .name = "onednn", .run = cpu::onednn, .idea = "oneDNN's convolution",
         .refuses = [](const Conv2dForward& p) { return without_windows(p.shape, "oneDNN"); },
         .unavailable = cpu::onednn_convolution_unavailable, .origin = Origin::library,
         .reproducible = Reproducible::no},
        {Device::cuda, "naive", gpu::naive, "one thread an output pixel",
         [](const Conv2dForward& p) { return too_large(p.shape); }},
        {Device::cuda, "shared", gpu::shared, "tiles of filters and windows in shared memory",
         [](const Conv2dForward& p) { return too_large(p.shape); }},
        {Device::cuda, "implicit", gpu::implicit, "16 sums a thread, columns made as they are needed",
         [](const Conv2dForward& p) { return too_large(p.shape); }},
        {.device = Device::cuda, .name = "wmma_tf32", .run = gpu::wmma_tf32, .idea = "tensor cores, 10 bits of fraction",
         .refuses = [](const Conv2dForward& p) { return too_large(p.shape); }, .unavailable = no_such_tensor_cores,
         .precision = Precision::tf32},
        {.device = Device::cuda, .name = "cudnn", .run = gpu::cudnn, .idea = "cuDNN's convolution",
         .refuses = [](const Conv2dForward& p) { return not_for_cudnn(p.shape); },
         .unavailable = gpu::cudnn_unavailable, .origin = Origin::library, .reproducible = Reproducible::no},
    });
    return ladder;
}
// [conv2d_ladder]

const Ladder<Conv2dInputGradientRung>& conv2d_input_gradient() {
    static const Ladder<Conv2dInputGradientRung> ladder("conv2d_input_gradient", {
        {Device::cpu, "naive", cpu::naive, "each product of the convolution, backward"},
        {Device::cpu, "im2col", cpu::im2col, "a product, then each column added to its window"},
        {Device::cpu, "scattered", cpu::scattered, "tiles of the product, added while in the cache"},
        {Device::cpu, "implicit", cpu::implicit, "a convolution again, with the filters turned", turned_filters},
        {Device::cpu, "direct", cpu::direct, "one sum for each pixel, of just its terms",
         [](const Conv2dInputGradient& p) { return few_channels(p.shape.group_inputs(), "input channel"); }},
        {.device = Device::cpu, .name = "onednn", .run = cpu::onednn, .idea = "oneDNN's convolution",
         .refuses = [](const Conv2dInputGradient& p) { return without_windows(p.shape, "oneDNN"); },
         .unavailable = cpu::onednn_convolution_unavailable, .origin = Origin::library,
         .reproducible = Reproducible::no},
        {Device::cuda, "naive", gpu::naive, "one thread a pixel",
         [](const Conv2dInputGradient& p) { return too_large(p.shape); }},
        {Device::cuda, "implicit", gpu::implicit, "a product whose columns are found as they are needed",
         [](const Conv2dInputGradient& p) { return too_large(p.shape); }},
        {.device = Device::cuda, .name = "cudnn", .run = gpu::cudnn, .idea = "cuDNN's convolution",
         .refuses = [](const Conv2dInputGradient& p) { return not_for_cudnn(p.shape); },
         .unavailable = gpu::cudnn_unavailable, .origin = Origin::library, .reproducible = Reproducible::no},
    });
    return ladder;
}

const Ladder<Conv2dWeightGradientRung>& conv2d_weight_gradient() {
    static const Ladder<Conv2dWeightGradientRung> ladder("conv2d_weight_gradient", {
        {Device::cpu, "naive", cpu::naive, "for each weight, the places where it lay"},
        {Device::cpu, "im2col", cpu::im2col, "a product with the transposed columns"},
        {Device::cpu, "implicit", cpu::implicit, "columns made in the cache, sums cut into chunks"},
        {Device::cpu, "direct", cpu::direct, "no columns: both factors read where they lie",
         [](const Conv2dWeightGradient& p) { return few_channels(p.shape.group_outputs(), "filter"); }},
        {.device = Device::cpu, .name = "onednn", .run = cpu::onednn, .idea = "oneDNN's convolution",
         .refuses = [](const Conv2dWeightGradient& p) { return without_windows(p.shape, "oneDNN"); },
         .unavailable = cpu::onednn_convolution_unavailable, .origin = Origin::library,
         .reproducible = Reproducible::no},
        {Device::cuda, "naive", gpu::naive, "one thread a weight",
         [](const Conv2dWeightGradient& p) { return too_large(p.shape); }},
        {Device::cuda, "implicit", gpu::implicit, "the same product, sums cut into chunks",
         [](const Conv2dWeightGradient& p) { return too_large(p.shape); }},
        {.device = Device::cuda, .name = "cudnn", .run = gpu::cudnn, .idea = "cuDNN's convolution",
         .refuses = [](const Conv2dWeightGradient& p) { return not_for_cudnn(p.shape); },
         .unavailable = gpu::cudnn_unavailable, .origin = Origin::library, .reproducible = Reproducible::no},
    });
    return ladder;
}

namespace {

// Operations of the products, those with the padding's zeros included, as is usual.
double products(const Conv2dShape& s) {
    return 2.0 * double(s.y_size()) * double(s.taps());
}

}  // namespace

Cost cost(const Conv2dForward& p) {
    const Conv2dShape& s = p.shape;
    const double bias = p.bias ? double(s.out_channels) : 0;
    return {products(s) + (p.bias ? double(s.y_size()) : 0),
            4 * (double(s.x_size()) + double(s.weight_size()) + bias + double(s.y_size()))};
}

Cost cost(const Conv2dInputGradient& p) {
    const Conv2dShape& s = p.shape;
    return {products(s), 4 * (double(s.y_size()) + double(s.weight_size()) + double(s.x_size()))};
}

Cost cost(const Conv2dWeightGradient& p) {
    const Conv2dShape& s = p.shape;
    const double weights = (p.beta == 0 ? 1 : 2) * double(s.weight_size());
    const double biases = p.dbias ? (p.beta_bias == 0 ? 1 : 2) * double(s.out_channels) : 0;
    return {products(s) + (p.dbias ? double(s.y_size()) : 0),
            4 * (double(s.x_size()) + double(s.y_size()) + weights + biases)};
}

void validate(const Conv2dShape& s, const char* name) {
    const auto within = [&](std::int64_t value, std::int64_t least, const char* what) {
        require(value >= least, "{}: {} is {}; it must be at least {}", name, what, value, least);
    };
    within(s.batch, 0, "the batch");
    for (const auto& [value, what] : {std::pair(s.in_channels, "the number of input channels"),
                                      {s.out_channels, "the number of output channels"},
                                      {s.groups, "the number of groups"},
                                      {s.image.height, "the image's height"},
                                      {s.image.width, "the image's width"},
                                      {s.kernel.height, "the filter's height"},
                                      {s.kernel.width, "the filter's width"},
                                      {s.stride.height, "the stride's height"},
                                      {s.stride.width, "the stride's width"},
                                      {s.dilation.height, "the dilation's height"},
                                      {s.dilation.width, "the dilation's width"}})
        within(value, 1, what);
    within(s.padding.height, 0, "the padding's height");
    within(s.padding.width, 0, "the padding's width");
    require(s.in_channels % s.groups == 0 && s.out_channels % s.groups == 0,
            "{}: {} groups must divide both {} input and {} output channels", name, s.groups, s.in_channels,
            s.out_channels);
}

void validate(const Conv2dForward& p) {
    validate(p.shape, "conv2d");
    require(p.shape.y_size() == 0 || (p.x && p.weight && p.y),
            "conv2d: x, weight or y is a null pointer for {}", text(p.shape));
}

void validate(const Conv2dInputGradient& p) {
    validate(p.shape, "conv2d_input_gradient");
    require(p.shape.x_size() == 0 || (p.dx && ((p.dy && p.weight) || p.shape.y_size() == 0)),
            "conv2d_input_gradient: dy, weight or dx is a null pointer for {}", text(p.shape));
}

void validate(const Conv2dWeightGradient& p) {
    validate(p.shape, "conv2d_weight_gradient");
    // Without any pixel the sums are zeros, which need a place too.
    require(p.dweight && ((p.x && p.dy) || p.shape.y_size() == 0),
            "conv2d_weight_gradient: x, dy or dweight is a null pointer for {}", text(p.shape));
}

std::string text(const Conv2dShape& s) {
    const auto pair = [](const char* mark, const Extent& e, std::int64_t usual) {
        if (e == Extent{usual, usual}) return std::string();
        return e.height == e.width ? fmt::format(" {}{}", mark, e.height)
                                   : fmt::format(" {}{}x{}", mark, e.height, e.width);
    };
    return fmt::format("{}x{}x{}x{}-{}x{}x{}", s.batch, s.in_channels, s.image.height, s.image.width, s.out_channels,
                       s.kernel.height, s.kernel.width) +
           pair("s", s.stride, 1) + pair("p", s.padding, 0) + pair("d", s.dilation, 1) +
           (s.groups == 1 ? "" : fmt::format(" g{}", s.groups));
}

}  // namespace kbk
