/// @file
/// conv2d/cuda/cudnn, with both gradients: NVIDIA's library, the unit of measurement.
///
/// *Change*: somebody else's kernels, among which the library chooses by the convolution's sizes.
/// *Why*: a rung is fast or slow only in comparison, and this is what PyTorch calls on a GPU. The library computes in float32
/// on the multiply-add units, its tensor cores forbidden, and takes only algorithms that add up the plain sum, as our
/// rungs do: its transforms (Winograd's, Fourier's) round differently.
/// *Limits*: hardware only; no empty batches and no images without a window; some gradients are added up in no fixed
/// order. The library is looked for when the rung is first asked for, so that programs start, and everything else runs,
/// without it.
/// *Next*: none.
#include <string>

#include "kernels/conv2d/rungs.hpp"

#ifdef __CUDACC__

#include <dlfcn.h>

#include <algorithm>
#include <deque>
#include <initializer_list>
#include <memory>
#include <vector>

#include "common/cuda/cuda.hpp"
#include "common/cuda/runtime.hpp"

namespace kbk::gpu {

namespace {

// The library's C interface, as far as it is used: objects are addresses, enumerations and results are numbers.
constexpr int float32 = 0, rows_of_channels = 0 /* NCHW */, not_turned = 1 /* cross-correlation */, no_tensor_cores = 3;

/// How an algorithm would do, as the library foretells it.
struct Forecast {
    int algorithm, status;
    float milliseconds;
    std::size_t bytes;
    int determinism, math, reserved[3];
};

using Make = int(void** object);
using Drop = int(void* object);

/// A convolution or one of its gradients: three functions that take two operands and a result.
struct Operation {
    using Foresee = int(void* context, const void* a, const void* b, const void* convolution, const void* result, int most,
                        int* count, Forecast* forecasts);
    using Bytes = int(void* context, const void* a, const void* b, const void* convolution, const void* result,
                      int algorithm, std::size_t* bytes);
    using Run = int(void* context, const void* alpha, const void* a, const void* a_data, const void* b,
                    const void* b_data, const void* convolution, int algorithm, void* workspace, std::size_t bytes,
                    const void* beta, const void* result, void* result_data);
    const char* name = "";
    std::vector<int> plain_sums;  ///< the algorithms without transforms
    Foresee* foresee = nullptr;
    Bytes* bytes = nullptr;
    Run* run = nullptr;
};

struct Library {
    void* context = nullptr;
    std::string missing;  // why it cannot be used; empty when it can
    Operation forward{"cudnnConvolutionForward", {0, 1, 2}};
    Operation backward_data{"cudnnConvolutionBackwardData", {0, 1}};
    Operation backward_filter{"cudnnConvolutionBackwardFilter", {0, 1, 3}};
    Make *make_context, *make_tensor, *make_filter, *make_convolution;
    Drop *drop_tensor, *drop_filter, *drop_convolution;
    int (*set_tensor)(void* tensor, int format, int type, int n, int c, int height, int width);
    int (*set_filter)(void* filter, int type, int format, int k, int c, int height, int width);
    int (*set_convolution)(void* convolution, int padding_height, int padding_width, int stride_height, int stride_width,
                           int dilation_height, int dilation_width, int mode, int type);
    int (*set_groups)(void* convolution, int groups);
    int (*set_math)(void* convolution, int math);
    int (*add)(void* context, const void* alpha, const void* a, const void* a_data, const void* beta, const void* c,
               void* c_data);
    int (*backward_bias)(void* context, const void* alpha, const void* dy, const void* dy_data, const void* beta,
                         const void* dbias, void* dbias_data);
    const char* (*text_of)(int status);

    Library() : missing(cuda::unavailable()) {
        if (!missing.empty()) return;
        void* file = nullptr;
        for (const char* name : {"libcudnn.so.9", "libcudnn.so.8", "libcudnn.so"})
            if (!file) file = dlopen(name, RTLD_NOW | RTLD_LOCAL);
        if (!file) {
            missing = "there is no libcudnn.so where the loader looks (LD_LIBRARY_PATH)";
            return;
        }
        const auto find = [&](auto*& function, const char* name) {
            function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(file, name));
            if (!function && missing.empty()) missing = fmt::format("libcudnn.so lacks {}", name);
        };
        find(make_context, "cudnnCreate");
        find(make_tensor, "cudnnCreateTensorDescriptor");
        find(make_filter, "cudnnCreateFilterDescriptor");
        find(make_convolution, "cudnnCreateConvolutionDescriptor");
        find(drop_tensor, "cudnnDestroyTensorDescriptor");
        find(drop_filter, "cudnnDestroyFilterDescriptor");
        find(drop_convolution, "cudnnDestroyConvolutionDescriptor");
        find(set_tensor, "cudnnSetTensor4dDescriptor");
        find(set_filter, "cudnnSetFilter4dDescriptor");
        find(set_convolution, "cudnnSetConvolution2dDescriptor");
        find(set_groups, "cudnnSetConvolutionGroupCount");
        find(set_math, "cudnnSetConvolutionMathType");
        find(add, "cudnnAddTensor");
        find(backward_bias, "cudnnConvolutionBackwardBias");
        find(text_of, "cudnnGetErrorString");
        find(forward.foresee, "cudnnGetConvolutionForwardAlgorithm_v7");
        find(forward.bytes, "cudnnGetConvolutionForwardWorkspaceSize");
        find(forward.run, "cudnnConvolutionForward");
        find(backward_data.foresee, "cudnnGetConvolutionBackwardDataAlgorithm_v7");
        find(backward_data.bytes, "cudnnGetConvolutionBackwardDataWorkspaceSize");
        find(backward_data.run, "cudnnConvolutionBackwardData");
        find(backward_filter.foresee, "cudnnGetConvolutionBackwardFilterAlgorithm_v7");
        find(backward_filter.bytes, "cudnnGetConvolutionBackwardFilterWorkspaceSize");
        find(backward_filter.run, "cudnnConvolutionBackwardFilter");
        if (!missing.empty()) return;
        if (const int status = make_context(&context); status != 0)
            missing = fmt::format("cudnnCreate fails: {}", text_of(status));
    }
};

const Library& library() {
    static const Library loaded;
    return loaded;
}

void check(int status, const char* call, const Conv2dShape& s) {
    require(status == 0, "{} fails for {}: {}", call, text(s), library().text_of(status));
}

// [conv2d_cudnn_plan]
using Object = std::unique_ptr<void, Drop*>;

/// The library's descriptions of a convolution's tensors.
struct Description {
    Object x, weight, bias, y, convolution;

    explicit Description(const Conv2dShape& s)
        : x(tensor(s, s.batch, s.in_channels, s.image)),
          weight(made(library().make_filter, library().drop_filter, s)),
          bias(tensor(s, 1, s.out_channels, {1, 1})),
          y(tensor(s, s.batch, s.out_channels, s.output())),
          convolution(made(library().make_convolution, library().drop_convolution, s)) {
        check(library().set_filter(weight.get(), float32, rows_of_channels, int(s.out_channels), int(s.group_inputs()),
                                   int(s.kernel.height), int(s.kernel.width)),
              "cudnnSetFilter4dDescriptor", s);
        check(library().set_convolution(convolution.get(), int(s.padding.height), int(s.padding.width),
                                        int(s.stride.height), int(s.stride.width), int(s.dilation.height),
                                        int(s.dilation.width), not_turned, float32),
              "cudnnSetConvolution2dDescriptor", s);
        check(library().set_groups(convolution.get(), int(s.groups)), "cudnnSetConvolutionGroupCount", s);
        check(library().set_math(convolution.get(), no_tensor_cores), "cudnnSetConvolutionMathType", s);
    }

  private:
    static Object made(Make* make, Drop* drop, const Conv2dShape& s) {
        void* object = nullptr;
        check(make(&object), "making a cuDNN descriptor", s);
        return {object, drop};
    }
    static Object tensor(const Conv2dShape& s, std::int64_t n, std::int64_t c, const Extent& e) {
        Object object = made(library().make_tensor, library().drop_tensor, s);
        check(library().set_tensor(object.get(), rows_of_channels, float32, int(n), int(c), int(e.height), int(e.width)),
              "cudnnSetTensor4dDescriptor", s);
        return object;
    }
};

/// A convolution whose algorithm is chosen.
struct Plan {
    const Operation& operation;
    Conv2dShape shape;
    Description description;
    int algorithm = 0;
    std::size_t bytes = 0;  // of its workspace

    /// The operands a and b and the result of the operation, and its other constants.
    [[nodiscard]] const void* a() const { return (is_data() ? description.weight : description.x).get(); }
    [[nodiscard]] const void* b() const { return (is_forward() ? description.weight : description.y).get(); }
    [[nodiscard]] const void* result() const {
        return (is_forward() ? description.y : is_data() ? description.x : description.weight).get();
    }

    Plan(const Operation& o, const Conv2dShape& s) : operation(o), shape(s), description(s) {
        // Take the quickest that the library foresees, within a bound on the memory that it asks for.
        constexpr std::size_t most_bytes = std::size_t(1) << 28;
        constexpr int most = 16;  // more than there are algorithms
        Forecast forecasts[most];
        int count = 0;
        check(o.foresee(library().context, a(), b(), description.convolution.get(), result(), most, &count, forecasts),
              "choosing cuDNN's algorithm", s);
        for (int i = 0; i < count; ++i) {
            algorithm = forecasts[i].algorithm;
            if (forecasts[i].status == 0 &&
                std::find(o.plain_sums.begin(), o.plain_sums.end(), algorithm) != o.plain_sums.end() &&
                o.bytes(library().context, a(), b(), description.convolution.get(), result(), algorithm, &bytes) == 0 &&
                bytes <= most_bytes)
                return;
        }
        fail("{} knows no algorithm without transforms for {}", o.name, text(s));
    }

    void run(const float* a_data, const float* b_data, float beta, float* result_data, Scratch& scratch) const {
        // The library wants its memory as allocations begin, at multiples of 256 bytes.
        constexpr std::size_t alignment = 256;
        const Scratch::Frame frame(scratch);
        void* workspace = nullptr;
        if (bytes > 0) {
            std::size_t room = bytes + alignment;
            workspace = scratch.take<std::byte>(std::int64_t(room));
            std::align(alignment, bytes, workspace, room);
        }
        const float one = 1;
        check(operation.run(library().context, &one, a(), a_data, b(), b_data, description.convolution.get(), algorithm,
                            workspace, bytes, &beta, result(), result_data),
              operation.name, shape);
    }

  private:
    [[nodiscard]] bool is_forward() const { return &operation == &library().forward; }
    [[nodiscard]] bool is_data() const { return &operation == &library().backward_data; }
};

/// @return the plan of an operation, made when it is first asked for and kept
const Plan& plan(const Operation& operation, const Conv2dShape& shape) {
    static std::deque<Plan> plans;
    for (const Plan& p : plans)
        if (&p.operation == &operation && p.shape == shape) return p;
    return plans.emplace_back(operation, shape);
}
// [conv2d_cudnn_plan]

}  // namespace

std::string cudnn_unavailable() {
    return library().missing;
}

// [conv2d_cudnn]
void cudnn(const Conv2dForward& p, Scratch& scratch) {
    const Plan& forward = plan(library().forward, p.shape);
    forward.run(p.x, p.weight, 0, p.y, scratch);
    const float one = 1;
    if (p.bias)
        check(library().add(library().context, &one, forward.description.bias.get(), p.bias, &one,
                            forward.description.y.get(), p.y),
              "cudnnAddTensor", p.shape);
}

void cudnn(const Conv2dInputGradient& p, Scratch& scratch) {
    plan(library().backward_data, p.shape).run(p.weight, p.dy, 0, p.dx, scratch);
}

void cudnn(const Conv2dWeightGradient& p, Scratch& scratch) {
    const Plan& backward = plan(library().backward_filter, p.shape);
    backward.run(p.x, p.dy, p.beta, p.dweight, scratch);
    const float one = 1;
    if (p.dbias)
        check(library().backward_bias(library().context, &one, backward.description.y.get(), p.dy, &p.beta_bias,
                                      backward.description.bias.get(), p.dbias),
              "cudnnConvolutionBackwardBias", p.shape);
}
// [conv2d_cudnn]

}  // namespace kbk::gpu

#else

namespace kbk::gpu {

std::string cudnn_unavailable() {
    return "the emulator's memory is none that NVIDIA's library could read";
}

void cudnn(const Conv2dForward&, Scratch&) {
    fail("conv2d/cuda/cudnn: {}", cudnn_unavailable());
}

void cudnn(const Conv2dInputGradient&, Scratch&) {
    fail("conv2d_input_gradient/cuda/cudnn: {}", cudnn_unavailable());
}

void cudnn(const Conv2dWeightGradient&, Scratch&) {
    fail("conv2d_weight_gradient/cuda/cudnn: {}", cudnn_unavailable());
}

}  // namespace kbk::gpu

#endif
