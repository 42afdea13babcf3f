/// @file
/// Cases of gathering rows and of scattering their gradient, for the ladders' tests and for the gallery of broken kernels.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "kernels/embedding/reference.hpp"
#include "tests/support/case.hpp"
#include "tests/support/data.hpp"

namespace kbk::test {

/// Sizes of a table and of what is taken from it.
struct EmbeddingSize {
    std::int64_t rows, vocabulary, width;  ///< as in the problem
    std::int64_t time = 0;                 ///< length of a sequence where places count; divides the rows
};

/// @param rows       how many
/// @param vocabulary how many there are to choose from
/// @return tokens in no order, half of which are few and come often, as in a text
inline std::vector<std::int32_t> some_tokens(std::int64_t rows, std::int64_t vocabulary) {
    std::vector<std::int32_t> tokens;
    std::int64_t i = 0;
    for (const float x : reals(rows, "tokens")) {
        const double share = (double(x) + 1) / 2.5;
        const std::int64_t choices = i++ % 2 ? vocabulary : std::min<std::int64_t>(vocabulary, 3);
        tokens.push_back(std::int32_t(std::int64_t(share * double(choices)) % choices));
    }
    return tokens;
}

/// @param s sizes
/// @return the case; one correctly rounded addition an element at most, so the results must be equal
inline Case<EmbeddingForward> embedding_case(const EmbeddingSize& s) {
    Case<EmbeddingForward> test(fmt::format("{} rows of ({}, {}), sequences of {}", s.rows, s.vocabulary, s.width, s.time),
                                EmbeddingForward{.tokens = nullptr, .table = nullptr, .y = nullptr, .rows = s.rows,
                                                 .vocabulary = s.vocabulary, .width = s.width, .positions = nullptr,
                                                 .time = s.time});
    test.input(&EmbeddingForward::tokens, some_tokens(s.rows, s.vocabulary));
    test.input(&EmbeddingForward::table, reals(s.vocabulary * s.width, "table"));
    if (s.time) test.input(&EmbeddingForward::positions, reals(s.time * s.width, "positions"));
    return test.output(&EmbeddingForward::y, std::vector<float>(std::size_t(s.rows * s.width), poison()));
}

/// @param s    sizes
/// @param beta factor of the old gradient
/// @return the case. A sum of c terms strays by about sqrt(c) u times their norm, or, where they have a common sign, by u
/// times the norm of its partial sums, each of which is rounded
inline Case<EmbeddingBackward> embedding_backward_case(const EmbeddingSize& s, float beta = 0) {
    const auto tokens = some_tokens(s.rows, s.vocabulary);
    const auto dy = reals(s.rows * s.width, "dy");
    const auto count = std::size_t(s.vocabulary * s.width);
    const auto old = beta == 0 ? std::vector<float>(count, poison()) : reals(std::int64_t(count), "old");
    std::vector<double> squares(count, 0.0), partial(count, 0.0), partial_squares(count, 0.0), scale;
    std::vector<double> times(std::size_t(s.vocabulary), 0.0);
    for (std::int64_t i = 0; i < s.rows; ++i) {
        times[std::size_t(tokens[std::size_t(i)])] += 1;
        for (std::int64_t j = 0; j < s.width; ++j) {
            const double g = dy[std::size_t(i * s.width + j)];
            const auto at = std::size_t(tokens[std::size_t(i)] * s.width + j);
            squares[at] += g * g;
            partial[at] += g;
            partial_squares[at] += partial[at] * partial[at];
        }
    }
    for (std::size_t i = 0; i < count; ++i)
        scale.push_back(4 * (std::sqrt(std::max(times[i / std::size_t(s.width)] * squares[i], partial_squares[i])) +
                             (beta == 0 ? 0 : std::abs(double(beta) * double(old[i])))));
    return Case<EmbeddingBackward>(
               fmt::format("gradient of {} rows of ({}, {}), beta {}", s.rows, s.vocabulary, s.width, beta),
               EmbeddingBackward{nullptr, nullptr, nullptr, s.rows, s.vocabulary, s.width, beta})
        .input(&EmbeddingBackward::tokens, tokens)
        .input(&EmbeddingBackward::dy, dy)
        .output(&EmbeddingBackward::gradient, old, scale);
}

}  // namespace kbk::test
