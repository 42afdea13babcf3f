#include <limits>

#include "tests/kernels/conv2d_cases.hpp"
#include "tests/support/ladder_check.hpp"
#include "tests/support/message_of.hpp"

namespace kbk::test {

namespace {

// Sizes in a line: batch, channels, height, width, filters, filter's height and width; then what is not the default.
Conv2dShape sizes(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w, std::int64_t k, std::int64_t u,
                  std::int64_t v, Extent stride = {1, 1}, Extent padding = {0, 0}, Extent dilation = {1, 1},
                  std::int64_t groups = 1) {
    return {n, c, {h, w}, k, {u, v}, stride, padding, dilation, groups};
}

// Around tiles of filters and pixels; 1 x 1 images; filters larger than the image, inside and with the padding; strides
// larger than the filter; one channel; no image; long and thin; every flag alone and together.
const std::vector<Conv2dShape>& awkward() {
    static const std::vector<Conv2dShape> all = {
        sizes(1, 1, 1, 1, 1, 1, 1),
        sizes(2, 3, 1, 1, 5, 3, 3, {1, 1}, {1, 1}),
        sizes(2, 1, 5, 7, 1, 3, 3),
        sizes(1, 3, 8, 6, 4, 3, 3),
        sizes(3, 2, 6, 9, 5, 3, 2, {1, 1}, {1, 0}),
        sizes(0, 3, 8, 8, 4, 3, 3),
        sizes(2, 2, 3, 3, 3, 5, 5),
        sizes(2, 2, 3, 4, 3, 5, 5, {1, 1}, {1, 2}),
        sizes(2, 2, 3, 3, 3, 3, 5, {1, 1}, {2, 2}),
        sizes(2, 3, 11, 13, 4, 2, 2, {3, 4}),
        sizes(2, 3, 11, 10, 6, 3, 3, {2, 2}, {1, 1}),
        sizes(1, 2, 12, 11, 3, 3, 3, {1, 1}, {0, 0}, {2, 3}),
        sizes(2, 2, 9, 12, 3, 3, 3, {2, 1}, {3, 2}, {2, 2}),
        sizes(2, 4, 7, 9, 6, 3, 3, {1, 1}, {1, 1}, {1, 1}, 2),
        sizes(3, 6, 9, 7, 6, 3, 3, {1, 1}, {1, 1}, {1, 1}, 6),
        sizes(1, 4, 10, 8, 8, 3, 3, {2, 2}, {1, 1}, {1, 1}, 4),
        sizes(2, 5, 4, 4, 7, 1, 1),
        sizes(5, 3, 6, 6, 9, 3, 3),
        sizes(3, 9, 5, 5, 33, 3, 3, {1, 1}, {1, 1}),
        sizes(1, 3, 1, 200, 2, 1, 7),
        sizes(1, 3, 150, 1, 2, 9, 1, {1, 1}, {4, 0}),
        sizes(1, 40, 7, 7, 17, 3, 3),
        sizes(7, 2, 4, 4, 24, 3, 3, {1, 1}, {1, 1}),
        sizes(2, 1, 26, 27, 25, 3, 3),
        sizes(2, 6, 9, 12, 10, 3, 3, {2, 1}, {3, 2}, {2, 2}),
        sizes(3, 4, 11, 13, 5, 3, 4, {4, 3}, {2, 1}, {2, 2}),
        sizes(2, 12, 9, 8, 20, 3, 3, {2, 2}, {1, 1}, {1, 1}, 2),
        sizes(2, 4, 3, 4, 5, 5, 5),
    };
    return all;
}

// One of each kind that is large enough for several tasks.
const std::vector<Conv2dShape>& large() {
    static const std::vector<Conv2dShape> all = {
        sizes(8, 3, 32, 32, 32, 3, 3), sizes(8, 32, 15, 15, 64, 3, 3), sizes(16, 64, 6, 6, 64, 3, 3),
        sizes(2, 20, 40, 30, 24, 3, 3, {1, 1}, {1, 1}), sizes(4, 16, 20, 20, 24, 5, 5, {2, 2}, {2, 2})};
    return all;
}

// The ladder without the rungs that do not compute the plain sum.
Ladder<Conv2dRung> plain_sums() {
    std::vector<Rung<Conv2dRung>> rungs;
    for (const auto& rung : conv2d().rungs())
        if (!rung.name.starts_with("winograd")) rungs.push_back(rung);
    return Ladder<Conv2dRung>("conv2d", rungs);
}

}  // namespace

TEST_CASE("every rung convolves integers exactly") {
    std::vector<Case<Conv2dForward>> cases;
    for (const auto& s : awkward())
        for (const bool bias : {false, true}) cases.push_back(conv2d_case(s, Kind::integers, bias));
    check_rungs(plain_sums(), cases);
}

TEST_CASE("every rung convolves reals closely") {
    std::vector<Case<Conv2dForward>> cases;
    for (const auto& s : awkward()) cases.push_back(conv2d_case(s, Kind::reals, true));
    for (const auto& s : large()) cases.push_back(conv2d_case(s, Kind::reals, false));
    check_rungs(plain_sums(), cases);
}

TEST_CASE("Winograd's rungs err by no more than their transforms explain") {
    // F(2x2, 3x3) is exact on small integers, and its error within that of a plain sum times 2; that of F(4x4, 3x3),
    // whose transforms multiply by up to 8 and cancel, within 16 times.
    const auto only = [](std::string_view name) {
        return Ladder<Conv2dRung>("conv2d", {conv2d().rung("cpu/naive"), conv2d().rung(fmt::format("cpu/{}", name))});
    };
    std::vector<Case<Conv2dForward>> exact, two, four;
    for (const auto& s : awkward()) {
        exact.push_back(conv2d_case(s, Kind::integers, true));
        two.push_back(conv2d_case(s, Kind::reals, true, 2));
        four.push_back(conv2d_case(s, Kind::reals, true, 16));
    }
    for (const auto& s : large()) {
        two.push_back(conv2d_case(s, Kind::reals, false, 2));
        four.push_back(conv2d_case(s, Kind::reals, true, 16));
    }
    check_rungs(only("winograd2"), exact);
    check_rungs(only("winograd2"), two);
    check_rungs(only("winograd4"), four);
}

TEST_CASE("every rung of the gradient by the images adds integers exactly, and reals closely") {
    std::vector<Case<Conv2dInputGradient>> cases;
    for (const auto& s : awkward()) {
        cases.push_back(conv2d_input_gradient_case(s, Kind::integers));
        cases.push_back(conv2d_input_gradient_case(s, Kind::reals));
    }
    for (const auto& s : large()) cases.push_back(conv2d_input_gradient_case(s, Kind::reals));
    check_rungs(conv2d_input_gradient(), cases);
}

TEST_CASE("every rung of the gradient by the weights adds integers exactly, and reals closely") {
    std::vector<Case<Conv2dWeightGradient>> cases;
    for (const auto& s : awkward())
        for (const float beta : {0.0f, 1.0f, 0.5f}) {
            cases.push_back(conv2d_weight_gradient_case(s, Kind::integers, beta, beta != 0.5f));
            cases.push_back(conv2d_weight_gradient_case(s, Kind::reals, beta, beta == 0.5f));
        }
    // A running sum in float strays further than the tolerance over thousands of pixels: large cases are integers.
    for (const auto& s : large()) cases.push_back(conv2d_weight_gradient_case(s, Kind::integers, 0, true));
    check_rungs(conv2d_weight_gradient(), cases);
}

TEST_CASE("a convolution worked by hand") {
    // A 3 x 3 image, a 2 x 2 filter that takes the lower right from the upper left pixel.
    Conv2dForward p{};
    p.shape = sizes(1, 1, 3, 3, 1, 2, 2);
    check_rungs(plain_sums(), {Case<Conv2dForward>("by hand", p)
                               .input(&Conv2dForward::x, std::vector<float>{1, 2, 4, 7, 3, 0, 5, 6, 8})
                               .input(&Conv2dForward::weight, std::vector<float>{1, 0, 0, -1})
                               .input(&Conv2dForward::bias, std::vector<float>{10})
                               .output(&Conv2dForward::y, std::vector<float>(4, poison()))
                               .expect({8, 12, 11, 5})});

    Conv2dInputGradient d{};
    d.shape = p.shape;
    check_rungs(conv2d_input_gradient(), {Case<Conv2dInputGradient>("by hand", d)
                                              .input(&Conv2dInputGradient::dy, std::vector<float>{1, 2, 3, 4})
                                              .input(&Conv2dInputGradient::weight, std::vector<float>{1, 0, 0, -1})
                                              .output(&Conv2dInputGradient::dx, std::vector<float>(9, poison()))
                                              .expect({1, 2, 0, 3, 3, -2, 0, -3, -4})});

    Conv2dWeightGradient w{};
    w.shape = p.shape;
    w.beta = 1, w.beta_bias = 1;
    check_rungs(conv2d_weight_gradient(),
                {Case<Conv2dWeightGradient>("by hand", w)
                     .input(&Conv2dWeightGradient::x, std::vector<float>{1, 2, 4, 7, 3, 0, 5, 6, 8})
                     .input(&Conv2dWeightGradient::dy, std::vector<float>{1, 2, 3, 4})
                     .output(&Conv2dWeightGradient::dweight, {100, 200, 300, 400})
                     .expect({100 + 1 + 4 + 21 + 12, 200 + 2 + 8 + 9 + 0, 300 + 7 + 6 + 15 + 24, 400 + 3 + 0 + 18 + 32})
                     .output(&Conv2dWeightGradient::dbias, {1000})
                     .expect({1010})});
}

TEST_CASE("a filter of one 1 shifts the image") {
    // Tap (u, v) of a 3 x 3 filter with padding 1 reads the pixel (u - 1, v - 1) further on.
    const std::int64_t height = 6, width = 5;
    const auto x = reals(height * width, "x");
    for (std::int64_t tap = 0; tap < 9; ++tap) {
        std::vector<float> weight(9), y(std::size_t(height * width), poison());
        weight[std::size_t(tap)] = 1;
        Scratch scratch;
        Conv2dForward p{x.data(), weight.data(), nullptr, y.data(),
                        sizes(1, 1, height, width, 1, 3, 3, {1, 1}, {1, 1})};
        conv2d().run(p, scratch);
        for (std::int64_t i = 0; i < height; ++i)
            for (std::int64_t j = 0; j < width; ++j) {
                const std::int64_t r = i + tap / 3 - 1, c = j + tap % 3 - 1;
                const bool inside = r >= 0 && r < height && c >= 0 && c < width;
                CHECK(y[std::size_t(i * width + j)] == (inside ? x[std::size_t(r * width + c)] : 0.0f));
            }
    }
}

TEST_CASE("both gradients are the adjoints of the convolution") {
    // <dy, conv(x, w)> = <dx, x> = <dw, w>: the convolution is linear in x and in w.
    for (const auto& s : awkward()) {
        INFO(text(s));
        std::vector<double> x, w, dy;
        for (const float v : reals(s.x_size(), "x")) x.push_back(v);
        for (const float v : reals(s.weight_size(), "w")) w.push_back(v);
        for (const float v : reals(s.y_size(), "dy")) dy.push_back(v);
        std::vector<double> y(dy.size()), dx(x.size()), dw(w.size());
        reference(BasicConv2d<double>{x.data(), w.data(), nullptr, y.data(), s});
        reference(BasicConv2dInputGradient<double>{dy.data(), w.data(), dx.data(), s});
        reference(BasicConv2dWeightGradient<double>{x.data(), dy.data(), dw.data(), nullptr, s});
        const auto dot = [](const std::vector<double>& a, const std::vector<double>& b) {
            double sum = 0;
            for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
            return sum;
        };
        CHECK(dot(dx, x) == doctest::Approx(dot(dy, y)).epsilon(1e-12));
        CHECK(dot(dw, w) == doctest::Approx(dot(dy, y)).epsilon(1e-12));
    }
}

TEST_CASE("a NaN reaches the outputs whose window holds it, and no others") {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    Conv2dForward p{};
    p.shape = sizes(2, 1, 3, 4, 1, 2, 2);
    std::vector<float> x(24, 1);
    x[0] = x[12 + 11] = nan;
    check_rungs(plain_sums(), {Case<Conv2dForward>("NaN", p)
                               .input(&Conv2dForward::x, x)
                               .input(&Conv2dForward::weight, std::vector<float>{1, 1, 1, 1})
                               .output(&Conv2dForward::y, std::vector<float>(12, poison()))
                               .expect({nan, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, nan})});
}

TEST_CASE("equal bits on any number of threads") {
    std::vector<Case<Conv2dForward>> forward;
    std::vector<Case<Conv2dInputGradient>> input;
    std::vector<Case<Conv2dWeightGradient>> weight;
    for (const auto& s : large()) {
        forward.push_back(conv2d_case(s, Kind::reals, true));
        input.push_back(conv2d_input_gradient_case(s, Kind::reals));
        weight.push_back(conv2d_weight_gradient_case(s, Kind::reals, 1, true));
    }
    check_thread_counts(conv2d(), forward);
    check_thread_counts(conv2d_input_gradient(), input);
    check_thread_counts(conv2d_weight_gradient(), weight);
}

TEST_CASE("the output's size") {
    const auto out = [](const Conv2dShape& s) { return std::pair(s.output().height, s.output().width); };
    CHECK(out(sizes(1, 1, 32, 32, 1, 3, 3)) == std::pair<std::int64_t, std::int64_t>(30, 30));
    CHECK(out(sizes(1, 1, 224, 224, 1, 3, 3, {1, 1}, {1, 1})) == std::pair<std::int64_t, std::int64_t>(224, 224));
    CHECK(out(sizes(1, 1, 7, 8, 1, 3, 3, {2, 2})) == std::pair<std::int64_t, std::int64_t>(3, 3));
    CHECK(out(sizes(1, 1, 10, 10, 1, 3, 3, {1, 1}, {0, 0}, {4, 5})) == std::pair<std::int64_t, std::int64_t>(2, 0));
    CHECK(out(sizes(1, 1, 2, 2, 1, 5, 5)) == std::pair<std::int64_t, std::int64_t>(0, 0));
}

TEST_CASE("cost counts the products of all windows") {
    Conv2dForward p{};
    p.shape = sizes(2, 3, 5, 5, 4, 3, 3);
    CHECK(cost(p).flops == 2.0 * 2 * 4 * 9 * 27);
    CHECK(cost(p).bytes == 4.0 * (150 + 108 + 72));
    const std::vector<float> bias(4);
    p.bias = bias.data();
    CHECK(cost(p).flops == 2.0 * 2 * 4 * 9 * 27 + 72);
    CHECK(cost(Conv2dInputGradient{nullptr, nullptr, nullptr, p.shape}).flops == 2.0 * 2 * 4 * 9 * 27);
    CHECK(cost(Conv2dWeightGradient{nullptr, nullptr, nullptr, nullptr, p.shape, 1}).bytes ==
          4.0 * (150 + 72 + 2 * 108));
}

TEST_CASE("validate names the value and its limit") {
    std::vector<float> memory(4096);
    Scratch scratch;
    const auto run = [&](const Conv2dShape& s) {
        conv2d().run({memory.data(), memory.data(), nullptr, memory.data(), s}, scratch);
    };
    CHECK(message_of([&] { run(sizes(-1, 1, 3, 3, 1, 3, 3)); }) == "conv2d: the batch is -1; it must be at least 0");
    CHECK(message_of([&] { run(sizes(1, 1, 3, 3, 1, 0, 3)); }) ==
          "conv2d: the filter's height is 0; it must be at least 1");
    CHECK(message_of([&] { run(sizes(1, 1, 3, 3, 1, 3, 3, {1, 0})); }) ==
          "conv2d: the stride's width is 0; it must be at least 1");
    CHECK(message_of([&] { run(sizes(1, 1, 3, 3, 1, 3, 3, {1, 1}, {-2, 0})); }) ==
          "conv2d: the padding's height is -2; it must be at least 0");
    CHECK(message_of([&] { run(sizes(1, 4, 3, 3, 6, 3, 3, {1, 1}, {0, 0}, {1, 1}, 4)); }) ==
          "conv2d: 4 groups must divide both 4 input and 6 output channels");
    CHECK(message_of([&] {
              conv2d().run({nullptr, memory.data(), nullptr, memory.data(), sizes(1, 1, 3, 3, 1, 3, 3)}, scratch);
          }) == "conv2d: x, weight or y is a null pointer for 1x1x3x3-1x3x3");
    CHECK(message_of([&] {
              conv2d_input_gradient().run({nullptr, nullptr, nullptr, sizes(1, 1, 3, 3, 1, 3, 3)}, scratch);
          }) == "conv2d_input_gradient: dy, weight or dx is a null pointer for 1x1x3x3-1x3x3");
    CHECK(message_of([&] {
              conv2d_weight_gradient().run({nullptr, nullptr, nullptr, nullptr, sizes(0, 1, 3, 3, 1, 3, 3)}, scratch);
          }) == "conv2d_weight_gradient: x, dy or dweight is a null pointer for 0x1x3x3-1x3x3");

    // No images make no output, but gradients of zeros.
    CHECK_NOTHROW(conv2d().run({nullptr, nullptr, nullptr, nullptr, sizes(0, 1, 3, 3, 1, 3, 3)}, scratch));
    CHECK_NOTHROW(conv2d_weight_gradient().run(
        {nullptr, nullptr, memory.data(), nullptr, sizes(0, 1, 3, 3, 1, 3, 3)}, scratch));
}

}  // namespace kbk::test
