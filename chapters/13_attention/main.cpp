/// @file
/// Chapter 13: attention. The program does what the page tells, in the same order.
#include "chapters/13_attention/experiments.hpp"

using namespace kbk;

namespace {

void chapter(const Options& options, Report& report) {
    look_up_softly(report);
    attend_by_hand(report);
    vary_the_width(report);
    mask_the_future(report);
    shuffle_the_tokens(report);
    split_into_heads(report);
    check_gradients(report);
    run_the_documents(report);
    learn_to_recall(options, report);
    count_the_cost(report);
    climb_the_ladder(report);
    lengthen_the_context(options, report);
}

}  // namespace

int main(int argc, char** argv) {
    return run_chapter(argc, argv, {.name = "13_attention", .title = "Attention: a lookup made soft"},
                       chapter);
}
