/// @file
/// Chapter 10: filters that learn. The program reads from top to bottom as the chapter does.
#include <algorithm>
#include <array>
#include <cmath>

#include "chapters/10_cnn/cnn.hpp"
#include "chapters/10_cnn/experiments.hpp"
#include "common/app/app.hpp"
#include "common/data/dataset.hpp"
#include "common/report/figure.hpp"

using namespace kbk;

namespace {

// ---------------------------------------------------------------------------------------------------------------
// A filter slid by hand.

// [hand_image]
const Tensor<double> hand_x({1, 1, 4, 5}, std::vector<double>{1, 2, 0, 3, 1,  //
                                                              0, 1, 2, 1, 0,  //
                                                              2, 0, 1, 3, 2,  //
                                                              1, 2, 1, 0, 1});
const Tensor<double> hand_w({1, 1, 3, 3}, std::vector<double>{1, 0, -1,  //
                                                              2, 0, -2,  //
                                                              1, 0, -1});
// [hand_image]

// A layer of one filter with these weights and no bias.
Conv2d<double> one_filter(const Tensor<double>& weight, Windows windows = {}) {
    Conv2d<double> layer("filter", 1, 1, weight.shape(2), windows, Initial::keras, 0);
    layer.weight.value = weight.to(Device::cpu);
    return layer;
}

void slide_by_hand(Report& report) {
    report.section("A filter, slid by hand");
    Conv2d<double> layer = one_filter(hand_w);
    const Tensor<double>& y = layer.forward(hand_x);
    for (std::int64_t i = 0; i < y.shape(2); ++i)
        for (std::int64_t j = 0; j < y.shape(3); ++j)
            report.value(fmt::format("hand.y{}{}", i, j), fmt::format("output ({}, {})", i, j),
                         y.values()[std::size_t(i * y.shape(3) + j)], Unit::plain, 0);

    // Backward, with a gradient of 1 at the output's upper left and 2 at its lower right corner.
    const Tensor<double> dy({1, 1, 2, 3}, std::vector<double>{1, 0, 0, 0, 0, 2});
    zero_gradients(layer.parameters());
    const Tensor<double>& dx = layer.backward(dy);
    const auto dw = layer.weight.gradient.values();
    for (std::size_t i = 0; i < 9; ++i)
        report.value(fmt::format("hand.dw{}{}", i / 3, i % 3), fmt::format("gradient by w({}, {})", i / 3, i % 3), dw[i],
                     Unit::plain, 0);
    report.value("hand.db", "gradient by the bias", layer.bias.gradient.values()[0], Unit::plain, 0);
    report.value("hand.dx00", "gradient by pixel (0, 0)", dx.values()[0], Unit::plain, 0);
    report.value("hand.dx12", "gradient by pixel (1, 2)", dx.values()[7], Unit::plain, 0);
    report.value("hand.dx34", "gradient by pixel (3, 4)", dx.values()[19], Unit::plain, 0);

    // Padding keeps the size, a stride of 2 halves it.
    Conv2d<double> same = one_filter(hand_w, {.padding = 1}), half = one_filter(hand_w, {.stride = 2, .padding = 1});
    report.value("hand.padded", "with one ring of zeros", same.forward(hand_x).shape().text());
    report.value("hand.strided", "and a stride of 2", half.forward(hand_x).shape().text());

    // Pooling, and where its gradient goes.
    MaxPool2d<double> pool(2);
    const Tensor<double>& largest = pool.forward(hand_x);
    for (std::size_t i = 0; i < 4; ++i)
        report.value(fmt::format("hand.pool{}{}", i / 2, i % 2), fmt::format("largest of window ({}, {})", i / 2, i % 2),
                     largest.values()[i], Unit::plain, 0);
    const Tensor<double> ones({1, 1, 2, 2}, std::vector<double>{1, 1, 1, 1});
    const auto winners = pool.backward(ones).values();
    report.value("hand.winners", "pixels that get a gradient of 1", std::count(winners.begin(), winners.end(), 1.0));
}

// The same six outputs as a product with the matrix of columns.
void write_columns(Report& report) {
    const std::int64_t rows = 9, pixels = 6;
    std::vector<std::vector<std::string>> table;
    double difference = 0;
    Conv2d<double> layer = one_filter(hand_w);
    const auto y = layer.forward(hand_x).values();
    std::array<double, 6> sums{};
    // [hand_columns]
    for (std::int64_t tap = 0; tap < rows; ++tap) {
        std::vector<std::string> row = {fmt::format("w({}, {}) = {}", tap / 3, tap % 3, hand_w.values()[std::size_t(tap)])};
        for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
            const std::int64_t i = pixel / 3 + tap / 3, j = pixel % 3 + tap % 3;
            const double seen = hand_x.values()[std::size_t(i * 5 + j)];
            sums[std::size_t(pixel)] += hand_w.values()[std::size_t(tap)] * seen;
            row.push_back(show(seen, Unit::plain, 0));
        }
        table.push_back(row);
    }
    // [hand_columns]
    for (std::size_t i = 0; i < 6; ++i) difference = std::max(difference, std::fabs(sums[i] - y[i]));
    report.table("The matrix of columns: what each weight sees, in each of the six places",
                 {"weight", "(0,0)", "(0,1)", "(0,2)", "(1,0)", "(1,1)", "(1,2)"}, table);
    report.value("hand.columns_difference", "largest difference of the product from the sum", difference, Unit::plain, 0);
}

// ---------------------------------------------------------------------------------------------------------------
// Edges found, and the filter learned.

// [sobel]
const Tensor<float> sobel({2, 1, 3, 3}, std::vector<float>{1, 0, -1, 2, 0, -2, 1, 0, -1,  //
                                                           1, 2, 1, 0, 0, 0, -1, -2, -1});
// [sobel]

// One picture of a data set, (1, 1, 28, 28) with pixels from 0 to 1.
Tensor<float> picture(const ImageData& data, std::int64_t n) {
    Tensor<float> one({1, 1, 28, 28});
    for (std::size_t i = 0; i < 784; ++i) one.values()[i] = float(data.test.images.values()[std::size_t(n) * 784 + i]) / 255;
    return one;
}

void find_edges(const ImageData& data, Report& report) {
    report.section("Edges found, and the filter learned");
    ImageGrid grid{.title = "A picture, its upright and its level edges", .width = 26, .height = 26, .columns = 3};
    for (const std::int64_t n : {0, 1}) {
        const Tensor<float> x = picture(data, n);
        Conv2d<float> layer("sobel", 1, 2, 3, {}, Initial::keras, 0);
        layer.weight.value = sobel.to(Device::cpu);
        const auto y = layer.forward(x).values();
        const auto show_as = [&](const auto& value, const char* caption) {
            std::vector<std::uint8_t> pixels;
            for (std::size_t i = 0; i < 26 * 26; ++i)
                pixels.push_back(std::uint8_t(std::lround(255 * std::clamp(value(i), 0.0f, 1.0f))));
            grid.images.push_back({pixels, caption});
        };
        show_as([&](std::size_t i) { return x.values()[(i / 26 + 1) * 28 + i % 26 + 1]; }, "picture");
        show_as([&](std::size_t i) { return std::abs(y[i]) / 4; }, "upright edges");
        show_as([&](std::size_t i) { return std::abs(y[26 * 26 + i]) / 4; }, "level edges");
    }
    grid.description = "Two pictures of clothes with the magnitudes of two edge filters.";
    report.figure("edges", grid);
}

// Learn the upright filter from a picture and its edges alone.
void learn_filter(const ImageData& data, Report& report) {
    const Tensor<float> x = picture(data, 0);
    Conv2d<float> teacher("teacher", 1, 1, 3, {}, Initial::keras, 0);
    teacher.weight.value = Tensor<float>({1, 1, 3, 3}, std::vector<float>{1, 0, -1, 2, 0, -2, 1, 0, -1});
    const Tensor<float>& wanted = teacher.forward(x);

    // [learn_filter]
    Conv2d<float> pupil("pupil", 1, 1, 3, {}, Initial::keras, 1);
    Tensor<float> gradient(wanted.shape());
    const std::int64_t steps = 1500;
    double first = 0, last = 0;
    for (std::int64_t step = 0; step < steps; ++step) {
        // The mean of the squared differences, and its gradient.
        const auto found = pupil.forward(x).values();
        last = 0;
        for (std::size_t i = 0; i < found.size(); ++i) {
            const float off = found[i] - wanted.values()[i];
            last += double(off) * off / double(found.size());
            gradient.values()[i] = 2 * off / float(found.size());
        }
        if (step == 0) first = last;
        zero_gradients(pupil.parameters());
        pupil.backward_parameters(gradient);
        for (Parameter<float>* p : pupil.parameters())
            for (std::size_t i = 0; i < p->value.values().size(); ++i)
                p->value.values()[i] -= 0.3f * p->gradient.values()[i];
    }
    // [learn_filter]

    report.value("learned.steps", "steps", steps);
    report.value("learned.first_loss", "mean squared difference at first", first, Unit::plain, 3);
    report.value("learned.small", "at the end", last < 1e-3 ? std::string("below 0.001") : show(last));
    for (std::size_t i = 0; i < 9; ++i)
        report.value(fmt::format("learned.w{}{}", i / 3, i % 3), fmt::format("learned weight ({}, {})", i / 3, i % 3),
                     pupil.weight.value.values()[i], Unit::plain, 2);
}

// ---------------------------------------------------------------------------------------------------------------
// Three ways to compute it, and the way back.

void compare_ways(Report& report) {
    report.section("Three ways, one result");
    const Conv2dShape s{4, 32, {15, 15}, 64, {3, 3}};
    std::vector<float> x(std::size_t(s.x_size())), w(std::size_t(s.weight_size())), sum(std::size_t(s.y_size())), y = sum;
    Philox(1, stream_id("x")).fill_uniform(x, -1, 1);
    Philox(1, stream_id("w")).fill_uniform(w, -0.1f, 0.1f);
    Scratch arena;
    std::vector<double> exact(sum.size());
    {
        const std::vector<double> xd(x.begin(), x.end()), wd(w.begin(), w.end());
        reference(BasicConv2d<double>{xd.data(), wd.data(), nullptr, exact.data(), s});
    }
    std::vector<std::vector<std::string>> rows;
    double worst = 0;
    for (const auto& rung : conv2d().rungs()) {
        const Conv2dForward p{x.data(), w.data(), nullptr, y.data(), s};
        if (rung.device != Device::cpu || rung.origin != Origin::own || !rung.accepts(p)) continue;
        rung.run(p, arena);
        double off = 0;
        for (std::size_t i = 0; i < y.size(); ++i) off = std::max(off, std::fabs(double(y[i]) - exact[i]));
        rows.push_back({std::string(rung.name), std::string(rung.idea), fmt::format("{:.1e}", off)});
        worst = std::max(worst, off);
    }
    report.table("Largest error of each rung, outputs of size about 1", {"rung", "idea", "error"}, rows);
    report.value("ways.worst", "the worst of them", worst < 1e-4 ? std::string("below 0.0001") : show(worst));
    report.value("ways.columns", "numbers in the matrix of columns of one image", s.taps() * s.output().count());
    report.value("ways.pixels", "numbers in the image", s.in_channels * s.image.count());
}

// The gradients of a small network of every kind of layer, against central differences.
void check_gradients(Report& report) {
    Cnn<double> model({2, 20, 18}, 3, 2);
    SoftmaxCrossEntropyLoss<double> loss;
    Tensor<double> x({2, 2, 20, 18});
    const Philox random(1, stream_id("gradient check"));
    for (std::size_t i = 0; i < x.values().size(); ++i) x.values()[i] = double(random.uniform(i));
    const Tensor<std::int32_t> label({2}, std::vector<std::int32_t>{3, 7});
    loss.forward(model.forward(x), label);
    zero_gradients(model.parameters());
    model.backward(loss.backward());
    double error = 0, size = 0;
    constexpr double h = 1e-5;
    for (Parameter<double>* p : {&model.conv1.weight, &model.conv1.bias, &model.conv2.weight, &model.conv3.bias})
        for (std::size_t i = 0; i < p->value.values().size(); ++i) {
            double& w = p->value.values()[i];
            const double old = w;
            w = old + h;
            const double up = loss.evaluate(model.forward(x), label);
            w = old - h;
            const double down = loss.evaluate(model.forward(x), label);
            w = old;
            error = std::max(error, std::fabs((up - down) / (2 * h) - p->gradient.values()[i]));
            size = std::max(size, std::fabs(p->gradient.values()[i]));
        }
    report.value("gradients.error", "error of the network's gradients, relative",
                 error < 1e-8 * size ? std::string("below 1e-8") : show(error / size));
}

// ---------------------------------------------------------------------------------------------------------------
// What the documents say, run.

// Sizes, parameters, multiplications and receptive fields of D0's network.
void count_d0(Report& report) {
    report.section("D0's network, counted");
    const Cnn<float> model({3, 32, 32}, 1);
    std::vector<std::vector<std::string>> rows;
    std::int64_t size = 32, channels = 3, field = 1, step = 1, parameters = 0, products = 0;
    const auto convolve = [&](const char* name, const Conv2d<float>& layer) {
        const std::int64_t own = layer.weight.value.size() + layer.bias.value.size();
        size -= 2;
        channels = layer.weight.value.shape(0);
        field += 2 * step;
        const std::int64_t work = layer.weight.value.size() * size * size;
        parameters += own, products += work;
        rows.push_back({name, fmt::format("{} x {} x {}", channels, size, size), show(double(own), Unit::count),
                        show(double(work), Unit::count), fmt::format("{0} x {0}", field)});
    };
    const auto pool = [&](const char* name) {
        size /= 2;
        field += step;
        step *= 2;
        rows.push_back({name, fmt::format("{} x {} x {}", channels, size, size), "0", "0", fmt::format("{0} x {0}", field)});
    };
    const auto connect = [&](const char* name, const Linear<float>& layer) {
        const std::int64_t own = layer.weight.value.size() + layer.bias.value.size();
        parameters += own, products += layer.weight.value.size();
        rows.push_back({name, fmt::format("{}", layer.outputs()), show(double(own), Unit::count),
                        show(double(layer.weight.value.size()), Unit::count), "all"});
    };
    convolve("convolution 1", model.conv1);
    pool("pooling 1");
    convolve("convolution 2", model.conv2);
    pool("pooling 2");
    convolve("convolution 3", model.conv3);
    report.value("d0.flattened", "numbers behind the last convolution", channels * size * size);
    report.value("d0.field", "receptive field of the last convolution, in pixels", field);
    connect("hidden layer", model.fc1);
    connect("output layer", model.fc2);
    report.table("", {"layer", "output", "parameters", "multiplications", "receptive field"}, rows);
    report.value("d0.parameters", "parameters", parameters);
    report.value("d0.products", "multiplications for a picture", products);
    report.value("d0.conv1_parameters", "parameters of the first convolution",
                 model.conv1.weight.value.size() + model.conv1.bias.value.size());
    report.value("d0.fc1_parameters", "parameters of the hidden layer",
                 model.fc1.weight.value.size() + model.fc1.bias.value.size());
}

// D4's "convolution" is a fully connected layer: move the picture, and it says something else.
void run_d4_formula(const ImageData& data, Report& report) {
    report.section("D4's formula and D4's program, run");
    const Tensor<float> x = picture(data, 2);
    Tensor<float> moved({1, 1, 28, 28});
    for (std::size_t i = 0; i < 784; ++i) moved.values()[i] = i % 28 ? x.values()[i - 1] : 0;

    // [d4_formula]
    Conv2d<float> convolution("convolution", 1, 1, 3, {.padding = 1}, Initial::keras, 1);
    Linear<float> printed("printed", 784, 784, Initial::keras, 1);
    const auto as_row = [](const Tensor<float>& image) { return Tensor<float>({1, 784}, image.values()); };
    const Tensor<float> numbers = as_row(x), numbers_moved = as_row(moved);
    const Tensor<float> seen = convolution.forward(x).to(Device::cpu), said = printed.forward(numbers).to(Device::cpu);
    const Tensor<float>&seen_moved = convolution.forward(moved), &said_moved = printed.forward(numbers_moved);
    // [d4_formula]

    // Move the first answer along with the picture, and compare away from the border.
    const auto off = [](const Tensor<float>& before, const Tensor<float>& after) {
        float error = 0, size = 0;
        for (std::size_t i = 2; i < 26; ++i)
            for (std::size_t j = 2; j < 26; ++j) {
                error = std::max(error, std::abs(after.values()[i * 28 + j] - before.values()[i * 28 + j - 1]));
                size = std::max(size, std::abs(before.values()[i * 28 + j]));
            }
        return double(error / size);
    };
    const double moves = off(seen, seen_moved), differs = off(said, said_moved);
    report.value("d4.convolution_moves", "a moved picture: convolution, largest difference",
                 moves < 1e-6 ? std::string("below 1e-6") : show(moves));
    report.value("d4.printed_differs", "the same by D4's formula", differs, Unit::plain, 2);
    report.value("d4.convolution_weights", "weights of the convolution", convolution.weight.value.size());
    report.value("d4.printed_weights", "weights by D4's formula", printed.weight.value.size());

    // D4's program, up to the layer where it stops; with one output in place of 1,024, for memory's sake.
    // [d4_program]
    Conv2d<float> conv1("conv1", 3, 64, 3, {.padding = 1}, Initial::pytorch, 1);
    Conv2d<float> conv2("conv2", 64, 128, 3, {.padding = 1}, Initial::pytorch, 1);
    Flatten<float> flatten;
    Linear<float> fc1("fc1", 128 * 56 * 56, 1, Initial::pytorch, 1);
    Tensor<float> photograph({1, 3, 224, 224});
    photograph.clear();
    const Tensor<float>& row = flatten.forward(conv2.forward(conv1.forward(photograph)));
    std::string message;
    try {
        fc1.forward(row);
    } catch (const Error& error) {
        message = error.what();
    }
    // [d4_program]
    report.value("d4.stops", "D4's program stops", message);
    report.value("d4.flattened", "numbers behind D4's convolutions", row.shape(1));

    // Its mend: a pooling behind each convolution.
    // [d4_mended]
    MaxPool2d<float> pool1, pool2;
    const Tensor<float>& mended = flatten.forward(pool2.forward(conv2.forward(pool1.forward(conv1.forward(photograph)))));
    // [d4_mended]
    report.value("d4.mended", "with a pooling behind each", mended.shape(1));
    const std::int64_t convolutions = 3 * 64 * 9 + 64 + 64 * 128 * 9 + 128, hidden = 401'408LL * 1024 + 1024;
    report.value("d4.parameters", "parameters of D4's network", convolutions + hidden + 10 * 1024 + 10);
    report.value("d4.hidden_share", "of them in its hidden layer", double(hidden) / double(convolutions + hidden + 10'250),
                 Unit::percent, 2);
    report.value("d4.gigabytes", "GB of its parameters, gradients and Adam's two moments",
                 double(convolutions + hidden + 10'250) * 16e-9, Unit::plain, 2);
    report.value("d4.averaged_parameters", "parameters with the mean of each channel in its place",
                 convolutions + 128 * 10 + 10);
    report.value("d4.unpooled_products", "multiplications of its two convolutions as printed, for a picture",
                 224LL * 224 * (64 * 27 + 128 * 576));
    report.value("d4.mended_products", "multiplications of its two convolutions, mended",
                 224LL * 224 * 64 * 27 + 112LL * 112 * 128 * 576);
}

void chapter(const Options& options, Report& report) {
    if (options.full) {
        train_in_full(options, report);
        return compare_speed(options, report);
    }
    slide_by_hand(report);
    write_columns(report);
    const ImageData clothes = load_images("fashion-mnist", options.data);
    find_edges(clothes, report);
    learn_filter(clothes, report);
    compare_ways(report);
    check_gradients(report);
    count_d0(report);
    run_d4_formula(clothes, report);
    train_short(options, report);
    compare_speed(options, report);
}

}  // namespace

int main(int argc, char** argv) {
    return run_chapter(argc, argv,
                       {.name = "10_cnn",
                        .title = "Filters that learn",
                        .datasets = {"fashion-mnist", "mnist", "cifar-10"}},
                       chapter);
}
