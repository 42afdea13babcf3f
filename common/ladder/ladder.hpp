/// @file
/// A ladder: one operation, many implementations, from the plainest to the fastest.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/tensor/tensor.hpp"

namespace kbk {

/// The arithmetic that a rung computes in; its unit roundoff sets the tolerance of its tests.
enum class Precision { float32, tf32, bf16, int8 };

/// Who wrote a rung: this book, or a library that it is measured against.
enum class Origin { own, library };

/// Whether equal inputs give equal bits for any number of threads.
enum class Reproducible { yes, no };

/// What must be computed, and the fewest bytes that must move to compute it.
struct Cost {
    double flops;  ///< floating-point operations, a fused multiply-add counting two
    double bytes;  ///< bytes of input read once and output written once
};

/// One implementation of an operation.
/// @tparam Run the rung's function type, void(const Problem&, Scratch&)
template <class Run>
struct Rung;

/// @copydoc Rung
template <class Problem>
struct Rung<void(const Problem&, Scratch&)> {
    Device device;          ///< where it runs
    std::string_view name;  ///< such as "blocked": also its file, its function and its place in the tables
    void (*run)(const Problem&, Scratch&);  ///< computes; the problem's pointers are on `device`
    std::string_view idea;                  ///< what it changes, in one clause

    /// @return why it refuses this problem, in one clause; empty when it accepts
    std::string (*refuses)(const Problem&) = [](const Problem&) { return std::string(); };
    /// @return why it cannot run on this machine, in one clause; empty when it can
    std::string (*unavailable)() = [] { return std::string(); };
    Precision precision = Precision::float32;
    Origin origin = Origin::own;
    Reproducible reproducible = Reproducible::yes;

    /// @return whether it takes this problem, and runs on this machine
    [[nodiscard]] bool accepts(const Problem& problem) const {
        return unavailable().empty() && refuses(problem).empty();
    }
};

/// Which rungs the user asked for with --kernels; "best" unless said otherwise.
/// @param operation such as "matmul"
/// @return a rung's name, or "best"
std::string_view chosen_rung(std::string_view operation);

/// Set the choice: "best", "naive", or "OP=RUNG,OP=RUNG". Where an operation lacks the rung, or the rung
/// refuses a problem, the best one runs and a note says so once.
/// @param choice the text after --kernels
/// @throws Error for a text of another form
void choose_kernels(std::string_view choice);

/// Tell the user, once for each text, that a chosen rung was not used.
/// @param operation the operation
/// @param rung      the rung that was asked for
/// @param reason    why it is not used, in one clause
void note_not_used(std::string_view operation, std::string_view rung, std::string_view reason);

/// All rungs of one operation in teaching order: each device's list climbs from the definition to the fastest
/// own rung, with libraries, the units of measurement, at its end.
/// @tparam Run the rungs' function type
template <class Run>
class Ladder;

/// @copydoc Ladder
template <class Problem>
class Ladder<void(const Problem&, Scratch&)> {
  public:
    using Entry = Rung<void(const Problem&, Scratch&)>;  ///< one rung

    /// @param operation the operation's name, such as "matmul"
    /// @param rungs     its rungs, in teaching order
    Ladder(std::string_view operation, std::vector<Entry> rungs)
        : operation_(operation), rungs_(std::move(rungs)) {}

    /// @return the operation's name
    [[nodiscard]] std::string_view operation() const { return operation_; }
    /// @return the rungs, in teaching order
    [[nodiscard]] std::span<const Entry> rungs() const { return rungs_; }
    /// @return "matmul/cpu/blocked"
    [[nodiscard]] std::string full_name(const Entry& rung) const {
        return fmt::format("{}/{}/{}", operation_, kbk::name(rung.device), rung.name);
    }

    /// @param full "cpu/blocked" or "cuda/shared"
    /// @return the rung of that name
    /// @throws Error naming what was asked for and what there is
    [[nodiscard]] const Entry& rung(std::string_view full) const {
        std::string names;
        for (const auto& r : rungs_) {
            const std::string candidate = fmt::format("{}/{}", kbk::name(r.device), r.name);
            if (candidate == full) return r;
            names += (names.empty() ? "" : ", ") + candidate;
        }
        fail("{} has no rung '{}'; there are: {}", operation_, full, names);
    }

    /// The last own rung in float32 that accepts the problem. It depends on the device and the problem, never
    /// on the number of threads, so that results do not either.
    /// @param device  where to run
    /// @param problem what to compute
    /// @return a rung
    /// @throws Error when no rung takes the problem
    [[nodiscard]] const Entry& best(Device device, const Problem& problem) const {
        for (auto r = rungs_.rbegin(); r != rungs_.rend(); ++r)
            if (r->device == device && r->origin == Origin::own && r->precision == Precision::float32 &&
                r->reproducible == Reproducible::yes && r->name != "mine" && r->accepts(problem))
                return *r;
        fail("{}: no kernel on device {} takes this problem{}", operation_, kbk::name(device),
             reasons(device, problem));
    }

    /// Compute with the rung that --kernels chose, else with the best one.
    /// @param problem what to compute; its pointers lie on the scratch's device
    /// @param scratch memory for the time of the call
    /// @throws Error when the problem breaks the operation's contract (its `validate`)
    void run(const Problem& problem, Scratch& scratch) const {
        validate(problem);
        select(scratch.device(), problem).run(problem, scratch);
    }

    /// @param device  where to run
    /// @param problem what to compute
    /// @return the rung that --kernels chose where it takes the problem, else the best one
    [[nodiscard]] const Entry& select(Device device, const Problem& problem) const {
        const std::string_view wanted = chosen_rung(operation_);
        if (wanted == "best") return best(device, problem);
        std::string reason = fmt::format("{} has no such rung on device {}", operation_, kbk::name(device));
        for (const auto& r : rungs_) {
            if (r.device != device || r.name != wanted) continue;
            reason = r.unavailable();
            if (reason.empty()) reason = r.refuses(problem);
            if (reason.empty()) return r;
        }
        note_not_used(operation_, wanted, reason);
        return best(device, problem);
    }

  private:
    [[nodiscard]] std::string reasons(Device device, const Problem& problem) const {
        std::string text;
        for (const auto& r : rungs_) {
            if (r.device != device) continue;
            const std::string reason = r.unavailable().empty() ? r.refuses(problem) : r.unavailable();
            if (!reason.empty()) text += fmt::format("; {}: {}", r.name, reason);
        }
        return text;
    }

    std::string_view operation_;
    std::vector<Entry> rungs_;
};

}  // namespace kbk
