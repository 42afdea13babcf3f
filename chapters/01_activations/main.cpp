/// @file
/// Chapter 1: activation functions. The program reads from top to bottom as the chapter does; each experiment
/// is a function in the file that its comment in experiments.hpp leads to.
#include "chapters/01_activations/experiments.hpp"

using namespace kbk;

namespace {

void chapter(const Options& options, Report& report) {
    bend_a_line(report);
    show_functions(report);
    show_softmax(report);
    run_the_documents(report);
    go_deep(options, report);
    learn_with_each(options, report);
    leave_the_range(report);
    build_an_exponential(report);
    compare_speed(report);
}

}  // namespace

int main(int argc, char** argv) {
    return run_chapter(argc, argv,
                       {.name = "01_activations",
                        .title = "The bend: activation functions",
                        .datasets = {"fashion-mnist", "mnist"}},
                       chapter);
}
