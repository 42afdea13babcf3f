#include "benchmarks/support/bench.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/base/file.hpp"
#include "common/base/machine.hpp"
#include "tests/support/captured.hpp"
#include "tests/support/data.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/temporary_folder.hpp"

namespace kbk {

namespace {

/// y = 2 x, with a ladder that has one of each kind: right, wrong, a library, refusing, not available here.
struct Doubling {
    using Scalar = float;
    const float* x = nullptr;
    float* y = nullptr;
    std::int64_t count = 0;
};

void reference(const Doubling& p) {
    for (std::int64_t i = 0; i < p.count; ++i) p.y[i] = 2 * p.x[i];
}
void right(const Doubling& p, Scratch&) {
    reference(p);
}
void wrong(const Doubling& p, Scratch&) {
    reference(p);
    if (p.count == 2000) p.y[p.count - 1] = 0;
}
Cost cost(const Doubling& p) {
    return {double(p.count), 8.0 * double(p.count)};
}

const Ladder<void(const Doubling&, Scratch&)>& ladder(const Doubling&) {
    const auto refuse = [](const Doubling& p) {
        return std::string(p.count == 1000 ? "" : "it is for 1000 numbers");
    };
    const auto absent = [] { return std::string("it is nowhere"); };
    static const Ladder<void(const Doubling&, Scratch&)> ladder(
        "doubling",
        {{.device = Device::cpu, .name = "naive", .run = right, .idea = "a loop"},
         {.device = Device::cpu, .name = "hasty", .run = wrong, .idea = "a loop that stops early"},
         {.device = Device::cpu, .name = "choosy", .run = right, .idea = "a loop", .refuses = refuse},
         {.device = Device::cpu, .name = "absent", .run = right, .idea = "none", .unavailable = absent},
         {.device = Device::cpu, .name = "lib", .run = right, .idea = "a loop", .origin = Origin::library}});
    return ladder;
}

int run_bench(std::vector<std::string> words) {
    words.insert(words.begin(), "doubling_bench");
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    return bench::run(int(words.size()), pointers.data(), {"doubling", "Doubling", bench::Roof::bytes},
                      [](bench::Bench& bench) {
                          for (const std::int64_t count : {1000, 2000})
                              bench.add(
                                  fmt::format("count:{}", count), Doubling{nullptr, nullptr, count},
                                  [](const Doubling& p) {
                                      return test::Case<Doubling>("doubling", p)
                                          .input(&Doubling::x, test::reals(p.count, "x"))
                                          .output(&Doubling::y,
                                                  std::vector<float>(std::size_t(p.count), test::poison()));
                                  },
                                  [](Doubling& p, bench::Memory& memory) {
                                      p.x = memory.copy(p.x, p.count);
                                      p.y = memory.zeros(p.count);
                                  });
                      });
}

}  // namespace

TEST_CASE("a wrong rung is an error, never a number; the others are measured") {
    const test::TemporaryFolder folder;
    test::CapturedStderr errors;
    CHECK(run_bench({"--quick", "--threads", "1", "--save", (folder / "doubling.json").string(), "--figures",
                     folder.path().string()}) == 1);
    CHECK(errors.text().starts_with("doubling/hasty/count:2000 is wrong: doubling, first run: "));

    const auto saved = nlohmann::json::parse(read_file(folder / "doubling.json"));
    CHECK(saved["machine"]["name"] == machine().name);
    CHECK(saved["arguments"] == "--threads 1 --quick");
    CHECK(saved["peak"]["threads=1"]["multiply_add"]["rate"] > 0);
    CHECK(saved["peak"]["threads=1"]["copy"]["rate"] > 0);
    const auto& found = saved["ladders"]["doubling"];
    CHECK(found["headline"] == "count=2000");
    CHECK(found["rungs"]["lib"]["library"] == true);
    CHECK(!found["rungs"].contains("absent"));
    const auto &small = found["problems"]["count=1000"]["threads=1"],
               &large = found["problems"]["count=2000"]["threads=1"];
    CHECK(large["hasty"] == nlohmann::json{{"not_timed", "wrong"}});
    for (const auto& row :
         {small["naive"], small["hasty"], small["choosy"], small["lib"], large["naive"], large["lib"]}) {
        CHECK(row["rate"] > 0);
        CHECK(row["of_peak"] > 0);
    }
    CHECK(!large.contains("choosy"));
    CHECK(large["naive"]["of_first"] == 1);
    CHECK(large["lib"]["of_library"] == 1);
    for (const char* figure : {"doubling_ladder.svg", "doubling_threads_1.svg", "doubling_threads_1.csv"})
        CHECK_MESSAGE(std::filesystem::exists(folder / figure), figure);
}

TEST_CASE("saved results can be drawn again: the committed figures are theirs") {
    std::size_t drawn = 0;
    for (const auto& machine : std::filesystem::directory_iterator(KBK_RESULTS)) {
        if (!machine.is_directory()) continue;
        for (const auto& entry : std::filesystem::directory_iterator(machine)) {
            if (entry.path().extension() != ".json" || read_file(entry.path()).find("\"ladders\"") == std::string::npos)
                continue;
            const test::TemporaryFolder folder;
            const auto names = bench::Results::load(entry.path()).draw(folder.path());
            CHECK(!names.empty());
            for (const auto& name : names) {
                const auto committed = machine.path() / "figures" / (name + ".svg");
                if (!std::filesystem::exists(committed)) continue;
                ++drawn;
                CHECK_MESSAGE(read_file(committed) == read_file(folder / (name + ".svg")), committed.string(),
                              " is not what its results show; './course bench' with --save draws it");
            }
        }
    }
    CHECK(drawn > 0);
}

TEST_CASE("what is no saved result is named") {
    const test::TemporaryFolder folder;
    for (const char* text : {"", "{}", "[1]", R"({"peak": {}, "ladders": {}, "program": "x", "title": "x"})",
                             R"({"peak": {"threads=1": {"copy": {"rate": "fast", "unit": "GB/s"}}}, "ladders": {}})"}) {
        write_file(folder / "x.json", text);
        CHECK(test::message_of([&] { bench::Results::load(folder / "x.json"); }).find("x.json is no saved result") !=
              std::string::npos);
    }
    CHECK_THROWS_AS(bench::Results::load(folder / "absent.json"), Error);
}

TEST_CASE("checks alone measure nothing and find the wrong rung") {
    test::CapturedStderr errors;
    const test::TemporaryFolder folder;
    CHECK(run_bench({"--check-only", "--save", (folder / "doubling.json").string()}) == 1);
    CHECK(!std::filesystem::exists(folder / "doubling.json"));
    CHECK(run_bench({"--check-only", "--filter", "count:1000|naive"}) == 0);
}

TEST_CASE("a wrong command line is answered in a line or two") {
    for (const auto& [words, answer] :
         {std::pair<std::vector<std::string>, std::string>{{"--nonsense"}, "--nonsense"},
          {{"--filter", "("}, "'(' is not a regular expression"},
          {{"--threads", "0.5"}, "--threads"},
          {{"--threads", "5000"}, "5000 threads asked for"},
          {{"--filter", "matmul"}, "no benchmark of doubling fits --filter 'matmul'"}}) {
        test::CapturedStderr errors;
        CHECK(run_bench(words) != 0);
        const std::string text = errors.text();
        CHECK_MESSAGE(text.find(answer) != std::string::npos, text);
        CHECK(std::ranges::count(text, '\n') <= 2);
    }
}

TEST_CASE("median and spread") {
    bench::Measurement m{.operation = "x", .rung = "y", .problem = "z"};
    CHECK(std::isnan(m.median()));
    m.seconds = {4};
    CHECK(m.median() == 4);
    CHECK(std::isnan(m.spread()));
    m.seconds = {9, 1, 2};
    CHECK(m.median() == 2);
    m.seconds = {3, 1, 2, 10};
    CHECK(m.median() == 2.5);
    CHECK(m.spread() == doctest::Approx(std::sqrt(50.0 / 3) / 4));
}

}  // namespace kbk
