/// @file
/// Watch the kernels that a program launches: check them for mistakes, and count what they ask of memory.
///
///     profiler::Session session;                        // needs kernels compiled with the hooks (kbk_OP_checked)
///     cuda::launch<naive>(grid, block, 0, a, b, c, n);
///     for (const auto& finding : session.findings()) print(finding.message);
///     session.profile().kernel("naive").total(Room::global, Kind::load).sectors_per_request();
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/cuda/profiler/profile.hpp"

namespace kbk::cuda::profiler {

/// What a session does with each access.
enum class Mode {
    check,   ///< look for mistakes: races, reads of unwritten memory, wrong addresses
    count,   ///< count requests; only wrong addresses are found
    profile  ///< both
};

/// How a session watches.
struct Options {
    Mode mode = Mode::profile;
    /// Watch every n-th block of a launch. Above 1, reads of unwritten memory are not looked for, since nobody knows
    /// what the other blocks wrote, and races between blocks are found only among watched blocks.
    /// 0: what $KBK_EMU_PROFILE_EVERY says, or 1.
    int every = 0;
};

class Recorder;

/// Watches from its construction to its end. One at a time; kernels that were compiled without hooks run unseen.
///
/// What a GPU would stop for (an address out of bounds, misaligned, of the host) ends the launch with a KernelError, and
/// is a finding as well. Races and reads of unwritten memory are findings only, and the kernel goes on.
class Session {
  public:
    /// @param options how to watch
    /// @throws Error when another session is watching
    explicit Session(Options options = {});
    /// @param mode what to do with each access
    explicit Session(Mode mode) : Session(Options{mode, 0}) {}
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// @return mistakes so far, in the order in which they were first met
    [[nodiscard]] const std::vector<Finding>& findings();
    /// @return counts so far
    [[nodiscard]] const Profile& profile();
    /// Forget findings and counts; go on watching.
    void clear();
    /// Give a buffer another name than it was allocated with. @param address in device memory @param name what messages
    /// and tables call it from now on; nothing happens where the address is in no buffer
    void name(const void* address, const std::string& name);

    /// @return most bytes that the logs of accesses took so far
    [[nodiscard]] std::size_t peak_log_bytes() const;

  private:
    std::unique_ptr<Recorder> recorder_;
};

}  // namespace kbk::cuda::profiler
