/// @file
/// Chapter 2: losses. The program reads from top to bottom as the chapter does; each experiment is a function
/// in the file that its name leads to.
#include "chapters/02_losses/experiments.hpp"

using namespace kbk;

namespace {

void chapter(const Options& options, Report& report) {
    punish_errors(report);
    toss_a_coin(report);
    check_gradients(report);
    recompute_the_documents(report);
    saturate_a_unit(report);
    leave_the_range(report);
    learn_with_losses(options, report);
}

}  // namespace

int main(int argc, char** argv) {
    return run_chapter(argc, argv,
                       {.name = "02_losses",
                        .title = "What a mistake costs: losses",
                        .datasets = {"fashion-mnist", "mnist"}},
                       chapter);
}
