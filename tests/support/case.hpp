/// @file
/// A test case for a rung: one problem with its inputs, outputs and tolerances, and the check that runs it.
/// It uses no test framework, so that benchmarks check a rung in the same way before they time it.
#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/base/threads.hpp"
#include "tests/support/close.hpp"
#include "tests/support/guarded.hpp"

namespace kbk::test {

/// One problem of an operation, on the host. Its pointers are set by `input` and `output`; each is told by a member
/// of the problem (`&Matmul::a`) or by a function that sets it (`[](Matmul& p, const float* x) { ... }`).
/// @tparam P the operation's problem struct
template <class P>
class Case {
  public:
    /// @param name    what the case is about; it stands in every message
    /// @param problem sizes and flags
    Case(std::string name, P problem) : name_(std::move(name)), problem_(problem) {}

    /// @param place  which pointer of the problem
    /// @param values what it points to
    template <class T, class Place>
    Case& input(Place place, const std::vector<T>& values) {
        auto memory = std::make_shared<Guarded<T>>(std::span<const T>(values));
        set(problem_, place, memory->data());
        host_.push_back(memory);
        inputs_.push_back([place, values](P& p, Device device, Lie lie) -> std::shared_ptr<void> {
            auto copy = std::make_shared<Guarded<T>>(std::span<const T>(values), device, lie);
            set(p, place, copy->data());
            return copy;
        });
        return *this;
    }

    /// @param place   which pointer of the problem
    /// @param initial what stands there before a run: poison where the old value must not matter
    /// @param scale   accepted error of each element in units of the rung's unit roundoff; empty: exact
    template <class Place>
    Case& output(Place place, std::vector<float> initial, std::vector<double> scale = {}) {
        outputs_.push_back({[place](P& p, float* memory) { set(p, place, memory); }, std::move(initial),
                            std::move(scale), {}});
        return *this;
    }

    /// Say what the output declared last must be, instead of asking `reference`: for a case worked by hand.
    /// @param values its elements
    Case& expect(std::vector<float> values) {
        outputs_.back().expected = std::move(values);
        by_hand_ = true;
        return *this;
    }

    /// @return what the case is about
    [[nodiscard]] const std::string& name() const { return name_; }
    /// @return the problem; its inputs are on the host, its outputs null outside a run
    [[nodiscard]] const P& problem() const { return problem_; }

    /// Run a function on fresh, poisoned outputs.
    /// @param run     callable with (const P&, Scratch&)
    /// @param damaged receives what was written outside the outputs, if anything
    /// @param device  where it runs
    /// @param lie     how inputs and outputs lie in the device's memory; on the host they are always guarded
    /// @return the outputs, in the order of declaration
    template <class Run>
    [[nodiscard]] std::vector<std::vector<float>> results(const Run& run, std::string& damaged,
                                                          Device device = Device::cpu, Lie lie = Lie::guarded) const {
        // Leave NaNs in the arena, so that a kernel which counts on zeros there does not find them. (Memory of the
        // CUDA emulator starts as NaNs, and its checker must see that nobody has written it.)
        Scratch scratch(device);
        if (device == Device::cpu) {
            const Scratch::Frame frame(scratch);
            constexpr std::int64_t dirty = 1 << 16;
            std::memset(scratch.take<float>(dirty), 0xff, dirty * sizeof(float));
        }

        P problem = problem_;
        std::vector<std::shared_ptr<void>> inputs;
        if (device != Device::cpu)
            for (const auto& place : inputs_) inputs.push_back(place(problem, device, lie));
        std::vector<Guarded<float>> memory;
        memory.reserve(outputs_.size());
        for (const Output& output : outputs_) {
            memory.emplace_back(output.initial, device, device == Device::cpu ? Lie::guarded : lie);
            output.place(problem, memory.back().data());
        }
        run(problem, scratch);

        std::vector<std::vector<float>> found;
        for (Guarded<float>& m : memory) {
            if (damaged.empty()) damaged = m.damage();
            found.push_back(m.values());
        }
        return found;
    }

    /// Run a function twice (a second run may find stale state) and compare with what is expected.
    /// @param run       callable with (const P&, Scratch&)
    /// @param precision its arithmetic
    /// @param device    where it runs
    /// @return empty when all is right; else the case and what is wrong
    template <class Run>
    [[nodiscard]] std::string check(const Run& run, Precision precision = Precision::float32,
                                    Device device = Device::cpu) const {
        const auto expected = expectation();
        for (const auto& [time, lie] : {std::pair("first", Lie::alone), std::pair("second", Lie::guarded)}) {
            std::string wrong;
            const auto found = results(run, wrong, device, lie);
            for (std::size_t i = 0; wrong.empty() && i < found.size(); ++i) {
                std::vector<double> tolerance = outputs_[i].scale;
                for (double& t : tolerance) t *= unit_roundoff(precision);
                wrong = find_difference(found[i], expected[i], tolerance);
            }
            if (!wrong.empty()) return fmt::format("{}, {} run: {}", name_, time, wrong);
        }
        return "";
    }

    /// Run a function on 1, 2, 3 and 5 threads and compare the outputs bit by bit.
    /// @param run callable with (const P&, Scratch&)
    /// @return empty when all are equal; else the case and what differs
    template <class Run>
    [[nodiscard]] std::string check_threads(const Run& run) const {
        const int before = threads();
        std::string wrong;
        set_threads(1);
        const auto expected = results(run, wrong);
        for (const int count : {2, 3, 5}) {
            if (!wrong.empty()) break;
            set_threads(count);
            const auto found = results(run, wrong);
            for (std::size_t i = 0; wrong.empty() && i < found.size(); ++i)
                if (const std::string bits = find_bit_difference(found[i], expected[i]); !bits.empty())
                    wrong = fmt::format("{} threads against 1: {}", count, bits);
        }
        set_threads(before);
        return wrong.empty() ? "" : fmt::format("{}, {}", name_, wrong);
    }

  private:
    struct Output {
        std::function<void(P&, float*)> place;
        std::vector<float> initial;
        std::vector<double> scale;
        std::vector<float> expected;  // where it was worked by hand
    };

    template <class Place, class T>
    static void set(P& problem, Place place, T* memory) {
        if constexpr (std::is_member_pointer_v<Place>)
            problem.*place = memory;
        else
            place(problem, memory);
    }

    // The reference is slow: run it once for all rungs.
    const std::vector<std::vector<float>>& expectation() const {
        if (!expected_.empty()) return expected_;
        if (by_hand_) {
            for (const Output& output : outputs_) expected_.push_back(output.expected);
        } else {
            std::string damaged;
            expected_ = results([](const P& p, Scratch&) { reference(p); }, damaged);
            require(damaged.empty(), "{}: the reference {}", name_, damaged);
        }
        return expected_;
    }

    std::string name_;
    P problem_;
    std::vector<std::shared_ptr<void>> host_;  // memory of the inputs that `problem_` points to
    std::vector<std::function<std::shared_ptr<void>(P&, Device, Lie)>> inputs_;
    std::vector<Output> outputs_;
    bool by_hand_ = false;
    mutable std::vector<std::vector<float>> expected_;
};

}  // namespace kbk::test
