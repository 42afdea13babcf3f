/// @file
/// Fibers: stacks of their own for CUDA threads, and the dozen instructions that change from one to another.
#pragma once

#include <cstddef>

// Sanitizers follow stacks and calls: they must be told of each change from one fiber to another.
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace kbk::cuda::emulator {

/// A stack, and where its owner stopped.
struct Fiber {
    void* stopped_at = nullptr;  ///< stack pointer while another fiber runs
    char* low = nullptr;         ///< the stack's memory
    char* high = nullptr;
#ifdef __SANITIZE_THREAD__
    void* thread_sanitizer = nullptr;  ///< its name for the fiber, once it has run
#endif
};

/// Let a fiber start in `entry` when it is first switched to.
/// @param fiber its stack, low to high
/// @param skew  bytes to leave free at the top, a multiple of 16: stacks that all begin at the same place in
/// a
///              page would compete for the same sets of the cache
/// @param entry function that never returns
inline void prepare(Fiber& fiber, std::size_t skew, void (*entry)()) {
    // The second word stands for the return address that a call would have pushed (x86-64) or for the frame
    // pointer (AArch64): both processors then find the stack aligned as their calling convention demands.
    void** top = reinterpret_cast<void**>(fiber.high - skew);
#if defined(__x86_64__)
    *--top = nullptr;
    *--top = reinterpret_cast<void*>(entry);
#elif defined(__aarch64__)
    *--top = reinterpret_cast<void*>(entry);
    *--top = nullptr;
#else
#error "The CUDA emulator switches fibers on x86-64 and AArch64; add the processor's few instructions here."
#endif
    fiber.stopped_at = top;
#ifdef __SANITIZE_THREAD__
    // A fiber that starts afresh is another one: the calls of the old one will never return.
    if (fiber.thread_sanitizer) __tsan_destroy_fiber(fiber.thread_sanitizer);
    fiber.thread_sanitizer = nullptr;
#endif
}

/// Stop here, go on where `to` stopped; return when somebody switches back.
///
/// The instructions stand inline, and the way back is a jump, not a return: all threads of a block that wait
/// at one barrier then return to its caller from one place, so that the processor's return predictor stays
/// right. Every register that a function must preserve is saved by the compiler, since the asm claims to
/// change them all.
[[gnu::always_inline]] inline void switch_stacks(Fiber& from, Fiber& to) {
#ifdef __SANITIZE_ADDRESS__
    void* fake_stack = nullptr;
    __sanitizer_start_switch_fiber(&fake_stack, to.low, static_cast<std::size_t>(to.high - to.low));
#endif
#ifdef __SANITIZE_THREAD__
    if (!to.thread_sanitizer) to.thread_sanitizer = __tsan_create_fiber(0);
    __tsan_switch_to_fiber(to.thread_sanitizer, 0);
#endif
#if defined(__x86_64__)
    // Step over the red zone, the 128 bytes below the stack pointer that a leaf function may use.
    void** save = &from.stopped_at;
    void* load = to.stopped_at;
    asm volatile(
        "lea -128(%%rsp), %%rsp\n\t"
        "push %%rbp\n\t"
        "push %%rbx\n\t"
        "lea 1f(%%rip), %%rax\n\t"
        "push %%rax\n\t"
        "mov %%rsp, (%0)\n\t"
        "mov %1, %%rsp\n\t"
        "pop %%rax\n\t"
        "jmp *%%rax\n"
        "1:\n\t"
        "pop %%rbx\n\t"
        "pop %%rbp\n\t"
        "lea 128(%%rsp), %%rsp"
        : "+S"(save), "+D"(load)
        :
        : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc", "memory", "xmm0",
          "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
          "xmm13", "xmm14", "xmm15"
#ifdef __AVX512F__
          ,
          "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26",
          "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#endif
    );
#elif defined(__aarch64__)
    register void** save asm("x0") = &from.stopped_at;
    register void* load asm("x1") = to.stopped_at;
    asm volatile(
        "adr x9, 1f\n\t"
        "stp x29, x9, [sp, #-16]!\n\t"
        "mov x9, sp\n\t"
        "str x9, [%0]\n\t"
        "mov sp, %1\n\t"
        "ldp x29, x9, [sp], #16\n\t"
        "br x9\n"
        "1:"
        : "+r"(save), "+r"(load)
        :
        : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16",
          "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x30", "cc",
          "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13",
          "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27",
          "v28", "v29", "v30", "v31");
#endif
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#endif
}

/// To be called first in a fiber's entry function.
[[gnu::always_inline]] inline void arrived_on_new_fiber() {
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
#endif
}

}  // namespace kbk::cuda::emulator
