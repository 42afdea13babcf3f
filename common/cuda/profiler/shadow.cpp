#include "common/cuda/profiler/shadow.hpp"

#include <algorithm>

#include "common/base/error.hpp"

namespace kbk::cuda::profiler {

namespace {

// Bits of Cell::atomics.
constexpr std::uint8_t is_atomic = 1;        // the last write was atomic
constexpr std::uint8_t several_threads = 2;  // atomics of other threads of its warp lie behind it, unordered
constexpr std::uint8_t several_warps = 4;    // and of other warps of the block
constexpr std::uint8_t several_blocks = 8;   // and of other blocks of the launch

// Whether the last write of the launch, with all atomics behind it, is ordered before what the thread does now.
bool write_is_before(const Cell& cell, const Order& order, int thread) {
    if (cell.write_time < order.block_time() || (cell.atomics & several_blocks)) return false;
    if (cell.write_time < order.barrier_time()) return true;
    if (cell.atomics & several_warps) return false;
    if (cell.atomics & several_threads) return order.met(cell.write_time, cell.writer, thread);
    return order.before(cell.write_time, cell.writer, thread);
}

Clash clash_with_write(const Cell& cell, const Order& order, Clash::What what) {
    const bool foreign = cell.write_time < order.block_time();
    return {what, cell.writer, cell.write_pc, foreign ? order.block_at(cell.write_time) : -1,
            bool(cell.atomics & is_atomic)};
}

}  // namespace

// ---- Order -------------------------------------------------------------------------------------------------------

void Order::block(std::int64_t number) {
    block_ = barrier_ = ++now_;
    warp_.fill(0);
    for (auto& warp : knowledge_) warp.reset();
    if (!blocks_.empty() && blocks_.front().first < launch_) blocks_.clear();
    blocks_.emplace_back(now_, number);
}

void Order::meet(int warp, unsigned mask, bool whole) {
    ++now_;
    if (whole) {
        warp_[std::size_t(warp)] = now_;
        return;
    }

    // Some lanes met: each of them now knows all that any of them knew, and what they did themselves.
    auto& knowledge = knowledge_[std::size_t(warp)];
    if (!knowledge) knowledge = std::make_unique<Knowledge>();
    std::array<std::uint32_t, lanes> joined{};
    for (int l = 0; l < lanes; ++l)
        if (mask >> l & 1)
            for (int by = 0; by < lanes; ++by) joined[by] = std::max(joined[by], (*knowledge)[l][by]);
    for (int l = 0; l < lanes; ++l)
        if (mask >> l & 1) joined[l] = now_;
    for (int l = 0; l < lanes; ++l)
        if (mask >> l & 1) (*knowledge)[l] = joined;
}

std::int64_t Order::block_at(std::uint32_t time) const {
    const auto after = std::upper_bound(blocks_.begin(), blocks_.end(), time,
                                        [](std::uint32_t t, const auto& block) { return t < block.first; });
    return after == blocks_.begin() ? -2 : std::prev(after)->second;
}

// ---- Shadow ------------------------------------------------------------------------------------------------------

Shadow::Shadow(std::size_t bytes, bool shared, bool written)
    : words_((bytes + 3) / 4), shared_(shared), written_(written) {
    cells_.reset(static_cast<Cell*>(std::calloc(std::max<std::size_t>(words_, 1), sizeof(Cell))));
    require(cells_ != nullptr, "no memory to check {} bytes: checking takes 8 bytes for each; use a smaller size", bytes);
}

void Shadow::host_wrote(std::size_t offset, std::size_t bytes) {
    if (written_ || bytes == 0) return;
    const std::size_t end = std::min(offset + bytes, words_ * 4);
    for (std::size_t at = offset; at < end;) {
        const std::size_t next = std::min(end, at / 4 * 4 + 4);
        for (; at < next; ++at) cells_[at / 4].written |= std::uint8_t(1 << at % 4);
    }
}

// Shared memory begins with its block and knows nothing of what was before; races end with the launch.
std::uint32_t Shadow::begin_of_memory(const Order& order) const {
    return shared_ ? order.block_time() : order.launch_time();
}

bool Shadow::has_values(const Cell& cell, const Order& order, std::uint8_t mask) const {
    if (written_) return true;
    if (shared_ && cell.write_time < order.block_time()) return false;
    return (cell.written & mask) == mask;
}

std::optional<Clash> Shadow::load(Cell& cell, const Order& order, const Touch& touch) {
    std::optional<Clash> clash;
    if (!has_values(cell, order, touch.mask)) clash = Clash{Clash::What::unwritten};

    // Compare with the last write.
    if (cell.write_time >= begin_of_memory(order) && (cell.write_mask & touch.mask) &&
        !write_is_before(cell, order, touch.thread))
        clash = clash_with_write(cell, order, Clash::What::read_after_write);

    // Keep one more read beside the last, if possible of another warp: a write must be ordered after all reads, and
    // these two stand for them.
    if (cell.read_time < order.barrier_time()) {
        if (cell.read_time < order.launch_time())
            cell.foreign_mask = 0;
        else if (cell.read_time < order.block_time())
            cell.foreign_mask |= cell.read_mask | cell.other_mask;
        cell.read_mask = cell.other_mask = 0;
    } else {
        // Drop what this warp read before its lanes met: that is ordered before all that they do from now on.
        const int warp = touch.thread / lanes;
        const auto settled = [&](int by) {
            return by / lanes == warp && order.met(cell.read_time, by, touch.thread);
        };
        if (cell.other_mask && settled(cell.other)) cell.other_mask = 0;
        if (cell.read_mask && settled(cell.reader)) cell.read_mask = 0;
        if (cell.read_mask && cell.reader != touch.thread) {
            if (!cell.other_mask || cell.other / lanes == warp) {
                cell.other = cell.reader;
                cell.other_pc = cell.read_pc;
                cell.other_mask = cell.read_mask;
            }
            cell.read_mask = 0;
        }
    }
    cell.read_time = order.now();
    cell.read_pc = touch.pc;
    cell.reader = std::uint16_t(touch.thread);
    cell.read_mask |= touch.mask;
    return clash;
}

std::optional<Clash> Shadow::store(Cell& cell, const Order& order, const Touch& touch) {
    std::optional<Clash> clash;
    const bool atomic = touch.kind == Kind::atomic;
    const std::uint32_t begin = begin_of_memory(order);
    if (atomic && !has_values(cell, order, touch.mask)) clash = Clash{Clash::What::unwritten};

    // Compare with the reads of this block since its last barrier.
    if (cell.read_time >= order.barrier_time()) {
        const auto clashes = [&](int by, std::uint8_t mask) {
            return (mask & touch.mask) && !order.before(cell.read_time, by, touch.thread);
        };
        // The time is that of the last read, and tells nothing of a read of this warp before one of another warp.
        const int warp = touch.thread / lanes;
        const bool known = cell.other / lanes != warp || cell.reader / lanes == warp;
        if (clashes(cell.reader, cell.read_mask))
            clash = Clash{Clash::What::write_after_read, cell.reader, cell.read_pc};
        else if (known && clashes(cell.other, cell.other_mask))
            clash = Clash{Clash::What::write_after_read, cell.other, cell.other_pc};
    }

    // Compare with the reads of other blocks.
    if (!shared_ && cell.read_time >= begin) {
        if (cell.read_time < order.block_time() && ((cell.read_mask | cell.other_mask) & touch.mask))
            clash = Clash{Clash::What::write_after_read, cell.reader, cell.read_pc, order.block_at(cell.read_time)};
        else if (cell.foreign_mask & touch.mask)
            clash = Clash{Clash::What::write_after_read, -1, 0, -2};
    }

    // Compare with the last write; two atomics never clash.
    const bool recent = cell.write_time >= begin && cell.write_time > 0;
    const bool both_atomic = atomic && (cell.atomics & is_atomic);
    const bool ordered = recent && write_is_before(cell, order, touch.thread);
    if (recent && !both_atomic && !ordered && (cell.write_mask & touch.mask))
        clash = clash_with_write(cell, order, Clash::What::write_after_write);

    // A plain write of this thread, which nobody has met yet, stays on record: the others' atomics race with it.
    const bool own = recent && cell.writer == touch.thread && cell.write_time >= order.block_time();
    if (atomic && own && !(cell.atomics & is_atomic) && !order.met(cell.write_time, touch.thread, touch.thread)) {
        cell.write_mask |= touch.mask;
        return clash;
    }

    // Remember whose atomics lie behind this one.
    std::uint8_t atomics = atomic ? is_atomic : 0;
    if (both_atomic && recent && !ordered) {
        atomics |= cell.atomics;
        if (cell.write_time < order.block_time())
            atomics |= several_blocks;
        else if (cell.writer / lanes != touch.thread / lanes)
            atomics |= several_warps;
        else if (cell.writer != touch.thread)
            atomics |= several_threads;
    }
    if (shared_ && cell.write_time < order.block_time()) cell.written = 0;
    cell.atomics = atomics;
    cell.write_time = order.now();
    cell.write_pc = touch.pc;
    cell.writer = std::uint16_t(touch.thread);
    cell.write_mask = touch.mask;
    cell.written |= touch.mask;
    return clash;
}

void Shadow::forget_read(std::size_t word, int thread) {
    Cell& cell = cells_[word];
    if (cell.reader == thread) cell.read_mask = 0;
    if (cell.other == thread) cell.other_mask = 0;
}

}  // namespace kbk::cuda::profiler
