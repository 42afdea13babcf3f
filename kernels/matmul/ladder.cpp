/// @file
/// The ladder of matrix multiplication, from the definition to the libraries, and what holds for all its rungs.
#include "common/cuda/runtime.hpp"
#include "kernels/matmul/matmul.hpp"
#include "kernels/matmul/rungs.hpp"

namespace kbk {

namespace {

std::string one_plain_product(const Matmul& p) {
    if (p.batch.count() != 1) return "it computes one product, not a batch";
    if (!p.epilogue.empty()) return "it has no epilogue";
    return "";
}

std::string b_as_stored(const Matmul& p) {
    return p.transpose_b ? "it reads B along its rows, so B must not be transposed" : one_plain_product(p);
}

// Blocks along the second axis of a grid are at most 65,535; the smallest have eight rows or columns.
std::string small_grid(const Matmul& p) {
    constexpr std::int64_t most = 65535 * 8;
    return p.m > most || p.n > most ? "its grid reaches 524,280 rows and columns" : one_plain_product(p);
}

std::string both_as_stored(const Matmul& p) {
    return p.transpose_a || p.transpose_b ? "it reads A and B along their rows, so none must be transposed" : small_grid(p);
}

std::string tensor_cores(const Matmul& p) {
    if (p.batch.count() > 65535) return "its grid reaches 65,535 products of a batch";
    const bool fused = p.epilogue.activation == Activation::identity || p.epilogue.activation == Activation::relu;
    return fused ? "" : "of the activations it has relu alone";
}

// [matmul_choice]
// Waking a thread and packing take as long as some two million operations on one core.
constexpr double small_flops = 2e6;
// A B of at most 256 KiB stays in the second-level cache while all rows of A pass over it.
constexpr std::int64_t small_b = 64 * 1024;

// A reason of at most 15 letters needs no memory: training steps ask for the best rung of each product.
std::string not_small(const Matmul& p) {
    const double flops = 2.0 * double(p.m) * double(p.n) * double(p.k);
    return flops > small_flops || p.k * p.n > small_b ? "it is not small" : "";
}

std::string not_a_vector(const Matmul& p) {
    return p.m == 1 || (p.n == 1 && p.stride_c() == 1) ? "" : "it is no vector";
}
// [matmul_choice]

std::string packed_matrices(const Matmul& p) {
    const bool packed = p.stride_a() == (p.transpose_a ? p.m : p.k) && p.stride_b() == (p.transpose_b ? p.k : p.n) &&
                        p.stride_c() == p.n;
    if (!packed) return "it takes packed matrices, without gaps between rows";
    if (p.m == 0 || p.n == 0 || p.k == 0) return "xtensor-blas passes empty matrices on with a leading dimension of 0";
    return one_plain_product(p);
}

std::string not_empty(const Matmul& p) {
    return p.k == 0 ? "oneDNN leaves C as it is when k is 0" : "";
}

std::string no_such_tensor_cores() {
    constexpr int ampere = 80;
    const int capability = cuda::compute_capability();
    if (!cuda::unavailable().empty() || capability >= ampere) return "";  // without a device another reason is given
    return fmt::format("tensor cores of compute capability {}.{} know no tf32 and no bfloat16; those of 8.0 do",
                       capability / 10, capability % 10);
}

}  // namespace

// [matmul_ladder]
const Ladder<MatmulRung>& matmul() {
    static const Ladder<MatmulRung> ladder("matmul", {
        {.device = Device::cpu, .name = "naive", .run = cpu::naive, .idea = "three loops, as the formula says",
         .refuses = one_plain_product},
        {.device = Device::cpu, .name = "transposed", .run = cpu::transposed, .idea = "dot products of rows, on a copy of B",
         .refuses = one_plain_product},
        {.device = Device::cpu, .name = "reordered", .run = cpu::reordered, .idea = "inner loop along rows",
         .refuses = b_as_stored},
        {.device = Device::cpu, .name = "blocked", .run = cpu::blocked, .idea = "blocks of B that stay in the cache",
         .refuses = b_as_stored},
        {.device = Device::cpu, .name = "register_tiled", .run = cpu::register_tiled, .idea = "tiles of sums in registers",
         .refuses = b_as_stored},
        {.device = Device::cpu, .name = "packed", .run = cpu::packed, .idea = "packed panels, a block for each cache",
         .refuses = one_plain_product},
        {.device = Device::cpu, .name = "prefetched", .run = cpu::prefetched, .idea = "asks for C before it is needed",
         .refuses = one_plain_product},
        {.device = Device::cpu, .name = "threaded", .run = cpu::threaded, .idea = "tiles shared among threads, fused epilogue"},
        {.device = Device::cpu, .name = "small", .run = cpu::small, .idea = "small products, nothing copied",
         .refuses = not_small},
        {.device = Device::cpu, .name = "matvec", .run = cpu::matvec, .idea = "a row or a column, at the speed of memory",
         .refuses = not_a_vector},
#ifdef KBK_MINE
        {.device = Device::cpu, .name = "mine", .run = cpu::mine, .idea = "your own", .refuses = one_plain_product},
#endif
        {.device = Device::cpu, .name = "xtensor", .run = cpu::xtensor, .idea = "one expression of xtensor-blas",
         .refuses = packed_matrices, .origin = Origin::library, .reproducible = Reproducible::no},
        {.device = Device::cpu, .name = "openblas", .run = cpu::openblas, .idea = "OpenBLAS's sgemm",
         .origin = Origin::library, .reproducible = Reproducible::no},
        {.device = Device::cpu, .name = "onednn", .run = cpu::onednn, .idea = "oneDNN's sgemm",
         .refuses = not_empty, .unavailable = cpu::onednn_unavailable, .origin = Origin::library, .reproducible = Reproducible::no},
        {.device = Device::cuda, .name = "naive", .run = gpu::naive, .idea = "a thread for each element, rows side by side",
         .refuses = small_grid},
        {.device = Device::cuda, .name = "coalesced", .run = gpu::coalesced, .idea = "columns side by side",
         .refuses = small_grid},
        {.device = Device::cuda, .name = "shared", .run = gpu::shared, .idea = "tiles in shared memory",
         .refuses = both_as_stored},
        {.device = Device::cuda, .name = "column_tiled", .run = gpu::column_tiled, .idea = "8 sums a thread",
         .refuses = both_as_stored},
        {.device = Device::cuda, .name = "register_tiled", .run = gpu::register_tiled, .idea = "8 x 8 sums a thread",
         .refuses = both_as_stored},
        {.device = Device::cuda, .name = "vectorized", .run = gpu::vectorized, .idea = "four floats at a time, no bank conflicts",
         .refuses = both_as_stored},
        {.device = Device::cuda, .name = "warp_tiled", .run = gpu::warp_tiled, .idea = "a compact part for each warp",
         .refuses = both_as_stored},
        {.device = Device::cuda, .name = "double_buffered", .run = gpu::double_buffered,
         .idea = "asynchronous copies, tiles that fit, fused epilogue"},
        {.device = Device::cuda, .name = "wmma_tf32", .run = gpu::wmma_tf32, .idea = "tensor cores, 10 bits of fraction",
         .refuses = tensor_cores, .unavailable = no_such_tensor_cores, .precision = Precision::tf32},
        {.device = Device::cuda, .name = "wmma_bf16", .run = gpu::wmma_bf16, .idea = "tensor cores, 7 bits of fraction",
         .refuses = tensor_cores, .unavailable = no_such_tensor_cores, .precision = Precision::bf16},
        {.device = Device::cuda, .name = "cublas", .run = gpu::cublas, .idea = "cuBLAS's sgemm",
         .refuses = one_plain_product, .unavailable = gpu::cublas_unavailable, .origin = Origin::library,
         .reproducible = Reproducible::no},
    });
    return ladder;
}
// [matmul_ladder]

Cost cost(const Matmul& p) {
    const double count = double(p.batch.count()), m = double(p.m), n = double(p.n), k = double(p.k);
    double flops = 2 * m * n * k;
    if (p.beta != 0 && p.beta != 1) flops += 2 * m * n;
    if (p.epilogue.bias) flops += m * n;
    const double values = m * k + k * n + (p.beta == 0 ? 1 : 2) * m * n + (p.epilogue.bias ? n : 0);
    return {.flops = count * flops, .bytes = count * values * sizeof(float)};
}

void validate(const Matmul& p) {
    require(p.m >= 0 && p.n >= 0 && p.k >= 0, "matmul: sizes must not be negative: m = {}, n = {}, k = {}", p.m, p.n, p.k);
    require(p.batch.outer >= 0 && p.batch.inner >= 0, "matmul: a batch of {} x {} products; counts must not be negative",
            p.batch.outer, p.batch.inner);
    if (p.batch.count() == 0 || p.m == 0 || p.n == 0) return;
    require(p.c != nullptr && (p.k == 0 || (p.a && p.b)), "matmul: A, B or C is a null pointer for m = {}, n = {}, k = {}",
            p.m, p.n, p.k);
    const auto long_enough = [](const char* matrix, std::int64_t stride, std::int64_t row) {
        require(stride >= row, "matmul: rows of {} are {} elements apart but {} long; give a larger leading dimension, or 0 "
                "for packed rows", matrix, stride, row);
    };
    long_enough("A", p.stride_a(), p.transpose_a ? p.m : p.k);
    long_enough("B", p.stride_b(), p.transpose_b ? p.k : p.n);
    long_enough("C", p.stride_c(), p.n);
}

}  // namespace kbk
