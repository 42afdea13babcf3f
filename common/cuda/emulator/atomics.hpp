/// @file
/// Atomic operations. Blocks run on several cores, so these are atomic in earnest.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

#include <concepts>
#include <type_traits>

#include "common/cuda/emulator/collective.hpp"

namespace kbk::cuda::emulator {

template <class T, class... Choices>
concept one_of = (std::same_as<T, Choices> || ...);

/// Replace the value at an address by f(value). @return the old value
template <class T, class F>
KBK_EMULATOR T update(T* address, F f) {
    atomic_begins(address, sizeof(T), __builtin_return_address(0));
    T old, changed;
    __atomic_load(address, &old, __ATOMIC_SEQ_CST);
    do {
        changed = f(old);
    } while (!__atomic_compare_exchange(address, &old, &changed, true, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    return old;
}

/// The same, called from the kernel itself.
template <class T, class F>
[[gnu::always_inline]] inline T updated(T* address, F f) {
    const T old = update(address, f);
    stay_in_kernel();
    return old;
}

}  // namespace kbk::cuda::emulator

// Each operation exists for the types that hardware has it for, and in three scopes (block, device, system),
// which are the same here. Always inlined, so that the address that a profiler sees lies in the kernel.
#define KBK_ATOMIC(name, result, ...)                                                                \
    template <kbk::cuda::emulator::one_of<__VA_ARGS__> T>                                            \
    [[gnu::always_inline]] inline T name(T* address, std::type_identity_t<T> value) {                \
        return kbk::cuda::emulator::updated(address, [=](T old) { return static_cast<T>(result); }); \
    }
#define KBK_ATOMIC_SCOPES(name, result, ...)      \
    KBK_ATOMIC(name, result, __VA_ARGS__)         \
    KBK_ATOMIC(name##_block, result, __VA_ARGS__) \
    KBK_ATOMIC(name##_system, result, __VA_ARGS__)

KBK_ATOMIC_SCOPES(atomicAdd, old + value, int, unsigned, unsigned long long, float, double)
KBK_ATOMIC_SCOPES(atomicSub, old - value, int, unsigned)
KBK_ATOMIC_SCOPES(atomicMin, value < old ? value : old, int, unsigned, long long, unsigned long long)
KBK_ATOMIC_SCOPES(atomicMax, old < value ? value : old, int, unsigned, long long, unsigned long long)
KBK_ATOMIC_SCOPES(atomicExch, (static_cast<void>(old), value), int, unsigned, unsigned long long, float)
KBK_ATOMIC_SCOPES(atomicAnd, old& value, int, unsigned, unsigned long long)
KBK_ATOMIC_SCOPES(atomicOr, old | value, int, unsigned, unsigned long long)
KBK_ATOMIC_SCOPES(atomicXor, old ^ value, int, unsigned, unsigned long long)
KBK_ATOMIC_SCOPES(atomicInc, old >= value ? 0 : old + 1, unsigned)
KBK_ATOMIC_SCOPES(atomicDec, old == 0 || old > value ? value : old - 1, unsigned)
#undef KBK_ATOMIC_SCOPES
#undef KBK_ATOMIC

/// Write `value` if the old value equals `expected`. @return the old value
template <kbk::cuda::emulator::one_of<int, unsigned, unsigned short, unsigned long long> T>
[[gnu::always_inline]] inline T atomicCAS(T* address, std::type_identity_t<T> expected,
                                          std::type_identity_t<T> value) {
    return kbk::cuda::emulator::updated(address, [=](T old) { return old == expected ? value : old; });
}
template <kbk::cuda::emulator::one_of<int, unsigned, unsigned short, unsigned long long> T>
[[gnu::always_inline]] inline T atomicCAS_block(T* address, std::type_identity_t<T> expected,
                                                std::type_identity_t<T> value) {
    return atomicCAS(address, expected, value);
}
template <kbk::cuda::emulator::one_of<int, unsigned, unsigned short, unsigned long long> T>
[[gnu::always_inline]] inline T atomicCAS_system(T* address, std::type_identity_t<T> expected,
                                                 std::type_identity_t<T> value) {
    return atomicCAS(address, expected, value);
}

/// @endcond
