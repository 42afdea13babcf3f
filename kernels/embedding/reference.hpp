/// @file
/// Gathering rows and scattering their gradient as they are defined, sums in double precision. Never optimised.
#pragma once

#include "kernels/embedding/embedding.hpp"

namespace kbk {

/// @param p tokens and tables, on the host
template <class T>
void reference(const BasicEmbedding<T>& p) {
    for (std::int64_t i = 0; i < p.rows; ++i)
        for (std::int64_t j = 0; j < p.width; ++j) {
            const double place = p.positions ? double(p.positions[i % p.time * p.width + j]) : 0.0;
            p.y[i * p.width + j] = static_cast<T>(double(p.table[p.tokens[i] * p.width + j]) + place);
        }
}

/// @param p tokens and gradient by their rows, on the host
template <class T>
void reference(const BasicEmbeddingBackward<T>& p) {
    for (std::int64_t v = 0; v < p.vocabulary; ++v)
        for (std::int64_t j = 0; j < p.width; ++j) {
            T& gradient = p.gradient[v * p.width + j];
            double sum = p.beta == 0 ? 0.0 : double(p.beta) * double(gradient);
            for (std::int64_t i = 0; i < p.rows; ++i)
                if (p.tokens[i] == v) sum += double(p.dy[i * p.width + j]);
            gradient = static_cast<T>(sum);
        }
}

}  // namespace kbk
