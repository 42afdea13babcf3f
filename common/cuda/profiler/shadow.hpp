/// @file
/// Shadow memory: for every word of device memory, who wrote and read it last, and when. Races and reads of memory that
/// nobody wrote follow from it, whatever the order was in which the threads happened to run.
///
/// Time is a counter that advances wherever memory is ordered: at a launch, a block's begin, a block barrier, a meeting
/// of a warp. Two accesses to one word, one of them a write and not both atomic, are a race unless such a point lies
/// between them that both threads take part in.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

#include "common/cuda/profiler/access.hpp"

namespace kbk::cuda::profiler {

/// What is known of one 4-byte word. Bytes of the word are bits of a mask.
struct Cell {
    std::uint32_t write_time, read_time;              ///< of the last write and read; 0: never
    std::uint32_t write_pc, read_pc, other_pc;        ///< where they stand
    std::uint16_t writer, reader, other;              ///< threads of the last write, the last read, another read
    std::uint8_t written;                             ///< bytes that hold a value
    std::uint8_t write_mask, read_mask, other_mask;   ///< bytes that the last accesses touched
    std::uint8_t foreign_mask;                        ///< bytes that earlier blocks of this launch read
    std::uint8_t atomics;                             ///< whether the last write was atomic, and whose lie behind it
};
static_assert(sizeof(Cell) == 32);

/// The order of memory in the running block.
class Order {
  public:
    /// A launch begins.
    void launch() { launch_ = ++now_; }
    /// A block begins. @param number of the block within its launch
    void block(std::int64_t number);
    /// All threads of the block met.
    void barrier() { barrier_ = ++now_; }
    /// Lanes of a warp met. @param warp which @param mask the lanes @param whole whether these are all that live
    void meet(int warp, unsigned mask, bool whole);

    /// @return the time now
    [[nodiscard]] std::uint32_t now() const { return now_; }
    /// @return when the launch began
    [[nodiscard]] std::uint32_t launch_time() const { return launch_; }
    /// @return when the block began
    [[nodiscard]] std::uint32_t block_time() const { return block_; }
    /// @return when the block's threads last met
    [[nodiscard]] std::uint32_t barrier_time() const { return barrier_; }
    /// @return when a warp's threads last met
    [[nodiscard]] std::uint32_t warp_time(int warp) const { return warp_[std::size_t(warp)]; }

    /// Whether the block, or the warp, met between an access of this block and now, with both threads present.
    /// @param time   of the access @param by whose it was @param thread who asks
    [[nodiscard]] bool met(std::uint32_t time, int by, int thread) const {
        if (time < barrier_) return true;
        if (by / lanes != thread / lanes) return false;
        return time < warp_[std::size_t(thread / lanes)] || time < knows(thread, by);
    }

    /// Whether an access of this block is ordered before what `thread` does now: they met, or it is its own.
    /// @copydetails met
    [[nodiscard]] bool before(std::uint32_t time, int by, int thread) const {
        return by == thread || met(time, by, thread);
    }

    /// @param time of an access in this launch @return the number of the block that made it
    [[nodiscard]] std::int64_t block_at(std::uint32_t time) const;

  private:
    // Up to which time a lane knows what another lane of its warp did, from meetings of some of its lanes.
    using Knowledge = std::array<std::array<std::uint32_t, lanes>, lanes>;
    [[nodiscard]] std::uint32_t knows(int thread, int by) const {
        const auto& warp = knowledge_[std::size_t(thread / lanes)];
        return warp ? (*warp)[std::size_t(thread % lanes)][std::size_t(by % lanes)] : 0;
    }

    std::uint32_t now_ = 1, launch_ = 0, block_ = 0, barrier_ = 0;
    std::array<std::uint32_t, 32> warp_{};
    std::array<std::unique_ptr<Knowledge>, 32> knowledge_;
    std::vector<std::pair<std::uint32_t, std::int64_t>> blocks_;  // when each block of the launch began
};

/// Who touches a word, where, and how.
struct Touch {
    int thread;
    std::uint32_t pc;
    std::uint8_t mask;  ///< bytes of the word
    Kind kind;
};

/// Two accesses that nothing orders; or, without an earlier one, a read of bytes that nobody wrote.
struct Clash {
    /// What is wrong about the later access.
    enum class What : std::uint8_t {
        unwritten,          ///< a read of bytes that hold no value
        read_after_write,   ///< reads what another thread wrote
        write_after_write,  ///< overwrites what another thread wrote
        write_after_read    ///< overwrites what another thread read
    } what;
    int other = -1;                ///< the other thread, where it is known
    std::uint32_t other_pc = 0;    ///< where the other access stands; 0: not known
    std::int64_t other_block = -1; ///< its block, when it is not the running one; -2: some earlier block
    bool other_atomic = false;     ///< whether the other access was atomic
};

/// The cells of one piece of memory.
class Shadow {
  public:
    /// @param bytes   size of the memory
    /// @param shared  whether it is shared memory, which belongs to one block and starts each block unwritten
    /// @param written whether it holds values already
    Shadow(std::size_t bytes, bool shared, bool written);

    /// Note that the host wrote. @param offset where @param bytes how many
    void host_wrote(std::size_t offset, std::size_t bytes);

    /// Note an access and compare it with those before. @param order the order of memory @param word index of the word
    /// @param touch the access @return what is wrong, if anything
    std::optional<Clash> touch(const Order& order, std::size_t word, const Touch& touch) {
        Cell& cell = cells_[word];
        return touch.kind == Kind::load ? load(cell, order, touch) : store(cell, order, touch);
    }

    /// Take back a thread's plain read of a word: it was the first half of a loop around atomicCAS.
    /// @param word index of the word @param thread whose read
    void forget_read(std::size_t word, int thread);

  private:
    std::optional<Clash> load(Cell& cell, const Order& order, const Touch& touch);
    std::optional<Clash> store(Cell& cell, const Order& order, const Touch& touch);
    [[nodiscard]] bool has_values(const Cell& cell, const Order& order, std::uint8_t mask) const;
    [[nodiscard]] std::uint32_t begin_of_memory(const Order& order) const;

    struct Free {
        void operator()(Cell* cells) const { std::free(cells); }
    };
    // Zeros from the system: pages that nobody touches take no memory.
    std::unique_ptr<Cell[], Free> cells_;
    std::size_t words_;
    bool shared_, written_;
};

}  // namespace kbk::cuda::profiler
