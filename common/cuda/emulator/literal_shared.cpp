// What an `extern __shared__ T smem[];` in a kernel at global scope links to: it has become `extern
// thread_local T smem[];`. A linker takes this file only into programs with such a kernel.
// `dynamic_shared<T>()` works under any name and in any namespace, and ends at a guard page.
#include "common/cuda/emulator/multiprocessor.hpp"

extern thread_local unsigned char smem[];
alignas(128) thread_local unsigned char smem[227 << 10];

// Other names that kernels use: the same memory. Weak, so that a program may use the names otherwise.
#define KBK_ALSO(name) extern thread_local unsigned char name[] __attribute__((weak, alias("smem")));
KBK_ALSO(sdata)
KBK_ALSO(s_data)
KBK_ALSO(shmem)
KBK_ALSO(shared)
KBK_ALSO(shared_mem)
KBK_ALSO(shared_memory)
#undef KBK_ALSO

namespace kbk::cuda::emulator {

[[maybe_unused]] static const bool registered = [] {
    literal_shared = [] { return reinterpret_cast<char*>(smem); };
    return true;
}();

}  // namespace kbk::cuda::emulator
