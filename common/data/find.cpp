#include "common/data/find.hpp"

#include <cstdlib>
#include <string>

#include "common/base/error.hpp"
#include "common/base/file.hpp"

namespace kbk {

namespace fs = std::filesystem;

namespace {

// A file that may not be looked at counts as there: reading it says what is wrong with it.
bool present(const fs::path& path) {
    std::error_code error;
    return fs::status(path, error).type() != fs::file_type::not_found;
}

// Collect the files from one folder; return the first that it lacks, or nothing when all are there.
std::string_view collect(DataFiles& found, std::span<const std::string_view> files) {
    found.files.clear();
    for (const std::string_view file : files) {
        const fs::path plain = found.folder / file;
        const fs::path packed = plain.string() + ".gz";
        if (!present(plain) && !present(packed)) return file;
        found.files.push_back(present(plain) ? plain : packed);
    }
    return {};
}

}  // namespace

DataFiles find_data(std::string_view set, std::span<const std::string_view> files, const fs::path& data_dir,
                    std::string_view package) {
    std::string remedy = fmt::format("get it with: ./course data {}", set);
    if (!package.empty()) remedy += fmt::format(" (or install the package {})", package);

    // Hold the user to the folder that he named: other data than those asked for would be worse than none.
    if (!data_dir.empty()) {
        DataFiles found{data_dir / set, {}};
        const std::string_view lacking = collect(found, files);
        require(lacking.empty(),
                "--data {}: {} {}, plain or .gz\nwithout --data, the usual places are searched; {}",
                data_dir.string(), present(data_dir) ? "it lacks" : "no such folder; it would have to hold",
                (found.folder / lacking).string(), remedy);
        return found;
    }

    std::vector<fs::path> places;
    if (const char* folder = std::getenv("KBK_DATA"); folder && *folder) places.emplace_back(folder);
    places.emplace_back("/usr/share/datasets");
    places.push_back(cache_folder() / "data");

    // Take the first place that has all files; one that has some of them is told from one that has none.
    std::string looked;
    for (const fs::path& place : places) {
        DataFiles found{place / set, {}};
        const std::string_view lacking = collect(found, files);
        if (lacking.empty()) return found;
        looked += (looked.empty() ? "" : ", ") + found.folder.string();
        if (present(found.folder)) looked += fmt::format(" (lacks {})", lacking);
    }
    fail("the data set {} was not found; looked for {}{}, plain or .gz, in {}\n{}", set, files.front(),
         files.size() == 1 ? "" : fmt::format(" and {} more", files.size() - 1), looked, remedy);
}

}  // namespace kbk
