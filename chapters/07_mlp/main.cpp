/// @file
/// Chapter 7: a multilayer perceptron learns to see. The program reads from top to bottom as the chapter
/// does.
#include <charconv>
#include <chrono>
#include <cmath>
#include <numeric>

#include "chapters/07_mlp/formulas.hpp"
#include "chapters/07_mlp/mlp.hpp"
#include "chapters/07_mlp/programs.hpp"
#include "common/app/app.hpp"
#include "common/data/dataset.hpp"
#include "common/nn/trainer.hpp"
#include "common/report/figure.hpp"

using namespace kbk;

namespace {

// ---------------------------------------------------------------------------------------------------------------
// A network small enough for paper: two pixels, two hidden units, three classes.

// [hand_network]
Mlp<double> hand_network() {
    const std::int64_t sizes[] = {2, 2, 3};
    Mlp<double> net(sizes, Initial::keras, 0);
    net.linear[0].weight.value = Tensor<double>({2, 2}, std::vector{1.0, -1.0, 0.5, 0.5});
    net.linear[0].bias.value = Tensor<double>({2}, std::vector{0.0, -0.5});
    net.linear[1].weight.value = Tensor<double>({3, 2}, std::vector{1.0, 0.0, 0.0, 1.0, 1.0, -1.0});
    net.linear[1].bias.value = Tensor<double>({3}, std::vector{0.0, 0.0, 0.0});
    return net;
}
// [hand_network]

const Tensor<double> hand_x({1, 2}, std::vector{1.0, 2.0});
const Tensor<std::int32_t> hand_label({1}, std::vector<std::int32_t>{0});

void work_by_hand(Report& report) {
    report.section("A network small enough for paper");
    Mlp<double> net = hand_network();
    SoftmaxCrossEntropyLoss<double> loss;

    // [hand_step]
    const double before = loss.forward(net.forward(hand_x), hand_label);
    zero_gradients(net.parameters());
    net.backward(loss.backward());
    for (Parameter<double>* p : net.parameters())
        for (std::int64_t i = 0; i < p->value.size(); ++i) p->value.data()[i] -= 0.1 * p->gradient.data()[i];
    // [hand_step]

    const auto gradient = loss.backward().values();
    for (std::size_t i = 0; i < 3; ++i) {
        report.value(fmt::format("hand.p{}", i), fmt::format("probability of class {}", i),
                     gradient[i] + (i == 0), Unit::plain, 6);
        report.value(fmt::format("hand.d{}", i), fmt::format("gradient by logit {}", i), gradient[i],
                     Unit::plain, 6);
    }
    report.value("hand.loss", "loss", before, Unit::plain, 6);
    const auto dw2 = net.linear[1].weight.gradient.values(), dw1 = net.linear[0].weight.gradient.values();
    report.value("hand.dw2_01", "gradient by W2[0][1]", dw2[1], Unit::plain, 6);
    report.value("hand.dz1_0", "gradient by z1 of unit 0, which was off",
                 net.linear[0].bias.gradient.values()[0], Unit::plain, 6);
    report.value("hand.dz1_1", "gradient by z1 of unit 1", net.linear[0].bias.gradient.values()[1],
                 Unit::plain, 6);
    report.value("hand.dw1_11", "gradient by W1[1][1]", dw1[3], Unit::plain, 6);
    report.value("hand.loss_after", "loss after one step of 0.1",
                 loss.evaluate(net.forward(hand_x), hand_label), Unit::plain, 6);
}

// The layers against the formulas of the page, on a batch of random pictures.
void check_formulas(Report& report) {
    const std::int64_t rows = 20, sizes[] = {30, 12, 5};
    Mlp<double> net(sizes, Initial::pytorch, 1);
    Tensor<double> x({rows, sizes[0]});
    Tensor<std::int32_t> labels({rows});
    const Philox random(1, stream_id("pictures"));
    for (std::int64_t i = 0; i < x.size(); ++i) x.data()[i] = random.uniform(std::uint64_t(i));
    for (std::int32_t i = 0; i < rows; ++i) labels.data()[i] = i % 5;

    SoftmaxCrossEntropyLoss<double> loss;
    loss.forward(net.forward(x), labels);
    zero_gradients(net.parameters());
    net.backward(loss.backward());
    const auto formulas = gradients_by_formula(net, x, labels);
    double largest = 0;
    for (std::size_t i = 0; i < formulas.size(); ++i)
        for (std::size_t j = 0; j < formulas[i].size(); ++j)
            largest = std::max(largest, std::fabs(net.parameters()[i]->gradient.data()[j] - formulas[i][j]));
    report.value("formulas.difference", "largest difference of layers and formulas",
                 largest < 1e-14 ? std::string("below 1e-14") : show(largest));
}

// ---------------------------------------------------------------------------------------------------------------
// What the documents say, run.

// Central differences of the loss by each weight of the first layer: the truth about its gradient.
std::vector<double> differences_by_first_weight(Mlp<double>& net, const Tensor<double>& x,
                                                const Tensor<std::int32_t>& label) {
    constexpr double h = 1e-5;
    SoftmaxCrossEntropyLoss<double> loss;
    std::vector<double> gradient;
    for (double& w : net.linear[0].weight.value.values()) {
        const double old = w;
        w = old + h;
        const double up = loss.evaluate(net.forward(x), label);
        w = old - h;
        gradient.push_back((up - loss.evaluate(net.forward(x), label)) / (2 * h));
        w = old;
    }
    return gradient;
}

// Largest difference between two gradients, as a share of the largest entry of the second.
double relative_error(std::span<const double> found, std::span<const double> truth) {
    double error = 0, size = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        error = std::max(error, std::fabs(found[i] - truth[i]));
        size = std::max(size, std::fabs(truth[i]));
    }
    return error / size;
}

// [without_relu_derivative]
// D1's formulas: its z(l) already contains the activation, so dL/dz loses the factor relu'(z).
std::vector<double> gradient_as_d1_prints(Mlp<double>& net, const Tensor<double>& x,
                                          const Tensor<double>& dlogits) {
    const Tensor<double>& dh = net.linear[1].backward(dlogits);
    std::vector<double> dw1;
    for (const double d : dh.values())
        for (const double pixel : x.values()) dw1.push_back(d * pixel);
    return dw1;
}
// [without_relu_derivative]

// Whether Python can have printed a number: it prints the shortest decimal that reads back as the same
// double.
bool printable_by_python(const char* text) {
    const double value = std::strtod(text, nullptr);
    char shortest[64];
    const auto end = std::to_chars(shortest, shortest + sizeof shortest, value).ptr;
    return std::string_view(shortest, end) == text;
}

void run_the_documents(Report& report) {
    report.section("What the documents say, run");

    // D1's gradient formulas against central differences, and ours.
    Mlp<double> net = hand_network();
    SoftmaxCrossEntropyLoss<double> loss;
    const auto truth = differences_by_first_weight(net, hand_x, hand_label);
    loss.forward(net.forward(hand_x), hand_label);
    const auto printed = gradient_as_d1_prints(net, hand_x, loss.backward());
    zero_gradients(net.parameters());
    net.backward(loss.backward());
    const double off = relative_error(net.linear[0].weight.gradient.values(), truth);
    report.value("documents.gradient_error", "error of the derived gradient, relative",
                 off < 1e-9 ? std::string("below 1e-9") : show(off));
    report.value("documents.gradient_error_d1", "error of the gradient by D1's formulas, relative",
                 relative_error(printed, truth), Unit::plain, 3);

    // The definition of softmax without the shift, on a logit that networks do reach.
    // [softmax_overflow]
    const float z = 89;
    const float unshifted = std::exp(z) / (std::exp(z) + std::exp(0.0f));
    // [softmax_overflow]
    report.value("documents.overflow", "softmax(89, 0) without the shift, in float32",
                 std::string(std::isnan(unshifted) ? "nan" : "a number"));

    // D3's program hands 28 x 28 images to a layer of 784 inputs.
    // [d3_shape]
    const std::int64_t sizes[] = {784, 128, 10};
    Mlp<float> d3(sizes, Initial::keras, 1);
    const Tensor<float> pictures({128, 28, 28});
    std::string message;
    try {
        d3.forward(pictures);
    } catch (const Error& error) {
        message = error.what();
    }
    // [d3_shape]
    report.value("documents.d3_stops", "D3's program stops", message);
    std::int64_t parameters = 0;
    for (const auto* p : d3.parameters()) parameters += p->value.size();
    report.value("parameters", "parameters of D3's network", parameters);

    // The ten losses that D1 says its program printed.
    const char* log[] = {"0.6965587171875",      "0.393561015625",       "0.27257462125146484",
                         "0.20061092544677734",  "0.14846579357910156",  "0.1079069068334961",
                         "0.075423551302490234", "0.053402819126831055", "0.03774904129523925",
                         "0.027102874965576172"};
    int impossible = 0;
    for (const char* text : log) impossible += !printable_by_python(text);
    report.value("documents.unprintable", "of D1's ten printed losses, those that Python cannot print",
                 impossible);
}

// ---------------------------------------------------------------------------------------------------------------
// Training.

// Count how often each class was taken for each.
std::vector<std::vector<std::int64_t>> confusion(std::span<const std::int32_t> truth,
                                                 std::span<const std::int32_t> said, std::size_t classes) {
    std::vector<std::vector<std::int64_t>> counts(classes, std::vector<std::int64_t>(classes));
    for (std::size_t i = 0; i < truth.size(); ++i) ++counts[std::size_t(truth[i])][std::size_t(said[i])];
    return counts;
}

void draw_curves(Report& report, const std::vector<Epoch>& curve) {
    std::vector<double> epoch(curve.size()), training, held_out;
    std::iota(epoch.begin(), epoch.end(), 1.0);
    for (const Epoch& e : curve) {
        training.push_back(e.training.loss);
        held_out.push_back(e.validation.loss);
    }
    report.figure(
        "curves",
        LinePlot{
            .title = "Learning, and where it stops generalising",
            .x = {.label = "epoch"},
            .y = {.label = "mean cross-entropy"},
            .series = {{.name = "training", .x = epoch, .y = training, .mark = Mark::line_and_points},
                       {.name = "held out", .x = epoch, .y = held_out, .mark = Mark::line_and_points}},
            .description = "Training loss falls with each epoch; the loss on held-out pictures levels off."});
}

// The most confident mistakes.
void draw_mistakes(Report& report, const ImageDataset& test, std::span<const std::int32_t> said,
                   std::span<const float> sure) {
    std::vector<std::size_t> wrong;
    const auto truth = test.labels.values();
    for (std::size_t i = 0; i < said.size(); ++i)
        if (said[i] != truth[i]) wrong.push_back(i);
    std::ranges::stable_sort(wrong, [&](std::size_t a, std::size_t b) { return sure[a] > sure[b]; });
    ImageGrid grid{.title = "The network's most confident mistakes", .columns = 6};
    const std::size_t pixels = 28 * 28;
    for (std::size_t i = 0; i < std::min<std::size_t>(12, wrong.size()); ++i) {
        const auto image = test.images.values().subspan(wrong[i] * pixels, pixels);
        grid.images.push_back({{image.begin(), image.end()},
                               fmt::format("true: {},said: {}", test.classes[std::size_t(truth[wrong[i]])],
                                           test.classes[std::size_t(said[wrong[i]])])});
    }
    grid.description =
        "Twelve test pictures that the network names wrongly, with the true class and what it said.";
    report.figure("mistakes", grid);
}

void train(const Options& options, Report& report) {
    report.section("Training D3's network");
    const std::string dataset = options.dataset.empty() ? "fashion-mnist" : options.dataset;
    ImageData data = load_images(dataset, options.data);
    report.text("{} from {}", dataset, data.source);
    const Pictures training(std::move(data.training), 0, 1), test(std::move(data.test), 0, 1);

    // [training]
    const std::int64_t sizes[] = {784, 128, 10};
    Mlp<float> model(sizes, Initial::keras, options.seed, options.device);
    AdamOptimizer optimizer(model.parameters(), 1e-3, 0.9, 0.999, 1e-7);
    Trainer trainer(model, optimizer,
                    {.epochs = 15,
                     .batch = 128,
                     .seed = options.seed,
                     .run = fmt::format("07_mlp d3 {} seed {}", dataset, options.seed),
                     .checkpoints = options.checkpoints,
                     .resume = options.resume});
    const Split parts = split(training.rows.shape(0), 5000, options.seed);
    const Examples learn(training.rows, training.raw.labels, parts.training),
        held_out(training.rows, training.raw.labels, parts.validation);
    const std::vector<Epoch> curve = trainer.fit(learn, held_out);
    // [training]

    // [testing]
    std::vector<std::int32_t> said;
    std::vector<float> sure;
    const Score score = trainer.evaluate(Examples(test.rows, test.raw.labels), &said, &sure);
    // [testing]

    report.value("epochs", "epochs", curve.size());
    report.value("training_images", "pictures to learn from", parts.training.size());
    report.value("held_out_images", "pictures held out", parts.validation.size());
    report.value("test_images", "pictures to test on", said.size());
    report.value("first_loss", "training loss, epoch 1", curve.front().training.loss);
    report.value("training_loss", "training loss, last epoch", curve.back().training.loss);
    report.value("training_accuracy", "training accuracy, last epoch", curve.back().training.accuracy,
                 Unit::percent);
    report.value("validation_loss", "held-out loss, last epoch", curve.back().validation.loss);
    report.value("validation_accuracy", "held-out accuracy, last epoch", curve.back().validation.accuracy,
                 Unit::percent);
    report.value("test_loss", "test loss", score.loss);
    report.headline("test_accuracy", "test accuracy", score.accuracy, Unit::percent);
    draw_curves(report, curve);
    report.figure("confusion",
                  MatrixPlot{.title = "What was taken for what",
                             .classes = test.raw.classes,
                             .counts = confusion(test.raw.labels.values(), said, test.raw.classes.size()),
                             .description = "Confusion matrix of the test set."});
    draw_mistakes(report, test.raw, said, sure);
}

// ---------------------------------------------------------------------------------------------------------------
// The naive and the fast way.

// Seconds of a training step of D1's network, as the fastest of several: the others were disturbed.
double step_seconds(std::string_view kernels, int steps, const Options& options) {
    choose_kernels(kernels);
    const std::int64_t sizes[] = {784, 512, 256, 128, 10};
    Mlp<float> model(sizes, Initial::pytorch, 1, options.device);
    SgdOptimizer optimizer(model.parameters(), 0.001, 0.9);
    Trainer trainer(model, optimizer, {.epochs = 1, .batch = 100, .run = "timing"});
    Tensor<float> x({100, 784});
    Philox(1, stream_id("pixels")).fill_uniform(x.values(), -1, 1);
    Tensor<std::int32_t> labels({100});
    for (std::int32_t i = 0; i < 100; ++i) labels.data()[i] = i % 10;
    x = x.to(options.device);
    labels = labels.to(options.device);
    double fastest = 1e9;
    for (int i = 0; i < steps; ++i) {
        const auto start = std::chrono::steady_clock::now();
        trainer.step(x, labels);
        fastest = std::min(fastest,
                           std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    choose_kernels("best");
    return fastest;
}

void compare_speed(const Options& options, Report& report) {
    report.section("The naive and the fast way");
    const double naive = step_seconds("naive", 3, options), best = step_seconds("best", 50, options);
    // Forward, gradient by the weights, and (but for the first layer) gradient by the input: 2mnk each.
    const double flops = 2.0 * 100 * (2.0 * 784 * 512 + 3.0 * (512 * 256 + 256 * 128 + 128 * 10));
    report.seconds("step.naive", "one training step of D1's network, naive kernels", naive);
    report.seconds("step.best", "the same with the best kernels", best);
    report.measured("step.gain", "gain", naive / best, Unit::ratio);
    report.measured("step.gflops", "GFLOP/s of the best", flops / best * 1e-9);
}

void chapter(const Options& options, Report& report) {
    if (options.full) {
        reproduce_programs(options, report);
        return compare_speed(options, report);
    }
    work_by_hand(report);
    check_formulas(report);
    run_the_documents(report);
    train(options, report);
    compare_speed(options, report);
}

}  // namespace

int main(int argc, char** argv) {
    return run_chapter(argc, argv,
                       {.name = "07_mlp",
                        .title = "A multilayer perceptron learns to see",
                        .datasets = {"fashion-mnist", "mnist"}},
                       chapter);
}
