/// @file
/// Atomics of C++ in sources that are compiled with gcc's -fsanitize=thread but linked without a sanitizer: host code in
/// a CUDA file has them, in std::shared_ptr for example. They only do their work.
#include <cstdint>

#ifndef __SANITIZE_THREAD__  // where the sanitizer itself is linked, it has them

#define KBK_ATOMICS(BITS, T)                                                                                          \
    extern "C" T __tsan_atomic##BITS##_load(const volatile T* a, int) { return __atomic_load_n(a, __ATOMIC_SEQ_CST); } \
    extern "C" void __tsan_atomic##BITS##_store(volatile T* a, T v, int) { __atomic_store_n(a, v, __ATOMIC_SEQ_CST); } \
    extern "C" bool __tsan_atomic##BITS##_compare_exchange_strong(volatile T* a, T* expected, T v, int, int) {         \
        return __atomic_compare_exchange_n(a, expected, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                 \
    }                                                                                                                 \
    extern "C" bool __tsan_atomic##BITS##_compare_exchange_weak(volatile T* a, T* expected, T v, int, int) {           \
        return __atomic_compare_exchange_n(a, expected, v, true, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                  \
    }                                                                                                                 \
    KBK_ATOMIC(BITS, T, exchange, __atomic_exchange_n)                                                                \
    KBK_ATOMIC(BITS, T, fetch_add, __atomic_fetch_add)                                                                \
    KBK_ATOMIC(BITS, T, fetch_sub, __atomic_fetch_sub)                                                                \
    KBK_ATOMIC(BITS, T, fetch_and, __atomic_fetch_and)                                                                \
    KBK_ATOMIC(BITS, T, fetch_or, __atomic_fetch_or)                                                                  \
    KBK_ATOMIC(BITS, T, fetch_xor, __atomic_fetch_xor)                                                                \
    KBK_ATOMIC(BITS, T, fetch_nand, __atomic_fetch_nand)
#define KBK_ATOMIC(BITS, T, NAME, FUNCTION) \
    extern "C" T __tsan_atomic##BITS##_##NAME(volatile T* a, T v, int) { return FUNCTION(a, v, __ATOMIC_SEQ_CST); }

KBK_ATOMICS(8, std::uint8_t)
KBK_ATOMICS(16, std::uint16_t)
KBK_ATOMICS(32, std::uint32_t)
KBK_ATOMICS(64, std::uint64_t)

extern "C" void __tsan_atomic_thread_fence(int) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
extern "C" void __tsan_atomic_signal_fence(int) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

#endif
