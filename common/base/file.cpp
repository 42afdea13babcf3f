#include "common/base/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "common/base/error.hpp"

namespace kbk {

namespace fs = std::filesystem;

namespace {

// A file descriptor that closes itself.
struct Descriptor {
    int fd;
    ~Descriptor() {
        if (fd >= 0) ::close(fd);
    }
};

}  // namespace

void write_file(const fs::path& path, std::string_view contents) {
    std::error_code error;
    if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
    require(!error, "cannot make the folder {}: {}", path.parent_path().string(), error.message());

    // Two processes must not share a temporary file.
    const fs::path temporary = path.string() + fmt::format(".{}.tmp", ::getpid());
    const auto check = [&](bool ok) {
        if (ok) return;
        const int code = errno;
        ::unlink(temporary.c_str());
        fail("cannot write {}: {}{}", path.string(), std::strerror(code),
             code == ENOSPC || code == EDQUOT ? "; free some space and run again" : "");
    };
    {
        const Descriptor file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
        check(file.fd >= 0);
        for (std::string_view rest = contents; !rest.empty();) {
            const ssize_t written = ::write(file.fd, rest.data(), rest.size());
            if (written < 0 && errno == EINTR) continue;
            check(written >= 0);
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
        check(::fsync(file.fd) == 0);
    }
    check(::rename(temporary.c_str(), path.c_str()) == 0);

    // Make the new name itself survive a power failure.
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    const Descriptor directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (directory.fd >= 0) ::fsync(directory.fd);
}

std::string read_file(const fs::path& path) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    require(file.fd >= 0, "cannot read {}: {}", path.string(), std::strerror(errno));
    std::string contents;
    char chunk[1 << 16];
    for (;;) {
        const ssize_t got = ::read(file.fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR) continue;
        require(got >= 0, "cannot read {}: {}", path.string(), std::strerror(errno));
        if (got == 0) return contents;
        contents.append(chunk, static_cast<std::size_t>(got));
    }
}

fs::path cache_folder() {
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache)
        return fs::path(cache) / "kernel-by-kernel";
    if (const char* home = std::getenv("HOME"); home && *home)
        return fs::path(home) / ".cache" / "kernel-by-kernel";
    return fs::temp_directory_path() / "kernel-by-kernel";
}

}  // namespace kbk
