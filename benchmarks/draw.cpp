/// @file
/// Draw saved results again: the figures of benchmarks/results/MACHINE/figures, from the JSON beside them.
///
///     draw FOLDER FILE.json...
#include <fmt/core.h>

#include "benchmarks/support/results.hpp"

int main(int argc, char** argv) {
    if (argc < 3) {
        fmt::print(stderr, "draw: call it as draw FOLDER FILE.json..., with results that ./course bench saved\n");
        return 2;
    }
    try {
        for (int i = 2; i < argc; ++i)
            for (const std::string& name : kbk::bench::Results::load(argv[i]).draw(argv[1])) fmt::print("{}\n", name);
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "draw: {}\n", error.what());
        return 1;
    }
}
