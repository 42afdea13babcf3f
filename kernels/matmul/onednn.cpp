/// @file
/// matmul/cpu/onednn: oneDNN's sgemm, a second unit of measurement.
///
/// *Change*: another library, which writes its micro-kernels at run time for the processor that it finds.
/// *Why*: it is what PyTorch calls for many products on x86. Predicted: as OpenBLAS, nearer to the peak.
/// *Limits*: batches are a loop of calls, and the epilogue is a second pass; k is at least 1;
/// results may depend on the number of threads.
/// *Next*: the CUDA rungs.
#include <algorithm>

#include "kernels/matmul/epilogue.hpp"
#include "kernels/matmul/rungs.hpp"

#ifdef KBK_ONEDNN
#include <oneapi/dnnl/dnnl.hpp>
#endif

namespace kbk::cpu {

#ifdef KBK_ONEDNN

std::string onednn_unavailable() {
    return "";
}

void onednn(const Matmul& p, Scratch&) {
    for (std::int64_t item = 0; item < p.batch.count(); ++item) {
        const Matmul q = p.item(item);
        // It asks for leading dimensions of at least 1, even of empty matrices.
        const auto leading = [](std::int64_t v) { return std::max<std::int64_t>(v, 1); };
        const auto status = dnnl::sgemm(q.transpose_a ? 'T' : 'N', q.transpose_b ? 'T' : 'N', q.m, q.n, q.k,
                                        1.0f, q.a, leading(q.stride_a()), q.b, leading(q.stride_b()), q.beta,
                                        q.c, leading(q.stride_c()));
        require(status == dnnl::status::success,
                "oneDNN's sgemm failed with status {} for m = {}, n = {}, k = {}", static_cast<int>(status),
                q.m, q.n, q.k);
        apply_epilogue(q);
    }
}

#else

std::string onednn_unavailable() {
    return "oneDNN was not found when this was built (package libdnnl-dev)";
}
void onednn(const Matmul&, Scratch&) {
    fail("matmul/cpu/onednn: {}", onednn_unavailable());
}

#endif

}  // namespace kbk::cpu
