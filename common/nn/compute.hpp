/// @file
/// One way to call any operation from a layer.
#pragma once

#include <type_traits>

#include "common/ladder/ladder.hpp"

namespace kbk {

/// Compute a problem: by its ladder in float, by its reference in double. So one layer is trained in float
/// and gradient-checked in double. The operation's header and its reference.hpp must be included.
/// @param problem any kernel's problem struct; its pointers lie on `device`
/// @param device  where to run
template <class Problem>
void compute(const Problem& problem, Device device) {
    if constexpr (std::is_same_v<typename Problem::Scalar, float>)
        ladder(problem).run(problem, scratch(device));
    else
        reference(problem);
}

}  // namespace kbk
