/// @file
/// D4's formula for attention, which has no softmax, beside the right one.
#include <cmath>
#include <vector>

#include "chapters/13_attention/experiments.hpp"
#include "chapters/13_attention/formulas.hpp"
#include "common/base/philox.hpp"

namespace kbk {

namespace {

constexpr std::int64_t width = 64, queries = 32;

using Rows = std::vector<float>;

Rows normal_rows(std::int64_t rows, const char* name) {
    Rows values(std::size_t(rows * width));
    Philox(1, stream_id(name)).fill_normal(values, 0, 1);
    return values;
}

double dot(const float* a, const float* b) {
    double sum = 0;
    for (std::int64_t c = 0; c < width; ++c) sum += double(a[c]) * double(b[c]);
    return sum;
}

// [one_query]
// Answers of both formulas to one query over the first n pairs.
std::vector<double> right(const float* q, const Rows& k, const Rows& v, std::int64_t n, double sharpness) {
    std::vector<double> out(width);
    double sum = 0;
    // Scores of normal keys stay below 100: exponentials of doubles need no shift.
    for (std::int64_t j = 0; j < n; ++j) {
        const double e = std::exp(sharpness * dot(q, &k[std::size_t(j * width)]) / std::sqrt(double(width)));
        sum += e;
        for (std::int64_t c = 0; c < width; ++c)
            out[std::size_t(c)] += e * double(v[std::size_t(j * width + c)]);
    }
    for (double& x : out) x /= sum;
    return out;
}

std::vector<double> printed(const float* q, const Rows& k, const Rows& v, std::int64_t n) {
    std::vector<double> out(width);
    for (std::int64_t j = 0; j < n; ++j) {
        const double score = dot(q, &k[std::size_t(j * width)]) / std::sqrt(double(width));
        for (std::int64_t c = 0; c < width; ++c)
            out[std::size_t(c)] += score * double(v[std::size_t(j * width + c)]);
    }
    return out;
}
// [one_query]

double length(const std::vector<double>& x) {
    double sum = 0;
    for (const double a : x) sum += a * a;
    return std::sqrt(sum);
}

// How far an answer is from row j of v, as a share of that row's length.
double miss(const std::vector<double>& answer, const Rows& v, std::int64_t j) {
    std::vector<double> off(width), wanted(width);
    for (std::int64_t c = 0; c < width; ++c) {
        wanted[std::size_t(c)] = double(v[std::size_t(j * width + c)]);
        off[std::size_t(c)] = answer[std::size_t(c)] - wanted[std::size_t(c)];
    }
    return length(off) / length(wanted);
}

}  // namespace

void run_the_documents(Report& report) {
    report.section("D4's formula, run");

    // The smallest case: two tokens, all matrices the identity.
    const Tensor<double> one({2, 2}, std::vector<double>{1, 0, 0, 1});
    const Attended two = attend_by_formula(one, one, one, false);
    report.value("d4.identity.right1", "right: first row, first number", two.out.data()[0], Unit::plain, 6);
    report.value("d4.identity.right2", "right: first row, second number", two.out.data()[1], Unit::plain, 6);
    report.value("d4.identity.printed1", "printed: first row, first number", two.scores.data()[0],
                 Unit::plain, 6);
    report.value("d4.identity.printed2", "printed: first row, second number", two.scores.data()[1],
                 Unit::plain, 6);

    const std::int64_t most = 4096;
    const Rows k = normal_rows(most, "d4 keys"), v = normal_rows(most, "d4 values"),
               q = normal_rows(queries, "d4 queries");
    LinePlot sizes{
        .title = "The length of the answer",
        .x = {.label = "keys", .scale = Scale::log2},
        .y = {.label = "length of the answer over that of a value", .scale = Scale::log2},
        .series = {{.name = "D4's formula", .mark = Mark::line_and_points},
                   {.name = "with softmax", .mark = Mark::line_and_points}},
        .description =
            "Without softmax the answer grows with the root of the number of keys, to the sixtyfold of "
            "a value; with it the answer never exceeds the values."};
    LinePlot found{.title = "Asking for one of many",
                   .x = {.label = "pairs in the table", .scale = Scale::log2},
                   .y = {.label = "error of the answer over the length of the value", .low = 0, .high = 2},
                   .series = {{.name = "D4's, rescaled", .mark = Mark::line_and_points},
                              {.name = "predicted: √(pairs/width)", .dashed = true},
                              {.name = "softmax", .mark = Mark::line_and_points},
                              {.name = "softmax, query ×3", .mark = Mark::line_and_points}},
                   .description =
                       "The error of D4's formula grows with the root of the number of pairs and exceeds the "
                       "value itself beyond 64 pairs. Softmax with a long query finds the value among all."};
    for (std::int64_t n = 1; n <= most; n *= 2) {
        // Random queries: how long are the answers?
        double long_printed = 0, long_right = 0;
        for (std::int64_t i = 0; i < queries; ++i) {
            const float* query = &q[std::size_t(i * width)];
            long_printed += length(printed(query, k, v, n)) / std::sqrt(double(width)) / queries;
            long_right += length(right(query, k, v, n, 1)) / std::sqrt(double(width)) / queries;
        }
        sizes.series[0].x.push_back(double(n)), sizes.series[0].y.push_back(long_printed);
        sizes.series[1].x.push_back(double(n)), sizes.series[1].y.push_back(long_right);

        // Queries that are one of the keys: how far is the answer from its value? D4's is divided by the
        // score of the right key, which is the kindest thing one can do for it.
        double off[3] = {};
        for (std::int64_t i = 0; i < queries; ++i) {
            const std::int64_t j = i * n / queries;
            const float* query = &k[std::size_t(j * width)];
            std::vector<double> answer = printed(query, k, v, n);
            for (double& x : answer) x /= dot(query, query) / std::sqrt(double(width));
            off[0] += miss(answer, v, j) / queries;
            off[1] += miss(right(query, k, v, n, 1), v, j) / queries;
            off[2] += miss(right(query, k, v, n, 3), v, j) / queries;
        }
        const double y[] = {off[0], std::sqrt(double(n - 1) / double(width)), off[1], off[2]};
        for (std::size_t s = 0; s < 4; ++s) {
            if (y[s] > 2) continue;
            found.series[s].x.push_back(double(n));
            found.series[s].y.push_back(y[s]);
        }
        if (n == 64 || n == most) {
            report.value(fmt::format("d4.length.{}.printed", n),
                         fmt::format("{} keys: length of D4's answer", n), long_printed, Unit::plain, 2);
            report.value(fmt::format("d4.length.{}.right", n), "length of the right answer", long_right,
                         Unit::plain, 2);
            report.value(fmt::format("d4.miss.{}.printed", n),
                         fmt::format("{} pairs: error of D4's answer", n), off[0], Unit::plain, 3);
            report.value(fmt::format("d4.miss.{}.right", n), "error of the right answer", off[1], Unit::plain,
                         3);
            report.value(fmt::format("d4.miss.{}.long", n),
                         "error of the right answer to a query three times as long", off[2], Unit::plain, 3);
        }
    }
    report.figure("d4_length", sizes);
    report.figure("d4_retrieval", found);
}

}  // namespace kbk
