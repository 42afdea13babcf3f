/// @file
/// Functions in which the lanes of a warp meet: shuffles, votes, matches, reductions.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

#include "common/cuda/emulator/collective.hpp"

namespace kbk::cuda::emulator {

/// What a shuffle of T exchanges: CUDA has shuffles of 4 and 8 bytes and of the 2-byte floats; smaller
/// integers become int.
template <class T>
struct Exchanged {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8 || std::is_class_v<T>,
                  "shuffles exchange int, unsigned, long, long long, float, double, half, half2, "
                  "__nv_bfloat16, __nv_bfloat162");
    using type = T;
};
template <class T>
requires(std::is_integral_v<T> && sizeof(T) < 4) struct Exchanged<T> {
    using type = int;
};
template <class T>
using exchanged = typename Exchanged<T>::type;

template <class T>
[[gnu::always_inline]] inline exchanged<T> shuffle(Meeting meeting, unsigned mask, T value, int argument,
                                                   int width, Source where) {
    return exchange<exchanged<T>>(meeting, mask, value, argument, width, where);
}

/// A meeting that compares or combines whole words.
[[gnu::always_inline]] inline unsigned combine(Meeting meeting, unsigned mask, unsigned value, Source where) {
    return exchange<unsigned>(meeting, mask, value, 0, 32, where);
}

}  // namespace kbk::cuda::emulator

#define KBK_WHERE kbk::cuda::emulator::Source where = std::source_location::current()
#define KBK_INLINE [[gnu::always_inline]] inline

/// Wait for the lanes of the mask; their writes before are seen by each other after.
KBK_INLINE void __syncwarp(unsigned mask = 0xffffffffu, KBK_WHERE) {
    kbk::cuda::emulator::combine(kbk::cuda::emulator::Meeting::syncwarp, mask, 0, where);
}

// ---- Shuffles: each lane gives a value, and gets that of another lane of its group of `width` lanes ----

/// @return the value of lane `source`, counted within the group and modulo its width
template <class T>
KBK_INLINE auto __shfl_sync(unsigned mask, T value, int source, int width = 32, KBK_WHERE) {
    return kbk::cuda::emulator::shuffle(kbk::cuda::emulator::Meeting::shuffle, mask, value, source, width,
                                        where);
}
/// @return the value of the lane `distance` below; the group's first lanes keep their own
template <class T>
KBK_INLINE auto __shfl_up_sync(unsigned mask, T value, unsigned distance, int width = 32, KBK_WHERE) {
    return kbk::cuda::emulator::shuffle(kbk::cuda::emulator::Meeting::shuffle_up, mask, value,
                                        static_cast<int>(distance), width, where);
}
/// @return the value of the lane `distance` above; the group's last lanes keep their own
template <class T>
KBK_INLINE auto __shfl_down_sync(unsigned mask, T value, unsigned distance, int width = 32, KBK_WHERE) {
    return kbk::cuda::emulator::shuffle(kbk::cuda::emulator::Meeting::shuffle_down, mask, value,
                                        static_cast<int>(distance), width, where);
}
/// @return the value of the lane whose number is this lane's XOR `bits`
template <class T>
KBK_INLINE auto __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, KBK_WHERE) {
    return kbk::cuda::emulator::shuffle(kbk::cuda::emulator::Meeting::shuffle_xor, mask, value, bits, width,
                                        where);
}

// ---- Votes ----

/// @return a bit for each lane of the mask: its predicate is not 0
KBK_INLINE unsigned __ballot_sync(unsigned mask, int predicate, KBK_WHERE) {
    return kbk::cuda::emulator::combine(kbk::cuda::emulator::Meeting::ballot, mask, predicate != 0, where);
}
/// @return whether the predicate of some lane of the mask is not 0
KBK_INLINE int __any_sync(unsigned mask, int predicate, KBK_WHERE) {
    return static_cast<int>(
        kbk::cuda::emulator::combine(kbk::cuda::emulator::Meeting::any, mask, predicate != 0, where));
}
/// @return whether the predicates of all lanes of the mask are not 0
KBK_INLINE int __all_sync(unsigned mask, int predicate, KBK_WHERE) {
    return static_cast<int>(
        kbk::cuda::emulator::combine(kbk::cuda::emulator::Meeting::all, mask, predicate != 0, where));
}
/// @return the lanes of the mask whose value has the same bits as this lane's
template <class T>
KBK_INLINE unsigned __match_any_sync(unsigned mask, T value, KBK_WHERE) {
    return static_cast<unsigned>(kbk::cuda::emulator::exchange<std::uint64_t>(
        kbk::cuda::emulator::Meeting::match_any, mask, kbk::cuda::emulator::pack(value), 0, 32, where));
}
/// @return the mask if all its lanes gave the same value, else 0; `same` tells it too
template <class T>
KBK_INLINE unsigned __match_all_sync(unsigned mask, T value, int* same, KBK_WHERE) {
    const auto equal = static_cast<unsigned>(kbk::cuda::emulator::exchange<std::uint64_t>(
        kbk::cuda::emulator::Meeting::match_all, mask, kbk::cuda::emulator::pack(value), 0, 32, where));
    *same = equal != 0;
    return equal;
}
/// @return the lanes of this warp that are here now, as far as branches have not led them elsewhere
KBK_INLINE unsigned __activemask(KBK_WHERE) {
    return kbk::cuda::emulator::active_lanes(where);
}

// ---- Reductions (sm_80 and later): every lane of the mask gets the result ----

#define KBK_REDUCE(name, T, meeting)                                                                    \
    KBK_INLINE T name(unsigned mask, T value, KBK_WHERE) {                                              \
        return static_cast<T>(kbk::cuda::emulator::combine(kbk::cuda::emulator::Meeting::meeting, mask, \
                                                           static_cast<unsigned>(value), where));       \
    }
KBK_REDUCE(__reduce_add_sync, unsigned, reduce_add)
KBK_REDUCE(__reduce_add_sync, int, reduce_add)
KBK_REDUCE(__reduce_min_sync, unsigned, reduce_min_unsigned)
KBK_REDUCE(__reduce_min_sync, int, reduce_min)
KBK_REDUCE(__reduce_max_sync, unsigned, reduce_max_unsigned)
KBK_REDUCE(__reduce_max_sync, int, reduce_max)
KBK_REDUCE(__reduce_and_sync, unsigned, reduce_and)
KBK_REDUCE(__reduce_or_sync, unsigned, reduce_or)
KBK_REDUCE(__reduce_xor_sync, unsigned, reduce_xor)
#undef KBK_REDUCE
#undef KBK_WHERE
#undef KBK_INLINE

/// @endcond
