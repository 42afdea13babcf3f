#include "benchmarks/profile/resources.hpp"

#include <cctype>
#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/base/file.hpp"

namespace kbk::profile {

std::string plain_kernel_name(std::string_view name) {
    // Cut the parameters: from the first parenthesis outside of template arguments that is not a namespace's.
    std::string plain(name);
    for (const std::string_view mark : {"(anonymous namespace)::", "{anonymous}::", "<unnamed>::"})
        for (auto at = plain.find(mark); at != plain.npos; at = plain.find(mark)) plain.erase(at, mark.size());
    int depth = 0;
    std::size_t begin = 0, end = plain.size();
    for (std::size_t i = 0; i < plain.size(); ++i) {
        if (plain[i] == '<') ++depth;
        if (plain[i] == '>') --depth;
        if (depth == 0 && plain[i] == ' ') begin = i + 1;
        if (depth == 0 && plain[i] == '(') {
            end = i;
            break;
        }
    }
    plain = plain.substr(begin, end - begin);
    // Drop spaces, and every namespace: compilers qualify template arguments differently.
    std::string tight;
    std::size_t word = 0;
    for (const char c : plain) {
        if (c == ' ') continue;
        if (c == ':') {
            tight.resize(word);
            continue;
        }
        tight += c;
        if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') word = tight.size();
    }
    return tight;
}

ResourceTable read_resources(const std::filesystem::path& path) {
    ResourceTable table;
    try {
        const auto json = nlohmann::json::parse(read_file(path));
        for (const auto& [name, source] : json.at("sources").items())
            for (const auto& [kernel, architectures] : source.at("kernels").items())
                for (const auto& [architecture, r] : architectures.items())
                    table[name][kernel][architecture] = {r.at("registers"), r.at("spill_bytes"), r.at("shared_bytes")};
    } catch (const nlohmann::json::exception& error) {
        fail("{}: {}\nwrite it anew with benchmarks/profile/resources.py", path.string(), error.what());
    }
    return table;
}

ByArchitecture find_resources(const ResourceTable& table, const std::string& folder, const std::string& rung,
                              std::string_view kernel) {
    const std::string name = plain_kernel_name(kernel);
    for (const bool own_file : {true, false})
        for (const auto& [source, kernels] : table) {
            const bool is_own = source.ends_with("/" + rung + ".cu") || source.ends_with("_" + rung + ".cu");
            if (!source.starts_with("kernels/" + folder + "/") || (own_file && !is_own)) continue;
            if (const auto found = kernels.find(name); found != kernels.end()) return found->second;
        }
    return {};
}

}  // namespace kbk::profile
