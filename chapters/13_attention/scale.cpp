/// @file
/// Why scores are divided by the square root of the width.
#include <cmath>
#include <vector>

#include "chapters/13_attention/experiments.hpp"
#include "common/base/philox.hpp"

namespace kbk {

namespace {

constexpr std::int64_t keys = 64, queries = 64;

// What random queries and keys of one width make of softmax.
struct Softness {
    double deviation = 0;  // of the scores
    double largest = 0;    // share of a query's best key, mean over the queries
    double slope = 0;      // sum of the slopes of a query's shares by their own scores, mean over the queries
};

// [softness]
Softness measure(std::int64_t width, double scale) {
    std::vector<float> q(std::size_t(queries * width)), k(std::size_t(keys * width));
    Philox(1, stream_id("scale queries", std::uint64_t(width))).fill_normal(q, 0, 1);
    Philox(1, stream_id("scale keys", std::uint64_t(width))).fill_normal(k, 0, 1);
    Softness s;
    std::vector<double> score(keys);
    for (std::int64_t i = 0; i < queries; ++i) {
        double largest = -1e300, sum = 0, squares = 0;
        for (std::int64_t j = 0; j < keys; ++j) {
            double dot = 0;
            for (std::int64_t c = 0; c < width; ++c)
                dot += double(q[std::size_t(i * width + c)]) * k[std::size_t(j * width + c)];
            score[std::size_t(j)] = scale * dot;
            largest = std::max(largest, scale * dot);
            s.deviation += scale * dot * scale * dot;
        }
        for (const double x : score) sum += std::exp(x - largest);
        for (const double x : score) squares += std::exp(2 * (x - largest)) / (sum * sum);
        s.largest += 1 / sum / queries;
        s.slope += (1 - squares) / queries;
    }
    s.deviation = std::sqrt(s.deviation / double(queries * keys));
    return s;
}
// [softness]

}  // namespace

void vary_the_width(Report& report) {
    report.section("Why the scale");
    LinePlot largest{
        .title = "The best key's share, with and without the scale",
        .x = {.label = "width of queries and keys", .scale = Scale::log2},
        .y = {.label = "share of the best of 64 keys", .low = 0, .high = 1},
        .series = {{.name = "not scaled", .mark = Mark::line_and_points},
                   {.name = "divided by √width", .mark = Mark::line_and_points}},
        .description =
            "Without the scale the share of the best key rises from a tenth to nearly one as the "
            "width grows; with it, it stays near a tenth."};
    LinePlot slope{
        .title = "What is left of the gradient",
        .x = {.label = "width of queries and keys", .scale = Scale::log2},
        .y = {.label = "sum of the slopes of the shares", .low = 0, .high = 1},
        .series = {{.name = "not scaled", .mark = Mark::line_and_points},
                   {.name = "divided by √width", .mark = Mark::line_and_points}},
        .description =
            "Without the scale the slopes of softmax fall towards zero as the width grows; with it "
            "they stay near one."};
    for (std::int64_t width = 1; width <= 1024; width *= 2) {
        const Softness found[] = {measure(width, 1), measure(width, 1 / std::sqrt(double(width)))};
        for (std::size_t i = 0; i < 2; ++i) {
            largest.series[i].x.push_back(double(width));
            largest.series[i].y.push_back(found[i].largest);
            slope.series[i].x.push_back(double(width));
            slope.series[i].y.push_back(found[i].slope);
        }
        if (width != 4 && width != 64 && width != 1024) continue;
        for (std::size_t i = 0; i < 2; ++i) {
            const std::string name = fmt::format("scale.{}.{}", i == 0 ? "raw" : "scaled", width);
            const char* how = i == 0 ? "as they are" : "divided by the root";
            report.value(name + ".deviation",
                         fmt::format("width {}, {}: deviation of the scores", width, how), found[i].deviation,
                         Unit::plain, 2);
            report.value(name + ".largest", "mean share of the best key", found[i].largest, Unit::plain, 3);
            report.value(name + ".slope", "mean sum of the slopes", found[i].slope, Unit::plain, 3);
        }
    }
    report.figure("scale", largest);
    report.figure("slopes", slope);
}

}  // namespace kbk
