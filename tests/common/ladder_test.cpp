// Which rung runs: the best one, the one that --kernels names, and what is said when neither can be.
#include "common/ladder/ladder.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "tests/support/captured.hpp"

namespace kbk {

namespace {

// A problem that tells which rung computed it.
struct Toy {
    std::string* ran;
    std::int64_t size = 1;
    bool strided = false;
};
using ToyRung = void(const Toy&, Scratch&);

void validate(const Toy& p) {
    require(p.size >= 0, "toy: size is {}, it must not be negative", p.size);
}

template <char letter>
void run(const Toy& p, Scratch&) {
    *p.ran += letter;
}

std::string refuses_strides(const Toy& p) {
    return p.strided ? "it knows no strides" : "";
}
std::string refuses_large(const Toy& p) {
    return p.size > 100 ? "it takes 100 at most" : "";
}
std::string not_here() {
    return "this processor lacks its instructions";
}

// A ladder with a rung of each kind; `best` must look past all but three.
const Ladder<ToyRung>& toy() {
    static const Ladder<ToyRung> ladder("toy",
                                        {
                                            {Device::cpu, "naive", run<'n'>, "the definition"},
                                            {Device::cpu, "blocked", run<'b'>, "blocks", refuses_strides},
                                            {Device::cpu, "fast", run<'f'>, "faster", refuses_large},
                                            {.device = Device::cpu,
                                             .name = "elsewhere",
                                             .run = run<'e'>,
                                             .idea = "",
                                             .unavailable = not_here},
                                            {.device = Device::cpu,
                                             .name = "half",
                                             .run = run<'h'>,
                                             .idea = "",
                                             .precision = Precision::bf16},
                                            {.device = Device::cpu,
                                             .name = "atomic",
                                             .run = run<'a'>,
                                             .idea = "",
                                             .reproducible = Reproducible::no},
                                            {Device::cpu, "mine", run<'m'>, "the reader's"},
                                            {.device = Device::cpu,
                                             .name = "library",
                                             .run = run<'l'>,
                                             .idea = "",
                                             .origin = Origin::library},
                                            {Device::cuda, "shared", run<'s'>, "on the GPU", refuses_strides},
                                        });
    return ladder;
}

std::string computed(const Toy& p) {
    std::string ran;
    Toy problem = p;
    problem.ran = &ran;
    Scratch scratch;
    toy().run(problem, scratch);
    return ran;
}

Toy problem(std::int64_t size, bool strided = false) {
    return {nullptr, size, strided};
}

}  // namespace

TEST_CASE("best is the last own, reproducible rung in float32 that accepts the problem") {
    choose_kernels("best");
    CHECK(computed(problem(1)) == "f");
    CHECK(computed(problem(101)) == "b");
    CHECK(computed(problem(101, true)) == "n");
    CHECK(toy().best(Device::cuda, problem(1)).name == "shared");
}

TEST_CASE("a problem that no rung takes is refused with all the reasons") {
    CHECK_THROWS_WITH_AS((void)toy().best(Device::cuda, problem(1, true)),
                         "toy: no kernel on device cuda takes this problem; shared: it knows no strides",
                         Error);
    const Ladder<ToyRung> narrow("narrow", {{Device::cpu, "a", run<'a'>, "", refuses_large},
                                            {Device::cpu, "b", run<'b'>, "", refuses_strides, not_here}});
    CHECK_THROWS_WITH_AS((void)narrow.best(Device::cpu, problem(500)),
                         "narrow: no kernel on device cpu takes this problem; a: it takes 100 at most; "
                         "b: this processor lacks its instructions",
                         Error);
}

TEST_CASE("a problem that breaks the contract reaches no rung") {
    CHECK_THROWS_WITH_AS(computed(problem(-1)), "toy: size is -1, it must not be negative", Error);
}

TEST_CASE("rungs are found by their full names") {
    CHECK(toy().operation() == "toy");
    CHECK(toy().rung("cpu/blocked").name == "blocked");
    CHECK(toy().full_name(toy().rung("cuda/shared")) == "toy/cuda/shared");
    CHECK_THROWS_WITH_AS(
        (void)toy().rung("blocked"),
        "toy has no rung 'blocked'; there are: cpu/naive, cpu/blocked, cpu/fast, cpu/elsewhere, "
        "cpu/half, cpu/atomic, cpu/mine, cpu/library, cuda/shared",
        Error);
}

TEST_CASE("any rung runs when it is asked for by name") {
    // Also those that best passes by.
    for (const auto& [name, letter] : {std::pair{"naive", "n"},
                                       {"blocked", "b"},
                                       {"half", "h"},
                                       {"atomic", "a"},
                                       {"mine", "m"},
                                       {"library", "l"}}) {
        choose_kernels(std::string("toy=") + name);
        CHECK(computed(problem(1)) == letter);
    }
    choose_kernels("matmul=naive");  // another operation's rung
    CHECK(computed(problem(1)) == "f");
    choose_kernels("matmul=naive,toy=blocked,bias=naive");
    CHECK(computed(problem(1)) == "b");
    CHECK(chosen_rung("matmul") == "naive");
    CHECK(chosen_rung("adam") == "best");
    choose_kernels("naive");
    CHECK(computed(problem(1)) == "n");
    CHECK(chosen_rung("adam") == "naive");
    choose_kernels("toy=best");
    CHECK(computed(problem(1)) == "f");
    choose_kernels("best");
}

TEST_CASE("where a chosen rung cannot run the best one does, and says so once") {
    const auto said = [](const Toy& p, const std::string& expected) {
        test::CapturedStderr output;
        CHECK(computed(p) == expected);
        CHECK(computed(p) == expected);
        return output.text();
    };
    choose_kernels("toy=blocked");
    CHECK(said(problem(1, true), "f") ==
          "note: toy=blocked is not used here (it knows no strides); the best rung runs instead\n");
    CHECK(said(problem(2, true), "f") == "");
    choose_kernels("toy=elsewhere");
    CHECK(said(problem(1), "f") ==
          "note: toy=elsewhere is not used here (this processor lacks its instructions); the best rung runs "
          "instead\n");
    choose_kernels("toy=shared");
    CHECK(said(problem(1), "f") ==
          "note: toy=shared is not used here (toy has no such rung on device cpu); the best rung runs "
          "instead\n");
    choose_kernels("best");
    CHECK(said(problem(1), "f") == "");
}

TEST_CASE("a --kernels of another form is refused") {
    for (const char* text : {"fast", "", "best,naive", "Naive"})
        CHECK_THROWS_WITH_AS(
            choose_kernels(text),
            fmt::format("--kernels {}: choose best, naive, or rungs by name, as in matmul=blocked,bias=naive",
                        text)
                .c_str(),
            Error);
    for (const auto& [text, item] : {std::pair{"toy=", "toy="},
                                     {"=fast", "=fast"},
                                     {"toy=fast,naive", "naive"},
                                     {"toy=fast,,bias=naive", ""},
                                     {"toy=fast,bias=", "bias="}})
        CHECK_THROWS_WITH_AS(choose_kernels(text),
                             fmt::format("--kernels: '{}' is not of the form OPERATION=RUNG", item).c_str(),
                             Error);

    // A refused choice changes nothing.
    choose_kernels("toy=naive");
    CHECK_THROWS(choose_kernels("toy=blocked,wrong"));
    CHECK(computed(problem(1)) == "n");
    choose_kernels("best");
}

}  // namespace kbk
