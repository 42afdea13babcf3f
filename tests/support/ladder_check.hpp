/// @file
/// The tests that every ladder passes: each rung right on each case, refusals kept, bits that no thread count changes.
#pragma once

#include <doctest/doctest.h>

#include "common/cuda/runtime.hpp"
#include "tests/support/case.hpp"
#include "tests/support/cuda_run.hpp"

namespace kbk::test {

/// Check each rung on each case that it accepts. What it refuses is proved to be refused: asked for by name, the
/// ladder runs the best rung instead. A rung that is not available here is reported and passed over. A program whose
/// CUDA kernels are instrumented (cuda_run.hpp) checks those alone.
///
/// In the emulator a long list of cases would take minutes: of more than 40, each CUDA rung there takes every seventh
/// that it accepts, under the checker every 23rd, and each rung begins with another one. The lists count through sizes
/// and flags in steps that these primes do not divide, so all values of each remain. Under the checker, which costs
/// fifty times as much, problems of more than 350,000 operations are left out. On hardware all cases run.
/// @param ladder an operation's rungs
/// @param cases  problems
template <class P>
void check_rungs(const Ladder<void(const P&, Scratch&)>& ladder, const std::vector<Case<P>>& cases) {
    for (const auto& rung : ladder.rungs()) {
        if (checked_cuda() && rung.device != Device::cuda) continue;
        const std::string full_name = ladder.full_name(rung);
        const std::string missing = unavailable(rung.device).empty() ? rung.unavailable() : unavailable(rung.device);
        if (!missing.empty()) {
            MESSAGE(full_name, " is not tested here: ", missing);
            continue;
        }
        choose_kernels(fmt::format("{}={}", ladder.operation(), rung.name));
        const bool samples = rung.device == Device::cuda && cuda::emulated() && cases.size() > 40;
        std::size_t turn = std::size_t(&rung - ladder.rungs().data());
        for (const auto& test : cases) {
            const auto& selected = ladder.select(rung.device, test.problem());
            if (rung.refuses(test.problem()).empty()) {
                CHECK_MESSAGE(selected.name == rung.name, full_name, " accepts ", test.name(), ", yet does not run");
                if (samples && turn++ % (checked_cuda() ? 23 : 7) != 0) continue;
                if (checked_cuda() && cost(test.problem()).flops > 3.5e5) continue;
                const auto check = [&] { return test.check(rung.run, rung.precision, rung.device); };
                const std::string wrong = rung.device == Device::cuda ? run_on_cuda(check) : check();
                CHECK_MESSAGE(wrong.empty(), full_name, ": ", wrong);
            } else {
                CHECK_MESSAGE(&selected == &ladder.best(rung.device, test.problem()), full_name, " refuses ",
                              test.name(), ", yet ", selected.name, " runs instead of the best rung");
            }
        }
    }
    choose_kernels("best");
}

/// Check that each CPU rung which claims to be reproducible gives equal bits on 1, 2, 3 and 5 threads.
/// @param ladder an operation's rungs
/// @param cases  problems large enough for several tasks
template <class P>
void check_thread_counts(const Ladder<void(const P&, Scratch&)>& ladder, const std::vector<Case<P>>& cases) {
    if (checked_cuda()) return;
    for (const auto& rung : ladder.rungs()) {
        if (rung.device != Device::cpu || rung.reproducible == Reproducible::no || !rung.unavailable().empty()) continue;
        for (const auto& test : cases) {
            if (!rung.refuses(test.problem()).empty()) continue;
            const std::string wrong = test.check_threads(rung.run);
            CHECK_MESSAGE(wrong.empty(), ladder.full_name(rung), ": ", wrong);
        }
    }
}

}  // namespace kbk::test
