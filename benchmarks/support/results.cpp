#include "benchmarks/support/results.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "benchmarks/support/peak.hpp"
#include "common/base/file.hpp"
#include "common/cuda/runtime.hpp"
#include "common/report/saved.hpp"

namespace kbk::bench {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr const char* dash = "–";

std::string plural(int threads) {
    return threads == on_gpu ? "GPU" : threads == 1 ? "1 thread" : fmt::format("{} threads", threads);
}

// What results with so many threads are called in the saved file.
std::string column_of(int threads) {
    return threads == on_gpu ? "device=cuda" : fmt::format("threads={}", threads);
}

// Three significant digits: more do not repeat from run to run.
std::string three_digits(double value) {
    if (!std::isfinite(value)) return dash;
    return fixed(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

std::string percent(double share) {
    return std::isfinite(share) ? show(share, Unit::percent, 0) : dash;
}

// "n:1024" and "layer:784-512/pass:forward" as one word of a page: "n=1024", "layer=784-512,pass=forward".
std::string as_key(std::string text) {
    std::ranges::replace(text, ':', '=');
    std::ranges::replace(text, '/', ',');
    return text;
}

// The size of a problem that has only one, such as 1024 for "n:1024"; NaN for others.
double size_of(const std::string& problem) {
    const auto colon = problem.find(':');
    double size = none;
    return colon != std::string::npos && parse_number(problem.substr(colon + 1), size) ? size : none;
}

template <class T>
void add_once(std::vector<T>& list, const T& item) {
    if (!std::ranges::count(list, item)) list.push_back(item);
}

// The way back from `as_key`, for names without a comma or an equals sign of their own.
std::string as_problem(std::string key) {
    std::ranges::replace(key, '=', ':');
    std::ranges::replace(key, ',', '/');
    return key;
}

// The way back from `column_of`.
int threads_of(const std::string& column) {
    return column == column_of(on_gpu) ? on_gpu : std::atoi(column.substr(column.find('=') + 1).c_str());
}

}  // namespace

double Measurement::median() const {
    if (seconds.empty()) return none;
    std::vector<double> sorted = seconds;
    std::ranges::sort(sorted);
    const std::size_t half = sorted.size() / 2;
    return sorted.size() % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

double Measurement::spread() const {
    if (seconds.size() < 2) return none;
    const double count = double(seconds.size());
    const double mean = std::accumulate(seconds.begin(), seconds.end(), 0.0) / count;
    double squares = 0;
    for (const double s : seconds) squares += (s - mean) * (s - mean);
    return std::sqrt(squares / (count - 1)) / mean;
}

Results::Results(std::string name, std::string title, Roof roof, std::vector<Measurement> measurements)
    : name_(std::move(name)),
      title_(std::move(title)),
      unit_(roof == Roof::flops ? "GFLOP/s" : "GB/s"),
      roof_(roof),
      all_(std::move(measurements)) {
    for (const Measurement& m : all_) {
        add_once(threads_, m.threads);
        if (m.operation == "peak") continue;
        auto part = std::ranges::find(parts_, m.operation, &Part::operation);
        if (part == parts_.end()) part = parts_.insert(part, {m.operation, {}, {}, ""});
        add_once(part->rungs, m.rung);
        add_once(part->problems, m.problem);
    }
    for (Part& part : parts_) {
        double largest = -1;
        part.headline = part.problems.front();
        for (const Measurement& m : all_)
            if (m.operation == part.operation && m.rung == part.rungs.front() && !m.seconds.empty() &&
                size_of(m.problem) > largest) {
                largest = size_of(m.problem);
                part.headline = m.problem;
            }
    }
}

Results Results::load(const std::filesystem::path& path) {
    try {
        const auto root = nlohmann::ordered_json::parse(read_file(path));
        std::vector<Measurement> all;
        // A rate alone tells as much as its work and its time: let a call be that work in a nanosecond.
        for (const auto& [column, limits] : root.at("peak").items())
            for (const auto& [rung, limit] : limits.items()) {
                const double rate = limit.at("rate");
                const bool flops = limit.at("unit") == "GFLOP/s";
                all.push_back({.operation = "peak",
                               .rung = rung,
                               .problem = "",
                               .threads = threads_of(column),
                               .cost = {flops ? rate : 0, flops ? 0 : rate},
                               .seconds = {1e-9}});
            }
        Roof roof = Roof::flops;
        for (const auto& [operation, ladder] : root.at("ladders").items()) {
            roof = ladder.at("roof") == "peak" ? Roof::flops : Roof::bytes;
            for (const auto& [key, problem] : ladder.at("problems").items()) {
                const Cost cost{problem.at("flops"), problem.at("bytes")};
                for (const auto& [column, rows] : problem.items()) {
                    if (!rows.is_object()) continue;
                    for (const auto& [rung, row] : rows.items()) {
                        const auto& facts = ladder.at("rungs").at(rung);
                        Measurement m{.operation = operation,
                                      .rung = rung,
                                      .problem = as_problem(key),
                                      .threads = threads_of(column),
                                      .cost = cost,
                                      .idea = facts.at("idea"),
                                      .library = facts.at("library"),
                                      .not_timed = row.value("not_timed", "")};
                        if (m.not_timed.empty() && row.at("rate").is_number())
                            m.seconds = {(roof == Roof::flops ? cost.flops : cost.bytes) / double(row["rate"]) * 1e-9};
                        all.push_back(std::move(m));
                    }
                }
            }
        }
        require(!all.empty(), "nothing was measured");
        std::string name = root.at("program");
        return {name.substr(0, name.rfind("_bench")), root.at("title"), roof, std::move(all)};
    } catch (const std::exception& error) {
        fail("{} is no saved result of a benchmark: {}", path.string(), error.what());
    }
}

const Measurement* Results::find(std::string_view operation, std::string_view problem, std::string_view rung,
                                 int threads) const {
    for (const Measurement& m : all_)
        if (m.operation == operation && m.problem == problem && m.rung == rung && m.threads == threads)
            return &m;
    return nullptr;
}

double Results::limit(int threads) const {
    double best = none;
    for (const Measurement& m : all_)
        if (m.operation == "peak" && m.threads == threads && rate(m) > 0) best = std::fmax(best, rate(m));
    return best;
}

double Results::rate(const Measurement& m) const {
    return (roof_ == Roof::flops ? m.cost.flops : m.cost.bytes) / m.median() * 1e-9;
}

double Results::roof_of(const Measurement& m) const {
    double flops = 0, bytes = 0;
    for (const Measurement& peak : all_) {
        if (peak.operation != "peak" || peak.threads != m.threads) continue;
        flops = std::max(flops, peak.cost.flops / peak.median());
        bytes = std::max(bytes, peak.cost.bytes / peak.median());
    }
    const double seconds = std::max(m.cost.flops / flops, m.cost.bytes / bytes);
    return (roof_ == Roof::flops ? m.cost.flops : m.cost.bytes) / seconds * 1e-9;
}

const Measurement* Results::best_library(const Part& part, std::string_view problem, int threads) const {
    const Measurement* best = nullptr;
    for (const std::string& rung : part.rungs) {
        const Measurement* m = find(part.operation, problem, rung, threads);
        if (m && m->library && !m->seconds.empty() && (!best || m->median() < best->median())) best = m;
    }
    return best;
}

void Results::print_problem(Report& report, const Part& part, const std::string& problem, int threads) const {
    const Measurement* library = best_library(part, problem, threads);
    const Measurement* first = find(part.operation, problem, part.rungs.front(), threads);
    std::vector<std::vector<std::string>> rows;
    for (const std::string& rung : part.rungs) {
        const Measurement* m = find(part.operation, problem, rung, threads);
        if (!m) continue;
        std::vector<std::string> row = {rung,
                                        m->not_timed.empty() ? m->idea : m->not_timed,
                                        three_digits(rate(*m)),
                                        std::isnan(m->spread()) ? dash : "± " + percent(m->spread()),
                                        percent(rate(*m) / limit(threads)),
                                        first ? three_digits(first->median() / m->median()) : dash};
        if (library) row.push_back(percent(library->median() / m->median()));
        rows.push_back(std::move(row));
    }
    std::vector<std::string> columns = {"rung",
                                        "idea",
                                        unit_,
                                        "spread",
                                        roof_ == Roof::flops ? "of peak" : "of copy",
                                        "× " + part.rungs.front()};
    if (library) columns.push_back("of best library");
    report.table(fmt::format("{} {}, {} ({} {} {})", part.operation, as_key(problem), plural(threads),
                             roof_ == Roof::flops ? "peak" : "copy", three_digits(limit(threads)), unit_),
                 columns, rows);
}

void Results::print_overview(Report& report, const Part& part, int threads) const {
    std::vector<std::string> columns = {"problem"};
    columns.insert(columns.end(), part.rungs.begin(), part.rungs.end());
    std::vector<std::vector<std::string>> rows;
    for (const std::string& problem : part.problems) {
        std::vector<std::string> row = {as_key(problem)};
        for (const std::string& rung : part.rungs) {
            const Measurement* m = find(part.operation, problem, rung, threads);
            row.push_back(m ? three_digits(rate(*m)) : dash);
        }
        rows.push_back(std::move(row));
    }
    report.table(fmt::format("{}: {} on all problems, {}", part.operation, unit_, plural(threads)), columns,
                 rows);
}

void Results::print(Report& report) const {
    for (const Part& part : parts_)
        for (const int threads : threads_) {
            print_problem(report, part, part.headline, threads);
            if (part.problems.size() > 1) print_overview(report, part, threads);
        }
}

std::vector<NamedFigure> Results::figures() const {
    std::vector<NamedFigure> figures;
    for (const Part& part : parts_) {
        // Bars of one problem, from the definition down to the libraries.
        BarChart chart{.title = fmt::format("{} {}", part.operation, as_key(part.headline)),
                       .value = {.label = unit_},
                       .description = fmt::format("Speed of each rung of {} in {}.", part.operation, unit_)};
        for (const int threads : threads_) chart.groups.push_back(plural(threads));
        if (threads_.size() == 1) chart.groups = {""};
        double fastest = 0;
        for (const std::string& rung : part.rungs) {
            Bars bars{.label = rung};
            for (const int threads : threads_) {
                const Measurement* m = find(part.operation, part.headline, rung, threads);
                bars.values.push_back(m ? rate(*m) : none);
                fastest = std::fmax(fastest, bars.values.back());
            }
            chart.bars.push_back(std::move(bars));
        }
        chart.digits = fastest < 10 ? 2 : 1;
        figures.push_back({part.operation + (threads_.front() == on_gpu ? "_cuda_ladder" : "_ladder"), chart});

        // Curves over the size of the problem, under the roof. Eight colours are all that one can tell apart.
        std::vector<std::string> sizes;
        for (const std::string& problem : part.problems)
            if (std::isfinite(size_of(problem))) sizes.push_back(problem);
        if (sizes.size() < 2) continue;
        for (const int threads : threads_) {
            Series roof{.name = "roof", .dashed = true};
            for (const std::string& problem : sizes)
                if (const Measurement* m = find(part.operation, problem, part.rungs.front(), threads)) {
                    roof.x.push_back(size_of(problem));
                    roof.y.push_back(roof_of(*m));
                }
            const Measurement* library = best_library(part, sizes.back(), threads);
            std::vector<Series> curves;
            for (const std::string& rung : part.rungs) {
                Series curve{.name = rung, .mark = Mark::line_and_points};
                bool own = true;
                for (const std::string& problem : sizes) {
                    const Measurement* m = find(part.operation, problem, rung, threads);
                    if (!m || m->seconds.empty()) continue;
                    own = !m->library;
                    curve.x.push_back(size_of(problem));
                    curve.y.push_back(rate(*m));
                }
                if (!curve.x.empty() && (own || (library && library->rung == rung))) curves.push_back(curve);
            }
            constexpr std::size_t most = 7;
            while (curves.size() > most) curves.erase(curves.begin() + 1);
            curves.push_back(roof);
            const std::string variable = sizes.front().substr(0, sizes.front().find(':'));
            figures.push_back({threads == on_gpu ? part.operation + "_cuda"
                                                 : fmt::format("{}_threads_{}", part.operation, threads),
                               LinePlot{.title = fmt::format("{}, {}", part.operation, plural(threads)),
                                        .x = {.label = variable, .scale = Scale::log2},
                                        .y = {.label = unit_, .scale = Scale::log10},
                                        .series = curves,
                                        .description = fmt::format(
                                            "Speed of the rungs of {} over the size of the problem, and the "
                                            "roof: what arithmetic and memory allow.",
                                            part.operation)}});
        }
    }
    return figures;
}

std::vector<std::string> Results::draw(const std::filesystem::path& folder) const {
    std::vector<std::string> names;
    for (const NamedFigure& f : figures()) {
        const std::string table = f.figure.data.text();
        write_file(folder / (f.name + ".csv"), table);
        write_file(folder / (f.name + ".svg"), f.figure.svg(Csv::parse(table, f.name)));
        names.push_back(f.name);
    }
    return names;
}

void Results::save(const std::filesystem::path& path, const std::string& arguments) const {
    using nlohmann::ordered_json;
    // Four digits are more than repeat; what was not measured is null.
    const auto number = [](double value) -> ordered_json {
        if (!std::isfinite(value)) return nullptr;
        return std::strtod(fmt::format("{:.4g}", value).c_str(), nullptr);
    };

    ordered_json root = saved_facts(name_ + "_bench", title_, arguments);
    if (threads_.front() == on_gpu) {
        // The GPU is the machine; the processor only launches.
        std::string folder;
        for (const char c : cuda::description())
            if (std::isalnum(static_cast<unsigned char>(c)))
                folder += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            else if (!folder.empty() && folder.back() != '-')
                folder += '-';
        root["machine"]["name"] = folder;
        root["machine"]["gpu"] = cuda::description();
        root["machine"]["compiler"] = cuda_compiler();
    }
    for (const Measurement& m : all_) {
        if (m.operation != "peak") continue;
        const bool flops = m.cost.flops > 0;
        root["peak"][column_of(m.threads)][m.rung] = {
            {"rate", number((flops ? m.cost.flops : m.cost.bytes) / m.median() * 1e-9)},
            {"unit", flops ? "GFLOP/s" : "GB/s"},
            {"spread", number(m.spread())}};
    }
    for (const Part& part : parts_) {
        ordered_json& ladder = root["ladders"][part.operation];
        ladder["unit"] = unit_;
        ladder["roof"] = roof_ == Roof::flops ? "peak" : "copy";
        ladder["headline"] = as_key(part.headline);
        for (const Measurement& m : all_) {
            if (m.operation != part.operation) continue;
            ladder["rungs"][m.rung] = {{"idea", m.idea}, {"library", m.library}};
            ordered_json& problem = ladder["problems"][as_key(m.problem)];
            problem["flops"] = m.cost.flops;
            problem["bytes"] = m.cost.bytes;
            ordered_json& row = problem[column_of(m.threads)][m.rung];
            if (!m.not_timed.empty()) {
                row["not_timed"] = m.not_timed;
                continue;
            }
            const Measurement* first = find(m.operation, m.problem, part.rungs.front(), m.threads);
            const Measurement* library = best_library(part, m.problem, m.threads);
            row["rate"] = number(rate(m));
            row["spread"] = number(m.spread());
            row["of_peak"] = number(rate(m) / limit(m.threads));
            row["of_first"] = number(first ? first->median() / m.median() : none);
            if (library) row["of_library"] = number(library->median() / m.median());
        }
    }
    write_file(path, root.dump(1) + "\n");
}

}  // namespace kbk::bench
