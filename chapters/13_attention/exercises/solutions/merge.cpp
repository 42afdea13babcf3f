#include "chapters/13_attention/exercises/merge.hpp"

#include <algorithm>
#include <cmath>

namespace kbk::exercise {

Partial merge(const Partial& a, const Partial& b) {
    Partial both{std::max(a.largest, b.largest), 0, std::vector<double>(a.mix.size())};
    for (const Partial* part : {&a, &b}) {
        if (part->sum == 0) continue;  // no keys: minus infinity less itself would not be a number
        const double factor = std::exp(part->largest - both.largest);
        both.sum += factor * part->sum;
        for (std::size_t c = 0; c < both.mix.size(); ++c) both.mix[c] += factor * part->mix[c];
    }
    return both;
}

}  // namespace kbk::exercise
