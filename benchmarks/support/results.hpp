/// @file
/// What a benchmark measured, and how it is shown: as tables, as figures, as the file that pages are woven
/// from.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/ladder/ladder.hpp"
#include "common/report/report.hpp"

namespace kbk::bench {

/// Which of the machine's limits holds a ladder back, and so what its speed is counted in.
enum class Roof {
    flops,  ///< arithmetic: GFLOP/s, against multiply-adds in registers
    bytes   ///< memory: GB/s, against copying arrays that no cache holds
};

/// In place of a number of threads: all of a GPU's.
inline constexpr int on_gpu = 0;

/// One rung on one problem with so many threads: what was measured, or why nothing was.
struct Measurement {
    std::string operation;             ///< such as "matmul"; "peak" for the machine's own limits
    std::string rung;                  ///< such as "blocked"
    std::string problem;               ///< such as "n:1024", or "layer:784-512/pass:forward"
    int threads = 1;                   ///< how many it ran on; on_gpu for a GPU
    Cost cost = {};                    ///< of one call
    std::string idea = {};             ///< the rung's idea
    bool library = false;              ///< whether it is a unit of measurement
    std::string not_timed = {};        ///< why it was not timed; empty when it was
    std::vector<double> seconds = {};  ///< of one call, one number for each repetition

    /// @return median of the seconds; NaN where there are none
    [[nodiscard]] double median() const;
    /// @return standard deviation of the seconds by their mean; NaN for fewer than two
    [[nodiscard]] double spread() const;
};

/// All measurements of one run, which belong together: shares of the peak and of libraries are taken within
/// it.
class Results {
  public:
    /// @param name         of the benchmark, such as "matmul"
    /// @param title        the same for readers
    /// @param roof         what its ladders are measured against
    /// @param measurements in the order of the ladders
    Results(std::string name, std::string title, Roof roof, std::vector<Measurement> measurements);

    /// @param path what `save` wrote
    /// @return the results, without the single repetitions: enough to draw them again
    /// @throws Error for a file that is no saved result
    static Results load(const std::filesystem::path& path);

    /// Print each ladder's table, and its speed on all problems.
    /// @param report where to
    void print(Report& report) const;

    /// Draw each ladder: the rungs of one problem, and the speed over the problem's size, under the roof.
    /// @param folder receives NAME.csv and NAME.svg of each figure
    /// @return names of the figures
    [[nodiscard]] std::vector<std::string> draw(const std::filesystem::path& folder) const;

    /// Save all for docs/weave.py and for comparisons.
    /// @param path      the file
    /// @param arguments the command line
    void save(const std::filesystem::path& path, const std::string& arguments) const;

  private:
    // A ladder of the run, with the names that occur in it, each in its order.
    struct Part {
        std::string operation;
        std::vector<std::string> rungs, problems;
        std::string
            headline;  // the problem that stands for all: the largest that its first rung was timed on
    };

    [[nodiscard]] const Measurement* find(std::string_view operation, std::string_view problem,
                                          std::string_view rung, int threads) const;
    [[nodiscard]] double limit(int threads) const;
    [[nodiscard]] double roof_of(const Measurement& m) const;
    [[nodiscard]] double rate(const Measurement& m) const;
    [[nodiscard]] const Measurement* best_library(const Part& part, std::string_view problem,
                                                  int threads) const;
    void print_problem(Report& report, const Part& part, const std::string& problem, int threads) const;
    void print_overview(Report& report, const Part& part, int threads) const;
    [[nodiscard]] std::vector<NamedFigure> figures() const;

    std::string name_, title_, unit_;
    Roof roof_;
    std::vector<Measurement> all_;
    std::vector<Part> parts_;
    std::vector<int> threads_;
};

}  // namespace kbk::bench
