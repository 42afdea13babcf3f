/// @file
/// Attention by hand: a soft lookup, three tokens, masks, order, heads, and the way back.
#include <algorithm>
#include <cmath>
#include <vector>

#include "chapters/13_attention/experiments.hpp"
#include "chapters/13_attention/formulas.hpp"
#include "common/base/philox.hpp"
#include "common/nn/compute.hpp"
#include "kernels/attention/reference.hpp"

namespace kbk {

namespace {

// ---------------------------------------------------------------------------------------------------------------
// A table, looked up softly.

// [lookup]
struct Entry {
    double key[2], value;
};
const Entry table[3] = {{{1, 0}, 10}, {{-1, -1}, 20}, {{0, 1}, 30}};

struct Answer {
    double score[3], share[3], value;
};

Answer look_up(double q0, double q1) {
    Answer a{};
    double sum = 0;
    for (int j = 0; j < 3; ++j) {
        a.score[j] = q0 * table[j].key[0] + q1 * table[j].key[1];
        sum += std::exp(a.score[j]);
    }
    for (int j = 0; j < 3; ++j) {
        a.share[j] = std::exp(a.score[j]) / sum;
        a.value += a.share[j] * table[j].value;
    }
    return a;
}
// [lookup]

// ---------------------------------------------------------------------------------------------------------------
// Three tokens.

// [tokens]
const Tensor<double> tokens({3, 2}, std::vector<double>{1, 0,  //
                                                        0, 1,  //
                                                        1, 1});
const Tensor<double> w_q({2, 2}, std::vector<double>{2, 0, 0, 1});
const Tensor<double> w_k({2, 2}, std::vector<double>{1, 0, 1, 1});
const Tensor<double> w_v({2, 2}, std::vector<double>{1, 1, 0, 2});
// [tokens]

// X W^T, the product of a fully connected layer.
Tensor<double> project(const Tensor<double>& x, const Tensor<double>& w) {
    Tensor<double> y({x.shape(0), w.shape(0)});
    for (std::int64_t i = 0; i < x.shape(0); ++i)
        for (std::int64_t j = 0; j < w.shape(0); ++j) {
            y.data()[i * w.shape(0) + j] = 0;
            for (std::int64_t c = 0; c < x.shape(1); ++c)
                y.data()[i * w.shape(0) + j] += x.data()[i * x.shape(1) + c] * w.data()[j * x.shape(1) + c];
        }
    return y;
}

// Report each number of a matrix as NAME11, NAME12, ...
void report_matrix(Report& report, const std::string& name, const std::string& label,
                   const Tensor<double>& m) {
    for (std::int64_t i = 0; i < m.shape(0); ++i)
        for (std::int64_t j = 0; j < m.shape(1); ++j)
            report.value(fmt::format("{}{}{}", name, i + 1, j + 1),
                         fmt::format("{} ({}, {})", label, i + 1, j + 1), m.data()[i * m.shape(1) + j],
                         Unit::plain, 4);
}

Tensor<double> random_tensor(Shape shape, std::string_view name) {
    std::vector<float> values(std::size_t(shape.count()));
    Philox(1, stream_id(name)).fill_normal(values, 0, 1);
    return Tensor<double>(shape, std::vector<double>(values.begin(), values.end()));
}

double largest_difference(std::span<const double> a, std::span<const double> b) {
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::fabs(a[i] - b[i]));
    return largest;
}

std::string below(double value, double bound, const char* text) {
    return value < bound ? text : show(value);
}

}  // namespace

void look_up_softly(Report& report) {
    report.section("A table, looked up softly");
    const Answer a = look_up(2, 1);
    for (int j = 0; j < 3; ++j) {
        report.value(fmt::format("lookup.score{}", j + 1), fmt::format("score of entry {}", j + 1),
                     a.score[j], Unit::plain, 0);
        report.value(fmt::format("lookup.exp{}", j + 1), "its exponential", std::exp(a.score[j]), Unit::plain,
                     4);
        report.value(fmt::format("lookup.share{}", j + 1), "its share", a.share[j], Unit::plain, 4);
    }
    report.value("lookup.value", "the answer", a.value, Unit::plain, 2);
    report.value("lookup.sharp", "the answer to a query ten times as long", look_up(20, 10).value,
                 Unit::plain, 4);
    report.value("lookup.none", "the answer to the query (0, 0)", look_up(0, 0).value, Unit::plain, 4);

    LinePlot plot{.title = "From a mean to a lookup",
                  .x = {.label = "length of the query"},
                  .y = {.label = "share", .low = 0, .high = 1},
                  .series = {{.name = "entry 1"}, {.name = "entry 2"}, {.name = "entry 3"}},
                  .description =
                      "Three shares over the length of the query: a third each at 0; the first entry's grows "
                      "towards 1, the others' fall to 0."};
    for (int step = 0; step <= 40; ++step) {
        const double length = step / 4.0;
        const Answer at = look_up(2 * length / std::sqrt(5), length / std::sqrt(5));
        for (int j = 0; j < 3; ++j) {
            plot.series[std::size_t(j)].x.push_back(length);
            plot.series[std::size_t(j)].y.push_back(at.share[j]);
        }
    }
    report.figure("lookup", plot);
}

void attend_by_hand(Report& report) {
    report.section("Three tokens ask each other");
    const Tensor<double> q = project(tokens, w_q), k = project(tokens, w_k), v = project(tokens, w_v);
    report_matrix(report, "hand.q", "query", q);
    report_matrix(report, "hand.k", "key", k);
    report_matrix(report, "hand.v", "value", v);
    const Attended all = attend_by_formula(q, k, v, false);
    report_matrix(report, "hand.s", "score", all.scores);
    report_matrix(report, "hand.p", "share", all.shares);
    report_matrix(report, "hand.o", "output", all.out);
    const Attended past = attend_by_formula(q, k, v, true);
    report_matrix(report, "hand.causal.p", "share under the mask", past.shares);
    report_matrix(report, "hand.causal.o", "output under the mask", past.out);

    // The loss asks for more of the last token's first output.
    const Tensor<double> d_out({3, 2}, std::vector<double>{0, 0, 0, 0, 1, 0});
    const AttendedGradients g = attend_backward_by_formula(q, k, v, past, d_out);
    report_matrix(report, "hand.dv", "gradient by value", g.v);
    for (std::int64_t j = 0; j < 3; ++j) {
        report.value(fmt::format("hand.dp3{}", j + 1), fmt::format("gradient by share (3, {})", j + 1),
                     g.shares.data()[6 + j], Unit::plain, 4);
        report.value(fmt::format("hand.ds3{}", j + 1), fmt::format("gradient by score (3, {})", j + 1),
                     g.scores.data()[6 + j], Unit::plain, 4);
    }
    report_matrix(report, "hand.dq", "gradient by query", g.q);
    report_matrix(report, "hand.dk", "gradient by key", g.k);
}

void mask_the_future(Report& report) {
    report.section("What the mask does");
    const std::int64_t n = 6, width = 8;
    const Tensor<double> q = random_tensor({n, width}, "q"), k = random_tensor({n, width}, "k"),
                         v = random_tensor({n, width}, "v");
    Tensor<double> other_k = k.to(Device::cpu), other_v = v.to(Device::cpu);
    for (std::int64_t c = 0; c < width; ++c) {
        other_k.data()[(n - 1) * width + c] += 1;
        other_v.data()[(n - 1) * width + c] += 1;
    }

    // [mask_behind]
    // The mistake: softmax over everything, and zeros behind it.
    const auto mask_behind = [&](const Tensor<double>& keys, const Tensor<double>& values) {
        Attended a = attend_by_formula(q, keys, values, false);
        for (std::int64_t i = 0; i < n; ++i)
            for (std::int64_t j = i + 1; j < n; ++j) a.shares.data()[i * n + j] = 0;
        a.out.clear();
        for (std::int64_t i = 0; i < n; ++i)
            for (std::int64_t j = 0; j < n; ++j)
                for (std::int64_t c = 0; c < width; ++c)
                    a.out.data()[i * width + c] += a.shares.data()[i * n + j] * values.data()[j * width + c];
        return a;
    };
    // [mask_behind]

    // Change the last token, and look at the outputs of all others.
    const auto leak = [&](const Attended& before, const Attended& after) {
        const std::size_t others = std::size_t((n - 1) * width);
        return largest_difference(before.out.values().first(others), after.out.values().first(others));
    };
    const Attended behind = mask_behind(k, v);
    report.value("mask.none", "no mask: change of the earlier outputs",
                 leak(attend_by_formula(q, k, v, false), attend_by_formula(q, other_k, other_v, false)),
                 Unit::plain, 3);
    report.value("mask.behind", "mask behind the softmax: change of the earlier outputs",
                 leak(behind, mask_behind(other_k, other_v)), Unit::plain, 3);
    report.value("mask.before", "mask before the softmax: change of the earlier outputs",
                 leak(attend_by_formula(q, k, v, true), attend_by_formula(q, other_k, other_v, true)),
                 Unit::plain, 3);
    double sum = 0;
    for (std::int64_t j = 0; j < n; ++j) sum += behind.shares.data()[j];
    report.value("mask.first_row", "mask behind the softmax: what the first row of shares adds up to", sum,
                 Unit::plain, 3);
}

void shuffle_the_tokens(Report& report) {
    report.section("Order");
    const std::int64_t n = 6, width = 8;
    const Tensor<double> x = random_tensor({n, width}, "tokens"), w1 = random_tensor({width, width}, "w1"),
                         w2 = random_tensor({width, width}, "w2"), w3 = random_tensor({width, width}, "w3"),
                         position = random_tensor({n, width}, "positions");
    const std::int64_t order[] = {3, 0, 5, 1, 4, 2};

    // [shuffled]
    const auto shuffled = [&](const Tensor<double>& rows) {
        Tensor<double> result(rows.shape());
        for (std::int64_t i = 0; i < n; ++i)
            std::copy_n(rows.data() + order[i] * width, width, result.data() + i * width);
        return result;
    };
    const auto layer = [&](const Tensor<double>& rows) {
        return attend_by_formula(project(rows, w1), project(rows, w2), project(rows, w3), false).out;
    };
    const auto with_positions = [&](const Tensor<double>& rows) {
        Tensor<double> result = rows.to(Device::cpu);
        for (std::int64_t i = 0; i < result.size(); ++i) result.data()[i] += position.data()[i];
        return result;
    };
    const double without = largest_difference(layer(shuffled(x)).values(), shuffled(layer(x)).values());
    const double with = largest_difference(layer(with_positions(shuffled(x))).values(),
                                           shuffled(layer(with_positions(x))).values());
    // [shuffled]

    report.value("order.without", "shuffle before or behind attention: difference of the outputs",
                 below(without, 1e-12, "below 1e-12"));
    report.value("order.with", "the same with positions added to the tokens", with, Unit::plain, 3);
}

void split_into_heads(Report& report) {
    report.section("Heads");
    const Answer both = look_up(6, 6), first = look_up(12, 0), third = look_up(0, 12);
    report.value("heads.share1", "one head that asks for entries 1 and 3: share of entry 1", both.share[0],
                 Unit::plain, 4);
    report.value("heads.share3", "share of entry 3", both.share[2], Unit::plain, 4);
    report.value("heads.one", "its answer", both.value, Unit::plain, 2);
    report.value("heads.first", "two heads: answer of the first", first.value, Unit::plain, 2);
    report.value("heads.second", "answer of the second", third.value, Unit::plain, 2);
}

void check_gradients(Report& report) {
    report.section("The way back, checked");
    const std::int64_t batch = 2, heads = 2, n = 5, width = 4;
    const Shape shape{batch, heads, n, width};
    Tensor<double> q = random_tensor(shape, "check q"), k = random_tensor(shape, "check k"),
                   v = random_tensor(shape, "check v");
    const Tensor<double> d_out = random_tensor(shape, "check d_out");
    Tensor<double> out(shape), log_sum({batch, heads, n}), dq(shape), dk(shape), dv(shape);

    // [gradient_check]
    // The loss is a weighted sum of the outputs, so that d_out is its gradient.
    const auto loss = [&] {
        compute(BasicAttention<double>{q.data(), k.data(), v.data(), out.data(), log_sum.data(), batch, heads,
                                       n, n, width},
                Device::cpu);
        double sum = 0;
        for (std::int64_t i = 0; i < out.size(); ++i) sum += out.data()[i] * d_out.data()[i];
        return sum;
    };
    loss();
    compute(
        BasicAttentionBackward<double>{q.data(), k.data(), v.data(), out.data(), log_sum.data(), d_out.data(),
                                       dq.data(), dk.data(), dv.data(), batch, heads, n, n, width},
        Device::cpu);
    double error = 0, size = 0;
    constexpr double h = 1e-5;
    for (auto [value, gradient] : {std::pair(&q, &dq), std::pair(&k, &dk), std::pair(&v, &dv)})
        for (std::int64_t i = 0; i < value->size(); ++i) {
            double& x = value->data()[i];
            const double old = x;
            x = old + h;
            const double up = loss();
            x = old - h;
            const double down = loss();
            x = old;
            error = std::max(error, std::fabs((up - down) / (2 * h) - gradient->data()[i]));
            size = std::max(size, std::fabs(gradient->data()[i]));
        }
    // [gradient_check]
    report.value("check.error", "error of the gradients, relative", below(error / size, 1e-9, "below 1e-9"));

    // The formulas, head by head, against the kernels.
    double difference = 0;
    loss();
    for (std::int64_t item = 0; item < batch * heads; ++item) {
        const auto head = [&](const Tensor<double>& t) {
            return Tensor<double>({n, width},
                                  t.values().subspan(std::size_t(item * n * width), std::size_t(n * width)));
        };
        const Attended a = attend_by_formula(head(q), head(k), head(v), true);
        const AttendedGradients g = attend_backward_by_formula(head(q), head(k), head(v), a, head(d_out));
        difference = std::max({difference, largest_difference(a.out.values(), head(out).values()),
                               largest_difference(g.q.values(), head(dq).values()),
                               largest_difference(g.k.values(), head(dk).values()),
                               largest_difference(g.v.values(), head(dv).values())});
    }
    report.value("check.formulas", "largest difference of formulas and kernels",
                 below(difference, 1e-13, "below 1e-13"));
}

}  // namespace kbk
