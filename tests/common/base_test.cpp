// The ground floor: random numbers against published answers and their own laws, threads, files on a full
// disk, errors, Ctrl-C.
#include <doctest/doctest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/base/interrupt.hpp"
#include "common/base/limits.hpp"
#include "common/base/machine.hpp"
#include "common/base/philox.hpp"
#include "common/base/threads.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/message_of.hpp"

using namespace kbk;
using kbk::test::TemporaryFolder;
namespace fs = std::filesystem;

using kbk::test::message_of;

namespace {

// Pearson's statistic of counts that should all be equal; its mean is the number of counts less one.
double chi_square(const std::vector<std::int64_t>& counts) {
    const double total = double(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
    const double expected = total / double(counts.size());
    double sum = 0;
    for (const auto n : counts) sum += (double(n) - expected) * (double(n) - expected) / expected;
    return sum;
}

// Whether a chi-square statistic is credible: within 4.5 deviations of its mean on either side (too even is
// wrong too).
void check_credible(const std::vector<std::int64_t>& counts) {
    const double freedom = double(counts.size()) - 1, statistic = chi_square(counts);
    CHECK(std::abs(statistic - freedom) < 4.5 * std::sqrt(2 * freedom));
}

double mean(const std::vector<float>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

// Mean of the products of values less their means.
double covariance(const std::vector<float>& x, const std::vector<float>& y) {
    const double mx = mean(x), my = mean(y);
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += (double(x[i]) - mx) * (double(y[i]) - my);
    return sum / double(x.size());
}

std::vector<float> uniforms(const Philox& random, std::size_t count) {
    std::vector<float> values(count);
    random.fill_uniform(values, 0, 1);
    return values;
}

// Run in a process of its own; what it returns comes back through a pipe, and its exit status beside it.
struct Outcome {
    std::string text;
    int status;
};
Outcome in_child(const std::function<std::string()>& body) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::close(ends[0]);
        std::string text = "an exception";
        try {
            text = body();
        } catch (const std::exception& error) {
            text = error.what();
        }
        const bool written = ::write(ends[1], text.data(), text.size()) == ssize_t(text.size());
        ::_exit(written ? 0 : 1);
    }
    ::close(ends[1]);
    Outcome outcome;
    char chunk[512];
    for (ssize_t got; (got = ::read(ends[0], chunk, sizeof chunk)) > 0;)
        outcome.text.append(chunk, std::size_t(got));
    ::close(ends[0]);
    REQUIRE(::waitpid(child, &outcome.status, 0) == child);
    return outcome;
}

}  // namespace

TEST_CASE("Philox gives Random123's published answers") {
    // The three vectors of philox4x32 with 10 rounds in kat_vectors: zeros, ones, and the digits of pi.
    const auto words = [](std::uint64_t low, std::uint64_t high) { return low | high << 32; };
    using Block = std::array<std::uint32_t, 4>;
    CHECK(Philox(0, 0).block(0) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(Philox(~0ull, ~0ull).block(~0ull) == Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(Philox(words(0xa4093822, 0x299f31d0), words(0x13198a2e, 0x03707344))
              .block(words(0x243f6a88, 0x85a308d3)) == Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("numbers are functions of their index") {
    const Philox random(42, stream_id("test"));
    const auto all = uniforms(random, 103);
    for (std::uint64_t i = 103; i-- > 0;) {
        CHECK(random.word(i) == random.block(i / 4)[i % 4]);
        CHECK(random.uniform(i) == all[i]);
        CHECK(random.uniform(i) == float(random.word(i) >> 8) / 16777216.0f);
    }
    // A shorter fill is the beginning of a longer one.
    for (std::size_t n = 0; n <= 9; ++n) {
        CHECK(uniforms(random, n) == std::vector<float>(all.begin(), all.begin() + long(n)));
        std::vector<float> shorter(n), longer(10);
        random.fill_normal(shorter, 1, 2);
        random.fill_normal(longer, 1, 2);
        CHECK(std::equal(shorter.begin(), shorter.end(), longer.begin()));
    }
    CHECK(Philox::to_uniform(0) == 0);
    CHECK(Philox::to_uniform(0xffffffff) == 1 - 0x1p-24f);
}

TEST_CASE("uniform numbers are uniform") {
    const auto values = uniforms(Philox(1), 1 << 18);
    std::vector<std::int64_t> bins(256), pairs(16 * 16);
    for (const float x : values) {
        REQUIRE(x >= 0);
        REQUIRE(x < 1);
        ++bins[std::size_t(x * 256)];
    }
    check_credible(bins);
    CHECK(std::abs(mean(values) - 0.5) < 4.5 * std::sqrt(1 / 12.0 / double(values.size())));
    CHECK(covariance(values, values) == doctest::Approx(1 / 12.0).epsilon(0.01));

    // Neighbours do not know of each other.
    for (std::size_t i = 0; i + 1 < values.size(); i += 2)
        ++pairs[std::size_t(values[i] * 16) * 16 + std::size_t(values[i + 1] * 16)];
    check_credible(pairs);

    std::vector<float> scaled(1 << 16);
    Philox(1).fill_uniform(scaled, -3, 5);
    CHECK(*std::min_element(scaled.begin(), scaled.end()) >= -3);
    CHECK(*std::max_element(scaled.begin(), scaled.end()) < 5);
    CHECK(mean(scaled) == doctest::Approx(1).epsilon(0.05));
}

TEST_CASE("normal numbers are normal") {
    std::vector<float> values(1 << 18);
    Philox(1, stream_id("normal")).fill_normal(values, 0, 1);
    const double deviation = 1 / std::sqrt(double(values.size()));
    CHECK(std::abs(mean(values)) < 4.5 * deviation);
    CHECK(std::abs(covariance(values, values) - 1) < 4.5 * std::sqrt(2.0) * deviation);

    // 64 bins of equal probability, by the distribution function.
    std::vector<std::int64_t> bins(64);
    std::vector<float> even, odd;
    for (std::size_t i = 0; i < values.size(); ++i) {
        REQUIRE(std::isfinite(values[i]));
        ++bins[std::min<std::size_t>(63, std::size_t(32 * std::erfc(-values[i] / std::sqrt(2.0))))];
        (i % 2 ? odd : even).push_back(values[i]);
    }
    check_credible(bins);
    // The two numbers of one Box-Muller pair are independent, squares included.
    CHECK(std::abs(covariance(even, odd)) < 4.5 * std::sqrt(2.0) * deviation);
    for (auto* half : {&even, &odd})
        for (float& x : *half) x *= x;
    CHECK(std::abs(covariance(even, odd)) < 4.5 * 2 * std::sqrt(2.0) * deviation);

    std::vector<float> scaled(1 << 16);
    Philox(1).fill_normal(scaled, 10, 0.5f);
    CHECK(mean(scaled) == doctest::Approx(10).epsilon(0.001));
    CHECK(covariance(scaled, scaled) == doctest::Approx(0.25).epsilon(0.05));
}

TEST_CASE("a shuffle keeps every element, and every order is as likely") {
    for (const std::size_t n : {0u, 1u, 2u, 3u, 100u, 1000u}) {
        std::vector<int> values(n), sorted(n);
        std::iota(values.begin(), values.end(), 0);
        sorted = values;
        Philox(3).shuffle(std::span(values));
        if (n >= 100) CHECK(values != sorted);
        CHECK(std::is_permutation(values.begin(), values.end(), sorted.begin()));
    }
    std::map<std::array<int, 4>, std::int64_t> orders;
    for (std::uint64_t stream = 0; stream < 48000; ++stream) {
        std::array<int, 4> values = {0, 1, 2, 3};
        Philox(5, stream_id("shuffle", stream)).shuffle(std::span<int>(values));
        ++orders[values];
    }
    std::vector<std::int64_t> counts;
    for (const auto& [order, count] : orders) counts.push_back(count);
    REQUIRE(counts.size() == 24);
    check_credible(counts);
}

TEST_CASE("streams and seeds are independent") {
    const std::size_t count = 1 << 16;
    const std::vector<Philox> streams = {Philox(1, stream_id("a")), Philox(1, stream_id("b")),
                                         Philox(2, stream_id("a")), Philox(1, stream_id("a", 1)),
                                         Philox(1, stream_id("a", 2))};
    for (std::size_t i = 0; i < streams.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            const auto x = uniforms(streams[i], count), y = uniforms(streams[j], count);
            CHECK(x != y);
            CHECK(std::abs(covariance(x, y)) < 4.5 / 12 / std::sqrt(double(count)));
        }
    // The same (seed, stream) is the same stream.
    CHECK(uniforms(Philox(1, stream_id("a", 2)), 100) == uniforms(streams[4], 100));
}

TEST_CASE("stream numbers are FNV-1a hashes that do not meet") {
    static_assert(stream_id("") == 0xcbf29ce484222325u);
    static_assert(stream_id("a") == 0xaf63dc4c8601ec8cu);
    static_assert(stream_id("foobar") == 0x85944171f73967e8u);
    std::set<std::uint64_t> seen;
    for (const auto* name :
         {"shuffle", "split", "dropout", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"})
        for (std::uint64_t index = 0; index < 1000; ++index) seen.insert(stream_id(name, index));
    CHECK(seen.size() == 7000);
}

TEST_CASE("an error carries its message") {
    CHECK_NOTHROW(require(true, "not {}", 1));
    CHECK_THROWS_WITH_AS(require(false, "{} is above {}", 7, 5.5), "7 is above 5.5", Error);
    CHECK_THROWS_WITH_AS(fail("no {}", "rung"), "no rung", Error);
    CHECK_THROWS_AS(fail("also a std::runtime_error"), std::runtime_error);
}

TEST_CASE("every task runs once") {
    const int before = threads();
    for (const int count : {1, 2, 3, 7})
        for (const std::int64_t tasks : {0, 1, 2, 3, 100, 1001}) {
            set_threads(count);
            CHECK(threads() == count);
            std::vector<std::atomic<int>> runs(static_cast<std::size_t>(tasks));
            parallel_for(tasks, [&](std::int64_t i) { ++runs[std::size_t(i)]; });
            CHECK(std::all_of(runs.begin(), runs.end(), [](const auto& n) { return n == 1; }));
        }
    for (const std::int64_t size : {0, 1, 9, 10, 11, 95, 100})
        for (const std::int64_t grain : {1, 10, 1000}) {
            std::vector<std::atomic<int>> seen(static_cast<std::size_t>(size));
            parallel_ranges(size, grain, [&](std::int64_t begin, std::int64_t end) {
                CHECK(begin < end);
                CHECK(end - begin <= grain);
                CHECK(begin % grain == 0);
                for (std::int64_t i = begin; i < end; ++i) ++seen[std::size_t(i)];
            });
            CHECK(std::all_of(seen.begin(), seen.end(), [](const auto& n) { return n == 1; }));
        }
    set_threads(before);
}

TEST_CASE("tasks run at the same time") {
    // Each of two tasks waits until the other has begun; on one thread that would take until the time limit.
    const int before = threads();
    set_threads(2);
    std::atomic<int> begun = 0, met = 0;
    parallel_for(2, [&](std::int64_t) {
        ++begun;
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (begun < 2 && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
        met += begun == 2;
    });
    CHECK(met == 2);
    set_threads(before);
}

TEST_CASE("a number of threads out of range is refused") {
    const int before = threads();
    for (const int count : {0, -3, 1025})
        CHECK(
            message_of([&] {
                set_threads(count);
            }).starts_with(fmt::format("{} threads asked for; choose 1 to 1024 (this machine has ", count)));
    CHECK(threads() == before);
}

TEST_CASE("a file is written whole, and its folders with it") {
    const TemporaryFolder folder;
    const fs::path path = folder / "a/b/c.bin";
    const std::string bytes("\0\n\xff with\0 zeros", 15), large(3'000'000, 'x');
    write_file(path, bytes);
    CHECK(read_file(path) == bytes);
    write_file(path, large);
    CHECK(read_file(path) == large);
    write_file(path, "");
    CHECK(read_file(path).empty());
    CHECK(std::distance(fs::directory_iterator(path.parent_path()), {}) == 1);

    // A name without a folder is a file of the current one.
    const fs::path before = fs::current_path();
    fs::current_path(folder.path());
    write_file("here.txt", "here");
    fs::current_path(before);
    CHECK(read_file(folder / "here.txt") == "here");
}

TEST_CASE("a reader sees the old file or the new one, never half of one") {
    const TemporaryFolder folder;
    const fs::path path = folder / "file";
    write_file(path, std::string(1 << 20, 'a'));
    std::atomic<bool> done = false;
    std::thread writer([&] {
        for (int i = 0; i < 40; ++i) write_file(path, std::string(1 << 20, i % 2 ? 'a' : 'b'));
        done = true;
    });
    int reads = 0, halves = 0;
    do {
        const std::string text = read_file(path);
        ++reads;
        halves += text.size() != 1 << 20 || text.find_first_not_of(text[0]) != std::string::npos;
    } while (!done);
    writer.join();
    CHECK(halves == 0);
    CHECK(reads > 1);
}

TEST_CASE("what cannot be written is refused by name, and leaves nothing behind") {
    const TemporaryFolder folder;
    write_file(folder / "plain", "a file, not a folder");
    CHECK(message_of([&] { write_file(folder / "plain/new.txt", "x"); }) ==
          fmt::format("cannot make the folder {}: Not a directory", (folder / "plain").string()));
    CHECK(message_of([&] { write_file(folder / "plain/deeper/new.txt", "x"); }) ==
          fmt::format("cannot make the folder {}: Not a directory", (folder / "plain/deeper").string()));

    // The name of a folder cannot be taken by a file.
    fs::create_directories(folder / "taken");
    CHECK(message_of([&] { write_file(folder / "taken", "x"); }) ==
          fmt::format("cannot write {}: Is a directory", (folder / "taken").string()));
    CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 2);

    if (::geteuid() == 0) {
        MESSAGE("permissions do not bind root; not tested here");
        return;
    }
    fs::create_directories(folder / "locked");
    fs::permissions(folder / "locked", fs::perms::owner_read | fs::perms::owner_exec);
    CHECK(message_of([&] { write_file(folder / "locked/new.txt", "x"); }) ==
          fmt::format("cannot write {}: Permission denied", (folder / "locked/new.txt").string()));
    fs::permissions(folder / "locked", fs::perms::owner_all);
}

TEST_CASE("a write that breaks off leaves the old file") {
    // A process may be allowed files of 64 KiB only: the write fails in the middle, as on a full disk.
    const TemporaryFolder folder;
    const fs::path path = folder / "file";
    write_file(path, "old");
    const Outcome outcome = in_child([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{1 << 16, 1 << 16};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        return message_of([&] { write_file(path, std::string(1 << 20, 'x')); });
    });
    CHECK(outcome.text == fmt::format("cannot write {}: File too large", path.string()));
    CHECK(read_file(path) == "old");
    CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("a full disk is named, with the remedy") {
    // A file system of 64 KiB, in a mount namespace of its own: no privilege is needed where user namespaces
    // are allowed.
    const TemporaryFolder folder;
    const Outcome outcome = in_child([&]() -> std::string {
        const auto user = ::geteuid(), group = ::getegid();
        if (::unshare(user == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0) return "no namespaces";
        if (user != 0) {
            std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
            std::ofstream("/proc/self/setgroups") << "deny";
            std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
        }
        if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return "no namespaces";
        if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=64k") != 0) return "no namespaces";
        write_file(folder / "file", "old");
        const std::string message =
            message_of([&] { write_file(folder / "file", std::string(1 << 20, 'x')); });
        const auto files = std::distance(fs::directory_iterator(folder.path()), {});
        return fmt::format("{}|{}|{}", message, read_file(folder / "file"), files);
    });
    if (outcome.text == "no namespaces") {
        MESSAGE("mounting is not allowed; not tested here");
        return;
    }
    CHECK(outcome.text ==
          fmt::format("cannot write {}: No space left on device; free some space and run again|old|1",
                      (folder / "file").string()));
}

TEST_CASE("what cannot be read is refused by name") {
    const TemporaryFolder folder;
    CHECK(message_of([&] { read_file(folder / "absent"); }) ==
          fmt::format("cannot read {}: No such file or directory", (folder / "absent").string()));
    CHECK(message_of([&] { read_file(folder.path()); }) ==
          fmt::format("cannot read {}: Is a directory", folder.path().string()));
}

TEST_CASE("the cache is where the user wants it") {
    const Outcome outcome = in_child([] {
        ::setenv("XDG_CACHE_HOME", "/x/cache", 1);
        std::string text = cache_folder().string();
        ::setenv("XDG_CACHE_HOME", "", 1);
        ::setenv("HOME", "/home/reader", 1);
        text += "|" + cache_folder().string();
        ::unsetenv("HOME");
        return text + "|" +
               (cache_folder() == fs::temp_directory_path() / "kernel-by-kernel" ? "temporary" : "other");
    });
    CHECK(outcome.text == "/x/cache/kernel-by-kernel|/home/reader/.cache/kernel-by-kernel|temporary");
}

TEST_CASE("the first Ctrl-C is a request, the second one ends the process") {
    const Outcome once = in_child([] {
        catch_interrupts();
        std::string text = interrupted() ? "early " : "";
        ::raise(SIGINT);
        return text + (interrupted() ? "asked" : "not asked");
    });
    CHECK(once.text == "asked");
    CHECK(once.status == 0);
    for (const int first : {SIGINT, SIGTERM})
        for (const int second : {SIGINT, SIGTERM}) {
            const Outcome twice = in_child([&] {
                catch_interrupts();
                ::raise(first);
                ::raise(second);
                return std::string("still here");
            });
            CHECK(twice.text.empty());
            CHECK(WIFSIGNALED(twice.status));
            CHECK(WTERMSIG(twice.status) == second);
        }
}

TEST_CASE("a machine is described by its model, never by its host") {
    const Machine& m = machine();
    CHECK(m.cores >= 1);
    CHECK(m.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos);
    CHECK(m.name.ends_with(fmt::format("-{}cores", m.cores)));
    char host[256] = {};
    REQUIRE(::gethostname(host, sizeof host - 1) == 0);
    CHECK(m.name.find(host) == std::string::npos);
    for (const auto* text : {&m.cpu, &m.simd, &m.compiler, &m.flags}) CHECK(!text->empty());
    for (std::size_t i = 0; i < m.caches.size(); ++i) {
        CHECK(m.caches[i].ways >= 1);
        CHECK(m.caches[i].bytes >= (i == 0 ? 4096 : m.caches[i - 1].bytes));
        CHECK(m.caches[i].bytes % m.caches[i].ways == 0);
    }
    CHECK(m.last_cache() == (m.caches.empty() ? 0 : m.caches.back().bytes));
}

TEST_CASE("the machine's limits") {
    const int before = threads();
    for (const int count : {1, 2}) {
        set_threads(count);
        CHECK(multiply_add(10) == multiply_add(5) * 2);
        CHECK(multiply_add(10) >= 10.0 * 2 * 12 * 8 * count);
    }
    set_threads(before);
    Copy copy;
    CHECK(copy.bytes() >= 2.0 * 32 * 1024 * 1024);
    CHECK(copy.agrees() == false);
    copy.plain();
    CHECK(copy.agrees());
    copy.clear();
    CHECK(copy.agrees() == false);
    copy.streaming();
    CHECK(copy.agrees());
}
