/// @file
/// What the accesses of a program with volatile variables call: ./course emulate compiles it with gcc's
/// -fsanitize=thread, which tells volatile accesses from others. Only those matter here.
#include "common/cuda/emulator/collective.hpp"

#define KBK_HERE __builtin_return_address(0), __builtin_frame_address(0)
#define KBK_HOOKS(BYTES)                                                           \
    extern "C" void __tsan_read##BYTES(void*) {}                                   \
    extern "C" void __tsan_write##BYTES(void*) {}                                  \
    extern "C" void __tsan_unaligned_read##BYTES(void*) {}                         \
    extern "C" void __tsan_unaligned_write##BYTES(void*) {}                        \
    extern "C" void __tsan_volatile_read##BYTES(void* address) {                   \
        kbk::cuda::emulator::volatile_access(address, false, KBK_HERE);            \
    }                                                                              \
    extern "C" void __tsan_volatile_write##BYTES(void* address) {                  \
        kbk::cuda::emulator::volatile_access(address, true, KBK_HERE);             \
    }
KBK_HOOKS(1)
KBK_HOOKS(2)
KBK_HOOKS(4)
KBK_HOOKS(8)
KBK_HOOKS(16)

extern "C" {
void __tsan_read_range(void*, unsigned long) {}
void __tsan_write_range(void*, unsigned long) {}
void __tsan_init() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}
}
