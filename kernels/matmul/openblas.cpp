/// @file
/// matmul/cpu/openblas: OpenBLAS's sgemm, the unit of measurement.
///
/// *Change*: a library written in assembly for each processor, with its own blocking, packing and threads.
/// *Why*: it tells how far the own rungs have come. Predicted: 85 to 95 % of the machine's peak for large products.
/// *Limits*: batches are a loop of calls, and the epilogue is a second pass; results may depend on the number of
/// threads. Its header never meets xtensor-blas in one file (docs/pitfalls.md).
/// *Next*: onednn, another library.
#include <cblas.h>

#include "kernels/matmul/epilogue.hpp"
#include "kernels/matmul/rungs.hpp"

namespace kbk::cpu {

void openblas(const Matmul& p, Scratch&) {
    const auto to_int = [](std::int64_t v) { return static_cast<blasint>(v); };
    // OpenBLAS asks for leading dimensions of at least 1, even of empty matrices.
    const auto leading = [&](std::int64_t v) { return to_int(std::max<std::int64_t>(v, 1)); };
    for (std::int64_t item = 0; item < p.batch.count(); ++item) {
        const Matmul q = p.item(item);
        cblas_sgemm(CblasRowMajor, q.transpose_a ? CblasTrans : CblasNoTrans, q.transpose_b ? CblasTrans : CblasNoTrans,
                    to_int(q.m), to_int(q.n), to_int(q.k), 1.0f, q.a, leading(q.stride_a()), q.b,
                    leading(q.stride_b()), q.beta, q.c, leading(q.stride_c()));
        apply_epilogue(q);
    }
}

}  // namespace kbk::cpu
