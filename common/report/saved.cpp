#include "common/report/saved.hpp"

#include <fmt/core.h>

#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "common/base/file.hpp"
#include "common/base/machine.hpp"

namespace kbk {

namespace {

std::string today() {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    return fmt::format("{:04}-{:02}-{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
}

// The commit of the source folder, marked where files differ from it; "unknown" without git.
std::string commit() {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> git(
        ::popen("git -C '" KBK_SOURCE "' describe --always --dirty --exclude '*' --abbrev=7 2>/dev/null",
                "r"),
        &::pclose);
    char line[64] = "";
    if (!git || !std::fgets(line, sizeof line, git.get())) return "unknown";
    line[std::strcspn(line, "\n")] = '\0';
    return line;
}

}  // namespace

nlohmann::ordered_json saved_facts(const std::string& program, const std::string& title,
                                   const std::string& arguments) {
    const Machine& here = machine();
    return {
        {"program", program},
        {"title", title},
        {"date", today()},
        {"commit", commit()},
        {"arguments", arguments},
        {"machine",
         {{"name", here.name},
          {"cpu", here.cpu},
          {"cores", here.cores},
          {"compiler", here.compiler},
          {"flags", here.flags}}},
    };
}

std::map<std::string, double> book_values(const std::string& program) {
    namespace fs = std::filesystem;
    const fs::path results = fs::path(KBK_SOURCE) / "benchmarks/results";
    std::map<std::string, double> values;
    std::istringstream machines(read_file(results / "book.txt"));
    for (std::string machine; machines >> machine;) {
        const fs::path saved = results / machine / (program + ".json");
        std::error_code error;
        if (!fs::exists(saved, error)) continue;
        const nlohmann::json root = nlohmann::json::parse(read_file(saved));
        for (const auto& [name, entry] : root.at("values").items())
            if (entry.at("value").is_number()) values[name] = entry.at("value").get<double>();
        break;
    }
    return values;
}

}  // namespace kbk
