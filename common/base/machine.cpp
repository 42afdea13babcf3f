#include "common/base/machine.hpp"

#include <fmt/core.h>
#include <omp.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <xsimd/xsimd.hpp>

namespace kbk {

namespace {

// Read the "key : value" lines of the first processor.
std::map<std::string, std::string> read_cpuinfo() {
    std::map<std::string, std::string> facts;
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line) && !line.empty();) {
        const auto colon = line.find(':');
        if (colon == std::string::npos) continue;
        const auto key = line.substr(0, line.find_last_not_of(" \t", colon - 1) + 1);
        facts[key] = colon + 2 < line.size() ? line.substr(colon + 2) : "";
    }
    return facts;
}

// Read the description of the first processor's caches, but those for instructions. (The C library's sysconf
// counts the third level of some processors once for every group of cores.)
std::vector<CacheLevel> read_caches() {
    std::vector<CacheLevel> caches;
    for (int index = 0;; ++index) {
        const std::string folder = fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}/", index);
        std::ifstream type_file(folder + "type"), size_file(folder + "size"), ways_file(folder + "ways_of_associativity");
        std::string type;
        if (!(type_file >> type)) return caches;
        std::int64_t kib = 0, ways = 0;
        if (type == "Instruction" || !(size_file >> kib) || kib <= 0) continue;
        ways_file >> ways;
        caches.push_back({kib * 1024, std::max<std::int64_t>(1, ways)});
    }
}

// Lower-case letters and digits, everything else as single dashes.
std::string slug(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (std::isalnum(static_cast<unsigned char>(c)))
            out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        else if (!out.empty() && out.back() != '-')
            out += '-';
    }
    while (!out.empty() && out.back() == '-') out.pop_back();
    return out;
}

Machine look() {
    auto facts = read_cpuinfo();
    Machine m;
    const std::string model = facts.contains("model name") ? facts["model name"] : "unknown-cpu";
    const std::string family = facts.contains("cpu family") ? facts["cpu family"] : facts["CPU architecture"];
    const std::string number = facts.contains("model") ? facts["model"] : facts["CPU part"];
    m.cores = omp_get_num_procs();
    m.name = fmt::format("{}-f{}m{}-{}cores", slug(model), slug(family), slug(number), m.cores);
    m.cpu = fmt::format("{} (family {}, model {})", model, family, number);
    m.simd = xsimd::default_arch::name();
    m.caches = read_caches();
#ifdef __clang__
    m.compiler = fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
    m.compiler = fmt::format("gcc {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
    m.flags = KBK_FLAGS;
    return m;
}

}  // namespace

const Machine& machine() {
    static const Machine facts = look();
    return facts;
}

}  // namespace kbk
