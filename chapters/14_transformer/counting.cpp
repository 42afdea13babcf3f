#include "chapters/14_transformer/counting.hpp"

#include <cmath>

namespace kbk {

// [counting]
CountingModel::CountingModel(std::span<const std::int32_t> tokens, std::int64_t vocabulary, int order,
                             double extra)
    : vocabulary_(vocabulary), order_(order), extra_(extra) {
    for (std::size_t i = std::size_t(order); i < tokens.size(); ++i) {
        auto& counts = counts_[key(tokens.first(i))];
        counts.resize(std::size_t(vocabulary) + 1);
        ++counts[std::size_t(tokens[i])];
        ++counts.back();
    }
}

double CountingModel::probability(std::span<const std::int32_t> before, std::int32_t token) const {
    const auto found = counts_.find(key(before));
    const double own = found == counts_.end() ? 0 : double(found->second[std::size_t(token)]);
    const double all = found == counts_.end() ? 0 : double(found->second.back());
    return (own + extra_) / (all + extra_ * double(vocabulary_));
}

double CountingModel::loss(std::span<const std::int32_t> tokens) const {
    double sum = 0;
    for (std::size_t i = std::size_t(order_); i < tokens.size(); ++i)
        sum -= std::log(probability(tokens.first(i), tokens[i]));
    return sum / double(tokens.size() - std::size_t(order_));
}
// [counting]

std::int64_t CountingModel::key(std::span<const std::int32_t> before) const {
    std::int64_t key = 0;
    for (const std::int32_t token : before.last(std::size_t(order_))) key = key * vocabulary_ + token;
    return key;
}

}  // namespace kbk
