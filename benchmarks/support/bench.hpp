/// @file
/// The body that all benchmarks share. One of them is a list of problems and how they lie in memory:
///
///     return bench::run(argc, argv, {"bias", "Adding a bias", Roof::bytes}, [](Bench& bench) {
///         bench.add("rows:100", Bias{nullptr, nullptr, 100, 512}, make_case, lay_out);
///     });
///
/// Every rung of the problem's ladder is checked as in the tests, then timed; a wrong one is an error, never
/// a number.
#pragma once

#include <concepts>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "benchmarks/support/results.hpp"
#include "common/base/threads.hpp"
#include "tests/support/case.hpp"

namespace kbk::bench {

/// What a benchmark says of itself.
struct Program {
    std::string name;   ///< the kernel's folder, such as "matmul"
    std::string title;  ///< the same for readers
    Roof roof;          ///< what its ladders are measured against
};

/// What the user asked for.
struct Settings {
    std::string filter;        ///< a regular expression that the names to measure contain; empty: all
    Device device = Device::cpu;  ///< whose rungs to measure
    std::vector<int> threads;  ///< how many threads to measure with: one, and all; on a GPU 0, its own
    bool quick = false;        ///< small problems, few repetitions
    bool check_only = false;   ///< check the rungs, time nothing
};

/// Memory that timed problems lie in: aligned as tensors are, on the device that is measured.
class Memory {
  public:
    /// @param device whose memory
    explicit Memory(Device device = Device::cpu) : device_(device) {}

    /// @param from  values to copy, on the host
    /// @param count how many
    /// @return the copy
    template <class T>
    T* copy(const T* from, std::int64_t count) {
        T* to = zeros<T>(count);
        kbk::copy(device_, to, Device::cpu, from, std::size_t(count) * sizeof(T));
        return to;
    }

    /// @param count how many
    /// @return zeros
    template <class T = float>
    T* zeros(std::int64_t count) {
        buffers_.emplace_back(device_, count * std::int64_t(sizeof(T)));
        clear(device_, buffers_.back().data(), std::size_t(count) * sizeof(T));
        return reinterpret_cast<T*>(buffers_.back().data());
    }

  private:
    Device device_;
    std::vector<Buffer<std::byte>> buffers_;
};

/// Takes problems; at the end checks their rungs and times all of them together.
class Bench {
  public:
    /// @param program  what is measured
    /// @param settings what the user asked for
    Bench(Program program, Settings settings);
    ~Bench();

    /// @return whose rungs are measured
    [[nodiscard]] Device device() const { return settings_.device; }

    /// Measure every rung of a problem's ladder that takes the problem.
    /// @param name    of the problem, such as "n:1024"; names with one number make a curve. Give them in
    /// growing order.
    /// @param problem sizes and flags, without pointers
    /// @param make    callable with (const P&): the test::Case by which rungs are checked, and whose values
    /// are timed
    /// @param lay_out callable with (P&, Memory&): replaces the pointers to inputs by copies in aligned
    /// memory, and
    ///                sets those to outputs
    template <class P, class Make, class LayOut>
    void add(const std::string& name, const P& problem, const Make& make, const LayOut& lay_out) {
        // Made by the first rung that needs it, given back after the last.
        struct Setting {
            explicit Setting(Device device) : memory(device), scratch(device) {}
            std::unique_ptr<test::Case<P>> test;
            Memory memory;
            P timed{};
            Scratch scratch;
        };
        const Device device = settings_.device;
        auto setting = std::make_shared<Setting>(device);
        const auto& operations = ladder(problem);
        for (const auto& rung : operations.rungs()) {
            if (rung.device != device || !rung.accepts(problem)) continue;
            Measurement m{.operation = std::string(operations.operation()),
                          .rung = std::string(rung.name),
                          .problem = name,
                          .cost = cost(problem),
                          .idea = std::string(rung.idea),
                          .library = rung.origin == Origin::library};
            const auto check = [=] {
                if (!setting->test) {
                    setting->test = std::make_unique<test::Case<P>>(make(problem));
                    setting->timed = setting->test->problem();
                    lay_out(setting->timed, setting->memory);
                }
                return setting->test->check(rung.run, rung.precision, device);
            };
            const auto run = [setting, function = rung.run] { function(setting->timed, setting->scratch); };
            add_rung(std::move(m), check, run);
        }
    }

    /// Check and time all that was added; print, draw and save the results.
    /// @param report    where to print
    /// @param figures   folder for the figures; empty: none
    /// @param save      file for the results; empty: none
    /// @param arguments the command line
    /// @return exit status: 0, or 1 when a rung was wrong
    int finish(Report& report, const std::filesystem::path& figures, const std::filesystem::path& save,
               const std::string& arguments);

  private:
    struct Candidate;

    void add_rung(Measurement m, std::function<std::string()> check, std::function<void()> run);
    void add_peaks();
    void add_cuda_peaks();
    void use_threads(int threads) const;
    void check(Candidate& candidate);
    void plan(Candidate& candidate);
    void time_all();

    Program program_;
    Settings settings_;
    std::vector<std::unique_ptr<Candidate>> candidates_;
    std::map<std::string, double> seconds_per_work_;  // of each rung, on the problem before
    std::map<std::string, std::string> verdicts_;  // what is wrong with a rung on a problem; empty: nothing
};

/// Be the program of a benchmark: read the command line, check, time, print.
/// @param argc     of main
/// @param argv     of main
/// @param program  what it is
/// @param problems adds the problems
/// @return exit status: 0 done; 1 an error or a wrong rung; 2 a wrong command line
int run(int argc, char** argv, const Program& program, const std::function<void(Bench&)>& problems);

}  // namespace kbk::bench
