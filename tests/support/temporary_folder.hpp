/// @file
/// A folder for a test's files.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "common/base/error.hpp"

namespace kbk::test {

/// A new, empty folder that is gone with its scope.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "kbk-test-XXXXXX").string();
        require(::mkdtemp(name.data()) != nullptr, "cannot make a folder like {}", name);
        path_ = name;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    /// @return the folder
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    /// @param name of a file in it
    /// @return the file's path
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

}  // namespace kbk::test
