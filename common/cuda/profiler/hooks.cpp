/// @file
/// The functions that instrumented kernels call. gcc's -fsanitize=thread puts a call before every load and store,
/// -fsanitize-coverage=trace-pc one at the head of every basic block, -fsanitize=bounds one where an index leaves its
/// array. No sanitizer's library is linked: these are the functions.
#include <fmt/format.h>

#include "common/cuda/profiler/recorder.hpp"

using kbk::cuda::profiler::Kind;
using kbk::cuda::profiler::Recorder;

// The address to which the hook returns tells the line.
#define KBK_HERE __builtin_return_address(0)

#define KBK_HOOK(NAME, BYTES, KIND)                                                            \
    extern "C" void NAME(void* address) {                                                      \
        if (Recorder::current) Recorder::current->access(address, BYTES, Kind::KIND, KBK_HERE); \
    }

#define KBK_HOOKS(BYTES)                                  \
    KBK_HOOK(__tsan_read##BYTES, BYTES, load)             \
    KBK_HOOK(__tsan_write##BYTES, BYTES, store)           \
    KBK_HOOK(__tsan_unaligned_read##BYTES, BYTES, load)   \
    KBK_HOOK(__tsan_unaligned_write##BYTES, BYTES, store) \
    KBK_HOOK(__tsan_volatile_read##BYTES, BYTES, load)    \
    KBK_HOOK(__tsan_volatile_write##BYTES, BYTES, store)

KBK_HOOKS(1)
KBK_HOOKS(2)
KBK_HOOKS(4)
KBK_HOOKS(8)
KBK_HOOKS(16)

extern "C" {

void __tsan_read_range(void* address, std::size_t bytes) {
    if (Recorder::current) Recorder::current->access_range(address, bytes, Kind::load, KBK_HERE);
}

void __tsan_write_range(void* address, std::size_t bytes) {
    if (Recorder::current) Recorder::current->access_range(address, bytes, Kind::store, KBK_HERE);
}

void __tsan_func_entry(void*) {
    if (Recorder::current) Recorder::current->call(1);
}

void __tsan_func_exit() {
    if (Recorder::current) Recorder::current->call(-1);
}

void __tsan_init() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}

void __sanitizer_cov_trace_pc() {
    if (Recorder::current) Recorder::current->enter_block(KBK_HERE);
}

/// What gcc tells of an array and an index beyond it.
struct KbkBoundsData {
    struct {
        const char* file;
        std::uint32_t line, column;
    } place;
    struct Type {
        std::uint16_t kind, info;
        char name[1];  // "'float [16][16]'", in quotes
    } const *array, *index;
};

void __ubsan_handle_out_of_bounds(KbkBoundsData* data, std::intptr_t index) {
    // The value is as wide as its type; sign and width stand in `info`: bit 0, and the logarithm above it.
    if (!Recorder::current || !kbk::cuda::emulator::running.active) return;
    const int bits = 1 << (data->index->info >> 1);
    const int shift = 64 - bits;
    const std::int64_t value = bits >= 64 ? index : std::int64_t(std::uint64_t(index) << shift) >> shift;
    Recorder::current->index_out_of_bounds(fmt::format("index {} of an array of type {}", value, data->array->name),
                                           data->place.file, int(data->place.line));
}
}
