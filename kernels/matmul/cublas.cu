/// @file
/// matmul/cuda/cublas: NVIDIA's library, the unit of measurement.
///
/// *Change*: somebody else's kernel, chosen among hundreds by the product's sizes.
/// *Why*: a rung is fast or slow only in comparison. The library computes in float32, on the multiply-add units.
/// *Limits*: one product, no epilogue; hardware only. The library is looked for when the rung is first asked for, so
/// that programs start, and everything else runs, without it.
/// *Next*: none.
#include <string>

#include "kernels/matmul/rungs.hpp"

#ifdef __CUDACC__

#include <dlfcn.h>

#include <algorithm>

#include "common/cuda/cuda.hpp"

namespace kbk::gpu {

namespace {

/// What is used of the library: two functions of its C interface, and its context.
struct Library {
    using Create = int(void** context);
    using Sgemm = int(void* context, int transpose_a, int transpose_b, int m, int n, int k, const float* alpha,
                      const float* a, int lda, const float* b, int ldb, const float* beta, float* c, int ldc);
    void* context = nullptr;
    Sgemm* sgemm = nullptr;
    std::string missing;  // why it cannot be used; empty when it can

    Library() {
        void* file = nullptr;
        for (const char* name : {"libcublas.so.13", "libcublas.so.12", "libcublas.so.11", "libcublas.so"})
            if (!file) file = dlopen(name, RTLD_NOW | RTLD_LOCAL);
        if (!file) {
            missing = "there is no libcublas.so where the loader looks (LD_LIBRARY_PATH)";
            return;
        }
        auto* create = reinterpret_cast<Create*>(dlsym(file, "cublasCreate_v2"));
        sgemm = reinterpret_cast<Sgemm*>(dlsym(file, "cublasSgemm_v2"));
        if (!create || !sgemm)
            missing = "libcublas.so lacks cublasCreate_v2 or cublasSgemm_v2";
        else if (const int status = create(&context); status != 0)
            missing = fmt::format("cublasCreate fails with status {}", status);
    }
};

const Library& library() {
    static const Library loaded;
    return loaded;
}

}  // namespace

std::string cublas_unavailable() {
    return library().missing;
}

// [matmul_cublas]
void cublas(const Matmul& p, Scratch&) {
    if (p.m == 0 || p.n == 0) return;
    // The library's matrices lie by columns, so ours, read in its way, are transposed: C' = B' A'.
    const float one = 1;
    const auto stride = [](std::int64_t s) { return int(std::max<std::int64_t>(s, 1)); };
    const int status = library().sgemm(library().context, p.transpose_b, p.transpose_a, int(p.n), int(p.m), int(p.k),
                                       &one, p.b, stride(p.stride_b()), p.a, stride(p.stride_a()), &p.beta, p.c,
                                       stride(p.stride_c()));
    require(status == 0, "cublasSgemm fails with status {} for m = {}, n = {}, k = {}", status, p.m, p.n, p.k);
}
// [matmul_cublas]

}  // namespace kbk::gpu

#else

namespace kbk::gpu {

std::string cublas_unavailable() {
    return "the emulator's memory is none that NVIDIA's library could read";
}

void cublas(const Matmul&, Scratch&) {
    fail("matmul/cuda/cublas: {}", cublas_unavailable());
}

}  // namespace kbk::gpu

#endif
