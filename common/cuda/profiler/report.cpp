/// @file
/// A kernel's profile as text and as JSON.
#include "common/cuda/profiler/report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace kbk::cuda::profiler {

namespace {

constexpr std::size_t columns = 100;

std::string_view word(Kind kind) {
    return kind == Kind::load ? "load" : kind == Kind::store ? "store" : "atomic";
}

std::string text(dim3 d) { return fmt::format("({},{},{})", d.x, d.y, d.z); }

std::string cut(std::string line) {
    if (line.size() > columns) line = line.substr(0, columns - 3) + "...";
    return line;
}

std::string share(double x) { return fmt::format("{:.1f} %", 100 * x); }

// "loads  2.10 MB in 16,384 requests of 4.0 sectors, efficiency 100.0 %"
std::string global_line(const char* title, const Counts& c) {
    return fmt::format("  {:<16} {} in {} requests of {:.2f} sectors; efficiency {}\n", title, text_of_bytes(double(c.bytes)),
                       with_commas(c.requests), c.sectors_per_request(), share(c.efficiency()));
}

}  // namespace

std::string with_commas(std::int64_t number) {
    std::string digits = std::to_string(number);
    for (int at = int(digits.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3) digits.insert(std::size_t(at), ",");
    return digits;
}

std::string text_of_bytes(double bytes) {
    if (bytes < 1000) return fmt::format("{:.0f} B", bytes);
    const char* unit = "kB";
    bytes /= 1000;
    for (const char* larger : {"MB", "GB"}) {
        if (bytes < 999.5) break;
        bytes /= 1000;
        unit = larger;
    }
    return fmt::format("{:.3g} {}", bytes, unit);
}

std::string text_of(const KernelProfile& k) {
    std::string out = cut(fmt::format("kernel {}", k.kernel)) + "\n";
    out += fmt::format("  {:<16} grid {}, block {}{}{}\n", "launched", text(k.grid), text(k.block),
                       k.launches > 1 ? fmt::format(", {} times", k.launches) : "",
                       k.watched_blocks < k.blocks
                           ? fmt::format("; {} of {} blocks profiled", with_commas(k.watched_blocks), with_commas(k.blocks))
                           : "");

    // Totals.
    const struct {
        const char* title;
        Kind kind;
    } kinds[] = {{"global loads", Kind::load}, {"global stores", Kind::store}, {"global atomics", Kind::atomic}};
    for (const auto& [title, kind] : kinds)
        if (const Counts c = k.total(Room::global, kind); c.requests) out += global_line(title, c);
    if (k.bytes_read || k.bytes_written)
        out += fmt::format("  {:<16} {} read, {} written: distinct sectors, the least that memory must move\n", "footprint",
                           text_of_bytes(double(k.bytes_read)), text_of_bytes(double(k.bytes_written)));
    if (const Counts c = k.total(Room::shared); c.requests)
        out += fmt::format("  {:<16} {} requests, {} wavefronts; {} of them bank conflicts\n", "shared memory",
                           with_commas(c.requests), with_commas(c.wavefronts), with_commas(c.bank_conflicts()));
    Counts all = k.total(Room::global);
    all += k.total(Room::shared);
    out += fmt::format("  {:<16} {:.1f} of 32 in a request, on average\n", "active lanes", all.active_lanes());
    out += fmt::format("  {:<16} {}; {} meetings of a warp (shuffles, votes, __syncwarp)\n", "barriers",
                       with_commas(k.barriers), with_commas(k.warp_meetings));

    // Lines, each with its code.
    const Line* shown = nullptr;
    std::string file;
    for (const LineCounts& l : k.lines) {
        if (l.line.file != file) {
            file = l.line.file;
            out += "  " + file + "\n";
        }
        if (!shown || l.line != *shown) out += cut(fmt::format("{:>6}  {}", l.line.number, source_text(l.line))) + "\n";
        shown = &l.line;
        const Counts& c = l.counts;
        std::string row = fmt::format("{:>14} {:>2} B  {:<14.14} {:>11} requests, {:>4.1f} lanes, ", word(l.kind), l.bytes,
                                      l.array, with_commas(c.requests), c.active_lanes());
        if (l.room == Room::global)
            row += fmt::format("{:>5.2f} sectors, {}", c.sectors_per_request(), share(c.efficiency()));
        else
            row += fmt::format("{:>5.2f} wavefronts, ideal {:.2f}", c.wavefronts_per_request(),
                               c.requests ? double(c.ideal_wavefronts) / double(c.requests) : 0);
        out += cut(row) + "\n";
    }
    return out;
}

namespace {

nlohmann::ordered_json json_of_counts(const Counts& c) {
    return {{"requests", c.requests},     {"lanes", c.lanes},
            {"bytes", c.bytes},           {"sectors", c.sectors},
            {"fewest_sectors", c.fewest_sectors}, {"wavefronts", c.wavefronts},
            {"ideal_wavefronts", c.ideal_wavefronts}, {"worst", c.worst}};
}

}  // namespace

nlohmann::ordered_json json_of(const KernelProfile& k) {
    nlohmann::ordered_json lines = nlohmann::ordered_json::array();
    for (const LineCounts& l : k.lines) {
        nlohmann::ordered_json line = {{"file", l.line.file},
                                       {"line", l.line.number},
                                       {"array", l.array},
                                       {"room", l.room == Room::global ? "global" : "shared"},
                                       {"kind", word(l.kind)},
                                       {"size", l.bytes}};
        line.update(json_of_counts(l.counts));
        lines.push_back(std::move(line));
    }
    return {{"kernel", k.kernel},
            {"grid", {k.grid.x, k.grid.y, k.grid.z}},
            {"block", {k.block.x, k.block.y, k.block.z}},
            {"launches", k.launches},
            {"blocks", k.blocks},
            {"watched_blocks", k.watched_blocks},
            {"static_shared", k.static_shared},
            {"dynamic_shared", k.dynamic_shared},
            {"barriers", k.barriers},
            {"warp_meetings", k.warp_meetings},
            {"bytes_read", k.bytes_read},
            {"bytes_written", k.bytes_written},
            {"global", json_of_counts(k.total(Room::global))},
            {"shared", json_of_counts(k.total(Room::shared))},
            {"lines", std::move(lines)}};
}

}  // namespace kbk::cuda::profiler
