/// @file
/// conv2d/cpu/onednn: oneDNN's convolutions, the unit of measurement for the ladder and its gradients.
///
/// *Change*: another library, which writes its kernels at run time for the processor that it finds, and keeps images and
/// filters in blocks of 8 or 16 channels.
/// *Why*: it is what PyTorch calls for convolutions on x86. Tensors come and go as this book lays them out, so the time to
/// rearrange them counts, as it does there. The primitives are made once for each problem and number of threads, and kept.
/// It is asked for its direct algorithm, never Winograd's, so that both sides take the plain sum; DNNL_VERBOSE=1 prints
/// which of its kernels runs.
/// *Limits*: results may depend on the number of threads; no empty batches and no images without a window.
/// *Next*: the CUDA rungs.
#include "common/base/threads.hpp"
#include "kernels/conv2d/rungs.hpp"

#ifdef KBK_ONEDNN
#include <dnnl.hpp>
#include <map>
#include <tuple>
#include <unordered_map>
#endif

namespace kbk::cpu {

#ifdef KBK_ONEDNN

std::string onednn_convolution_unavailable() {
    return "";
}

namespace {

using dnnl::memory;

// What a primitive is made for: it keeps the number of threads that it found.
using Key = std::tuple<int, int, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                       std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                       std::int64_t, bool>;

Key key(int kind, const Conv2dShape& s, bool bias) {
    return {kind,          threads(),       s.batch,         s.in_channels,   s.image.height,  s.image.width,     s.out_channels,
            s.kernel.height, s.kernel.width, s.stride.height, s.stride.width, s.padding.height, s.padding.width,
            s.dilation.height, s.dilation.width, s.groups,    bias};
}

dnnl::engine& engine() {
    static dnnl::engine one(dnnl::engine::kind::cpu, 0);
    return one;
}

dnnl::stream& stream() {
    static dnnl::stream one(engine());
    return one;
}

// A tensor as the book lays it out, and as the primitive wants it.
class Place {
  public:
    Place() = default;
    Place(const memory::desc& ours, const memory::desc& theirs)
        : ours_(ours, engine(), nullptr), theirs_(ours == theirs ? ours_ : memory(theirs, engine())) {
        if (ours != theirs) in_ = dnnl::reorder(ours_, theirs_), out_ = dnnl::reorder(theirs_, ours_);
        same_ = ours == theirs;
    }
    memory& read(const float* data) {
        ours_.set_data_handle(const_cast<float*>(data));
        if (!same_) in_.execute(stream(), ours_, theirs_);
        return theirs_;
    }
    memory& to_write(float* data) {
        ours_.set_data_handle(data);
        return theirs_;
    }
    void written() {
        if (!same_) out_.execute(stream(), theirs_, ours_);
    }

  private:
    memory ours_, theirs_;
    dnnl::reorder in_, out_;
    bool same_ = true;
};

// One convolution or gradient, with its tensors.
struct Plan {
    dnnl::primitive primitive;
    Place x, weight, bias, y;
};

struct Sizes {
    memory::dims x, weight, bias, y, stride, dilation, padding;
    explicit Sizes(const Conv2dShape& s)
        : x{s.batch, s.in_channels, s.image.height, s.image.width},
          weight{s.groups, s.group_outputs(), s.group_inputs(), s.kernel.height, s.kernel.width},
          bias{s.out_channels},
          y{s.batch, s.out_channels, s.output().height, s.output().width},
          stride{s.stride.height, s.stride.width},
          dilation{s.dilation.height - 1, s.dilation.width - 1},
          padding{s.padding.height, s.padding.width} {}
};

memory::desc any(const memory::dims& sizes) {
    return {sizes, memory::data_type::f32, memory::format_tag::any};
}
memory::desc images(const memory::dims& sizes) {
    return {sizes, memory::data_type::f32, memory::format_tag::nchw};
}
memory::desc filters(const memory::dims& sizes) {
    return {sizes, memory::data_type::f32, memory::format_tag::goihw};
}
memory::desc row(const memory::dims& sizes) {
    return {sizes, memory::data_type::f32, memory::format_tag::x};
}

dnnl::convolution_forward::primitive_desc forward(const Sizes& s, bool bias) {
    using Forward = dnnl::convolution_forward;
    const auto kind = dnnl::prop_kind::forward_training;
    const auto way = dnnl::algorithm::convolution_direct;
    return {bias ? Forward::desc(kind, way, any(s.x), any(s.weight), row(s.bias), any(s.y), s.stride, s.dilation,
                                 s.padding, s.padding)
                 : Forward::desc(kind, way, any(s.x), any(s.weight), any(s.y), s.stride, s.dilation, s.padding,
                                 s.padding),
            engine()};
}

// The plan for a problem, made when it is first asked for.
template <class Make>
Plan& plan(const Key& wanted, const Make& make) {
    static std::map<Key, Plan> plans;
    const auto found = plans.find(wanted);
    return found != plans.end() ? found->second : plans.emplace(wanted, make()).first->second;
}

}  // namespace

void onednn(const Conv2dForward& p, Scratch&) {
    Plan& with = plan(key(0, p.shape, p.bias), [&] {
        const Sizes s(p.shape);
        const auto made = forward(s, p.bias);
        return Plan{dnnl::convolution_forward(made), Place(images(s.x), made.src_desc()),
                    Place(filters(s.weight), made.weights_desc()), Place(row(s.bias), row(s.bias)),
                    Place(images(s.y), made.dst_desc())};
    });
    std::unordered_map<int, memory> arguments = {{DNNL_ARG_SRC, with.x.read(p.x)},
                                                 {DNNL_ARG_WEIGHTS, with.weight.read(p.weight)},
                                                 {DNNL_ARG_DST, with.y.to_write(p.y)}};
    if (p.bias) arguments.insert({DNNL_ARG_BIAS, with.bias.read(p.bias)});
    with.primitive.execute(stream(), arguments);
    with.y.written();
    stream().wait();
}

void onednn(const Conv2dInputGradient& p, Scratch&) {
    Plan& with = plan(key(1, p.shape, false), [&] {
        const Sizes s(p.shape);
        using Backward = dnnl::convolution_backward_data;
        const Backward::primitive_desc made(
            Backward::desc(dnnl::algorithm::convolution_direct, any(s.x), any(s.weight), any(s.y), s.stride, s.dilation,
                           s.padding, s.padding),
            engine(), forward(s, false));
        return Plan{Backward(made), Place(images(s.x), made.diff_src_desc()),
                    Place(filters(s.weight), made.weights_desc()), Place(), Place(images(s.y), made.diff_dst_desc())};
    });
    with.primitive.execute(stream(), {{DNNL_ARG_DIFF_DST, with.y.read(p.dy)},
                                      {DNNL_ARG_WEIGHTS, with.weight.read(p.weight)},
                                      {DNNL_ARG_DIFF_SRC, with.x.to_write(p.dx)}});
    with.x.written();
    stream().wait();
}

void onednn(const Conv2dWeightGradient& p, Scratch& scratch) {
    Plan& with = plan(key(2, p.shape, p.dbias), [&] {
        const Sizes s(p.shape);
        using Backward = dnnl::convolution_backward_weights;
        const auto way = dnnl::algorithm::convolution_direct;
        const Backward::primitive_desc made(
            p.dbias ? Backward::desc(way, any(s.x), any(s.weight), row(s.bias), any(s.y), s.stride, s.dilation,
                                     s.padding, s.padding)
                    : Backward::desc(way, any(s.x), any(s.weight), any(s.y), s.stride, s.dilation, s.padding, s.padding),
            engine(), forward(s, p.dbias));
        return Plan{Backward(made), Place(images(s.x), made.src_desc()),
                    Place(filters(s.weight), made.diff_weights_desc()), Place(row(s.bias), row(s.bias)),
                    Place(images(s.y), made.diff_dst_desc())};
    });

    // It overwrites: where old gradients count, write beside them and add.
    const Scratch::Frame frame(scratch);
    const std::int64_t weights = p.shape.weight_size(), biases = p.shape.out_channels;
    float* dw = p.beta == 0 ? p.dweight : scratch.take<float>(weights);
    float* db = !p.dbias || p.beta_bias == 0 ? p.dbias : scratch.take<float>(biases);
    std::unordered_map<int, memory> arguments = {{DNNL_ARG_SRC, with.x.read(p.x)},
                                                 {DNNL_ARG_DIFF_DST, with.y.read(p.dy)},
                                                 {DNNL_ARG_DIFF_WEIGHTS, with.weight.to_write(dw)}};
    if (db) arguments.insert({DNNL_ARG_DIFF_BIAS, with.bias.to_write(db)});
    with.primitive.execute(stream(), arguments);
    with.weight.written();
    stream().wait();
    for (std::int64_t i = 0; dw != p.dweight && i < weights; ++i) p.dweight[i] = p.beta * p.dweight[i] + dw[i];
    for (std::int64_t i = 0; db != p.dbias && i < biases; ++i) p.dbias[i] = p.beta_bias * p.dbias[i] + db[i];
}

#else

std::string onednn_convolution_unavailable() {
    return "oneDNN was not found when this was built (package libdnnl-dev)";
}
void onednn(const Conv2dForward&, Scratch&) {
    fail("conv2d/cpu/onednn: {}", onednn_convolution_unavailable());
}
void onednn(const Conv2dInputGradient&, Scratch&) {
    fail("conv2d_input_gradient/cpu/onednn: {}", onednn_convolution_unavailable());
}
void onednn(const Conv2dWeightGradient&, Scratch&) {
    fail("conv2d_weight_gradient/cpu/onednn: {}", onednn_convolution_unavailable());
}

#endif

}  // namespace kbk::cpu
