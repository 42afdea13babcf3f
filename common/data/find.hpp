/// @file
/// The finder: where on this machine a data set's files lie.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace kbk {

/// A data set's files, all in one folder.
struct DataFiles {
    std::filesystem::path folder;              ///< such as /usr/share/datasets/fashion-mnist
    std::vector<std::filesystem::path> files;  ///< in the order asked for; each plain or with .gz at its end
};

/// Find all files of a data set in the first place that has them: in `data_dir` and nowhere else if it is
/// given; otherwise in $KBK_DATA, then in Debian's /usr/share/datasets, then in the cache that course data
/// fills. In each of them the files lie in a folder with the data set's name, plain or gzipped
/// (NAME.gz).
/// @param set      the data set, such as "mnist"
/// @param files    names of its files, without .gz
/// @param data_dir what the user gave as --data; empty for none
/// @param package  Debian package that brings the data set; empty for none
/// @throws Error naming what was looked for, where, and the command that gets it
DataFiles find_data(std::string_view set, std::span<const std::string_view> files,
                    const std::filesystem::path& data_dir, std::string_view package = "");

}  // namespace kbk
