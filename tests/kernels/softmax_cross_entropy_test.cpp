#include <numbers>

#include "tests/kernels/softmax_cross_entropy_cases.hpp"
#include "tests/support/ladder_check.hpp"

namespace kbk::test {

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr GradientPlace places[] = {GradientPlace::none, GradientPlace::beside, GradientPlace::over};

std::vector<float> scaled_reals(std::int64_t count, float factor) {
    auto values = reals(count, "logits");
    for (float& x : values) x *= factor;
    return values;
}

// Loss and gradient of one row, by each CPU rung in turn.
template <class Visit>
void each_rung(const std::vector<float>& logits, const std::vector<std::int32_t>& labels,
               const Visit& visit) {
    const std::int64_t rows = std::ssize(labels), classes = std::ssize(logits) / rows;
    Scratch scratch;
    for (const auto& rung : softmax_cross_entropy().rungs()) {
        std::vector<float> loss(labels.size(), poison()), gradient(logits.size(), poison());
        const SoftmaxCrossEntropy p{logits.data(),   labels.data(), loss.data(),
                                    gradient.data(), rows,          classes};
        if (rung.device != Device::cpu || !rung.accepts(p)) continue;
        INFO(softmax_cross_entropy().full_name(rung));
        rung.run(p, scratch);
        visit(loss, gradient);
    }
}

}  // namespace

TEST_CASE("every rung is close on awkward sizes") {
    std::vector<Case<SoftmaxCrossEntropy>> cases;
    for (const std::int64_t rows : {0, 1, 2, 5, 64, 100})
        for (const std::int64_t classes : {1, 2, 7, 8, 9, 10, 15, 16, 17, 31, 33, 100, 257})
            for (const GradientPlace place : places)
                cases.push_back(softmax_case("reals", scaled_reals(rows * classes, 5),
                                             some_labels(rows, classes), place,
                                             rows % 2 ? 1.0f : 1.0f / float(rows + 1)));

    // Several tasks of 4 Ki logits, rows longer than one, and a vocabulary.
    for (const auto& [rows, classes] : {std::pair{1000, 37}, {4099, 10}, {3, 5000}, {2, 50257}})
        for (const GradientPlace place : places)
            cases.push_back(softmax_case("many", scaled_reals(rows * classes, 3), some_labels(rows, classes),
                                         place, -0.5f));
    check_rungs(softmax_cross_entropy(), cases);
}

TEST_CASE("extreme logits neither overflow nor lose the loss") {
    std::vector<Case<SoftmaxCrossEntropy>> cases;
    for (const GradientPlace place : places)
        for (const std::int64_t classes : {2, 10, 33}) {
            const auto labels = some_labels(20, classes);
            const auto fill = [&](float a, float b) {
                std::vector<float> logits;
                for (std::int64_t i = 0; i < 20 * classes; ++i) logits.push_back(i % 3 ? a : b);
                return logits;
            };
            cases.push_back(softmax_case("+-88", fill(88, -88), labels, place));
            cases.push_back(softmax_case("+-1e4", fill(1e4f, -1e4f), labels, place));
            cases.push_back(softmax_case("+-3e38", fill(1.5e38f, -1.5e38f), labels, place));
            cases.push_back(softmax_case("89 and 90", fill(89, 90), labels, place));
            cases.push_back(softmax_case("-1000 and -1001", fill(-1000, -1001), labels, place));
            cases.push_back(softmax_case("equal", fill(7, 7), labels, place));
            cases.push_back(softmax_case("zero", fill(0, 0), labels, place));
            cases.push_back(softmax_case("wide", scaled_reals(20 * classes, 60), labels, place));
        }
    check_rungs(softmax_cross_entropy(), cases);
}

TEST_CASE("probabilities that are powers of two are exact") {
    // Of 8 classes 2^k take part with logit 0, the others with minus infinity: p = 2^-k or 0.
    each_rung(
        {0,         -infinity, 0, -infinity, 0,         -infinity, -infinity, 0,  //
         0,         0,         0, 0,         0,         0,         0,         0,  //
         -infinity, -infinity, 5, -infinity, -infinity, -infinity, -infinity, -infinity},
        {2, 7, 2}, [](const auto& loss, const auto& gradient) {
            require_close(gradient, std::vector<float>{
                                        0.25f,  0,      -0.75f, 0,      0.25f,  0,      0,      0.25f,  //
                                        0.125f, 0.125f, 0.125f, 0.125f, 0.125f, 0.125f, 0.125f, -0.875f,
                                        0,      0,      0,      0,      0,      0,      0,      0});
            require_close(
                loss, std::vector<float>{2 * std::numbers::ln2_v<float>, 3 * std::numbers::ln2_v<float>, 0},
                1e-6);
        });
}

TEST_CASE("cases worked by hand") {
    // e^0 : e^(log 3) = 1 : 3, so the probabilities are 1/4 and 3/4, and the losses log 4 and log 4/3.
    const float log3 = std::log(3.0f), log4 = std::log(4.0f);
    for (const float shift : {0.0f, 64.0f, -8192.0f})
        each_rung({shift, shift + log3, shift, shift + log3}, {0, 1},
                  [&](const auto& loss, const auto& gradient) {
                      // Adding log 3 to the shift rounds it by up to 2^-24 |shift|.
                      const double tolerance = 1e-6 + 0x1p-24 * std::abs(shift);
                      require_close(loss, std::vector<float>{log4, log4 - log3}, tolerance);
                      require_close(gradient, std::vector<float>{-0.75f, 0.75f, 0.25f, -0.25f}, tolerance);
                  });
}

TEST_CASE("a class that cannot be has an infinite loss and a finite gradient") {
    each_rung({0, -infinity, 0}, {1}, [](const auto& loss, const auto& gradient) {
        require_close(loss, std::vector<float>{infinity});
        require_close(gradient, std::vector<float>{0.5f, -1, 0.5f});
    });
}

TEST_CASE("a NaN spoils its row and no other") {
    // In each position: a maximum that skips NaNs must not hide one.
    for (const std::int64_t classes : {3, 10, 16, 33})
        for (std::int64_t at = 0; at < classes; ++at) {
            std::vector<float> logits(std::size_t(3 * classes));
            logits[std::size_t(classes + at)] = nan;
            each_rung(logits, {0, 1, 2}, [&](const auto& loss, const auto& gradient) {
                std::vector<float> row(std::size_t(classes), 1 / float(classes)), expected;
                for (std::int64_t i = 0; i < 3; ++i)
                    for (std::int64_t j = 0; j < classes; ++j)
                        expected.push_back(i == 1 ? nan : row[std::size_t(j)] - float(i == j));
                require_close(
                    loss, std::vector<float>{std::log(float(classes)), nan, std::log(float(classes))}, 2e-6);
                require_close(gradient, expected, 1e-6);
            });
        }
    // Nothing is possible, or one logit is infinite: no probability exists.
    each_rung({-infinity, -infinity}, {0}, [](const auto& loss, const auto& gradient) {
        require_close(loss, std::vector<float>{nan});
        require_close(gradient, std::vector<float>{nan, nan});
    });
}

TEST_CASE("the gradient of each row sums to zero, and its loss is not negative") {
    const std::int64_t rows = 50, classes = 21;
    each_rung(scaled_reals(rows * classes, 8), some_labels(rows, classes),
              [&](const auto& loss, const auto& gradient) {
                  for (std::int64_t i = 0; i < rows; ++i) {
                      double sum = 0;
                      for (std::int64_t j = 0; j < classes; ++j)
                          sum += double(gradient[std::size_t(i * classes + j)]);
                      CHECK(std::abs(sum) < 2e-6);
                      CHECK(loss[std::size_t(i)] >= 0);
                  }
                  CHECK(*std::max_element(loss.begin(), loss.end()) > 1);
              });
}

TEST_CASE("the gradient is the slope of the loss") {
    // Central differences of the reference in double precision.
    const std::int64_t rows = 3, classes = 5;
    std::vector<double> z;
    for (const float x : scaled_reals(rows * classes, 4)) z.push_back(x);
    const std::vector<std::int32_t> labels = {4, 0, 2};
    std::vector<double> loss(labels.size()), gradient(z.size());
    const BasicSoftmaxCrossEntropy<double> p{z.data(), labels.data(), loss.data(), gradient.data(),
                                             rows,     classes,       0.5};
    reference(p);
    for (std::size_t i = 0; i < z.size(); ++i) {
        const auto at = [&](double change) {
            std::vector<double> moved = z, losses(std::size_t(rows), 0.0);
            moved[i] += change;
            reference(BasicSoftmaxCrossEntropy<double>{moved.data(), labels.data(), losses.data(), nullptr,
                                                       rows, classes});
            return 0.5 * (losses[0] + losses[1] + losses[2]);
        };
        CHECK(std::abs((at(1e-5) - at(-1e-5)) / 2e-5 - gradient[i]) < 1e-9);
    }
}

TEST_CASE("equal bits on any number of threads") {
    std::vector<Case<SoftmaxCrossEntropy>> cases;
    for (const auto& [rows, classes] : {std::pair{1000, 37}, {5003, 10}, {7, 5000}})
        for (const GradientPlace place : places)
            cases.push_back(
                softmax_case("reals", scaled_reals(rows * classes, 5), some_labels(rows, classes), place));
    check_thread_counts(softmax_cross_entropy(), cases);
}

TEST_CASE("threads other than the caller's allocate nothing") {
    // Which thread takes which task changes from run to run, so a hidden allocation in a thread could come at
    // any step.
    const std::int64_t rows = 20000, classes = 100;  // long enough for every thread to wake up
    const auto logits = reals(rows * classes, "logits");
    const auto labels = some_labels(rows, classes);
    std::vector<float> loss(labels.size()), gradient(logits.size());
    const int before = threads();
    set_threads(5);
    Scratch scratch;
    for (const auto& rung : softmax_cross_entropy().rungs()) {
        if (rung.device != Device::cpu) continue;
        const SoftmaxCrossEntropy p{logits.data(),   labels.data(), loss.data(),
                                    gradient.data(), rows,          classes};
        const std::size_t count = allocations();
        rung.run(p, scratch);
        CHECK_MESSAGE(allocations() - count <= 1, softmax_cross_entropy().full_name(rung), " made ",
                      allocations() - count, " allocations; its caller's arena needs one");
    }
    set_threads(before);
}

TEST_CASE("cost counts each byte once") {
    float x = 0;
    CHECK(cost(SoftmaxCrossEntropy{nullptr, nullptr, nullptr, nullptr, 3, 5}).bytes == 4 * (15 + 3 + 3));
    CHECK(cost(SoftmaxCrossEntropy{nullptr, nullptr, nullptr, &x, 3, 5}).bytes == 4 * (15 + 3 + 3 + 15));
}

TEST_CASE("validate names the value and its limit") {
    const float logits[6] = {};
    std::int32_t labels[2] = {};
    float loss[2];
    Scratch scratch;
    const auto run = [&](SoftmaxCrossEntropy p) { softmax_cross_entropy().run(p, scratch); };
    CHECK_THROWS_WITH_AS(run({logits, labels, loss, nullptr, -1, 3}),
                         "softmax_cross_entropy: (-1, 3) logits; at least 0 rows and 1 class are needed",
                         Error);
    CHECK_THROWS_WITH_AS(run({logits, labels, loss, nullptr, 2, 0}),
                         "softmax_cross_entropy: (2, 0) logits; at least 0 rows and 1 class are needed",
                         Error);
    CHECK_THROWS_WITH_AS(run({logits, nullptr, loss, nullptr, 2, 3}),
                         "softmax_cross_entropy: a null pointer where (2, 3) logits are expected", Error);
    CHECK_NOTHROW(run({nullptr, nullptr, nullptr, nullptr, 0, 3}));

    const SoftmaxCrossEntropy p{logits, labels, loss, nullptr, 2, 3};
    CHECK_NOTHROW(validate_labels(p));
    labels[1] = 3;
    CHECK_THROWS_WITH_AS(validate_labels(p),
                         "softmax_cross_entropy: label 3 of row 1 is none of the 3 classes (0 to 2)", Error);
    labels[1] = -1;
    CHECK_THROWS_WITH_AS(validate_labels(p),
                         "softmax_cross_entropy: label -1 of row 1 is none of the 3 classes (0 to 2)", Error);
}

}  // namespace kbk::test
