/// @file
/// The documents' worked examples, recomputed line by line.
#include <cmath>
#include <numeric>

#include "chapters/02_losses/experiments.hpp"
#include "chapters/02_losses/losses.hpp"

namespace kbk {

namespace {

double sum(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
}

std::vector<double> squares(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> result;
    for (std::size_t i = 0; i < a.size(); ++i) result.push_back((a[i] - b[i]) * (a[i] - b[i]));
    return result;
}

// [bce_terms]
// The cross-entropy of each sample with its two terms, and as D2 and D3 print it, with one.
std::vector<double> both_terms(const std::vector<double>& y, const std::vector<double>& p) {
    std::vector<double> terms;
    for (std::size_t i = 0; i < y.size(); ++i)
        terms.push_back(-(y[i] * std::log(p[i]) + (1 - y[i]) * std::log(1 - p[i])));
    return terms;
}
std::vector<double> one_term(const std::vector<double>& y, const std::vector<double>& p) {
    std::vector<double> terms;
    for (std::size_t i = 0; i < y.size(); ++i) terms.push_back(-y[i] * std::log(p[i]));
    return terms;
}
// [bce_terms]

}  // namespace

void recompute_the_documents(Report& report) {
    report.section("The documents' examples, line by line");

    // D2, mean squared error of five points.
    const auto d2 = squares({2.5, 3.0, 2.8, 3.2, 2.9}, {3.2, 2.8, 2.6, 3.1, 2.7});
    for (std::size_t i = 0; i < d2.size(); ++i)
        report.value(fmt::format("d2.mse.square{}", i), fmt::format("D2's square {}", i + 1), d2[i],
                     Unit::plain, 2);
    report.value("d2.mse.sum", "their sum", sum(d2), Unit::plain, 2);
    report.value("d2.mse.printed_sum", "sum of the squares that D2 prints", 0.56 + 0.04 + 0.04 + 0.01 + 0.04,
                 Unit::plain, 2);
    report.value("d2.mse", "mean squared error", sum(d2) / 5, Unit::plain, 3);

    // D2, the same of three points, called J.
    const auto j = squares({2.5, 3.0, 2.8}, {2.0, 2.1, 2.6});
    for (std::size_t i = 0; i < j.size(); ++i)
        report.value(fmt::format("d2.j.square{}", i), fmt::format("square {} of D2's J", i + 1), j[i],
                     Unit::plain, 2);
    report.value("d2.j.sum", "their sum", sum(j), Unit::plain, 2);
    report.value("d2.j", "J", sum(j) / 3, Unit::plain, 4);

    // D2, cross-entropy of five binary predictions.
    const std::vector<double> y = {1, 0, 1, 0, 1}, p = {0.9, 0.1, 0.8, 0.9, 0.85};
    const auto right = both_terms(y, p), printed = one_term(y, p);
    for (std::size_t i = 0; i < y.size(); ++i) {
        report.value(fmt::format("d2.ce.term{}", i), fmt::format("cross-entropy of D2's sample {}", i + 1),
                     right[i], Unit::plain, 6);
        report.value(fmt::format("d2.ce.printed{}", i), "as D2's formula has it", printed[i], Unit::plain, 6);
    }
    report.value("d2.ce.printed_sum", "sum by D2's formula", sum(printed), Unit::plain, 6);
    report.value("d2.ce.printed_own", "sum of the three numbers that D2 prints", 0.1054 + 0.2231 + 0.1353,
                 Unit::plain, 4);
    report.value("d2.ce.e", "e^-2, which D2 takes for a logarithm of 0.85", std::exp(-2.0), Unit::plain, 4);
    report.value("d2.ce.sum", "sum with both terms", sum(right), Unit::plain, 6);
    report.value("d2.ce", "mean with both terms", sum(right) / 5, Unit::plain, 6);
    report.value("d2.ce.share", "share of the worst sample, which D2 counts 0", right[3] / sum(right),
                 Unit::percent);

    // D4's formula without brackets: the second term stands outside the sum.
    report.value("d4.bce", "D4's formula, read as it stands, with sample 4 outside",
                 sum(printed) / 5 + (1 - y[3]) * std::log(1 - p[3]), Unit::plain, 4);

    // D3, cross-entropy of three.
    const std::vector<double> y3 = {1, 0, 1}, p3 = {0.8, 0.2, 0.9};
    report.value("d3.ce.printed", "D3's three samples, by its formula", sum(one_term(y3, p3)) / 3,
                 Unit::plain, 6);
    report.value("d3.ce", "with both terms", sum(both_terms(y3, p3)) / 3, Unit::plain, 6);
}

}  // namespace kbk
