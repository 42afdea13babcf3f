#include "chapters/10_cnn/experiments.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "chapters/10_cnn/cnn.hpp"
#include "common/data/augment.hpp"
#include "common/data/dataset.hpp"
#include "common/nn/trainer.hpp"
#include "common/report/figure.hpp"

namespace kbk {

namespace {

/// A data set with its pixels as numbers, and the training pictures that are held out.
struct Pictures {
    ImageData raw;
    Tensor<float> training, test;
    Split parts;

    Pictures(const std::string& name, const Options& options, float low, float high)
        : raw(load_images(name, options.data)),
          training(scaled(raw.training.images, low, high)),
          test(scaled(raw.test.images, low, high)),
          parts(split(training.shape(0), 5000, options.seed)) {}

    [[nodiscard]] Shape image() const { return {training.shape(1), training.shape(2), training.shape(3)}; }
    [[nodiscard]] Examples held_out() const { return {training, raw.training.labels, parts.validation}; }
    [[nodiscard]] Examples tests() const { return {test, raw.test.labels}; }
};

// Standard error of an accuracy that was measured on so many pictures.
double standard_error(double accuracy, std::int64_t pictures) {
    return std::sqrt(accuracy * (1 - accuracy) / double(pictures));
}

std::vector<std::vector<std::int64_t>> confusion(std::span<const std::int32_t> truth,
                                                 std::span<const std::int32_t> said, std::size_t classes) {
    std::vector<std::vector<std::int64_t>> counts(classes, std::vector<std::int64_t>(classes));
    for (std::size_t i = 0; i < truth.size(); ++i) ++counts[std::size_t(truth[i])][std::size_t(said[i])];
    return counts;
}

void draw_curves(Report& report, const std::string& name, const std::string& title, const std::vector<Epoch>& curve,
                 double claim) {
    std::vector<double> epoch(curve.size()), training, held_out;
    std::iota(epoch.begin(), epoch.end(), 1.0);
    for (const Epoch& e : curve) {
        training.push_back(e.training.accuracy);
        held_out.push_back(e.validation.accuracy);
    }
    LinePlot plot{.title = title,
                  .x = {.label = "epoch"},
                  .y = {.label = "accuracy", .unit = Unit::percent},
                  .series = {{.name = "training", .x = epoch, .y = training, .mark = Mark::line_and_points},
                             {.name = "held out", .x = epoch, .y = held_out, .mark = Mark::line_and_points}},
                  .description = "Accuracy on training and held-out pictures after each epoch."};
    if (!std::isnan(claim)) plot.rules = {{claim, "D0's claim"}};
    report.figure(name, plot);
}

// Shades for numbers of both signs: the middle for zero, an end for the largest magnitude. Without signs: an end for zero.
std::vector<std::uint8_t> shades(std::span<const float> values, bool signs) {
    float largest = 1e-9f;
    for (const float v : values) largest = std::max(largest, std::abs(v));
    std::vector<std::uint8_t> out;
    for (const float v : values)
        out.push_back(std::uint8_t(std::lround(signs ? 127.5f + 127.5f * v / largest : 255 * std::max(0.0f, v / largest))));
    return out;
}

void draw_filters(Report& report, const std::string& prefix, Cnn<float>& model) {
    const auto weights = model.conv1.weight.value.values();
    const auto channels = std::size_t(model.conv1.weight.value.shape(1));
    ImageGrid grid{.title = "The filters of the first layer",
                   .width = 3,
                   .height = 3,
                   .channels = int(channels),
                   .columns = 8};
    for (std::int64_t k = 0; k < model.conv1.weight.value.shape(0); ++k) {
        // (channel, row, column) to (row, column, channel).
        std::vector<float> filter;
        for (std::size_t i = 0; i < 9; ++i)
            for (std::size_t c = 0; c < channels; ++c)
                filter.push_back(weights[(std::size_t(k) * channels + c) * 9 + i]);
        grid.images.push_back({shades(filter, true), ""});
    }
    grid.description = channels == 1
                           ? "Learned filters of 3 by 3: full ink where a weight is most positive, none where most negative."
                           : "Learned filters of 3 by 3: each weight is a share of its colour, middle grey is none.";
    report.figure(prefix + "filters", grid);
}

void draw_feature_maps(Report& report, const std::string& prefix, Cnn<float>& model, const Pictures& pictures) {
    const std::int64_t pixels = pictures.image().count(), side = pictures.image()[1];
    const Tensor<float> x({1, pictures.image()[0], side, side},
                          pictures.test.values().subspan(0, std::size_t(pixels)));
    const Tensor<float>& maps = model.relu1.forward(model.pool1.forward(model.conv1.forward(x)));
    const auto size = std::size_t(maps.shape(2) * maps.shape(3));
    ImageGrid grid{.title = "What the first layer makes of one picture",
                   .width = int(maps.shape(3)),
                   .height = int(maps.shape(2)),
                   .columns = 8};
    for (std::int64_t k = 0; k < maps.shape(1); ++k)
        grid.images.push_back({shades(maps.values().subspan(std::size_t(k) * size, size), false), ""});
    grid.description = "Feature maps of the first test picture, behind convolution, pooling and bend.";
    report.figure(prefix + "feature_maps", grid);
}

// The first ten test pictures with what the network says, as D0 draws them, but with the classes' names.
void draw_predictions(Report& report, const std::string& prefix, const Pictures& pictures,
                      std::span<const std::int32_t> said) {
    const ImageDataset& test = pictures.raw.test;
    const std::int64_t channels = test.images.shape(1), pixels = test.images.shape(2) * test.images.shape(3);
    ImageGrid grid{.title = "The first ten test pictures, and what the network says",
                   .width = int(test.images.shape(3)),
                   .height = int(test.images.shape(2)),
                   .channels = int(channels),
                   .columns = 5};
    for (std::int64_t n = 0; n < 10; ++n) {
        // (channel, row, column) to (row, column, channel).
        std::vector<std::uint8_t> picture;
        for (std::int64_t i = 0; i < pixels; ++i)
            for (std::int64_t c = 0; c < channels; ++c)
                picture.push_back(test.images.data()[(n * channels + c) * pixels + i]);
        const auto name = [&](std::int32_t label) { return test.classes[std::size_t(label)]; };
        const std::int32_t truth = test.labels.values()[std::size_t(n)], guess = said[std::size_t(n)];
        grid.images.push_back({picture, truth == guess ? name(truth) : name(guess) + ",not " + name(truth)});
    }
    grid.description = "Ten test pictures with the class that the network names.";
    report.figure(prefix + "predictions", grid);
}

}  // namespace

void train_short(const Options& options, Report& report) {
    report.section("Training D0's network, for some seconds");
    const std::string dataset = options.dataset.empty() ? "fashion-mnist" : options.dataset;
    const Pictures pictures(dataset, options, 0, 1);
    report.text("{} from {}", dataset, pictures.raw.source);

    // [training]
    Cnn<float> model(pictures.image(), options.seed, 32, options.device);
    constexpr int epochs = 2;
    constexpr std::int64_t batch = 64, examples = 32'000;
    AdamOptimizer optimizer(model.parameters(), 2e-3, 0.9, 0.999, 1e-7);
    Trainer trainer(model, optimizer,
                    {.epochs = epochs,
                     .batch = batch,
                     .seed = options.seed,
                     .run = fmt::format("10_cnn short {} seed {}", dataset, options.seed),
                     .checkpoints = options.checkpoints,
                     .resume = options.resume,
                     .schedule = linear_decay(2e-3, 2e-4, epochs * examples / batch)});
    std::vector<std::int32_t> some = pictures.parts.training;
    some.resize(examples);
    const Examples learn(pictures.training, pictures.raw.training.labels, some);
    const std::vector<Epoch> curve = trainer.fit(learn, pictures.held_out());
    // [training]

    std::vector<std::int32_t> said;
    const Score score = trainer.evaluate(pictures.tests(), &said);
    report.value("epochs", "epochs", epochs);
    report.value("training_images", "pictures to learn from", examples);
    report.value("test_images", "pictures to test on", said.size());
    report.value("first_accuracy", "training accuracy, epoch 1", curve.front().training.accuracy, Unit::percent);
    report.value("training_accuracy", "training accuracy, last epoch", curve.back().training.accuracy, Unit::percent);
    report.value("validation_accuracy", "held-out accuracy, last epoch", curve.back().validation.accuracy,
                 Unit::percent);
    report.value("test_loss", "test loss", score.loss);
    report.headline("test_accuracy", "test accuracy", score.accuracy, Unit::percent);
    double seconds = 0;
    for (const Epoch& e : curve) seconds += e.seconds;
    report.seconds("training.seconds", "time of the training steps", seconds);

    draw_filters(report, "", model);
    draw_feature_maps(report, "", model, pictures);
    report.figure("confusion", MatrixPlot{.title = "What was taken for what",
                                          .classes = pictures.raw.test.classes,
                                          .counts = confusion(pictures.raw.test.labels.values(), said, 10),
                                          .description = "Confusion matrix of the test set."});
    draw_predictions(report, "", pictures, said);
}

namespace {

// Accuracy on the held-out and the test pictures, each with its standard error.
void report_scores(Report& report, const std::string& key, Trainer& trainer, const Pictures& pictures,
                   const std::vector<Epoch>& curve, std::vector<std::int32_t>* said = nullptr) {
    const Score test = trainer.evaluate(pictures.tests(), said);
    const double held_out = curve.back().validation.accuracy;
    const Epoch& fastest = *std::ranges::min_element(curve, {}, &Epoch::seconds);
    report.value(key + ".training_accuracy", "training accuracy, last epoch", curve.back().training.accuracy,
                 Unit::percent);
    report.headline(key + ".validation_accuracy", "accuracy on the held-out pictures", held_out, Unit::percent);
    report.value(key + ".validation_error", "its standard error",
                 standard_error(held_out, std::int64_t(pictures.parts.validation.size())), Unit::percent, 2);
    report.value(key + ".test_images", "test pictures at hand", pictures.test.shape(0));
    report.headline(key + ".test_accuracy", "accuracy on them", test.accuracy, Unit::percent);
    report.value(key + ".test_error", "its standard error", standard_error(test.accuracy, pictures.test.shape(0)),
                 Unit::percent, 2);
    report.value(key + ".epochs", "epochs", std::int64_t(curve.size()));
    report.seconds(key + ".epoch_seconds", "time of an epoch's steps, the fastest of them", fastest.seconds);
}

}  // namespace

void train_in_full(const Options& options, Report& report) {
    const std::string dataset = options.dataset.empty() ? "cifar-10" : options.dataset;
    const auto folder = [&](const char* name) {
        return options.checkpoints.empty() ? options.checkpoints : options.checkpoints / name;
    };
    const auto resumes = [&](const char* name) { return options.resume && std::filesystem::exists(folder(name)); };

    {
        report.section("D0's program: 32-64-64, Adam, batch 32, 10 epochs");
        const Pictures pictures(dataset, options, 0, 1);
        // [d0_program]
        Cnn<float> model(pictures.image(), options.seed, 32, options.device);
        AdamOptimizer optimizer(model.parameters(), 1e-3, 0.9, 0.999, 1e-7);
        Trainer trainer(model, optimizer,
                        {.epochs = 10,
                         .batch = 32,
                         .seed = options.seed,
                         .run = fmt::format("10_cnn d0 {} seed {}", dataset, options.seed),
                         .checkpoints = folder("d0"),
                         .resume = resumes("d0")});
        const Examples learn(pictures.training, pictures.raw.training.labels, pictures.parts.training);
        const auto curve = trainer.fit(learn, pictures.held_out());
        // [d0_program]
        std::vector<std::int32_t> said;
        report.value("d0.claim", "claimed", 0.87, Unit::percent);
        report_scores(report, "d0", trainer, pictures, curve, &said);
        draw_curves(report, "d0_curves", "D0's program on photographs", curve, 0.87);
        draw_filters(report, "d0_", model);
        draw_feature_maps(report, "d0_", model, pictures);
        report.figure("d0_confusion", MatrixPlot{.title = "What D0's network took for what",
                                                 .classes = pictures.raw.test.classes,
                                                 .counts = confusion(pictures.raw.test.labels.values(), said, 10),
                                                 .description = "Confusion matrix of the test pictures."});
        draw_predictions(report, "d0_", pictures, said);
    }

    report.section("A larger network, with batch normalisation and augmentation");
    const Pictures pictures(dataset, options, -1, 1);
    // [larger_program]
    constexpr int epochs = 16;
    constexpr std::int64_t batch = 64;
    const std::int64_t steps = epochs * (std::ssize(pictures.parts.training) + batch - 1) / batch;
    LargerCnn<float> model(pictures.image(), options.seed, 32, options.device);
    SgdOptimizer optimizer(model.parameters(), 0.05, 0.9, 5e-4, true);
    const Augmentation changes{.shift = 3, .flip = true, .colour = 0.1};
    Trainer trainer(model, optimizer,
                    {.epochs = epochs,
                     .batch = batch,
                     .seed = options.seed,
                     .run = fmt::format("10_cnn larger {} seed {}", dataset, options.seed),
                     .checkpoints = folder("larger"),
                     .resume = resumes("larger"),
                     .schedule = warm_up(steps / 8, cosine_annealing(0.05, 0, steps - steps / 8)),
                     .augment = [&](Tensor<float>& x, std::uint64_t first) {
                         augment(changes, x, options.seed, first);
                     }});
    const Examples learn(pictures.training, pictures.raw.training.labels, pictures.parts.training);
    const auto curve = trainer.fit(learn, pictures.held_out());
    // [larger_program]
    std::int64_t parameters = 0;
    for (const auto* p : model.parameters()) parameters += p->value.size();
    report.value("larger.parameters", "parameters of the larger network", parameters);
    report_scores(report, "larger", trainer, pictures, curve);
    draw_curves(report, "larger_curves", "A larger network, with augmentation", curve, std::nan(""));
}

namespace {

// Seconds of a training step of D0's network on a batch of 64 photographs, as the fastest of several.
double step_seconds(std::string_view kernels, int steps, const Options& options) {
    choose_kernels(kernels);
    Cnn<float> model({3, 32, 32}, 1, 32, options.device);
    AdamOptimizer optimizer(model.parameters(), 1e-3, 0.9, 0.999, 1e-7);
    Trainer trainer(model, optimizer, {.epochs = 1, .batch = 64, .run = "timing"});
    Tensor<float> x({64, 3, 32, 32});
    Philox(1, stream_id("pixels")).fill_uniform(x.values(), 0, 1);
    Tensor<std::int32_t> labels({64});
    for (std::int32_t i = 0; i < 64; ++i) labels.data()[i] = i % 10;
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

}  // namespace

void compare_speed(const Options& options, Report& report) {
    report.section("The naive and the fast way");
    const double naive = step_seconds("naive", 1, options), best = step_seconds("best", 20, options);
    // Three products a layer, but two for the first.
    const double first = 30 * 30 * 32 * 27, others = 13 * 13 * 64 * 288 + 4 * 4 * 64 * 576 + 1024 * 64 + 64 * 10;
    const double flops = 64 * 2 * (2 * first + 3 * others);
    report.seconds("step.naive", "one training step of D0's network, naive kernels", naive);
    report.seconds("step.best", "the same with the best kernels", best);
    report.measured("step.gain", "gain", naive / best, Unit::ratio);
    report.measured("step.gflops", "GFLOP/s of the best", flops / best * 1e-9);
}

}  // namespace kbk
