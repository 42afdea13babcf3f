// A training that is killed at any moment, also in the middle of writing a checkpoint, and resumed, ends with
// the same weights, bit for bit, as one that was left alone.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/nn/checkpoint.hpp"
#include "tests/support/temporary_folder.hpp"

namespace fs = std::filesystem;

namespace kbk::test {

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// A training_process that was started, with its standard error.
class Process {
  public:
    explicit Process(std::vector<std::string> arguments) {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        std::vector<char*> argv = {const_cast<char*>(KBK_TRAINING_PROCESS)};
        for (auto& a : arguments) argv.push_back(a.data());
        argv.push_back(nullptr);
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            ::dup2(ends[1], 2);
            ::execv(argv[0], argv.data());
            ::_exit(127);
        }
        ::close(ends[1]);
        output_ = ends[0];
    }
    ~Process() {
        if (!ended_) {
            ::kill(pid_, SIGKILL);
            wait();
        }
        ::close(output_);
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void send(int signal) const { ::kill(pid_, signal); }

    // Wait for its end; the exit status, or the negative number of the signal that ended it.
    int wait() {
        char chunk[512];
        for (ssize_t got; (got = ::read(output_, chunk, sizeof chunk)) > 0;)
            text_.append(chunk, std::size_t(got));
        int status = 0;
        REQUIRE(::waitpid(pid_, &status, 0) == pid_);
        ended_ = true;
        return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    }

    // What it wrote to the standard error, once it has ended.
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    pid_t pid_ = -1;
    int output_ = -1;
    bool ended_ = false;
    std::string text_;
};

// Tells when files appear or are written in a folder.
class Watch {
  public:
    Watch(const fs::path& folder, std::uint32_t events) : fd_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
        fs::create_directories(folder);
        REQUIRE(::inotify_add_watch(fd_, folder.c_str(), events) >= 0);
    }
    ~Watch() { ::close(fd_); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    // Wait until a file whose name ends so has been told of `count` times; whether that came within ten
    // seconds.
    bool wait(std::string_view ending, int count) {
        const auto limit = Clock::now() + std::chrono::seconds(10);
        while (count > 0 && Clock::now() < limit) {
            pollfd poll{fd_, POLLIN, 0};
            ::poll(&poll, 1, 100);
            alignas(inotify_event) char buffer[4096];
            const ssize_t got = ::read(fd_, buffer, sizeof buffer);
            for (ssize_t at = 0; at < got;) {
                const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
                if (event->len && std::string_view(event->name).ends_with(ending)) --count;
                at += ssize_t(sizeof(inotify_event)) + event->len;
            }
        }
        return count <= 0;
    }

  private:
    int fd_;
};

// The folders and files of one training.
struct Run {
    TemporaryFolder place;
    [[nodiscard]] fs::path checkpoints() const { return place / "checkpoints"; }
    [[nodiscard]] fs::path final_file() const { return place / "final"; }

    [[nodiscard]] std::vector<std::string> arguments(std::vector<std::string> more = {}) const {
        std::vector<std::string> all = {"train", checkpoints().string(), final_file().string()};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    [[nodiscard]] bool has_checkpoint() const { return has_file(".safetensors"); }
    [[nodiscard]] bool has_half_written() const { return has_file(".tmp"); }

    // Go on until the end, from the newest checkpoint where there is one.
    void finish() const {
        Process process(
            arguments(has_checkpoint() ? std::vector<std::string>{"resume"} : std::vector<std::string>{}));
        const int status = process.wait();
        CHECK_MESSAGE(status == 0, process.text());
    }

  private:
    [[nodiscard]] bool has_file(const char* extension) const {
        std::error_code missing;
        for (const auto& file : fs::directory_iterator(checkpoints(), missing))
            if (file.path().extension() == extension) return true;
        return false;
    }
};

// What the training ends with when it is left alone, and how long that takes.
struct Undisturbed {
    std::string bytes;
    double seconds;
};
const Undisturbed& undisturbed() {
    static const Undisturbed result = [] {
        const Run run;
        const auto start = Clock::now();
        run.finish();
        return Undisturbed{read_file(run.final_file()), Seconds(Clock::now() - start).count()};
    }();
    return result;
}

// Whether a run ended with all the bytes that an undisturbed one ends with: weights, optimiser state,
// learning curve.
void check_same_end(const Run& run) {
    REQUIRE(fs::exists(run.final_file()));
    CHECK(read_file(run.final_file()) == undisturbed().bytes);
}

}  // namespace

TEST_CASE("two undisturbed runs end alike, on any number of threads, and have learned") {
    for (const char* threads : {"threads=1", "threads=2", "threads=3"}) {
        const Run run;
        Process process(run.arguments({threads}));
        CHECK(process.wait() == 0);
        check_same_end(run);
    }
    const Run run;
    run.finish();
    const Checkpoint end = load_checkpoint(run.final_file());
    CHECK(end.metadata.at("steps") == "30");
    double first = 0, last = 0;
    const std::string& curve = end.metadata.at("curve");
    CHECK(std::count(curve.begin(), curve.end(), '\n') == 3);
    CHECK(std::sscanf(curve.c_str(), "%la", &first) == 1);
    CHECK(std::sscanf(curve.c_str() + curve.rfind('\n', curve.size() - 2), "%la", &last) == 1);
    CHECK(last < 0.7 * first);
}

TEST_CASE("killed at any time") {
    // Moments spread over the whole run, from the start of the process to its end.
    const int moments = 12;
    int early = 0, late = 0;
    for (int i = 0; i < moments; ++i) {
        const Run run;
        {
            Process process(run.arguments());
            std::this_thread::sleep_for(Seconds(undisturbed().seconds * (i + 0.5) / moments));
            process.send(SIGKILL);
            late += process.wait() == 0;
        }
        early += !run.has_checkpoint();
        run.finish();
        INFO("killed at moment ", i, " of ", moments);
        check_same_end(run);
    }
    // Most kills must have hit the training itself.
    CHECK(early + late < moments);
}

TEST_CASE("killed while a checkpoint is written") {
    // As soon as the temporary file appears, and as soon as it is written but not yet in its place.
    int hit = 0;
    for (const std::uint32_t event : {IN_CREATE, IN_MODIFY})
        for (const int which : {1, 2, 3, 9, 10, 11, 20, 29, 30}) {
            const Run run;
            {
                Watch watch(run.checkpoints(), event);
                Process process(run.arguments());
                CHECK(watch.wait(".tmp", which));
                process.send(SIGKILL);
                process.wait();
            }
            hit += run.has_half_written();
            run.finish();
            INFO("killed at checkpoint ", which);
            check_same_end(run);
            CHECK(!run.has_half_written());
        }
    // Some kills come after the file is in its place. Were they all to, this would not test what it says.
    CHECK_MESSAGE(hit > 0, "no kill came in the middle of writing");
    MESSAGE(hit, " of 18 kills left a half-written checkpoint");
}

TEST_CASE("killed again and again") {
    const Run run;
    for (int kills = 0; kills < 10; ++kills) {
        Watch watch(run.checkpoints(), IN_MOVED_TO);
        std::vector<std::string> options = {"slow"};
        if (run.has_checkpoint()) options.push_back("resume");
        Process process(run.arguments(options));
        CHECK(watch.wait(".safetensors", 2));
        process.send(SIGKILL);
        process.wait();
    }
    run.finish();
    check_same_end(run);
}

TEST_CASE("a damaged newest checkpoint costs a step, not the run") {
    const Run run;
    {
        Watch watch(run.checkpoints(), IN_MOVED_TO);
        Process process(run.arguments({"slow"}));
        CHECK(watch.wait(".safetensors", 15));
        process.send(SIGKILL);
        process.wait();
    }
    std::vector<fs::path> files;
    for (const auto& file : fs::directory_iterator(run.checkpoints()))
        if (file.path().extension() == ".safetensors") files.push_back(file.path());
    REQUIRE(files.size() >= 2);
    const fs::path newest = *std::max_element(files.begin(), files.end());
    fs::resize_file(newest, fs::file_size(newest) - 1);
    Process process(run.arguments({"resume"}));
    CHECK(process.wait() == 0);
    CHECK(process.text().starts_with("note: " + newest.string() + " is damaged"));
    check_same_end(run);
}

TEST_CASE("asked to stop, it saves a checkpoint and says where") {
    for (const int signal : {SIGINT, SIGTERM}) {
        const Run run;
        Watch watch(run.checkpoints(), IN_MOVED_TO);
        Process process(run.arguments({"slow"}));
        CHECK(watch.wait(".safetensors", 12));
        process.send(signal);
        CHECK(process.wait() == 130);
        const std::string& text = process.text();
        CHECK(text.starts_with("stopped in epoch "));
        CHECK(text.find(" of 3; saved " + (run.checkpoints() / "step-0000000").string()) !=
              std::string::npos);
        CHECK(text.ends_with("\nGo on from there with the same command and --resume.\n"));

        // The file that it names is there, and whole.
        const std::size_t begin = text.find("saved ") + 6;
        const fs::path saved = text.substr(begin, text.find('\n') - begin);
        CHECK_NOTHROW(load_checkpoint(saved));
        run.finish();
        check_same_end(run);
    }
}

TEST_CASE("a checkpoint of another run is refused, and one that is not there is missed") {
    const Run run;
    Process without(run.arguments({"resume"}));
    CHECK(without.wait() == 1);
    CHECK(without.text() == fmt::format("there is no checkpoint in {} to resume from; run without --resume\n",
                                        run.checkpoints().string()));
    run.finish();
    Process other(run.arguments({"resume", "run=another one"}));
    CHECK(other.wait() == 1);
    CHECK(other.text() ==
          fmt::format(
              "the checkpoint in {} is of another run:\n  training_process\nand not of\n  another one\n",
              run.checkpoints().string()));
}

TEST_CASE("a run from the beginning is not led astray by the checkpoints of an earlier one") {
    // The earlier run had come to its end; the new one is killed on its way, and goes on from its own step.
    const Run run;
    run.finish();
    fs::remove(run.final_file());
    {
        Watch watch(run.checkpoints(), IN_MOVED_TO);
        Process process(run.arguments({"slow", "run=second"}));
        CHECK(watch.wait(".safetensors", 5));
        process.send(SIGKILL);
        process.wait();
    }
    Process process(run.arguments({"resume", "run=second"}));
    const int status = process.wait();
    CHECK_MESSAGE(status == 0, process.text());
    check_same_end(run);
}

}  // namespace kbk::test
