/// @file
/// The program behind `./course profile`: runs CUDA rungs in the emulator under the profiler or the checker, prints what it
/// found, and keeps it as JSON.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "benchmarks/profile/problems.hpp"
#include "benchmarks/profile/resources.hpp"
#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/cuda/emulator/architecture.hpp"
#include "common/cuda/emulator/settings.hpp"
#include "common/cuda/profiler/occupancy.hpp"
#include "common/cuda/profiler/report.hpp"
#include "common/cuda/profiler/roofline.hpp"
#include "common/cuda/profiler/session.hpp"

namespace kbk::profile {

namespace {

using cuda::profiler::Counts;
using cuda::profiler::KernelProfile;
using cuda::profiler::Kind;
using cuda::profiler::Room;
using cuda::profiler::Work;

struct Settings {
    std::vector<std::string> rungs;
    std::int64_t size = 0;
    std::string architecture, json, resources;
    int every = 0;
    bool list = false, check = false;
};

std::string text_of_seconds(double s) {
    return s < 1e-3 ? fmt::format("{:.3g} us", s * 1e6) : fmt::format("{:.3g} ms", s * 1e3);
}

// Find mistakes in all of a rung's launches. @return whether there are none
bool check(const Candidate& c) {
    using cuda::profiler::Finding;
    std::vector<Finding> findings;
    std::string stopped;
    for (const bool reverse : {false, true}) {
        cuda::emulator::settings().reverse = reverse;
        cuda::profiler::Session session(cuda::profiler::Mode::check);
        try {
            c.run([&](const void* address, const char* name) { session.name(address, name); });
        } catch (const Error& error) {
            if (session.findings().empty()) stopped = error.what();
        }
        for (const Finding& f : session.findings()) findings.push_back(f);
        if (!findings.empty() || !stopped.empty()) break;
    }
    cuda::emulator::settings().reverse = false;
    const bool right = findings.empty() && stopped.empty();
    fmt::print("{}/cuda/{}: {}\n", c.operation, c.rung, right ? "no mistakes" : "");
    for (const Finding& f : findings) fmt::print("  {} ({} times)\n", f.message, cuda::profiler::with_commas(f.count));
    if (!stopped.empty()) fmt::print("  {}\n", stopped);
    return right;
}

// What a kernel takes of a multiprocessor, on each architecture that nvcc compiled it for.
nlohmann::ordered_json occupancies(const Candidate& c, const KernelProfile& k, const ResourceTable& table) {
    nlohmann::ordered_json all = nlohmann::ordered_json::object();
    const int threads = int(k.block.x * k.block.y * k.block.z);
    for (const auto& [name, r] : find_resources(table, c.folder, c.rung, k.kernel)) {
        const auto& architecture = cuda::emulator::architecture_named(name);
        const auto o = cuda::profiler::occupancy(architecture, r.registers, std::size_t(r.shared_bytes) + k.dynamic_shared,
                                                 threads);
        all[name] = {{"registers", r.registers}, {"spill_bytes", r.spill_bytes}, {"shared_bytes", r.shared_bytes},
                     {"blocks", o.blocks},       {"warps", o.warps},             {"occupancy", o.share},
                     {"limiter", o.limiter}};
    }
    return all;
}

void print_resources(const nlohmann::ordered_json& all, const std::string& only) {
    if (all.empty()) {
        fmt::print("  {:<16} not known of this kernel (benchmarks/profile/resources.py asks nvcc)\n", "registers");
        return;
    }
    for (const auto& [name, o] : all.items()) {
        if (!only.empty() && name != only) continue;
        fmt::print("  {:<16} {} registers, {} bytes spilled; {} blocks, occupancy {:.0f} %, limited by {}\n", name,
                   int(o["registers"]), int(o["spill_bytes"]), int(o["blocks"]), 100 * double(o["occupancy"]),
                   std::string(o["limiter"]));
    }
}

Work work_of(const Candidate& c, const std::vector<KernelProfile>& kernels) {
    Work work;
    work.flops = c.cost.flops;
    work.arithmetic = c.precision == Precision::tf32   ? Work::Arithmetic::tf32
                      : c.precision == Precision::bf16 ? Work::Arithmetic::bf16
                                                       : Work::Arithmetic::fp32;
    bool sampled = false;
    for (const KernelProfile& k : kernels) {
        // What the watched blocks asked for stands for all.
        const double scale = double(k.blocks) / double(std::max<std::int64_t>(1, k.watched_blocks));
        sampled = sampled || k.watched_blocks < k.blocks;
        work.sectors += std::int64_t(scale * double(k.total(Room::global).sectors));
        work.wavefronts += std::int64_t(scale * double(k.total(Room::shared).wavefronts));
        work.bytes += double(k.bytes_read + k.bytes_written);
    }
    if (sampled) work.bytes = c.cost.bytes;
    return work;
}

nlohmann::ordered_json profile(const Candidate& c, const Settings& settings, const ResourceTable& table) {
    cuda::profiler::Session session({cuda::profiler::Mode::count, settings.every});
    c.run([&](const void* address, const char* name) { session.name(address, name); });
    const auto& kernels = session.profile().kernels;
    const Work work = work_of(c, kernels);

    // The rung as a whole.
    fmt::print("{}/cuda/{}: {}\n", c.operation, c.rung, c.idea);
    fmt::print("  {:<16} {}: {:.4g} Mflop, at least {} to move\n", "problem", c.problem, c.cost.flops / 1e6,
               cuda::profiler::text_of_bytes(c.cost.bytes));
    fmt::print("  {:<16} {:.3g} flop for a byte of memory, {:.3g} for a byte of requested sectors\n", "intensity",
               work.flops / work.bytes, work.flops / (double(work.sectors) * 32));
    nlohmann::ordered_json bounds = nlohmann::ordered_json::object();
    for (const auto& gpu : cuda::profiler::gpus()) {
        const auto bound = cuda::profiler::roofline(gpu, work);
        if (bound.seconds == 0) continue;
        bounds[std::string(gpu.architecture)] = {
            {"gpu", gpu.name}, {"seconds", bound.seconds}, {"limiter", bound.limiter}};
        if (settings.architecture.empty() || settings.architecture == gpu.architecture)
            fmt::print("  {:<16} {} on {}, because of {}\n", bounds.size() == 1 ? "time at least" : "",
                       text_of_seconds(bound.seconds), gpu.name, bound.limiter);
    }

    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const KernelProfile& k : kernels) {
        nlohmann::ordered_json json = cuda::profiler::json_of(k);
        json["resources"] = occupancies(c, k, table);
        fmt::print("\n");
        // Resources stand among the totals, before the lines.
        const std::string report = cuda::profiler::text_of(k);
        const auto barriers = report.find("  barriers");
        const auto lines = report.find('\n', barriers) + 1;
        fmt::print("{}", report.substr(0, lines));
        print_resources(json["resources"], settings.architecture);
        fmt::print("{}", report.substr(lines));
        all.push_back(std::move(json));
    }
    fmt::print("\n");
    const std::string_view precisions[] = {"float32", "tf32", "bf16", "int8"};
    return {{"rung", c.rung},
            {"idea", c.idea},
            {"problem", c.problem},
            {"precision", precisions[int(c.precision)]},
            {"flops", c.cost.flops},
            {"bytes", c.cost.bytes},
            {"memory_bytes", work.bytes},
            {"sectors", work.sectors},
            {"wavefronts", work.wavefronts},
            {"bounds", std::move(bounds)},
            {"kernels", std::move(all)}};
}

int run(const Settings& settings) {
    if (settings.list) {
        for (const std::string& name : names()) fmt::print("{}\n", name);
        return 0;
    }
    if (!settings.architecture.empty())
        cuda::emulator::settings().architecture = &cuda::emulator::architecture_named(settings.architecture);
    ResourceTable table;
    if (!settings.resources.empty()) table = read_resources(settings.resources);

    bool right = true;
    nlohmann::ordered_json saved = nlohmann::ordered_json::object();
    for (const std::string& wanted : settings.rungs) {
        // "matmul" stands for all its rungs.
        const std::string operation = wanted.substr(0, wanted.find('/'));
        const auto slash = wanted.rfind('/');
        const std::string rung = slash == wanted.npos ? "" : wanted.substr(slash + 1);
        bool found = false;
        for (const Candidate& c : candidates(operation, settings.size)) {
            if (!rung.empty() && c.rung != rung) continue;
            found = true;
            if (!c.not_run.empty()) {
                fmt::print("{}/cuda/{} is not profiled: {}\n", c.operation, c.rung, c.not_run);
            } else if (settings.check) {
                right = check(c) && right;
            } else {
                auto& entry = saved[operation];
                entry["size"] = settings.size ? settings.size : usual_size(operation);
                entry["rungs"].push_back(profile(c, settings, table));
            }
            std::fflush(stdout);
        }
        require(found, "{} has no rung '{}' on cuda; see --list", operation, rung);
    }
    if (!settings.json.empty()) write_file(settings.json, saved.dump(1) + "\n");
    return right ? 0 : 1;
}

}  // namespace

}  // namespace kbk::profile

int main(int argc, char** argv) {
    kbk::profile::Settings settings;
    CLI::App app("Profile CUDA kernels in the emulator, or check them for mistakes.");
    app.add_option("RUNG", settings.rungs, "operations (matmul) or rungs (matmul/cuda/shared)");
    app.add_option("--size", settings.size, "rows and columns of the problem")->check(CLI::Range(1, 8192));
    app.add_option("--arch", settings.architecture, "sm_75, sm_80, sm_89 or sm_90: show only that one, hold its limits");
    app.add_option("--every", settings.every, "profile every n-th block")->check(CLI::Range(1, 1000000));
    app.add_flag("--check", settings.check, "look for mistakes, in both orders of the threads; count nothing");
    app.add_flag("--list", settings.list, "name all CUDA rungs");
    app.add_option("--json", settings.json, "write all counts to a file");
    app.add_option("--resources", settings.resources, "registers and spills of the kernels, as a file");
    CLI11_PARSE(app, argc, argv);
    try {
        return kbk::profile::run(settings);
    } catch (const std::exception& error) {
        fmt::print(stderr, "profile: {}\n", error.what());
        return 1;
    }
}
