#include "common/app/app.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/base/interrupt.hpp"
#include "common/base/threads.hpp"
#include "common/ladder/ladder.hpp"
#include "kernels/ladders.hpp"

namespace kbk {

namespace fs = std::filesystem;

namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

// Refuse names that no operation or rung has: a misspelt one would silently run the best.
void check_kernels(const std::string& choice) {
    for (std::string rest = choice; rest.find('=') != std::string::npos;) {
        const std::string item = rest.substr(0, rest.find(','));
        rest = item.size() < rest.size() ? rest.substr(item.size() + 1) : "";
        const std::string operation = item.substr(0, item.find('=')), rung = item.substr(item.find('=') + 1);
        std::vector<std::string> operations, rungs;
        for_each_ladder([&](const auto& ladder) {
            operations.emplace_back(ladder.operation());
            if (ladder.operation() != operation) return;
            for (const auto& r : ladder.rungs()) rungs.emplace_back(r.name);
        });
        require(!rungs.empty(), "--kernels: there is no operation '{}'; there are: {}", operation,
                joined(operations));
        require(rung == "best" || std::ranges::count(rungs, rung),
                "--kernels: {} has no rung '{}'; there are: best, {}", operation, rung, joined(rungs));
    }
}

// The arguments as one line, as a saved result records them: what was computed, not where results went.
std::string argument_line(int argc, char** argv) {
    std::string line;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--save" || word == "--figures" || word == "--expect" || word == "--data" || word == "--update" ||
            word == "--checkpoints")
            ++i;
        else
            line += (line.empty() ? "" : " ") + word;
    }
    return line;
}

}  // namespace

int run_chapter(int argc, char** argv, const Chapter& chapter, void (*program)(const Options&, Report&)) {
    Options options;
    std::string device = "cpu", kernels = "best";
    int thread_count = threads();
    fs::path expect, figures, save, update;
    options.checkpoints = cache_folder() / "checkpoints" / chapter.name;

    CLI::App app{chapter.title, chapter.name};
    app.add_option("--device", device, "where to compute: cpu or cuda")->capture_default_str();
    app.add_option("--kernels", kernels, "best, naive, or rungs by name: matmul=blocked,bias=naive")
        ->capture_default_str();
    if (!chapter.datasets.empty())
        app.add_option("--dataset", options.dataset, "one of: " + joined(chapter.datasets));
    app.add_option("--data", options.data, "folder that holds the data sets");
    app.add_option("--seed", options.seed, "of all random numbers")->capture_default_str();
    app.add_option("--threads", thread_count, "threads to compute with")->capture_default_str();
    app.add_flag("--full", options.full, "the real training, as long as it takes");
    app.add_flag("--resume", options.resume, "go on from the last checkpoint");
    app.add_option("--checkpoints", options.checkpoints, "folder for checkpoints")->capture_default_str();
    options.minutes = chapter.minutes;
    if (chapter.minutes > 0)
        app.add_option("--minutes", options.minutes, "most time for the longest training of --full; --resume goes on")
            ->capture_default_str();
    app.add_option("--figures", figures, "folder to write the figures to");
    app.add_option("--save", save, "file to save the results to (JSON)");
    app.add_option("--expect", expect, "compare the results with this file");
    app.add_option("--update", update, "write the results into this file of expectations");
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& error) {
        fmt::print(stderr, "{}: {}\nTry: {} --help\n", chapter.name, error.what(), argv[0]);
        return 2;
    }

    try {
        require(options.dataset.empty() || std::ranges::count(chapter.datasets, options.dataset),
                "--dataset {}: this chapter runs on {}", options.dataset, joined(chapter.datasets));
        require(options.minutes >= 0, "--minutes {}: a time must not be negative", options.minutes);
        options.device = parse_device(device);
        const std::string reason = unavailable(options.device);
        require(reason.empty(), "--device {}: {}", device, reason);
        choose_kernels(kernels);
        check_kernels(kernels);
        set_threads(thread_count);
        catch_interrupts();
        Report report({.program = chapter.name,
                       .title = chapter.title,
                       .arguments = argument_line(argc, argv),
                       .expect = expect,
                       .figures = figures,
                       .save = save,
                       .update = update});
        program(options, report);
        return report.finish();
    } catch (const Interrupted& stop) {
        fmt::print(stderr, "\n{}\n", stop.what());
        return 130;
    } catch (const std::bad_alloc&) {
        fmt::print(stderr, "{}: out of memory\n", chapter.name);
        return 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}: {}\n", chapter.name, error.what());
        return 1;
    }
}

}  // namespace kbk
