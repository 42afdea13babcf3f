/// @file
/// sgd, adagrad, rmsprop, adam/cpu/threaded: the fused pass in pieces, shared among the threads.
///
/// *Change*: pieces of 16 Ki parameters run in parallel.
/// *Why*: several cores draw more bandwidth, and divide more, than one. Predicted: a gain near the number of
/// cores from the shared cache, less from memory.
/// *Limits*: small layers are one piece, and stay on the caller.
/// *Next*: none on the CPU.
#include "common/base/threads.hpp"
#include "kernels/optimizer/one_pass.hpp"
#include "kernels/optimizer/optimizer_math.hpp"
#include "kernels/optimizer/rungs.hpp"

namespace kbk::cpu {

// [optimizer_threaded]
namespace {

template <class Problem>
void share(const Problem& p) {
    constexpr std::int64_t grain = 1 << 14;  // 192 to 448 KiB read and written: a task outlasts its start
    with_rule<float>(p, [&](auto rule, auto*... state) {
        parallel_ranges(p.count, grain, [&](std::int64_t begin, std::int64_t end) {
            one_pass(rule, end - begin, p.weight + begin, p.gradient + begin, (state + begin)...);
        });
    });
}

}  // namespace
// [optimizer_threaded]

void threaded(const Sgd& p, Scratch&) {
    share(p);
}
void threaded(const Adagrad& p, Scratch&) {
    share(p);
}
void threaded(const RmsProp& p, Scratch&) {
    share(p);
}
void threaded(const Adam& p, Scratch&) {
    share(p);
}

}  // namespace kbk::cpu
