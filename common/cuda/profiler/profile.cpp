/// @file
/// Sums over the lines of a kernel.
#include "common/cuda/profiler/profile.hpp"

#include <algorithm>

#include "common/base/error.hpp"

namespace kbk::cuda::profiler {

Counts& Counts::operator+=(const Counts& other) {
    requests += other.requests;
    lanes += other.lanes;
    bytes += other.bytes;
    sectors += other.sectors;
    fewest_sectors += other.fewest_sectors;
    wavefronts += other.wavefronts;
    ideal_wavefronts += other.ideal_wavefronts;
    worst = std::max(worst, other.worst);
    return *this;
}

namespace {

template <class Choose>
Counts sum(const std::vector<LineCounts>& lines, const Choose& choose) {
    Counts total;
    for (const LineCounts& line : lines)
        if (choose(line)) total += line.counts;
    return total;
}

}  // namespace

Counts KernelProfile::total(Room room) const {
    return sum(lines, [&](const LineCounts& l) { return l.room == room; });
}

Counts KernelProfile::total(Room room, Kind kind) const {
    return sum(lines, [&](const LineCounts& l) { return l.room == room && l.kind == kind; });
}

Counts KernelProfile::total(std::string_view array, Kind kind) const {
    return sum(lines, [&](const LineCounts& l) { return l.array == array && l.kind == kind; });
}

Counts KernelProfile::on_line(int number) const {
    return sum(lines, [&](const LineCounts& l) { return l.line.number == number; });
}

const KernelProfile& Profile::kernel(std::string_view name) const {
    std::string known;
    for (const KernelProfile& k : kernels) {
        // The name itself, or what follows its namespaces, with or without template arguments.
        const std::string_view full = k.kernel;
        const std::string_view plain = full.substr(0, full.find('<'));
        for (const std::string_view candidate : {full, plain})
            if (candidate == name || (candidate.ends_with(name) &&
                                      candidate.substr(0, candidate.size() - name.size()).ends_with("::")))
                return k;
        known += (known.empty() ? "" : ", ") + k.kernel;
    }
    fail("no kernel '{}' ran; there ran: {}", name, known.empty() ? "none" : known);
}

std::string_view name(Mistake mistake) {
    switch (mistake) {
        case Mistake::race: return "race";
        case Mistake::uninitialised: return "uninitialised read";
        case Mistake::out_of_bounds: return "out of bounds";
        case Mistake::misaligned: return "misaligned access";
        case Mistake::host_pointer: return "host pointer";
    }
    return "";
}

}  // namespace kbk::cuda::profiler
