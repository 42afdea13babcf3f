#include "benchmarks/support/bench.hpp"

#include <benchmark/benchmark.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <regex>

#include "benchmarks/support/peak.hpp"
#include "common/base/machine.hpp"
#include "common/cuda/runtime.hpp"
#include "common/report/progress.hpp"

namespace kbk::bench {

namespace {

// How long to measure. A repetition is long enough for the clock, and short enough that others come between
// it and the next one: what disturbs the machine for a moment disturbs all rungs alike.
struct Effort {
    int repetitions;
    double repetition;  // seconds
    double candidate;   // seconds for all repetitions of one that is slow
};
constexpr Effort thorough{.repetitions = 7, .repetition = 0.015, .candidate = 1};
constexpr Effort hasty{.repetitions = 3, .repetition = 0.002, .candidate = 0.1};

double work(const Cost& cost) {
    return std::max(cost.flops, cost.bytes);
}

// Launches return at once: wait for what they do.
void wait_for(Device device) {
    if (device == Device::cuda) cuda::synchronize();
}

double seconds_of(const std::function<void()>& run, Device device) {
    wait_for(device);
    const auto start = std::chrono::steady_clock::now();
    run();
    wait_for(device);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

// A measurement that is to be made: the rung's check, and the call to be timed.
struct Bench::Candidate {
    Measurement m;
    std::string name;  // "matmul/cpu/blocked/n:1024/threads:1/cache:warm"
    std::function<std::string()> check;
    std::function<void()> run;
    std::string wrong = {};
    double expected = 0;  // seconds of a call, foretold; 0: unknown
    std::int64_t iterations = 1;
    int repetitions = 1;
    bool slow = false;
};

namespace {

// Takes each repetition's time per call out of Google Benchmark's reports.
class Collector : public benchmark::BenchmarkReporter {
  public:
    explicit Collector(std::map<std::string, std::vector<double>>& seconds) : seconds_(seconds) {}
    bool ReportContext(const Context&) override { return true; }
    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs)
            if (run.run_type == Run::RT_Iteration && run.iterations > 0 && run.real_accumulated_time > 0)
                seconds_[run.run_name.function_name].push_back(run.real_accumulated_time /
                                                               double(run.iterations));
    }

  private:
    std::map<std::string, std::vector<double>>& seconds_;
};

}  // namespace

Bench::Bench(Program program, Settings settings)
    : program_(std::move(program)), settings_(std::move(settings)) {}

Bench::~Bench() = default;

void Bench::add_rung(Measurement m, std::function<std::string()> check, std::function<void()> run) {
    // A few milliseconds of work for the naive rungs too.
    if (settings_.quick && (m.cost.flops > 5e6 || m.cost.bytes > 5e6)) return;
    for (const int threads : settings_.threads) {
        m.threads = threads;
        const std::string name =
            settings_.device == Device::cuda
                ? fmt::format("{}/cuda/{}/{}/cache:warm", m.operation, m.rung, m.problem)
                : fmt::format("{}/cpu/{}/{}/threads:{}/cache:warm", m.operation, m.rung, m.problem, threads);
        if (!std::regex_search(name, std::regex(settings_.filter))) continue;
        candidates_.push_back(std::make_unique<Candidate>(Candidate{m, name, check, run}));
    }
}

void Bench::add_peaks() {
    if (settings_.device == Device::cuda) return add_cuda_peaks();
    constexpr std::int64_t rounds = 100000;  // long beside the start of the threads
    const auto copy = std::make_shared<Copy>();
    for (const int threads : settings_.threads) {
        set_threads(threads);
        const auto add = [&](const char* what, Cost cost, std::function<void()> run) {
            candidates_.push_back(std::make_unique<Candidate>(Candidate{
                {.operation = "peak", .rung = what, .problem = "machine", .threads = threads, .cost = cost},
                fmt::format("peak/cpu/{}/threads:{}", what, threads),
                [] { return std::string(); },
                std::move(run)}));
        };
        add("multiply_add", {.flops = multiply_add(rounds), .bytes = 0}, [] { multiply_add(rounds); });
        add("copy", {.flops = 0, .bytes = copy->bytes()}, [copy] { copy->plain(); });
        add("streaming_copy", {.flops = 0, .bytes = copy->bytes()}, [copy] { copy->streaming(); });
    }
}

void Bench::add_cuda_peaks() {
    constexpr std::int64_t rounds = 4096;
    const auto copy = std::make_shared<CudaCopy>();
    const auto add = [&](const char* what, Cost cost, std::function<void()> run) {
        candidates_.push_back(std::make_unique<Candidate>(
            Candidate{{.operation = "peak", .rung = what, .problem = "machine", .threads = on_gpu, .cost = cost},
                      fmt::format("peak/cuda/{}", what),
                      [] { return std::string(); },
                      std::move(run)}));
    };
    add("multiply_add", {.flops = cuda_multiply_add(rounds), .bytes = 0}, [] { cuda_multiply_add(rounds); });
    add("copy", {.flops = 0, .bytes = copy->bytes()}, [copy] { copy->run(); });
}

// The processor's threads prepare and check for the GPU, all of them.
void Bench::use_threads(int threads) const {
    set_threads(threads == on_gpu ? machine().cores : threads);
}

void Bench::check(Candidate& candidate) {
    // Foretell from the problem before how long a call takes, and do not wait too long for one.
    constexpr double longest = 6;
    Measurement& m = candidate.m;
    candidate.expected = seconds_per_work_[m.operation + "/" + m.rung] * work(m.cost);
    if (candidate.expected > longest) {
        m.not_timed =
            fmt::format("not timed: a call would take about {}", show(candidate.expected, Unit::seconds));
        return;
    }

    // Check a rung once on a problem, with as many threads as it will be timed with at most.
    const auto [verdict, is_new] = verdicts_.try_emplace(m.operation + "/" + m.rung + "/" + m.problem);
    if (is_new) {
        use_threads(*std::ranges::max_element(settings_.threads));
        verdict->second = candidate.check();
        if (!verdict->second.empty())
            fmt::print(stderr, "{} is wrong: {}\n", verdict->first, verdict->second);
    }
    candidate.wrong = verdict->second;
    if (!candidate.wrong.empty()) m.not_timed = "wrong";
}

void Bench::plan(Candidate& candidate) {
    const Effort& effort = settings_.quick ? hasty : thorough;
    candidate.slow = candidate.expected > effort.candidate;
    if (candidate.slow) return;

    // The first call brings the data into the caches, and memory that the kernel borrows into being.
    use_threads(candidate.m.threads);
    const Device device = settings_.device;
    double call = seconds_of(candidate.run, device);
    candidate.slow = call > effort.candidate / 4;
    if (!candidate.slow) call = seconds_of(candidate.run, device);
    candidate.iterations = std::max<std::int64_t>(1, std::llround(effort.repetition / call));
    candidate.repetitions =
        std::clamp(int(effort.candidate / (call * double(candidate.iterations))), 1, effort.repetitions);
    seconds_per_work_[candidate.m.operation + "/" + candidate.m.rung] = call / work(candidate.m.cost);
}

void Bench::time_all() {
    std::int64_t total = 0;
    for (const auto& c : candidates_)
        if (c->m.not_timed.empty()) total += c->repetitions;
    Progress progress("timing " + program_.name, total);

    benchmark::ClearRegisteredBenchmarks();
    for (const auto& pointer : candidates_) {
        Candidate& c = *pointer;
        if (c.wrong.empty() && !c.m.not_timed.empty()) continue;
        benchmark::RegisterBenchmark(c.name.c_str(),
                                     [&](benchmark::State& state) {
                                         if (!c.wrong.empty()) {
                                             state.SkipWithError(c.wrong.c_str());
                                             return;
                                         }
                                         use_threads(c.m.threads);
                                         if (!c.slow) c.run();
                                         wait_for(settings_.device);
                                         // Launches follow each other without a pause; the last one waits for all.
                                         std::int64_t left = c.iterations;
                                         for ([[maybe_unused]] auto _ : state) {
                                             c.run();
                                             if (--left == 0) wait_for(settings_.device);
                                             benchmark::ClobberMemory();
                                         }
                                         using benchmark::Counter;
                                         if (c.m.cost.flops > 0)
                                             state.counters["GFLOP/s"] = Counter(
                                                 c.m.cost.flops * 1e-9, Counter::kIsIterationInvariantRate);
                                         if (c.m.cost.bytes > 0)
                                             state.counters["GB/s"] = Counter(
                                                 c.m.cost.bytes * 1e-9, Counter::kIsIterationInvariantRate);
                                         progress.advance(1, c.name);
                                     })
            ->Iterations(c.iterations)
            ->Repetitions(c.repetitions)
            ->UseRealTime();
    }
    std::map<std::string, std::vector<double>> seconds;
    Collector collector(seconds);
    benchmark::RunSpecifiedBenchmarks(&collector);
    for (const auto& c : candidates_) c->m.seconds = seconds[c->name];
}

int Bench::finish(Report& report, const std::filesystem::path& figures, const std::filesystem::path& save,
                  const std::string& arguments) {
    require(!candidates_.empty(), "no benchmark of {} fits --filter '{}'{}", program_.name, settings_.filter,
            settings_.quick ? " and --quick" : "");
    {
        Progress progress("checking " + program_.name, std::ssize(candidates_));
        for (const auto& c : candidates_) {
            check(*c);
            if (c->m.not_timed.empty()) plan(*c);
            c->check = nullptr;  // The last one gives back the case's memory.
            progress.advance(1, c->name);
        }
    }
    const auto wrong = std::ranges::count_if(candidates_, [](const auto& c) { return !c->wrong.empty(); });
    const auto checked =
        std::ranges::count_if(candidates_, [](const auto& c) { return c->m.not_timed.empty(); });
    report.text("{} checked: {} right, {} wrong", program_.name, checked, wrong);
    if (settings_.device == Device::cuda && cuda::emulated())
        report.text("Kernels run in the emulator here, whose times mean nothing: not measured on hardware.");
    if (settings_.check_only) return wrong ? 1 : 0;

    // Measure the machine's limits between all others, under the same conditions.
    const std::size_t rungs = candidates_.size();
    add_peaks();
    for (std::size_t i = rungs; i < candidates_.size(); ++i) plan(*candidates_[i]);
    time_all();

    std::vector<Measurement> measurements;
    for (const auto& c : candidates_) measurements.push_back(std::move(c->m));
    const Results results(program_.name, program_.title, program_.roof, std::move(measurements));
    results.print(report);
    if (!figures.empty()) {
        std::string names;
        for (const std::string& name : results.draw(figures)) names += " " + name + ".svg";
        report.text("Figures in {}:{}", figures.string(), names);
    }
    if (!save.empty()) {
        results.save(save, arguments);
        report.text("Results: {}", save.string());
    }
    return wrong ? 1 : 0;
}

int run(int argc, char** argv, const Program& program, const std::function<void(Bench&)>& problems) {
    Settings settings;
    std::filesystem::path figures, save;
    int threads_wanted = 0;
    std::string device = "cpu";
    CLI::App app{"Check and time the rungs of " + program.name, program.name + "_bench"};
    app.add_option("--filter", settings.filter, "measure only names that contain this regular expression");
    app.add_option("--threads", threads_wanted,
                   "measure with so many threads only (else with 1, and with all cores)");
    app.add_option("--device", device, "whose rungs to measure: cpu (as without it) or cuda");
    app.add_flag("--quick", settings.quick, "small problems, few repetitions");
    app.add_flag("--check-only", settings.check_only, "check the rungs, time nothing");
    app.add_option("--figures", figures, "folder to draw the figures into");
    app.add_option("--save", save, "file to save the results to (JSON)");
    app.allow_extras();
    app.footer("Google Benchmark's own options (--benchmark_out=FILE ...) work too.");
    try {
        app.parse(argc, argv);
        for (const std::string& word : app.remaining())
            if (!word.starts_with("--benchmark_")) throw CLI::ExtrasError({word});
        std::regex check(settings.filter);
    } catch (const CLI::CallForHelp& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& error) {
        fmt::print(stderr, "{}_bench: {}\nTry: {} --help\n", program.name, error.what(), argv[0]);
        return 2;
    } catch (const std::regex_error&) {
        fmt::print(stderr, "{}_bench: --filter '{}' is not a regular expression\n", program.name,
                   settings.filter);
        return 2;
    }

    try {
        settings.device = parse_device(device);
        const std::string missing = unavailable(settings.device);
        require(missing.empty(), "device {} cannot be used: {}", device, missing);
        if (settings.device == Device::cuda) {
            settings.threads = {on_gpu};
            if (cuda::emulated()) settings.quick = settings.check_only = true;
        } else {
            settings.threads = {threads_wanted ? threads_wanted : 1};
            if (!threads_wanted && machine().cores > 1) settings.threads.push_back(machine().cores);
            for (const int count : settings.threads) set_threads(count);
        }

        // Shuffle the repetitions of all benchmarks, so that none has the machine's good moments to itself.
        std::vector<std::string> words = {argv[0], "--benchmark_enable_random_interleaving=true"};
        for (const std::string& word : app.remaining()) words.push_back(word);
        std::vector<char*> pointers;
        for (std::string& word : words) pointers.push_back(word.data());
        int count = int(pointers.size());
        benchmark::Initialize(&count, pointers.data());
        benchmark::AddCustomContext("machine", machine().name);

        std::string arguments;
        if (settings.device == Device::cuda) arguments += "--device cuda ";
        if (!settings.filter.empty()) arguments += "--filter " + settings.filter + " ";
        if (threads_wanted) arguments += fmt::format("--threads {} ", threads_wanted);
        if (settings.quick) arguments += "--quick ";
        if (!arguments.empty()) arguments.pop_back();
        Report report({.program = program.name + "_bench", .title = program.title});
        Bench bench(program, std::move(settings));
        problems(bench);
        return bench.finish(report, figures, save, arguments);
    } catch (const std::bad_alloc&) {
        fmt::print(stderr, "{}_bench: out of memory\n", program.name);
        return 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}_bench: {}\n", program.name, error.what());
        return 1;
    }
}

}  // namespace kbk::bench
