/// @file
/// Chapter 5: from three loops to the machine's limit. The program reads from top to bottom as the chapter
/// does: first what can be counted, then what has to be measured.
#include <algorithm>
#include <cmath>

#include "chapters/05_matmul/climb.hpp"
#include "chapters/05_matmul/counts.hpp"
#include "chapters/05_matmul/found.hpp"
#include "chapters/05_matmul/measure.hpp"
#include "common/app/app.hpp"
#include "common/base/interrupt.hpp"
#include "common/base/limits.hpp"
#include "common/base/machine.hpp"
#include "common/base/threads.hpp"
#include "common/report/figure.hpp"
#include "common/report/progress.hpp"
#include "common/report/saved.hpp"
#include "kernels/activation/activation.hpp"
#include "kernels/bias/bias.hpp"
#include "kernels/matmul/microkernel.hpp"

using namespace kbk;
using namespace kbk::lesson;

namespace {

constexpr double giga = 1e-9, nano = 1e-9;

// Measured values of this machine, remembered for the table beside the book's.
class Findings {
  public:
    explicit Findings(Report& report) : report_(report) {}

    void add(const std::string& name, const std::string& label, double value, Unit unit = Unit::plain, int digits = -1) {
        report_.measured(name, label, value, unit, digits);
        rows_.push_back({name, label, show(value, unit, digits), unit, digits});
    }

    void compare() {
        const auto book = book_values("05_matmul");
        std::vector<std::vector<std::string>> rows;
        for (const Row& row : rows_) {
            const auto found = book.find(row.name);
            rows.push_back({row.label, row.text, found == book.end() ? "–" : show(found->second, row.unit, row.digits)});
        }
        report_.section("Your machine, and the book's");
        report_.table("", {"", "here", "book"}, rows);
    }

  private:
    struct Row {
        std::string name, label, text;
        Unit unit;
        int digits;
    };
    Report& report_;
    std::vector<Row> rows_;
};

void stop_if_asked() {
    if (interrupted()) throw Interrupted("stopped; nothing was saved");
}

// ---------------------------------------------------------------------------------------------------------------
// The processor.

void measure_arithmetic(Report& report, Findings& findings, Processor& p) {
    report.section("The processor: a clock and two units");
    p.cycle = cycle_seconds();
    p.lanes = vector_floats();

    // One chain tells how long a multiply-add takes, many tell how many start in a cycle.
    Series vectors{.name = fmt::format("vectors of {}", p.lanes), .mark = Mark::line_and_points};
    Series single{.name = "single numbers", .mark = Mark::line_and_points};
    p.latency = step_seconds(1, true) / p.cycle;
    for (const int chains : {1, 2, 4, 6, 8, 10, 12}) {
        const double rate = chains / step_seconds(chains, true);
        p.per_cycle = std::max(p.per_cycle, rate * p.cycle);
        vectors.x.push_back(chains);
        vectors.y.push_back(2 * p.lanes * rate * giga);
        single.x.push_back(chains);
        single.y.push_back(2 * chains / step_seconds(chains, false) * giga);
    }
    Series foretold{.name = "foretold", .dashed = true};
    for (double chains = 1; chains <= 12; chains += 0.25) {
        foretold.x.push_back(chains);
        foretold.y.push_back(p.peak() * giga * std::min(1.0, chains / p.sums_needed()));
    }
    vectors.name = "vectors";
    report.measured_figure(
        "chains", LinePlot{.title = "Multiply-adds that wait for each other, and that do not",
                           .x = {.label = "chains at the same time"},
                           .y = {.label = "GFLOP/s", .low = 0},
                           .series = {foretold, vectors, single},
                           .description = "Speed grows in proportion to the number of chains until all units are busy."});
    findings.add("cpu.clock", "clock, GHz", nano / p.cycle, Unit::plain, 2);
    findings.add("cpu.latency", "cycles of a multiply-add", p.latency, Unit::plain, 1);
    findings.add("cpu.per_cycle", "multiply-adds started in a cycle", p.per_cycle, Unit::plain, 2);
    findings.add("cpu.sums", "sums needed: latency x units", p.sums_needed(), Unit::plain, 1);
    findings.add("cpu.lanes", "floats in a vector", p.lanes, Unit::plain, 0);
    findings.add("cpu.peak1", "peak of a thread, GFLOP/s", p.peak() * giga, Unit::plain, 1);
}

void measure_memory(Report& report, Findings& findings, Processor& p) {
    report.section("The memory: four distances");

    p.caches = machine().caches;
    const std::int64_t last = std::max<std::int64_t>(machine().last_cache(), 1 << 23);
    const std::int64_t largest = std::clamp<std::int64_t>(2 * last, 1 << 24, 1 << 26);

    // Follow pointers through ever larger sets.
    std::vector<Sample> curve;
    Series near{.name = "lines side by side", .mark = Mark::line_and_points};
    Series pages{.name = "a page for each line", .mark = Mark::line_and_points};
    Progress progress("latencies", 2 * std::int64_t(std::log2(double(largest) / 4096)) + 2);
    for (std::int64_t bytes = 4096; bytes <= largest; bytes *= 2)
        for (const std::int64_t size : {bytes, bytes / 2 * 3}) {
            stop_if_asked();
            // Pages that fill the sets of a cache unevenly make it look smaller: try others.
            double seconds = load_seconds(size / 64, 64);
            for (int again = 0; again < 2 && size <= 1024 * 1024; ++again)
                seconds = std::min(seconds, load_seconds(size / 64, 64));
            curve.push_back({size, seconds});
            near.x.push_back(double(size) / 1024);
            near.y.push_back(curve.back().seconds / nano);
            if (size <= 512 * 1024) {
                pages.x.push_back(double(size) / 1024);
                pages.y.push_back(load_seconds(size / 64, 4096 + 64) / nano);
            }
            progress.advance();
        }
    progress.finish();
    const auto found = cache_sizes(curve);
    Series system{.name = "cache sizes, as the system says", .mark = Mark::points};
    for (const CacheLevel& level : p.caches) {
        const auto at = std::ranges::find_if(curve, [&](const Sample& s) { return s.bytes >= level.bytes; });
        system.x.push_back(double(level.bytes) / 1024);
        system.y.push_back((at == curve.end() ? curve.back() : *at).seconds / nano);
    }
    const LinePlot plot{.title = "How long a load takes, by the size of what is walked through",
                  .x = {.label = "KiB of lines", .scale = Scale::log2, .unit = Unit::count},
                  .y = {.label = "nanoseconds of a load that waits for the one before it", .scale = Scale::log10},
                  .series = {near, pages, system},
                  .description = "Latency is flat while a cache holds the lines and rises where it does not."};
    report.measured_figure("latency", plot);

    const auto latency_of = [&](std::int64_t bytes) {
        const auto at = std::ranges::find_if(curve, [&](const Sample& s) { return s.bytes >= bytes; });
        return (at == curve.end() ? curve.back() : *at).seconds;
    };
    for (std::size_t i = 0; i < p.caches.size(); ++i) {
        const double kib = double(p.caches[i].bytes) / 1024;
        findings.add(fmt::format("cache.l{}.system", i + 1), fmt::format("L{} by the system, KiB", i + 1), kib, Unit::count);
        if (i < found.size())
            findings.add(fmt::format("cache.l{}.found", i + 1), fmt::format("L{} by the curve, KiB", i + 1),
                         double(found[i]) / 1024, Unit::count);
        // Well inside of the cache: the sets of the second fill unevenly, and the last is shared with others.
        constexpr std::int64_t parts[] = {2, 4, 16};
        const double ns = latency_of(p.caches[i].bytes / parts[std::min<std::size_t>(i, 2)]) / nano;
        findings.add(fmt::format("latency.l{}", i + 1), fmt::format("a load from L{}, ns", i + 1), ns, Unit::plain, 2);
        findings.add(fmt::format("latency.cycles{}", i + 1), "the same in cycles", ns * nano / p.cycle,
                     Unit::plain, 0);
    }
    findings.add("latency.memory", "a load from memory, ns", curve.back().seconds / nano, Unit::plain, 0);
    findings.add("latency.memory_cycles", "the same in cycles", curve.back().seconds / p.cycle, Unit::plain, 0);
    findings.add("latency.pages", "a load from L2, 1024 pages, ns", load_seconds(1024, 4096 + 64) / nano, Unit::plain, 1);

    // Read arrays of growing sizes, and one array in growing steps.
    for (std::int64_t bytes = 8192; bytes <= 2 * largest; bytes *= 2) {
        stop_if_asked();
        p.read.push_back({bytes, read_rate(bytes)});
    }
    for (std::size_t i = 0; i < p.caches.size(); ++i)
        findings.add(fmt::format("read.l{}", i + 1), fmt::format("read from L{}, GB/s", i + 1),
                     p.read_rate(double(p.caches[i].bytes) / (i == 2 ? 8 : 2)) * giga, Unit::plain, 0);
    findings.add("read.memory", "read from memory, GB/s", p.read.back().rate * giga, Unit::plain, 1);
    Series strided{.name = "", .mark = Mark::line_and_points};
    for (std::int64_t stride = 4; stride <= 16384; stride *= 2) {
        strided.x.push_back(double(stride));
        strided.y.push_back(strided_seconds(stride) / nano);
    }
    report.measured_figure(
        "strides", LinePlot{.title = "The price of one float, by the step to the next",
                            .x = {.label = "bytes from one to the next", .scale = Scale::log2, .unit = Unit::count},
                            .y = {.label = "nanoseconds of a float", .scale = Scale::log10},
                            .series = {strided},
                            .description = "A float grows dearer until each lies in a line of its own, and again "
                                           "until each lies in a page of its own."});
    for (const std::size_t step : {0u, 4u, 10u})
        findings.add(fmt::format("stride.{}", std::int64_t(strided.x[step])),
                     fmt::format("a float, {} bytes from the last, ns", std::int64_t(strided.x[step])), strided.y[step],
                     Unit::plain, 2);
}

// ---------------------------------------------------------------------------------------------------------------
// The ladder.

double gigaflops(const Matmul& problem, double seconds) {
    return seconds > 0 ? cost(problem).flops / seconds * giga : std::nan("");
}

std::string cell(double value, Unit unit = Unit::plain) {
    if (!std::isfinite(value)) return "–";
    return unit == Unit::percent ? show(value, unit, 0) : show(value, unit, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

void climb(const Options& options, Report& report, Findings& findings, const Processor& p) {
    report.section("The ladder on one thread");
    set_threads(1);
    std::vector<std::int64_t> sizes = {16, 32, 64, 128, 256, 512};
    if (options.full) sizes.push_back(1024);
    const double longest = options.full ? 6 : 0.5;

    // Foretell, then measure, each rung of the ladder at each size.
    std::map<std::string, double> before;
    std::map<std::int64_t, Times> times;
    std::map<std::int64_t, double> peaks;
    Progress progress("climbing", std::ssize(sizes));
    for (const std::int64_t n : sizes) {
        stop_if_asked();
        const double budget = options.full && n >= 512 ? 0.12 : 0.04;
        const Operands square({nullptr, nullptr, nullptr, n, n, n});
        times[n] = time_rungs(square.problem(), longest, budget, before);
        constexpr std::int64_t rounds = 20000;
        peaks[n] = multiply_add(rounds) / median_seconds([] { multiply_add(rounds); }, budget / 2);
        progress.advance(1, fmt::format("n = {}", n));
    }
    progress.finish();

    const std::int64_t shown = sizes.back() >= 1024 ? 1024 : sizes.back();
    const Matmul product{nullptr, nullptr, nullptr, shown, shown, shown};
    std::vector<std::vector<std::string>> rows;
    double last = 0;
    for (const auto& rung : matmul().rungs()) {
        const auto found = times[shown].find(std::string(rung.name));
        if (rung.device != Device::cpu || found == times[shown].end()) continue;
        const double speed = gigaflops(product, found->second);
        const auto expected = foretell(rung.name, shown, p);
        const double ahead = expected ? gigaflops(product, *expected) : std::nan("");
        rows.push_back({std::string(rung.name), cell(ahead), cell(speed), cell(speed / (peaks[shown] * giga), Unit::percent),
                        last > 0 && rung.origin == Origin::own ? cell(speed / last, Unit::ratio) : "–"});
        if (rung.origin == Origin::own) last = speed;
    }
    report.table(fmt::format("C = A B, n = {}, GFLOP/s", shown), {"rung", "foretold", "measured", "of peak", "to the rung before"},
                 rows);
    // The same over all sizes; the pages quote the full run.
    std::vector<std::string> columns = {"GFLOP/s at n ="};
    for (const std::int64_t n : sizes) columns.push_back(std::to_string(n));
    rows.clear();
    for (const auto& rung : matmul().rungs()) {
        const std::string name(rung.name);
        if (rung.device != Device::cpu || rung.precision != Precision::float32) continue;
        std::vector<std::string> row = {name};
        for (const std::int64_t n : sizes)
            row.push_back(times[n].contains(name)
                              ? cell(gigaflops({nullptr, nullptr, nullptr, n, n, n}, times[n].at(name)))
                              : "–");
        rows.push_back(row);
    }
    report.table("", columns, rows);
    for (const std::int64_t n : {std::int64_t(16), std::int64_t(64), std::int64_t(128), shown})
        for (const auto& [rung, seconds] : times[n]) {
            if (!options.full) continue;
            const Matmul square{nullptr, nullptr, nullptr, n, n, n};
            const std::string name = fmt::format("{}.n{}", rung, n), label = fmt::format("{}, n = {}", rung, n);
            report.measured("speed." + name, label + ", GFLOP/s", gigaflops(square, seconds), Unit::plain, 2);
            if (const auto ahead = foretell(rung, n, p); ahead && n == shown)
                report.measured("foretold." + name, label + ", foretold", gigaflops(square, *ahead), Unit::plain, 2);
        }
    const double best = times[shown].at(std::string(matmul().best(Device::cpu, product).name));
    findings.add("best.speed", fmt::format("the best rung, n = {}, GFLOP/s", shown), gigaflops(product, best), Unit::plain, 1);
    findings.add("best.of_peak", "of the peak in the same run", gigaflops(product, best) / (peaks[shown] * giga), Unit::percent, 0);
    if (best_library(times[shown]) > 0)
        findings.add("best.of_library", "of the best library", best_library(times[shown]) / best, Unit::percent, 0);

    // The speed over n, under the peak.
    RooflinePlot speed{.title = "Every rung over the size of the matrices, one thread",
                       .x = {.label = "n", .scale = Scale::log2, .unit = Unit::count},
                       .y = {.label = "GFLOP/s"},
                       .description = "Each rung's speed over n, below the peak of the processor."};
    double peak = 0;
    for (const auto& [n, value] : peaks) peak = std::max(peak, value);
    speed.roofs.push_back({.name = "peak", .speed = peak * giga});
    const auto add = [&](const std::string& name, const auto& seconds_of) {
        Series series{.name = name};
        for (const std::int64_t n : sizes)
            if (const double seconds = seconds_of(times[n]); seconds > 0) {
                series.x.push_back(double(n));
                series.y.push_back(gigaflops({nullptr, nullptr, nullptr, n, n, n}, seconds));
            }
        if (!series.x.empty()) speed.series.push_back(series);
    };
    for (const std::string& rung : own_rungs())
        add(rung, [&](const Times& t) { return t.contains(rung) ? t.at(rung) : 0.0; });
    add("best library", best_library);
    report.measured_figure("speed", speed);

    // The same, and a row times a matrix, by operations for each byte.
    RooflinePlot roofline{.title = "The roofline of one thread, and the rungs below it",
                          .x = {.label = "operations for each byte that must move", .scale = Scale::log10},
                          .y = {.label = "GFLOP/s", .scale = Scale::log10},
                          .description = "Speeds below the flat roof of the multiply-adds and the slopes of the caches."};
    roofline.roofs.push_back({fmt::format("memory, {:.0f} GB/s", p.read.back().rate * giga), peak * giga, p.read.back().rate * giga});
    for (std::size_t i = p.caches.size(); i-- > 1;) {
        const double rate = p.read_rate(double(p.caches[i].bytes) / (i == 2 ? 8 : 2));
        roofline.roofs.push_back({fmt::format("L{}, {:.0f} GB/s", i + 1, rate * giga), peak * giga, rate * giga});
    }
    roofline.roofs.push_back({fmt::format("peak, {:.0f} GFLOP/s", peak * giga), peak * giga, 0});
    const Operands row({nullptr, nullptr, nullptr, 1, 4096, 4096});
    std::map<std::string, double> nothing;
    const Times row_times = time_rungs(row.problem(), 1, 0.1, nothing);
    for (const auto& rung : matmul().rungs()) {
        const std::string name(rung.name);
        if (rung.device != Device::cpu || rung.origin != Origin::own || rung.precision != Precision::float32) continue;
        Series series{.name = name};
        const auto place = [&](const Matmul& problem, const Times& t) {
            if (!t.contains(name)) return;
            const Cost c = cost(problem);
            series.x.push_back(c.flops / c.bytes);
            series.y.push_back(gigaflops(problem, t.at(name)));
        };
        place(row.problem(), row_times);
        for (const std::int64_t n : sizes)
            if (n == 32 || n == 128 || n == shown) place({nullptr, nullptr, nullptr, n, n, n}, times[n]);
        if (!series.x.empty()) roofline.series.push_back(series);
    }
    report.measured_figure("roofline", roofline);
    const double row_time = row_times.at(std::string(matmul().best(Device::cpu, row.problem()).name));
    findings.add("row.rate", "a row times a matrix, GB/s", cost(row.problem()).bytes / row_time * giga, Unit::plain, 1);
    findings.add("row.speed", "the same in GFLOP/s", gigaflops(row.problem(), row_time), Unit::plain, 1);

    // Rows a power of two apart, and a little less.
    const Operands power({nullptr, nullptr, nullptr, 512, 512, 512}), odd({nullptr, nullptr, nullptr, 500, 500, 500});
    const auto naive = [&](const Operands& o) {
        Scratch& arena = scratch(Device::cpu);
        return fastest([&] { matmul().rung("cpu/naive").run(o.problem(), arena); }, 2) / cost(o.problem()).flops;
    };
    findings.add("power.slower", "naive: n = 512 against n = 500, for each operation", naive(power) / naive(odd), Unit::ratio, 1);
}

// ---------------------------------------------------------------------------------------------------------------
// Beyond one square product.

void run_best(const Matmul& problem) {
    Scratch& arena = scratch(Device::cpu);
    matmul().best(Device::cpu, problem).run(problem, arena);
}

void try_shapes(const Options& options, Report& report, Findings& findings, int cores) {
    report.section("Transposes, a bias and a bend, threads, shapes");
    const double budget = options.full ? 0.15 : 0.06;
    set_threads(1);

    // y = x W': the transpose inside the product, and as a copy before it.
    const Operands layer({.a = nullptr, .b = nullptr, .c = nullptr, .m = 128, .n = 512, .k = 784, .transpose_b = true});
    const double direct = median_seconds([&] { run_best(layer.problem()); }, budget);
    Tensor<float> turned({784, 512});
    const double copied = median_seconds(
        [&] {
            const Matmul& p = layer.problem();
            for (std::int64_t j = 0; j < p.n; ++j)
                for (std::int64_t l = 0; l < p.k; ++l) turned.data()[l * p.n + j] = p.b[j * p.k + l];
            Matmul q = p;
            q.b = turned.data(), q.transpose_b = false;
            run_best(q);
        },
        budget);
    findings.add("transposed.direct", "128 x 512 x 784, B transposed, GFLOP/s", gigaflops(layer.problem(), direct), Unit::plain, 1);
    findings.add("transposed.copied", "the same with a transposing copy first", gigaflops(layer.problem(), copied), Unit::plain, 1);

    // [fused]
    Operands fused({.a = nullptr, .b = nullptr, .c = nullptr, .m = 8192, .n = 2048, .k = 64});
    const Matmul plain = fused.problem();
    fused.fuse();
    const double together = median_seconds([&] { run_best(fused.problem()); }, budget);
    const double apart = median_seconds(
        [&] {
            Scratch& arena = scratch(Device::cpu);
            run_best(plain);
            bias().run(Bias{plain.c, fused.bias(), plain.m, plain.n}, arena);
            activation().run(ActivationForward{Activation::relu, plain.c, plain.c, plain.m * plain.n}, arena);
        },
        budget);
    // [fused]
    findings.add("fused.together", "8192 x 2048 x 64 with bias and relu, fused", together, Unit::seconds);
    findings.add("fused.apart", "the same as three passes", apart, Unit::seconds);
    findings.add("fused.gain", "gain", apart / together, Unit::ratio);

    // All cores.
    const std::int64_t n = options.full ? 1024 : 512;
    const Operands square({nullptr, nullptr, nullptr, n, n, n});
    const double one = median_seconds([&] { run_best(square.problem()); }, budget);
    set_threads(cores);
    const double all = median_seconds([&] { run_best(square.problem()); }, budget);
    constexpr std::int64_t rounds = 20000;
    const double peak = multiply_add(rounds) / median_seconds([] { multiply_add(rounds); }, budget);
    Copy copy;
    findings.add("threads.count", "threads", cores, Unit::count);
    findings.add("threads.peak", "their peak, GFLOP/s", peak * giga, Unit::plain, 1);
    findings.add("threads.copy", "bytes that they copy, GB/s", copy.bytes() / fastest([&] { copy.streaming(); }, 3) * giga, Unit::plain, 1);
    findings.add("threads.speed", fmt::format("best rung, n = {}, all threads, GFLOP/s", n), gigaflops(square.problem(), all), Unit::plain, 1);
    findings.add("threads.gain", "times the speed of one thread", one / all, Unit::ratio);

    // Shapes of training steps.
    struct Shape {
        Matmul problem;
        const char* what;
    };
    const auto shape = [](std::int64_t m, std::int64_t columns, std::int64_t k, bool ta, bool tb, const char* what) {
        return Shape{{.a = nullptr, .b = nullptr, .c = nullptr, .m = m, .n = columns, .k = k, .transpose_a = ta, .transpose_b = tb}, what};
    };
    const Shape shapes[] = {shape(100, 512, 784, false, true, "a layer forward"),
                            shape(512, 784, 100, true, false, "the gradient by its weights"),
                            shape(768, 128, 128, false, false, "a head of attention, long"),
                            shape(256, 768, 768, false, true, "a block of a transformer"),
                            shape(32, 32, 32, false, false, "a small product"),
                            shape(1, 4096, 4096, false, false, "a row times a matrix")};
    set_threads(1);
    std::vector<std::vector<std::string>> rows;
    for (const Shape& s : shapes) {
        stop_if_asked();
        const Operands operands(s.problem);
        std::map<std::string, double> nothing;
        const Matmul& problem = operands.problem();
        const Times times = time_rungs(problem, 1, budget, nothing, Which::best_and_libraries);
        const std::string best(matmul().best(Device::cpu, problem).name);
        const Cost c = cost(problem);
        const double library = best_library(times);
        const std::string size = fmt::format("{}x{}x{}", problem.m, problem.n, problem.k);
        rows.push_back({fmt::format("{}: {}", size, s.what), show(c.flops / c.bytes, Unit::plain, 1), best,
                        cell(gigaflops(problem, times.at(best))),
                        library > 0 ? cell(library / times.at(best), Unit::ratio) : "–"});
        report.measured("shape." + size, fmt::format("{}, GFLOP/s", size), gigaflops(problem, times.at(best)), Unit::plain, 1);
        if (library > 0)
            report.measured("shape." + size + ".library", "times the best library", library / times.at(best), Unit::ratio);
    }
    report.table("Shapes on one thread", {"m x n x k", "FLOP/byte", "best rung", "GFLOP/s", "× library"}, rows);
}

void chapter(const Options& options, Report& report) {
    require(options.device == Device::cpu, "chapter 5 is about the CPU; chapter 6 is about --device cuda");
    work_by_hand(report);
    count_misses(report);
    count_columns(report);
    count_loads(report);

    // Measure on one thread first, whatever was asked for.
    const int cores = threads();
    Findings findings(report);
    Processor processor;
    set_threads(1);
    measure_arithmetic(report, findings, processor);
    measure_memory(report, findings, processor);
    report.section("What the rungs make of it");
    report.measured("kernel.rows", "rows of their tile", cpu::tile_rows);
    report.measured("kernel.vectors", "vectors of its rows", cpu::tile_vectors);
    report.measured("kernel.block_k", "steps of the sums in a block", cpu::block_k);
    report.measured("kernel.panel", "KiB of a panel of B", double(4 * cpu::block_k * cpu::tile_columns) / 1024, Unit::count);
    climb(options, report, findings, processor);
    try_shapes(options, report, findings, cores);
    set_threads(cores);
    findings.compare();
}

}  // namespace

int main(int argc, char** argv) {
    return run_chapter(argc, argv, {.name = "05_matmul", .title = "From three loops to the machine's limit"}, chapter);
}
