/// @file
/// Cooperative groups for readers' programs: the block, its tiles, and the lanes that are together. Sources:
/// CUDA C++ Programming Guide, "Cooperative Groups". A grid can be asked who a thread is, but not
/// synchronised.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstring>
#include <type_traits>

#define KBK_WHERE kbk::cuda::emulator::Source where = kbk::cuda::emulator::Source::current()
#define KBK_INLINE [[gnu::always_inline]] inline

namespace cooperative_groups {

namespace details {

/// A thread's number in its block.
KBK_INLINE unsigned block_rank() {
    return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
}
KBK_INLINE unsigned block_size() {
    return blockDim.x * blockDim.y * blockDim.z;
}
KBK_INLINE unsigned lane() {
    return block_rank() % 32;
}
/// The lanes of a warp's tile of `size` lanes that this thread belongs to.
KBK_INLINE unsigned tile_mask(unsigned size) {
    return size >= 32 ? 0xffffffffu : ((1u << size) - 1) << (lane() & ~(size - 1));
}

/// Exchange values of any size: in pieces of 4 bytes, as hardware does.
/// @param exchange what exchanges one 4-byte piece
template <class T, class Exchange>
KBK_INLINE T in_pieces(const T& value, Exchange exchange) {
    static_assert(std::is_trivially_copyable_v<T>, "groups exchange values that can be copied byte by byte");
    if constexpr (std::is_arithmetic_v<T> && sizeof(T) >= 4) {
        return static_cast<T>(exchange(value));
    } else {
        unsigned pieces[(sizeof(T) + 3) / 4] = {};
        std::memcpy(pieces, &value, sizeof(T));
        for (unsigned& piece : pieces) piece = exchange(piece);
        T result;
        std::memcpy(static_cast<void*>(&result), pieces, sizeof(T));
        return result;
    }
}

}  // namespace details

/// Any group of threads, whose kind is known when the program runs: what a function takes that works with all
/// kinds.
class thread_group {
  public:
    void sync(KBK_WHERE) const {
        if (mask_)
            __syncwarp(mask_, where);
        else
            __syncthreads(where);
    }
    unsigned long long size() const { return num_threads(); }
    unsigned long long num_threads() const {
        return mask_ ? static_cast<unsigned>(__popc(mask_)) : details::block_size();
    }
    unsigned long long thread_rank() const {
        return mask_ ? static_cast<unsigned>(__popc(mask_ & ((1u << details::lane()) - 1)))
                     : details::block_rank();
    }
    bool is_valid() const { return true; }

  protected:
    explicit thread_group(unsigned mask) : mask_(mask) {}
    unsigned mask_;  // its lanes; 0: the whole block

    friend thread_group tiled_partition(const thread_group& parent, unsigned size);
};

/// All threads of the block.
class thread_block : public thread_group {
  public:
    static void sync(KBK_WHERE) { __syncthreads(where); }
    static unsigned size() { return details::block_size(); }
    static unsigned num_threads() { return details::block_size(); }
    static unsigned thread_rank() { return details::block_rank(); }
    static dim3 group_index() { return blockIdx; }
    static dim3 thread_index() { return threadIdx; }
    static dim3 group_dim() { return blockDim; }
    static dim3 dim_threads() { return blockDim; }

  private:
    thread_block() : thread_group(0) {}
    friend thread_block this_thread_block();
};
KBK_INLINE thread_block this_thread_block() {
    return {};
}

/// A power of two neighbouring lanes of a warp.
template <unsigned Size, class Parent = void>
class thread_block_tile : public thread_group {
    static_assert(
        Size >= 1 && Size <= 32 && (Size & (Size - 1)) == 0,
        "the emulator has tiles of 1, 2, 4, 8, 16 or 32 threads; those of several warps it has not");

  public:
    template <class Other>
    thread_block_tile(const thread_block_tile<Size, Other>& other) : thread_block_tile(other.parent_) {}

    void sync(KBK_WHERE) const { __syncwarp(mask_, where); }
    static constexpr unsigned size() { return Size; }
    static constexpr unsigned num_threads() { return Size; }
    static unsigned thread_rank() { return details::block_rank() % Size; }
    /// Which of the tiles of its parent this is, and how many there are.
    unsigned meta_group_rank() const { return details::block_rank() % parent_ / Size; }
    unsigned meta_group_size() const { return (parent_ + Size - 1) / Size; }

    template <class T>
    KBK_INLINE T shfl(T value, int rank, KBK_WHERE) const {
        return details::in_pieces(value,
                                  [&](auto piece) { return __shfl_sync(mask_, piece, rank, Size, where); });
    }
    template <class T>
    KBK_INLINE T shfl_up(T value, unsigned distance, KBK_WHERE) const {
        return details::in_pieces(
            value, [&](auto piece) { return __shfl_up_sync(mask_, piece, distance, Size, where); });
    }
    template <class T>
    KBK_INLINE T shfl_down(T value, unsigned distance, KBK_WHERE) const {
        return details::in_pieces(
            value, [&](auto piece) { return __shfl_down_sync(mask_, piece, distance, Size, where); });
    }
    template <class T>
    KBK_INLINE T shfl_xor(T value, int bits, KBK_WHERE) const {
        return details::in_pieces(
            value, [&](auto piece) { return __shfl_xor_sync(mask_, piece, bits, Size, where); });
    }
    int any(int predicate, KBK_WHERE) const { return __any_sync(mask_, predicate, where); }
    int all(int predicate, KBK_WHERE) const { return __all_sync(mask_, predicate, where); }
    unsigned ballot(int predicate, KBK_WHERE) const { return own(__ballot_sync(mask_, predicate, where)); }
    template <class T>
    unsigned match_any(T value, KBK_WHERE) const {
        return own(__match_any_sync(mask_, value, where));
    }
    template <class T>
    unsigned match_all(T value, int& same, KBK_WHERE) const {
        return own(__match_all_sync(mask_, value, &same, where));
    }

  private:
    explicit thread_block_tile(unsigned parent) : thread_group(details::tile_mask(Size)), parent_(parent) {}
    /// Lane masks of the warp as masks of the tile.
    unsigned own(unsigned lanes) const { return (lanes & mask_) >> (details::lane() & ~(Size - 1)); }
    unsigned parent_;  // threads of the group that was divided

    template <unsigned, class>
    friend class thread_block_tile;
    template <unsigned S>
    friend thread_block_tile<S, thread_block> tiled_partition(const thread_block&);
    template <unsigned S, unsigned P, class G>
    friend thread_block_tile<S, thread_block_tile<P, G>> tiled_partition(const thread_block_tile<P, G>&);
    template <unsigned S>
    friend thread_block_tile<S, thread_group> tiled_partition(const thread_group&);
};

template <unsigned Size>
KBK_INLINE thread_block_tile<Size, thread_block> tiled_partition(const thread_block&) {
    return thread_block_tile<Size, thread_block>(details::block_size());
}
template <unsigned Size, unsigned P, class G>
KBK_INLINE thread_block_tile<Size, thread_block_tile<P, G>> tiled_partition(const thread_block_tile<P, G>&) {
    static_assert(Size <= P, "a tile is divided into smaller ones");
    return thread_block_tile<Size, thread_block_tile<P, G>>(P);
}
template <unsigned Size>
KBK_INLINE thread_block_tile<Size, thread_group> tiled_partition(const thread_group& parent) {
    return thread_block_tile<Size, thread_group>(static_cast<unsigned>(parent.size()));
}
/// Tiles whose size is known when the program runs: 1, 2, 4, 8, 16 or 32.
inline thread_group tiled_partition(const thread_group&, unsigned size) {
    return thread_group(details::tile_mask(size));
}

class coalesced_group;
coalesced_group coalesced_threads(KBK_WHERE);
template <class Group, class Label>
coalesced_group labeled_partition(const Group& group, Label label, KBK_WHERE);

/// The lanes of a warp that are at one place together.
class coalesced_group : public thread_group {
  public:
    void sync(KBK_WHERE) const { __syncwarp(mask_, where); }
    unsigned size() const { return static_cast<unsigned>(__popc(mask_)); }
    unsigned num_threads() const { return size(); }
    unsigned thread_rank() const { return rank_of(details::lane()); }
    unsigned meta_group_rank() const { return 0; }
    unsigned meta_group_size() const { return 1; }

    template <class T>
    KBK_INLINE T shfl(T value, int rank, KBK_WHERE) const {
        return details::in_pieces(
            value, [&](auto piece) { return __shfl_sync(mask_, piece, lane_of(rank), 32, where); });
    }
    template <class T>
    KBK_INLINE T shfl_up(T value, unsigned distance, KBK_WHERE) const {
        const int rank = static_cast<int>(thread_rank()) - static_cast<int>(distance);
        return shfl(value, rank < 0 ? static_cast<int>(thread_rank()) : rank, where);
    }
    template <class T>
    KBK_INLINE T shfl_down(T value, unsigned distance, KBK_WHERE) const {
        const unsigned rank = thread_rank() + distance;
        return shfl(value, static_cast<int>(rank < size() ? rank : thread_rank()), where);
    }
    int any(int predicate, KBK_WHERE) const { return __any_sync(mask_, predicate, where); }
    int all(int predicate, KBK_WHERE) const { return __all_sync(mask_, predicate, where); }
    unsigned ballot(int predicate, KBK_WHERE) const { return own(__ballot_sync(mask_, predicate, where)); }
    template <class T>
    unsigned match_any(T value, KBK_WHERE) const {
        return own(__match_any_sync(mask_, value, where));
    }
    template <class T>
    unsigned match_all(T value, int& same, KBK_WHERE) const {
        return own(__match_all_sync(mask_, value, &same, where));
    }

  private:
    explicit coalesced_group(unsigned mask) : thread_group(mask) {}
    unsigned rank_of(unsigned lane) const {
        return static_cast<unsigned>(__popc(mask_ & ((1u << lane) - 1)));
    }
    /// The lane of a rank: the bit of the mask that has so many set bits below it.
    int lane_of(int rank) const {
        unsigned rest = mask_;
        for (int i = 0; i < rank; ++i) rest &= rest - 1;
        return __ffs(static_cast<int>(rest)) - 1;
    }
    unsigned own(unsigned lanes) const {
        unsigned ranks = 0;
        for (unsigned rest = lanes & mask_; rest; rest &= rest - 1)
            ranks |= 1u << rank_of(static_cast<unsigned>(__ffs(static_cast<int>(rest)) - 1));
        return ranks;
    }

    friend coalesced_group coalesced_threads(kbk::cuda::emulator::Source);
    template <class Group, class Label>
    friend coalesced_group labeled_partition(const Group&, Label, kbk::cuda::emulator::Source);
};
KBK_INLINE coalesced_group coalesced_threads(kbk::cuda::emulator::Source where) {
    return coalesced_group(__activemask(where));
}

/// The threads of a tile or coalesced group that give the same label.
template <class Group, class Label>
KBK_INLINE coalesced_group labeled_partition(const Group& group, Label label,
                                             kbk::cuda::emulator::Source where) {
    struct Lanes : Group {
        unsigned mask() const { return this->mask_; }
    };
    return coalesced_group(__match_any_sync(static_cast<const Lanes&>(group).mask(), label, where));
}
template <class Group>
KBK_INLINE coalesced_group binary_partition(const Group& group, bool predicate, KBK_WHERE) {
    return labeled_partition(group, static_cast<int>(predicate), where);
}

#define KBK_NO_GRID_SYNC                                                                                 \
    "the emulator does not support grid-wide synchronisation: blocks of a launch are not all resident here. " \
    "Instead: end the kernel where the grid must meet, and launch a second one"

/// The whole grid, to ask for a thread's place in it.
class grid_group {
  public:
    [[gnu::error(KBK_NO_GRID_SYNC)]] void sync() const;
    static bool is_valid() { return false; }
    static unsigned long long size() { return num_blocks() * details::block_size(); }
    static unsigned long long num_threads() { return size(); }
    static unsigned long long num_blocks() { return 1ull * gridDim.x * gridDim.y * gridDim.z; }
    static unsigned long long block_rank() {
        return blockIdx.x + 1ull * gridDim.x * (blockIdx.y + 1ull * gridDim.y * blockIdx.z);
    }
    static unsigned long long thread_rank() {
        return block_rank() * details::block_size() + details::block_rank();
    }
    static dim3 group_dim() { return gridDim; }
    static dim3 dim_blocks() { return gridDim; }
    static dim3 block_index() { return blockIdx; }
};
KBK_INLINE grid_group this_grid() {
    return {};
}

// ---- The same as functions

template <class Group>
KBK_INLINE void sync(const Group& group, KBK_WHERE) {
    group.sync(where);
}
[[gnu::error(KBK_NO_GRID_SYNC)]] void sync(const grid_group& grid);
template <class Group>
KBK_INLINE auto thread_rank(const Group& group) {
    return group.thread_rank();
}
template <class Group>
KBK_INLINE auto group_size(const Group& group) {
    return group.size();
}

/// Let one thread of the group call a function. @return what it returned, where it returns nothing: nothing
template <class Group, class F, class... A>
void invoke_one(const Group& group, F&& function, A&&... arguments) {
    if (group.thread_rank() == 0) function(static_cast<A&&>(arguments)...);
}

}  // namespace cooperative_groups

#undef KBK_NO_GRID_SYNC
#undef KBK_INLINE
#undef KBK_WHERE
