/// @file
/// What stands behind a Session: takes every access from the hooks, checks it, logs it, and puts the logs of a warp
/// together to requests when its lanes meet.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/cuda/emulator/observer.hpp"
#include "common/cuda/profiler/session.hpp"
#include "common/cuda/profiler/shadow.hpp"
#include "common/cuda/profiler/warp_log.hpp"

namespace kbk::cuda::profiler {

/// Watches the emulator for one session.
class Recorder : public emulator::Observer {
  public:
    /// @param options how to watch
    explicit Recorder(Options options);

    /// The one that hooks report to; null when no session is open.
    static Recorder* current;

    // ---- From the hooks: the running thread is about to do something. `pc` is the hook's return address.

    /// It touches memory. @param address where @param bytes how many, 1 to 16 @param kind how @param pc from where
    void access(const void* address, int bytes, Kind kind, const void* pc);
    /// It touches more bytes than one access can: as a copied struct does.
    void access_range(const void* address, std::size_t bytes, Kind kind, const void* pc);
    /// It enters a basic block.
    void enter_block(const void* pc) {
        if (!watching_ || !counting_ || !emulator::running.active) return;
        log(emulator::running.thread, {0, position(pc), 0, Kind::block, Room::global, 0});
    }
    /// It calls a function, or returns from one. @param step 1 or -1
    void call(int step) {
        if (watching_ && emulator::running.active) depth_[std::size_t(emulator::running.thread)] += step;
    }
    /// It indexes an array beyond its end. @param what in words @param pc from where
    [[noreturn]] void index_out_of_bounds(const std::string& what, const std::string& file, int line);

    // ---- From the emulator.

    void launch_begin(const emulator::Launch& launch) override;
    void launch_end(const emulator::Launch& launch, bool failed) override;
    void block_begin() override;
    void block_end() override;
    void thread_begin(int thread) override;
    void thread_end(int thread) override;
    void barrier_released(const emulator::Source&) override;
    void warp_synchronised(int warp, unsigned mask, bool is_syncwarp, const emulator::Source&) override;
    void warp_paused(int warp) override;
    void atomic(const void* address, int bytes, const void* pc) override;
    void fragment(const void* address, int bytes, bool write, const void* pc) override;
    void host_wrote(const void* address, std::size_t bytes) override;
    void allocated(const emulator::Allocation& allocation) override;
    void released(const emulator::Allocation& allocation) override;

    // ---- For the session.

    const std::vector<Finding>& findings();
    const Profile& profile();
    void clear();
    void rename(const void* address, const std::string& name);
    [[nodiscard]] std::size_t peak_log_bytes() const { return log_bytes_; }

  private:
    // One bit for each sector: which of them a launch touched.
    struct Footprint {
        std::vector<std::uint64_t> bits;
        std::int64_t sectors = 0;
        void add(std::uint64_t sector);
        void clear();
    };

    // Global memory from one allocation.
    struct Buffer {
        const char* begin;
        std::size_t bytes;
        std::uint64_t id;
        std::string name;
        std::unique_ptr<Shadow> shadow;  // null when nothing is checked
        Footprint read, written;
    };

    // Where an access went: what messages and tables call it.
    struct Target {
        Room room;
        std::uint64_t array;      // the buffer's id, or the index of a shared array
        const std::string* name;
        std::size_t offset;       // from the array's begin
    };

    // Counts of one instruction on one array; lines are looked up when somebody asks.
    struct Site {
        std::uint32_t pc;
        std::uint64_t array;
        Room room;
        Kind kind;
        std::uint8_t bytes;
        auto operator<=>(const Site&) const = default;
    };
    struct SiteHash {
        std::size_t operator()(const Site& s) const {
            return (std::size_t(s.pc) * 0x9e3779b97f4a7c15 ^ s.array * 31) + std::size_t(s.kind) * 7 + s.bytes;
        }
    };
    struct Kernel {
        KernelProfile profile;
        std::unordered_map<Site, Counts, SiteHash> sites;
    };

    // A finding whose lines are not looked up yet; {0} and {1} in its message stand for them.
    struct RawFinding {
        Finding finding;
        std::uint32_t pc, other_pc;
    };

    [[nodiscard]] std::uint32_t position(const void* pc) const {
        return std::uint32_t(static_cast<const char*>(pc) - image_);
    }
    void log(int thread, const Access& access);
    void prepare_shared();
    void make_room(int thread, LaneLog& log);
    void merge(int warp, unsigned open);
    void count(std::span<const Access* const> request, std::span<const std::uint8_t> who);
    [[nodiscard]] Buffer* buffer_at(const char* address, std::uint32_t pc);
    [[nodiscard]] int shared_array_at(std::size_t offset);
    [[nodiscard]] std::pair<std::uint64_t, const std::string*> name_shared(std::uint64_t place) const;
    void check(Shadow& shadow, const Target& target, const char* address, std::size_t word_offset, int bytes, Kind kind,
               std::uint32_t pc);
    void report_clash(const Clash& clash, const Target& target, int thread, int bytes, Kind kind, std::uint32_t pc);
    void settle_pending(const void* address, Kind kind);
    void illegal(const char* address, int bytes, Kind kind, std::uint32_t pc);
    [[noreturn]] void stop(Mistake mistake, const std::string& array, const std::string& what, std::uint32_t pc);
    void note(Mistake mistake, const std::string& array, std::string message, std::uint32_t pc, std::uint32_t other_pc);

    Options options_;
    bool checking_, counting_;
    bool watching_ = false;      // the running block is one that is watched
    const char* image_;

    std::map<const char*, Buffer> buffers_;
    std::array<Buffer*, 64> recent_{};            // by instruction: it mostly touches the same buffer again
    std::map<std::uint64_t, std::string> names_;  // of all buffers that there ever were
    std::vector<std::uint16_t> shared_owner_;     // for each word of static shared memory: what lies there
    std::unique_ptr<Shadow> static_shadow_, dynamic_shadow_;
    std::size_t dynamic_shadow_bytes_ = 0;

    Order order_;
    std::array<WarpLog, emulator::max_block_warps> logs_;
    std::array<int, emulator::max_block_threads> depth_{};
    std::array<unsigned, emulator::max_block_warps> absent_{}, ended_{}, paused_{};
    int warps_ = 0;
    std::size_t log_bytes_ = 0;

    std::vector<std::unique_ptr<Kernel>> kernels_;
    Kernel* kernel_ = nullptr;
    Profile profile_;

    std::vector<RawFinding> raw_findings_;
    std::map<std::pair<std::uint64_t, std::string>, std::size_t> known_findings_;
    std::vector<Finding> findings_;
    SourceMap sources_;

    // A read that clashes with an atomic of another thread, until we know whether this thread goes on to an atomic there.
    struct Pending {
        int thread;
        const char* address;
        Clash clash;
        Target target;
        int bytes;
        std::uint32_t pc;
    };
    std::optional<Pending> pending_;
};

}  // namespace kbk::cuda::profiler

/// @endcond
