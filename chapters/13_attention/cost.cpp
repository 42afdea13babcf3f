/// @file
/// What attention costs: counted, and measured as the context grows.
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <vector>

#include "chapters/13_attention/experiments.hpp"
#include "common/base/philox.hpp"
#include "kernels/attention/reference.hpp"

namespace kbk {

namespace {

double seconds_of(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// [peak_memory]
// A line such as "VmHWM:   123 kB" of what Linux tells of this process, in MiB; NaN where it tells nothing.
double status_line(const char* name) {
    std::FILE* file = std::fopen("/proc/self/status", "r");
    if (!file) return std::nan("");
    double kib = std::nan("");
    char line[256];
    const std::string pattern = std::string(name) + ": %lf";
    while (std::fgets(line, sizeof line, file))
        if (std::sscanf(line, pattern.c_str(), &kib) == 1) break;
    std::fclose(file);
    return kib / 1024;
}

// Most memory that a piece of work has in use at once, beyond what the process had before, in MiB.
double peak_memory(const std::function<void()>& work) {
    // Give back what was freed before, and forget the old peak.
    malloc_trim(0);
    if (std::FILE* file = std::fopen("/proc/self/clear_refs", "w")) {
        std::fputs("5", file);
        std::fclose(file);
    }
    const double before = status_line("VmRSS");
    work();
    return status_line("VmHWM") - before;
}
// [peak_memory]

// One head and its gradients, of some context.
struct Problem {
    std::int64_t n, width;
    std::vector<float> q, k, v, out, log_sum, d_out, dq, dk, dv;

    Problem(std::int64_t context, std::int64_t head_width)
        : n(context),
          width(head_width),
          q(size()),
          k(size()),
          v(size()),
          out(size()),
          log_sum(std::size_t(n)),
          d_out(size()),
          dq(size()),
          dk(size()),
          dv(size()) {
        Philox(1, stream_id("context q")).fill_uniform(q, -1, 1);
        Philox(1, stream_id("context k")).fill_uniform(k, -1, 1);
        Philox(1, stream_id("context v")).fill_uniform(v, -1, 1);
        Philox(1, stream_id("context d_out")).fill_uniform(d_out, -1, 1);
    }
    [[nodiscard]] std::size_t size() const { return std::size_t(n * width); }
    Attention forward() {
        return {q.data(), k.data(), v.data(), out.data(), log_sum.data(), 1, 1, n, n, width};
    }
    AttentionBackward backward() {
        return {q.data(),
                k.data(),
                v.data(),
                out.data(),
                log_sum.data(),
                d_out.data(),
                dq.data(),
                dk.data(),
                dv.data(),
                1,
                1,
                n,
                n,
                width};
    }
};

}  // namespace

void count_the_cost(Report& report) {
    report.section("What it costs");
    // GPT-2's smallest size.
    const std::int64_t channels = 768, heads = 12, width = channels / heads;
    std::vector<std::vector<std::string>> rows;
    // [counts]
    for (const std::int64_t n : {256, 1024, 4096, 16384}) {
        const Attention p{nullptr, nullptr, nullptr, nullptr, nullptr, 1, heads, n, n, width};
        const double projections =
            8.0 * double(n) * double(channels * channels);  // four products of (n, C) and (C, C)
        const double attending = cost(p).flops;
        const double matrix = double(heads) * double(n) * double(n) * sizeof(float);
        // [counts]
        rows.push_back({show(double(n), Unit::count), fmt::format("{:.2f}", projections * 1e-9),
                        fmt::format("{:.2f}", attending * 1e-9), fmt::format("{:.1f}", matrix / (1 << 20))});
        report.value(fmt::format("cost.{}.projections", n),
                     fmt::format("context {}: GFLOP of the projections", n), projections * 1e-9, Unit::plain,
                     2);
        report.value(fmt::format("cost.{}.attending", n), "GFLOP of scores and mixing", attending * 1e-9,
                     Unit::plain, 2);
        report.value(fmt::format("cost.{}.matrix", n), "MiB of all scores", matrix / (1 << 20), Unit::plain,
                     0);
    }
    report.table("One layer of GPT-2's smallest model, forward",
                 {"context", "projections, GFLOP", "scores and mixing, GFLOP", "all scores, MiB"}, rows);
}

void climb_the_ladder(Report& report) {
    report.section("The rungs, one result");

    // [online_by_hand]
    // Scores and values come one by one; the sum and the mixture are relative to the largest score so far.
    const double score[] = {1, 2, 4}, value[] = {10, 20, 30};
    double largest = score[0], sum = 1, mixed = value[0];
    for (int j = 1; j < 3; ++j) {
        const double before = largest;
        largest = std::max(largest, score[j]);
        sum = std::exp(before - largest) * sum + std::exp(score[j] - largest);
        mixed = std::exp(before - largest) * mixed + std::exp(score[j] - largest) * value[j];
        // [online_by_hand]
        report.value(fmt::format("online.factor{}", j + 1),
                     fmt::format("factor of the old at score {}", j + 1), std::exp(before - largest),
                     Unit::plain, 4);
        report.value(fmt::format("online.sum{}", j + 1), "sum behind it", sum, Unit::plain, 4);
        report.value(fmt::format("online.mixed{}", j + 1), "mixture behind it", mixed, Unit::plain, 4);
    }
    double all = 0, shares = 0;
    for (int j = 0; j < 3; ++j) {
        all += std::exp(score[j]) * value[j];
        shares += std::exp(score[j]);
    }
    report.value("online.answer", "the answer", mixed / sum, Unit::plain, 4);
    report.value("online.at_once", "all at once", all / shares, Unit::plain, 4);

    const std::int64_t n = 160, width = 48;
    Problem problem(n, width);
    const Attention p = problem.forward();
    reference(p);
    const std::vector<float> expected = problem.out;
    std::vector<std::vector<std::string>> rows;
    Scratch arena;
    double worst = 0;
    for (const auto& rung : attention().rungs()) {
        if (rung.device != Device::cpu || rung.origin != Origin::own || !rung.accepts(p)) continue;
        rung.run(p, arena);
        double off = 0;
        for (std::size_t i = 0; i < expected.size(); ++i)
            off = std::max(off, std::fabs(double(problem.out[i]) - expected[i]));
        rows.push_back({std::string(rung.name), std::string(rung.idea), fmt::format("{:.1e}", off)});
        worst = std::max(worst, off);
    }
    report.table("Largest error of each rung, outputs of size below 1", {"rung", "idea", "error"}, rows);
    report.value("rungs.worst", "the worst of them", worst < 1e-6 ? std::string("below 1e-6") : show(worst));
}

void lengthen_the_context(const Options& options, Report& report) {
    report.section("A longer and longer context");
    const std::int64_t width = 64, longest_naive = 2048, longest = options.full ? 65536 : 16384;
    LinePlot memory{
        .title = "Memory of one head, forward and backward",
        .x = {.label = "context", .scale = Scale::log2, .unit = Unit::count},
        .y = {.label = "MiB", .scale = Scale::log2},
        .series = {{.name = "naive", .mark = Mark::line_and_points},
                   {.name = "best", .mark = Mark::line_and_points},
                   {.name = "its inputs and outputs", .dashed = true},
                   {.name = "all scores, twice", .dashed = true}},
        .description =
            "The memory of the naive rung grows with the square of the context, that of the best rung "
            "in proportion to it, as its inputs and outputs do."};
    std::vector<std::vector<std::string>> rows;
    double last = 0, growth = 0;
    for (std::int64_t n = 256; n <= longest; n *= 2) {
        double forward = 0, backward = 0;
        const auto run = [&](const char* kernels) {
            choose_kernels(kernels);
            const double peak = peak_memory([&] {
                Problem problem(n, width);
                Scratch arena;  // a fresh one, which gives its memory back
                forward = seconds_of([&] { attention().run(problem.forward(), arena); });
                backward = seconds_of([&] { attention_backward().run(problem.backward(), arena); });
            });
            choose_kernels("best");
            return peak;
        };
        const auto add = [&](std::size_t series, double mib) {
            memory.series[series].x.push_back(double(n));
            memory.series[series].y.push_back(mib);
        };
        std::string naive_time = "-";
        if (n <= longest_naive) {
            add(0, run("naive"));
            naive_time = show(forward + backward, Unit::seconds);
        }
        const double peak = run("best");
        add(1, peak);
        add(2, double(n) * (9 * width + 1) * sizeof(float) / (1 << 20));
        add(3, 2 * double(n) * double(n) * sizeof(float) / (1 << 20));
        growth = peak / last;
        last = peak;
        rows.push_back({show(double(n), Unit::count), fmt::format("{:.1f}", peak),
                        show(forward, Unit::seconds), show(backward, Unit::seconds), naive_time});
    }
    report.table("One causal head of width 64",
                 {"context", "peak, MiB", "forward", "backward", "naive, both"}, rows);
    report.value("context.longest", "longest context", longest);
    report.value("context.inputs", "MiB of its inputs and outputs",
                 double(longest) * (9 * width + 1) * sizeof(float) / (1 << 20), Unit::plain, 1);
    report.value("context.scores", "MiB that two matrices of scores would take",
                 2 * double(longest) * double(longest) * 4 / (1 << 20), Unit::plain, 0);
    report.measured("context.peak", "MiB in use, measured", last, Unit::plain, 1);
    report.measured(
        "context.growth", "a context twice as long needs",
        std::string(growth > 1.7 && growth < 2.3 ? "twice the memory" : show(growth, Unit::ratio)));
    report.figure("memory", memory);
}

}  // namespace kbk
