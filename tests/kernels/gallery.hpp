/// @file
/// Galleries of broken kernels: the checks of the tests must tell each from a right one.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "tests/support/case.hpp"

namespace kbk::test {

/// A mistake that is easily made, in a kernel that is right but for it.
template <class P>
struct Exhibit {
    const char* fault;               ///< what is wrong, as the end of "a kernel passes though ..."
    void (*run)(const P&, Scratch&);  ///< the kernel
};

/// Fail the test unless each exhibit fails some case, and the reference none.
/// @param gallery broken kernels
/// @param cases   by which rungs are checked
template <class P>
void check_gallery(const std::vector<Exhibit<P>>& gallery, const std::vector<Case<P>>& cases) {
    for (const auto& [fault, run] : gallery) {
        const bool rejected =
            std::any_of(cases.begin(), cases.end(), [&](const auto& c) { return !c.check(run).empty(); });
        CHECK_MESSAGE(rejected, "a kernel passes though ", fault);
    }
    for (const auto& test : cases) {
        const std::string wrong = test.check([](const P& p, Scratch&) { reference(p); });
        CHECK_MESSAGE(wrong.empty(), wrong);
    }
}

}  // namespace kbk::test
