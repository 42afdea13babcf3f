// What a chapter shows and how it is compared: every check is seen to pass and to fail.
#include "common/report/report.hpp"
#include "common/report/saved.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>

#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/base/machine.hpp"
#include "common/base/philox.hpp"
#include "common/report/progress.hpp"

using namespace kbk;
namespace fs = std::filesystem;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
const Axis axis{.label = "axis"};
constexpr double infinity = std::numeric_limits<double>::infinity();

// A folder that is gone at the end of a test.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string name = (fs::temp_directory_path() / "kbk-report-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~TemporaryFolder() { fs::remove_all(path_); }
    fs::path operator/(const std::string& name) const { return path_ / name; }

  private:
    fs::path path_;
};

// A file that is no terminal, and what was written to it.
class Output {
  public:
    Output() : file_(std::tmpfile()) { REQUIRE(file_ != nullptr); }
    ~Output() { std::fclose(file_); }
    std::FILE* file() const { return file_; }
    std::string text() const {
        std::string text;
        std::rewind(file_);
        for (int c; (c = std::fgetc(file_)) != EOF;) text += static_cast<char>(c);
        return text;
    }

  private:
    std::FILE* file_;
};

// The message of the Error that an action throws; empty if it throws none.
std::string error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

Figure example_curve(double last = 0.25) {
    return LinePlot{.title = "Loss",
                    .x = {.label = "epoch"},
                    .y = {.label = "loss"},
                    .series = {{.name = "training", .x = {1, 2, 3}, .y = {1, 0.5, last}}}};
}

// Run a program that reports some values and one figure, against an expected.txt with the given lines.
struct Outcome {
    int status;
    std::string printed;
};
Outcome compare(const fs::path& folder, const std::string& expected,
                const std::function<void(Report&)>& program) {
    write_file(folder / "expected.txt", expected);
    Output output;
    Report report({.expect = folder / "expected.txt", .out = output.file()});
    program(report);
    const int status = report.finish();
    return {status, output.text()};
}

int status_of(const std::string& expected, const std::function<void(Report&)>& program) {
    const TemporaryFolder folder;
    return compare(folder / "", expected, program).status;
}

}  // namespace

TEST_CASE("numbers are shown as their unit asks") {
    CHECK(show(0.8812, Unit::percent) == "88.1 %");
    CHECK(show(0.98, Unit::percent, 2) == "98.00 %");
    CHECK(show(1024, Unit::count) == "1024");
    CHECK(show(60000, Unit::count) == "60,000");
    CHECK(show(-1234567, Unit::count) == "-1,234,567");
    CHECK(show(1.7, Unit::ratio) == "1.70×");
    CHECK(show(0.31234567) == "0.3123");
    CHECK(show(123456.7) == "123,457");
    CHECK(show(1.5e-9) == "1.5e-09");
    CHECK(show(2, Unit::plain, 3) == "2.000");
    CHECK(show(0.00042, Unit::seconds) == "420 µs");
    CHECK(show(0.0123, Unit::seconds) == "12 ms");
    CHECK(show(0.00123, Unit::seconds) == "1.23 ms");
    CHECK(show(1.234, Unit::seconds) == "1.23 s");
    CHECK(show(59.96, Unit::seconds) == "1 min 00 s");
    CHECK(show(125, Unit::seconds) == "2 min 05 s");
    CHECK(show(3725, Unit::seconds) == "1 h 02 min");
    CHECK(show(not_a_number, Unit::percent) == "nan");
    CHECK(show(infinity) == "inf");
}

TEST_CASE("fixed decimals do not depend on rounding errors") {
    CHECK(fixed(0.125, 2) == "0.13");
    CHECK(fixed(std::nextafter(0.125, 0), 2) == "0.13");
    CHECK(fixed(std::nextafter(0.125, 1), 2) == "0.13");
    CHECK(fixed(-0.125, 2) == "-0.13");
    CHECK(fixed(-0.001, 2) == "0.00");
    CHECK(fixed(99.999, 1) == "100.0");
    CHECK(fixed(7, 0) == "7");
    CHECK(fixed(1e18, 2) == "1000000000000000000.00");
}

TEST_CASE("written numbers give the same float again") {
    const Philox random(1);
    for (std::uint64_t i = 0; i < 20000; ++i) {
        const float value = std::bit_cast<float>(random.word(i));
        if (!std::isfinite(value)) continue;
        double read = 0;
        REQUIRE(parse_number(round_trip(value), read));
        REQUIRE(static_cast<float>(read) == value);
    }
    CHECK(round_trip(-0.0) == "0");
    double unused = 0;
    for (const char* text : {"", " 1", "1 ", "1,5", "0x10", "one", "1e", "+1"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_number(text, unused));
    }
}

TEST_CASE("a table survives writing and reading") {
    const Csv csv{{"name", "value"}, {{"plain", "1.5"}, {"a, b", ""}, {"say \"no\"", "π"}, {"", "-1e-05"}}};
    const Csv again = Csv::parse(csv.text(), "table");
    CHECK(again.header == csv.header);
    CHECK(again.rows == csv.rows);
    CHECK(csv.text() == "name,value\nplain,1.5\n\"a, b\",\n\"say \"\"no\"\"\",π\n,-1e-05\n");
    CHECK(again.number(0, 1) == 1.5);
    CHECK(std::isnan(again.number(1, 1)));
    CHECK(contains(error_of([&] { (void)again.number(2, 1); }), "row 3, column value"));

    const Csv lone{{"a"}, {{""}, {"x"}}};
    CHECK(Csv::parse(lone.text(), "lone").rows == lone.rows);
}

TEST_CASE("a malformed table is refused, with its line") {
    const auto refusal = [](const std::string& text) { return error_of([&] { Csv::parse(text, "t.csv"); }); };
    CHECK(contains(refusal(""), "t.csv is empty"));
    CHECK(contains(refusal("a,b\n1\n"), "line 2: 1 cells, but the header has 2"));
    CHECK(contains(refusal("a,b\n1,2,3\n"), "line 2: 3 cells"));
    CHECK(contains(refusal("a,b\n1,2"), "line 2: the last line has no line end"));
    CHECK(contains(refusal("a\n\"x\n"), "line 2: a quote is not closed"));
    CHECK(contains(refusal("a\n\"x\"y\n"), "after a closing quote"));
    CHECK(contains(refusal("a\nx\"y\n"), "stray quote"));
    CHECK(contains(refusal("a\r\n1\r\n"), "carriage return"));
    CHECK(error_of([] { (void)Csv{{"a"}, {{"two\nlines"}}}.text(); }) != "");
    CHECK(error_of([] { (void)Csv{{"a"}, {{"1", "2"}}}.text(); }) != "");
}

TEST_CASE("every kind of comparison passes and fails where it should") {
    struct Row {
        const char* expected;
        Scalar found;
        bool agrees;
    };
    const Row rows[] = {
        {"0.5 - exact", 0.5, true},
        {"0.5 - exact", std::nextafter(0.5, 1), false},
        {"42 - exact", 42, true},
        {"42 - exact", 42.0, true},
        {"42 - exact", 43, false},
        {"9007199254740993 - exact", std::int64_t{9007199254740993}, true},
        {"9007199254740993 - exact", std::int64_t{9007199254740995}, false},
        {"word - exact", "word", true},
        {"\"two words # here\" - exact", "two words # here", true},
        {"word - exact", "words", false},
        {"word - exact", 1.0, false},
        {"1 - close", "1", false},
        {"2 - close", 2 * (1 + 0.9e-6), true},
        {"2 - close", 2 * (1 + 1.1e-6), false},
        {"-2 - close", -2 * (1 + 1.1e-6), false},
        {"2 0.1 close", 2.19, true},
        {"2 0.1 close", 2.21, false},
        {"-2 0.1 close", -1.81, true},
        {"0 - close", 0.0, true},
        {"0 - close", 1e-300, false},
        {"100 0.1 close", 91, true},
        {"0.88 0.01 trained", 0.889, true},
        {"0.88 0.01 trained", 0.871, true},
        {"0.88 0.01 trained", 0.891, false},
        {"0.88 0.01 trained", 0.869, false},
        {"0 0.5 trained", 0.4, true},
        {"inf - exact", infinity, true},
        {"inf - close", infinity, true},
        {"1 - close", infinity, false},
        {"inf 1 trained", 1.0, false},
        // NaN: only an exact nan agrees.
        {"0.5 - exact", not_a_number, false},
        {"0.5 - close", not_a_number, false},
        {"0.5 1e9 close", not_a_number, false},
        {"0.5 1e9 trained", not_a_number, false},
        {"nan - close", not_a_number, false},
        {"nan 1e9 trained", not_a_number, false},
        {"nan 1e9 trained", 0.5, false},
        {"nan - exact", not_a_number, true},
        {"nan - exact", 0.5, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.expected);
        const int status = status_of(std::string("x ") + row.expected + "\n",
                                     [&](Report& report) { report.value("x", "x", row.found); });
        CHECK(status == (row.agrees ? 0 : 1));
    }
}

TEST_CASE("values that are missing, too many or times are differences") {
    const TemporaryFolder folder;
    const auto outcome = compare(
        folder / "", "# a comment\na 1 - close\nb 2 - close  # gone\nspeed 3 - close\n", [](Report& report) {
            report.value("a", "a", 1.5);
            report.value("c", "c", 3);
            report.measured("speed", "speed", 3.0);
            report.seconds("elapsed", "time", 1.0);
        });
    CHECK(outcome.status == 1);
    CHECK(contains(outcome.printed, "4 differences from"));
    CHECK(contains(outcome.printed, "\n  a: expected 1, got 1.5, tolerance 1e-06 (close: relative)\n"));
    CHECK(contains(outcome.printed, "\n  b: expected 2, got nothing"));
    CHECK(contains(outcome.printed, "\n  c: expected nothing, got 3"));
    CHECK(contains(outcome.printed, "\n  speed: depends on the machine's speed"));
    CHECK_FALSE(contains(outcome.printed, "\n  elapsed:"));
}

TEST_CASE("agreement is said in one line") {
    const TemporaryFolder folder;
    const auto outcome = compare(folder / "", "a 1 - close\n", [](Report& report) {
        report.value("a", "a", 1.0);
        report.seconds("elapsed", "time", 1.0);
    });
    CHECK(outcome.status == 0);
    CHECK(contains(outcome.printed, "All 1 values and 0 figures agree with"));
}

TEST_CASE("a malformed expected.txt is refused, with its line, before the work") {
    const TemporaryFolder folder;
    const auto refusal = [&](const std::string& text) {
        write_file(folder / "expected.txt", text);
        Output output;
        return error_of([&] { Report report({.expect = folder / "expected.txt", .out = output.file()}); });
    };
    CHECK(refusal("") == "");
    CHECK(refusal("# only\n\n   # comments\n") == "");
    CHECK(contains(refusal("a 1 -\n"), "expected.txt, line 1: 3 words instead of four"));
    CHECK(contains(refusal("\na 1 - close more\n"), "line 2: 5 words"));
    CHECK(contains(refusal("a 1 - nearly\n"), "the kind 'nearly'"));
    CHECK(contains(refusal("a one - close\n"), "'one' is not a number"));
    CHECK(contains(refusal("a 1 x close\n"), "the tolerance 'x'"));
    CHECK(contains(refusal("a 1 -0.1 close\n"), "the tolerance '-0.1'"));
    CHECK(contains(refusal("a 1 0 trained\n"), "the tolerance '0'"));
    CHECK(contains(refusal("a 1 nan trained\n"), "the tolerance 'nan'"));
    CHECK(contains(refusal("a 1 inf trained\n"), "the tolerance 'inf'"));
    CHECK(contains(refusal("a 1 - trained\n"), "needs a tolerance"));
    CHECK(contains(refusal("a 1 0.1 exact\n"), "takes no tolerance"));
    CHECK(contains(refusal("a 1 - shape\n"), "for figures only"));
    CHECK(contains(refusal("a 1 - close\na 2 - close\n"), "line 2: 'a' stands there a second time"));
    CHECK(contains(refusal("a \"1 - close\n"), "a quote is not closed"));
    CHECK(contains(refusal("figures/a.csv 1 - close\n"), "figures/NAME.csv - tolerance kind"));
    CHECK(contains(refusal("figures/a.svg - - close\n"), "figures/NAME.csv - tolerance kind"));

    Output output;
    CHECK(contains(error_of([&] { Report report({.expect = folder / "absent.txt", .out = output.file()}); }),
                   "there is no file"));
}

TEST_CASE("a figure is compared cell by cell, and its drawing byte by byte") {
    const TemporaryFolder folder;
    const auto draw = [](double last) {
        return [last](Report& report) { report.figure("loss", example_curve(last)); };
    };
    {
        Output output;
        Report report({.figures = folder / "figures", .out = output.file()});
        draw(0.25)(report);
        CHECK(report.finish() == 0);
    }
    const std::string csv = read_file(folder / "figures/loss.csv"),
                      svg = read_file(folder / "figures/loss.svg");
    CHECK(csv == "series,x,y\ntraining,1,1\ntraining,2,0.5\ntraining,3,0.25\n");
    const auto against = [&](const std::string& line, double last) {
        return compare(folder / "", line + "\n", draw(last));
    };
    const std::string close = "figures/loss.csv - - close";

    CHECK(against(close, 0.25).status == 0);
    CHECK(against(close, 0.25 * (1 + 0.9e-6)).status == 0);
    CHECK(contains(against(close, 0.26).printed, "figures/loss.csv: row 3, y: expected 0.25, got 0.26"));
    CHECK(against("figures/loss.csv - 0.02 trained", 0.26).status == 0);
    CHECK(against("figures/loss.csv - 0.005 trained", 0.26).status == 1);
    CHECK(against("figures/loss.csv - 1e9 trained", not_a_number).status == 1);
    CHECK(against("figures/loss.csv - - exact", 0.25).status == 0);
    CHECK(against("figures/loss.csv - - exact", 0.25 * (1 + 1e-8)).status == 1);
    CHECK(against("figures/loss.csv - - shape", 17).status == 0);

    // A figure that one of the two does not have.
    CHECK(contains(against("", 0.25).printed, "figures/loss.csv: expected no such figure"));
    CHECK(
        contains(compare(folder / "", close + "\n", [](Report&) {}).printed, "the program did not draw it"));

    // Other rows and columns, under every kind.
    for (const char* kind : {" - - close", " - 1e9 trained", " - - shape"}) {
        const auto outcome =
            compare(folder / "", std::string("figures/loss.csv") + kind + "\n", [](Report& report) {
                report.figure("loss", LinePlot{.x = axis,
                                               .y = axis,
                                               .series = {{.name = "training", .x = {1, 2}, .y = {1, 0.5}}}});
            });
        CHECK(contains(outcome.printed, "expected 3 rows, got 2"));
    }

    // One changed cell of the committed table: the table differs, and the drawing is no longer its drawing.
    std::string changed = csv;
    changed.replace(changed.find("0.5"), 3, "0.6");
    write_file(folder / "figures/loss.csv", changed);
    const auto outcome = against(close, 0.25);
    CHECK(contains(outcome.printed, "row 2, y: expected 0.6, got 0.5"));
    CHECK(contains(outcome.printed, "figures/loss.svg: expected the drawing of figures/loss.csv"));
    CHECK(contains(against("figures/loss.csv - - shape", 0.25).printed,
                   "figures/loss.svg: expected the drawing"));
    write_file(folder / "figures/loss.csv", csv);

    // One changed byte of the committed drawing, whichever it is.
    for (const std::size_t at : {std::size_t{0}, svg.size() / 2, svg.size() - 1}) {
        std::string other = svg;
        other[at] ^= 1;
        write_file(folder / "figures/loss.svg", other);
        CHECK(against(close, 0.25).status == 1);
    }
    write_file(folder / "figures/loss.svg", svg + "\n");
    CHECK(against(close, 0.25).status == 1);
    write_file(folder / "figures/loss.svg", svg);
    CHECK(against(close, 0.25).status == 0);

    // Files that are absent or damaged.
    write_file(folder / "figures/loss.csv", "series,x,y\ntraining,1\n");
    CHECK(contains(against(close, 0.25).printed, "line 2: 2 cells"));
    fs::remove(folder / "figures/loss.csv");
    CHECK(contains(against(close, 0.25).printed, "cannot read"));
    write_file(folder / "figures/loss.csv", csv);
    fs::remove(folder / "figures/loss.svg");
    CHECK(contains(against(close, 0.25).printed, "cannot read"));
}

TEST_CASE("a measured figure is drawn again from the committed table, and not compared") {
    const TemporaryFolder folder;
    const auto program = [](double last, bool measured) {
        return [=](Report& report) {
            measured ? report.measured_figure("loss", example_curve(last)) : report.figure("loss", example_curve(last));
        };
    };
    // --update names its kind, and writes files where there are none, but never others.
    const auto update = [&](double last) {
        Output output;
        Report report({.update = folder / "expected.txt", .out = output.file()});
        program(last, true)(report);
        CHECK(report.finish() == 0);
        return read_file(folder / "figures/loss.csv");
    };
    const std::string csv = update(0.25);
    const std::string measured = "figures/loss.csv         -            -         measured\n";
    CHECK(read_file(folder / "expected.txt") == measured);
    CHECK(update(17) == csv);

    CHECK(compare(folder / "", measured, program(0.25, true)).status == 0);
    CHECK(compare(folder / "", measured, program(17, true)).status == 0);
    CHECK(contains(compare(folder / "", measured, program(0.25, false)).printed, "its kind is not measured"));
    CHECK(contains(compare(folder / "", "figures/loss.csv - - close\n", program(0.25, true)).printed,
                   "depends on the machine's speed; its kind is measured"));

    // The drawing is that of the table.
    std::string changed = csv;
    changed.replace(changed.rfind("0.25"), 4, "0.75");
    write_file(folder / "figures/loss.csv", changed);
    const auto outcome = compare(folder / "", measured, program(0.25, true));
    CHECK(outcome.status == 1);
    CHECK(contains(outcome.printed, "figures/loss.svg: expected the drawing of figures/loss.csv"));
}

TEST_CASE("what the book's machine found is read from its saved results") {
    CHECK(book_values("no_such_program").empty());
    const auto found = book_values("07_mlp");
    REQUIRE(found.contains("d1.test_accuracy"));
    CHECK(found.at("d1.test_accuracy") > 0.5);
    CHECK(found.at("d1.test_accuracy") < 1);
}

TEST_CASE("a roofline is read from its table") {
    const RooflinePlot plot{.x = {.label = "x"}, .y = {.label = "y"}, .series = {{.name = "a", .x = {1}, .y = {1}}}};
    const Figure figure = plot;

    // Another machine's table: other roofs, other programs, at most sixteen.
    Csv table{{"kind", "name", "x", "y"}, {{"roof", "memory", "10", "80"}}};
    for (int i = 0; i < 16; ++i) table.rows.push_back({"series", fmt::format("rung{}", i), "2", fmt::format("{}", i + 1)});
    const std::string svg = figure.svg(table);
    CHECK(contains(svg, ">memory<"));
    for (int i = 0; i < 16; ++i) CHECK(contains(svg, fmt::format(">rung{}<", i)));
    CHECK(contains(figure.sketch(table, false), "rung15"));
    table.rows.push_back({"series", "one too many", "2", "3"});
    CHECK(contains(error_of([&] { figure.svg(table); }), "takes 1 to 16 series, not 17"));

    // A slope rises by the bytes, and the last point of a program at the roof reaches all of it.
    const Csv full{{"kind", "name", "x", "y"}, {{"roof", "memory", "10", "80"}, {"series", "a", "4", "40"}}};
    CHECK(contains(figure.sketch(full, false), "████████████████████████████████████ 40"));

    for (const auto& [row, message] :
         {std::pair<std::vector<std::string>, const char*>{{"roof", "r", "-1", "2"}, "logarithmic"},
          {{"series", "s", "0", "2"}, "logarithmic"},
          {{"series", "s", "1", ""}, "logarithmic"},
          {{"curve", "s", "1", "2"}, "neither roof nor series"}})
        CHECK(contains(error_of([&] { figure.svg(Csv{{"kind", "name", "x", "y"}, {row}}); }), message));
    CHECK(contains(error_of([&] { figure.svg(Csv{{"kind", "name", "x"}, {}}); }), "kind,name,x,y"));
    CHECK(contains(error_of([&] { Figure wrong(RooflinePlot{.series = {{.name = "a", .x = {1}, .y = {}}}}); }), "1 x values and 0"));
}

TEST_CASE("an update keeps tolerances, kinds and comments") {
    const TemporaryFolder folder;
    write_file(
        folder / "expected.txt",
        "# What the page quotes.\n\nloss 0.3 0.05 trained  # five seeds\nold 1 - close\nsteps 10 - exact\n");
    const auto program = [](Report& report) {
        report.value("loss", "loss", 0.35);
        report.value("steps", "steps", 12);
        report.value("added", "added", 1.0 / 3);
        report.value("overflow", "overflow", not_a_number);
        report.value("name", "name", "two words");
        report.seconds("elapsed", "time", 3.0);
        report.figure("loss", example_curve());
    };
    {
        Output output;
        Report report({.update = folder / "expected.txt", .out = output.file()});
        program(report);
        CHECK(report.finish() == 0);
    }
    const std::string text = read_file(folder / "expected.txt");
    CHECK(text ==
          "# What the page quotes.\n\n"
          "loss                     0.35         0.05      trained  # five seeds\n"
          "steps                    12           -         exact\n"
          "added                    0.333333333  -         close\n"
          "overflow                 nan          -         close\n"
          "name                     \"two words\"  -         exact\n"
          "figures/loss.csv         -            -         close\n");

    // What was written agrees, but for the NaN, which its author must want.
    CHECK(compare(folder / "", text, program).status == 1);
    std::string wanted = text;
    wanted.replace(wanted.find("nan          -         close"), 28, "nan          -         exact");
    CHECK(compare(folder / "", wanted, program).printed.find("All 5 values and 1 figures agree") !=
          std::string::npos);

    Output output;
    CHECK(contains(error_of([&] {
                       Report report({.expect = folder / "expected.txt",
                                      .update = folder / "expected.txt",
                                      .out = output.file()});
                   }),
                   "exclude each other"));
}

TEST_CASE("results are saved as JSON") {
    const TemporaryFolder folder;
    Output output;
    Report report({.program = "07_mlp",
                   .title = "A title",
                   .arguments = "--full",
                   .save = folder / "a/b/07_mlp.json",
                   .out = output.file()});
    report.headline("d1.test_accuracy", "test accuracy", 0.9412, Unit::percent);
    report.value("images", "images", 60000);
    report.value("same", "images", 60000.0, Unit::count);
    report.value("who", "who", "say \t π");
    report.value("lost", "lost", not_a_number);
    report.seconds("elapsed", "time", 12.34);
    CHECK(report.finish() == 0);

    const auto json = nlohmann::json::parse(read_file(folder / "a/b/07_mlp.json"));
    CHECK(json["program"] == "07_mlp");
    CHECK(json["title"] == "A title");
    CHECK(json["arguments"] == "--full");
    CHECK(json["date"].get<std::string>().size() == 10);
    CHECK(json["commit"].get<std::string>().size() >= 7);
    CHECK(json["machine"]["name"] == machine().name);
    CHECK(json["machine"]["cores"] == machine().cores);
    CHECK(json["machine"]["flags"] == machine().flags);
    CHECK(json["machine"].contains("cpu"));
    CHECK(json["machine"].contains("compiler"));
    const auto& values = json["values"];
    CHECK(values.size() == 6);
    CHECK(values["d1.test_accuracy"]["value"] == 0.9412);
    CHECK(values["d1.test_accuracy"]["text"] == "94.1 %");
    CHECK(values["d1.test_accuracy"]["headline"] == true);
    CHECK(values["images"]["value"].is_number_integer());
    CHECK(values["images"]["text"] == "60,000");
    CHECK(values["images"]["headline"] == false);
    CHECK(values["same"]["value"].is_number_integer());
    CHECK(values["who"]["value"] == "say \t π");
    CHECK(values["lost"]["value"].is_null());
    CHECK(values["lost"]["text"] == "nan");
    CHECK(values["elapsed"]["measured"] == true);
    CHECK(values["images"]["measured"] == false);
}

TEST_CASE("what is printed is aligned, wrapped, and free of escape codes in a file") {
    Output output;
    Report report({.title = "Chapter", .out = output.file()});
    report.section("Part");
    report.value("a", "first", 1.5);
    report.headline("b", "second", 0.881, Unit::percent);
    report.table("Classes", {"class", "images", "share"},
                 {{"T-shirt", "1,000", "83.2 %"}, {"Bag", "7", "–"}});
    report.text(
        "{} words that go on and on until the line is full and the rest of them has to stand on the next one",
        21);
    report.figure("curve", example_curve());
    CHECK(report.finish() == 0);
    const std::string text = output.text();
    CHECK_FALSE(contains(text, "\033"));
    CHECK(text.starts_with("Chapter\n═══════\n\nPart\n────\n  first "));
    CHECK(contains(text,
                   "  first                                                          1.5\n"
                   "  second                                                      88.1 %\n\n"));
    CHECK(contains(text,
                   "Classes\n"
                   "  class    images   share\n"
                   "  ───────────────────────\n"
                   "  T-shirt   1,000  83.2 %\n"
                   "  Bag           7       –\n\n"));
    CHECK(contains(text, "has to\nstand on the next one\n"));
    CHECK(contains(text, "┤"));
}

TEST_CASE("names must be well formed and unique") {
    Output output;
    Report report({.out = output.file()});
    report.value("a", "a", 1);
    report.figure("f", example_curve());
    CHECK(contains(error_of([&] { report.value("a", "a", 2); }), "a second time"));
    CHECK(contains(error_of([&] { report.seconds("a", "a", 2); }), "a second time"));
    CHECK(contains(error_of([&] { report.figure("f", example_curve()); }), "a second time"));
    CHECK(error_of([&] { report.value("", "a", 2); }) != "");
    CHECK(error_of([&] { report.value("two words", "a", 2); }) != "");
    CHECK(error_of([&] { report.value("figures/x", "a", 2); }) != "");
    CHECK(error_of([&] { report.figure("../x", example_curve()); }) != "");
    CHECK(error_of([&] { report.value("quoted", "a", "say \"no\""); }) != "");
    CHECK(contains(error_of([&] { report.table("T", {"a", "b"}, {{"1"}}); }), "1 cells for 2 columns"));
}

TEST_CASE("a full disk is an error, not a success") {
    if (!fs::exists("/dev/full")) return;
    std::FILE* full = std::fopen("/dev/full", "w");
    REQUIRE(full != nullptr);
    Report report({.out = full});
    report.text("lost");
    CHECK(contains(error_of([&] { report.finish(); }), "No space left"));
    std::fclose(full);
}

namespace {

// Each kind of figure, with hard cases: names to escape, negative and missing values, long curves,
// logarithms.
std::vector<std::pair<std::string, Figure>> all_figures() {
    std::vector<double> many_x, many_y;
    const Philox random(3);
    for (int i = 0; i < 20000; ++i) {
        many_x.push_back(i);
        many_y.push_back(random.uniform(static_cast<std::uint64_t>(i)) + 1000.0 / (1 + i));
    }
    ImageGrid grid{.title = "Images", .width = 28, .height = 20, .columns = 6};
    for (int i = 0; i < 12; ++i) {
        Image image{{}, fmt::format("true: coat, said: shirt {} %", i)};
        for (int p = 0; p < 28 * 20; ++p)
            image.pixels.push_back(
                static_cast<std::uint8_t>(random.word(static_cast<std::uint64_t>(i * 1000 + p / 3)) % 256));
        grid.images.push_back(image);
    }
    ImageGrid colours{.title = "Colours", .width = 9, .height = 7, .channels = 3, .columns = 4};
    for (int i = 0; i < 5; ++i) {
        Image image{{}, fmt::format("image {}", i)};
        for (int p = 0; p < 9 * 7 * 3; ++p)
            image.pixels.push_back(
                static_cast<std::uint8_t>(random.word(static_cast<std::uint64_t>(i * 1000 + p / 2)) % 256));
        colours.images.push_back(image);
    }
    return {
        {"line", example_curve()},
        {"band",
         LinePlot{.x = {.label = "a < b & \"c\""},
                  .y = {.label = "y", .unit = Unit::percent, .low = 0, .high = 1},
                  .series = {{.name = "<x>", .x = {1, 2}, .y = {0.1, 2}, .low = {0, 1}, .high = {0.2, 3}},
                             {.name = "dashed", .x = {1, 2}, .y = {0.3, not_a_number}, .dashed = true}},
                  .rules = {{0.98, "claimed"}}}},
        {"log",
         LinePlot{.x = {.label = "n", .scale = Scale::log2},
                  .y = {.label = "s", .scale = Scale::log10},
                  .series = {{.name = "a", .x = {32, 64, 2048}, .y = {1e-7, 0, 12}, .mark = Mark::points}}}},
        {"long", LinePlot{.x = axis, .y = axis, .series = {{.x = many_x, .y = many_y}}}},
        {"constant",
         LinePlot{.x = axis,
                  .y = axis,
                  .series = {{.name = "flat", .x = {5}, .y = {0}, .mark = Mark::line_and_points}}}},
        {"bars", BarChart{.value = {.label = "v"},
                          .groups = {"a", "b"},
                          .bars = {{"x & y", {1, not_a_number}}, {"z", {-2, 3}}}}},
        {"columns",
         BarChart{.value = axis, .groups = {""}, .bars = {{"x", {1}}, {"y", {0}}}, .horizontal = false}},
        {"matrix", MatrixPlot{.classes = {"cat", "a dog with a long name"}, .counts = {{90, 10}, {0, 0}}}},
        {"images", grid},
        {"parts", ImageGrid{.width = 4,
                            .height = 4,
                            .columns = 2,
                            .images = {{std::vector<std::uint8_t>(16, 9), "x"}, {std::vector<std::uint8_t>(16), "y"}},
                            .parts = {"a", "<b>"}}},
        {"colours", colours},
        {"sectors", MemoryMap{.title = "a < b",
                              .panels = {{.name = "x[i], of 2", .touches = {{0, 0}, {33, 31}}, .words = 64},
                                         {.name = "none", .touches = {}, .words = 8}}}},
        {"memory_banks", MemoryMap{.panels = {{.name = "a", .touches = {{0, 0}, {32, 1}}, .words = 64},
                                              {.name = "b", .touches = {{0, 0}, {33, 1}}, .words = 96}},
                                   .group = 1,
                                   .beside = 2}},
        {"roofline", RooflinePlot{.title = "a < b",
                                  .x = {.label = "x"},
                                  .y = {.label = "y"},
                                  .roofs = {{"memory & more", 100, 20}, {"cache", 100, 200}, {"peak", 100, 0}},
                                  .series = {{.name = "<one>", .x = {0.5}, .y = {3}},
                                             {.name = "two", .x = {0.5, 4}, .y = {2.9, 50}}}}},
        {"speeds", RooflinePlot{.x = {.scale = Scale::log2}, .roofs = {{"peak", 9}}, .series = {{.name = "a", .x = {16}, .y = {1}}}}},
        {"contours",
         ContourPlot{.title = "a < b",
                     .x = {.label = "x", .low = -2, .high = 2},
                     .y = {.low = -1, .high = 1},
                     .height = [](double x, double y) { return x * x - y * y; },
                     .levels = {-1, 0, 0.5, 9},
                     .series = {{.name = "lost", .x = {0, 1e30, not_a_number}, .y = {0, -1e30, 0}},
                                {.name = "never begun", .x = {infinity}, .y = {0}, .mark = Mark::points},
                                {.name = "found",
                                 .x = {-1.5, 0},
                                 .y = {1, 0},
                                 .mark = Mark::line_and_points,
                                 .dashed = true}},
                     .places = {{1.9, 0, "a place at the right end"}}}},
        {"graph",
         GraphPlot{.title = "Graph",
                   .nodes = {{"x & y", 0, 0, 1, -0.5}, {"b", 0, 1, 1e-9, not_a_number}, {"L", 2, 0.5, -7, 1}},
                   .edges = {{"x & y", "L", -0.25}, {"b", "L", not_a_number}}}},
    };
}

// Whether tags are closed in order, and text is escaped: enough of XML for what our writer can get wrong.
bool well_formed(const std::string& svg) {
    std::vector<std::string> open;
    for (std::size_t i = 0; i < svg.size(); ++i) {
        if (svg[i] == '&' && svg.compare(i, 5, "&amp;") != 0 && svg.compare(i, 4, "&lt;") != 0 &&
            svg.compare(i, 4, "&gt;") != 0 && svg.compare(i, 6, "&quot;") != 0)
            return false;
        if (svg[i] == '>') return false;
        if (svg[i] != '<') continue;
        const std::size_t end = svg.find('>', i);
        if (end == std::string::npos) return false;
        const std::string tag = svg.substr(i + 1, end - i - 1);
        if (std::count(tag.begin(), tag.end(), '"') % 2 != 0 || contains(tag, "<")) return false;
        if (tag[0] == '/') {
            if (open.empty() || open.back() != tag.substr(1)) return false;
            open.pop_back();
        } else if (tag.back() != '/') {
            open.push_back(tag.substr(0, tag.find(' ')));
        }
        i = end;
    }
    return open.empty();
}

}  // namespace

TEST_CASE("every figure is drawn from its table alone, always the same, whole and small") {
    for (const auto& [name, figure] : all_figures()) {
        CAPTURE(name);
        const Csv table = Csv::parse(figure.data.text(), name);
        const std::string svg = figure.svg(table);
        CHECK(svg == figure.svg(table));
        CHECK(svg == figure.svg(figure.data));
        CHECK(well_formed(svg));
        CHECK(svg.size() < 60000);
        CHECK_FALSE(contains(svg, "nan"));
        CHECK_FALSE(contains(svg, "inf"));
        CHECK(contains(svg, "prefers-color-scheme:dark"));
        CHECK(contains(svg, "html.dark-mode .kbk"));
        CHECK(contains(svg, "html.light-mode .kbk"));
        CHECK(svg.find("<title>") < svg.find("<desc>"));

        // The sketch fits, and has colours only where they are wanted.
        const std::string sketch = figure.sketch(table, false);
        CHECK_FALSE(contains(sketch, "\033"));
        for (std::size_t begin = 0; begin < sketch.size();) {
            const std::size_t end = sketch.find('\n', begin);
            REQUIRE(end != std::string::npos);
            const auto columns = std::count_if(sketch.begin() + static_cast<std::ptrdiff_t>(begin),
                                               sketch.begin() + static_cast<std::ptrdiff_t>(end),
                                               [](char c) { return (c & 0xC0) != 0x80; });
            CHECK(columns <= 80);
            begin = end + 1;
        }
    }

    // Another table of the same form is drawn from that table.
    CHECK(example_curve(0.25).svg(example_curve(0.75).data) ==
          example_curve(0.75).svg(example_curve(0.75).data));
    CHECK(example_curve(0.25).svg(example_curve(0.75).data) !=
          example_curve(0.25).svg(example_curve(0.25).data));
}

TEST_CASE("contour lines lie where the surface has their height") {
    // The corners of all contour lines of a plot from -2 to 2, read back from the drawing, and how many
    // lines.
    struct Corners {
        std::vector<double> x, y;
        int lines = 0;
    };
    const auto corners = [](std::function<double(double, double)> height, double level) {
        const Figure figure = ContourPlot{.x = {.low = -2, .high = 2},
                                          .y = {.low = -2, .high = 2},
                                          .height = std::move(height),
                                          .levels = {level}};
        const std::string svg = figure.svg(figure.data);
        // The clipped part is the plot.
        double left = 0, top = 0, width = 0, high = 0;
        REQUIRE(std::sscanf(svg.c_str() + svg.find("<svg x="),
                            "<svg x=\"%lf\" y=\"%lf\" width=\"%lf\" height=\"%lf\"", &left, &top, &width,
                            &high) == 4);
        Corners found;
        const std::size_t begin = svg.find("<path d=\"") + 9;
        for (std::size_t at = begin; svg[at] != '"';) {
            found.lines += svg[at] == 'M';
            std::size_t used = 0;
            found.x.push_back(4 * (std::stod(svg.substr(at + 1), &used) - left) / width - 2);
            at += 1 + used;
            found.y.push_back(2 - 4 * (std::stod(svg.substr(at), &used) - top) / high);
            at += used;
        }
        return found;
    };
    const auto circle = corners([](double x, double y) { return x * x + y * y; }, 1);
    CHECK(circle.lines == 1);
    CHECK(circle.x.size() > 100);
    for (std::size_t i = 0; i < circle.x.size(); ++i)
        CHECK(std::hypot(circle.x[i], circle.y[i]) == doctest::Approx(1).epsilon(2e-3));
    CHECK(circle.x.front() == circle.x.back());
    CHECK(circle.y.front() == circle.y.back());

    const auto plane = corners([](double x, double y) { return x + 2 * y; }, 0.5);
    CHECK(plane.lines == 1);
    for (std::size_t i = 0; i < plane.x.size(); ++i)
        CHECK(plane.x[i] + 2 * plane.y[i] == doctest::Approx(0.5).epsilon(2e-2));
    CHECK(*std::ranges::min_element(plane.x) == doctest::Approx(-2));
    CHECK(*std::ranges::max_element(plane.x) == doctest::Approx(2));

    const auto saddle = corners([](double x, double y) { return x * y; }, 0.25);
    CHECK(saddle.lines == 2);
    for (std::size_t i = 0; i < saddle.x.size(); ++i)
        CHECK(saddle.x[i] * saddle.y[i] == doctest::Approx(0.25).epsilon(2e-2));
}

TEST_CASE("the check of well-formedness can fail") {
    CHECK(well_formed("<a b=\"c\"><d/>x &amp; y</a>"));
    for (const char* broken :
         {"<a>", "</a>", "<a><b></a></b>", "<a>&</a>", "<a b=\"c>x</a>", "<a>x > y</a>"}) {
        CAPTURE(broken);
        CHECK_FALSE(well_formed(broken));
    }
}

TEST_CASE("data that do not fit a figure are refused") {
    const auto refusal = [](const auto& plot) { return error_of([&] { Figure figure(plot); }); };
    CHECK(refusal(LinePlot{.x = axis, .y = axis}) != "");
    CHECK(contains(refusal(LinePlot{.x = axis, .y = axis, .series = {{.name = "s", .x = {1, 2}, .y = {1}}}}),
                   "2 x values and 1 y values"));
    CHECK(refusal(LinePlot{
              .x = axis, .y = axis, .series = {{.name = "s", .x = {1}, .y = {1}, .low = {1}}}}) != "");
    CHECK(refusal(LinePlot{.x = axis, .y = axis, .series = {{.name = "s"}, {.name = "s"}}}) != "");
    CHECK(refusal(BarChart{.value = axis}) != "");
    CHECK(contains(refusal(BarChart{.value = axis, .groups = {"a", "b"}, .bars = {{"x", {1}}}}),
                   "1 values for 2 groups"));
    CHECK(refusal(MatrixPlot{.classes = {"a", "b"}, .counts = {{1, 2}}}) != "");
    CHECK(refusal(MatrixPlot{.classes = {"a", "b"}, .counts = {{1, 2}, {1}}}) != "");
    CHECK(contains(refusal(ImageGrid{.width = 2, .height = 2, .images = {{{1, 2, 3}, "x"}}}),
                   "3 numbers, not 2 x 2 x 1"));
    CHECK(contains(refusal(ImageGrid{.width = 2, .height = 2, .channels = 3, .images = {{{1, 2, 3, 4}, "x"}}}),
                   "4 numbers, not 2 x 2 x 3"));
    CHECK(contains(refusal(ImageGrid{.width = 2, .height = 1, .channels = 2, .images = {{{1, 2, 3, 4}, "x"}}}),
                   "images of 2 channels"));
    CHECK(refusal(ImageGrid{.width = 128, .height = 2, .columns = 6}) != "");
    const ContourPlot contours{.x = {.low = 0, .high = 1},
                               .y = {.low = 0, .high = 1},
                               .height = [](double x, double) { return x; },
                               .levels = {0.5},
                               .series = {{.name = "s", .x = {1}, .y = {1}}}};
    CHECK(refusal(contours) == "");
    const auto changed = [&](auto change) {
        ContourPlot plot = contours;
        change(plot);
        return refusal(plot);
    };
    CHECK(contains(changed([](auto& p) { p.x.high.reset(); }), "needs linear axes with both limits"));
    CHECK(contains(changed([](auto& p) { p.levels.clear(); }), "no surface, or no levels"));
    CHECK(contains(changed([](auto& p) { p.series[0].y.clear(); }), "1 x values and 0 y values"));
    CHECK(contains(changed([](auto& p) { p.series[0].low = {1}; }), "has a band"));
    CHECK(contains(changed([](auto& p) { p.series.resize(9); }), "at most 8 paths, not 9"));
    const GraphPlot graph{.nodes = {{"a", 0, 0, 1, 2}, {"b", 1, 0, 3, 4}}, .edges = {{"a", "b", 5}}};
    CHECK(refusal(graph) == "");
    CHECK(contains(refusal(GraphPlot{}), "has no nodes"));
    CHECK(contains(refusal(GraphPlot{.nodes = {{"a"}, {"a"}}}), "two nodes of the graph '' are called 'a'"));
    CHECK(contains(refusal(GraphPlot{.nodes = {{"a"}}, .edges = {{"a", "c"}}}),
                   "ends at 'c', which is no node"));

    // Tables that someone else wrote.
    const auto drawing = [](const Figure& figure, const Csv& csv) {
        return error_of([&] { figure.svg(csv); });
    };
    const Figure curve = example_curve();
    CHECK(contains(drawing(curve, {{"a", "b"}, {}}), "needs the columns series,x,y"));
    CHECK(
        contains(drawing(curve, {{"series", "x", "y"}, {{"other", "1", "2"}}}), "no series called 'other'"));
    CHECK(contains(drawing(curve, {{"series", "x", "y"}, {{"training", "1", "two"}}}),
                   "'two' is not a number"));
    CHECK(contains(drawing(curve, {{"series", "x", "y"}, {}}), "nothing to show"));
    CHECK(contains(drawing(Figure(contours), {{"series", "x", "y"}, {{"other", "1", "2"}}}),
                   "no path called 'other'"));
    CHECK(contains(drawing(Figure(graph), {{"from", "to", "value", "gradient"}, {{"a", "", "1", "2"}}}),
                   "a row for each node and edge"));
    const Figure bars = BarChart{.value = axis, .groups = {"a"}, .bars = {{"x", {1}}}};
    CHECK(drawing(bars, {{"label"}, {}}) != "");
    CHECK(drawing(bars, {{"label", "a"}, {{"x", "inf"}}}) != "");
    const Figure matrix = MatrixPlot{.classes = {"a", "b"}, .counts = {{1, 2}, {3, 4}}};
    CHECK(drawing(matrix, {{"true", "a", "b"}, {{"a", "1", "2"}}}) != "");
    CHECK(drawing(matrix, {{"true", "a", "b"}, {{"a", "1", "2"}, {"b", "-1", "2"}}}) != "");
    const Figure image = ImageGrid{.width = 1, .height = 2, .images = {{{1, 2}, "x"}}};
    CHECK(drawing(image, {{"caption", "width", "height", "pixels"}, {{"x", "1", "2", "0102"}}}) == "");
    CHECK(drawing(image, {{"caption", "width", "height", "pixels"}, {{"x", "1", "2", "01"}}}) != "");
    CHECK(drawing(image, {{"caption", "width", "height", "pixels"}, {{"x", "1", "2", "01g2"}}}) != "");
    CHECK(drawing(image, {{"caption", "width", "height", "pixels"}, {{"x", "2", "1", "0102"}}}) != "");
    CHECK(refusal(MemoryMap{}) != "");
    CHECK(contains(refusal(MemoryMap{.panels = {{.name = "wide", .words = 4096}}}), "'wide' has 4096 words"));
    const Figure memory = MemoryMap{.panels = {{.name = "a", .touches = {{1, 2}}}}};
    CHECK(drawing(memory, {{"panel", "word", "thread"}, {{"a", "31", "2"}}}) == "");
    CHECK(contains(drawing(memory, {{"panel", "word", "thread"}, {{"a", "32", "2"}}}), "has no word 32"));
    CHECK(drawing(memory, {{"panel", "word"}, {{"a", "1"}}}) != "");
}

TEST_CASE("images in colour are drawn as they are, as long as their colours suffice") {
    // Two red pixels, a green one between them, and blue: the red stroke passes below the green one.
    const std::vector<std::uint8_t> red = {255, 0, 0}, green = {0, 128, 0}, blue = {0, 0, 255};
    ImageGrid grid{.width = 2, .height = 3, .channels = 3, .columns = 1, .images = {{{}, ""}}};
    for (const auto& pixel : {red, red, red, green, green, blue})
        grid.images[0].pixels.insert(grid.images[0].pixels.end(), pixel.begin(), pixel.end());
    const Figure figure = grid;
    CHECK(figure.data.rows[0][3] == "ff0000ff0000ff00000080000080000000ff");
    const std::string svg = figure.svg(figure.data);
    const auto stroke = [&](const std::string& colour) {
        const std::size_t end = svg.find("\" stroke=\"" + colour + "\"");
        return end == std::string::npos ? "none" : svg.substr(svg.rfind("d=\"", end) + 3, end - svg.rfind("d=\"", end) - 3);
    };
    CHECK(contains(stroke("#ff0000"), "h2m-2 1h1"));
    CHECK(contains(stroke("#008000"), "h1m-2 1h1"));
    CHECK(contains(stroke("#0000ff"), "h1"));
    CHECK(!contains(svg, "class=\"ink\""));

    // One more colour than the palette has: two of them share a stroke, the others keep their own.
    ImageGrid many{.width = 65, .height = 1, .channels = 3, .columns = 1, .images = {{{}, ""}}};
    for (int i = 0; i < 65; ++i)
        for (const int number : {i < 64 ? 4 * i : 253, 0, 0}) many.images[0].pixels.push_back(std::uint8_t(number));
    const std::string drawn = Figure(many).svg(Figure(many).data);
    std::size_t strokes = 0;
    for (std::size_t at = drawn.find(" stroke=\"#"); at != std::string::npos; at = drawn.find(" stroke=\"#", at + 1))
        ++strokes;
    CHECK(strokes == 64);
    CHECK(contains(drawn, "stroke=\"#fd0000\""));  // the mean of 252 and 253, rounded
}

TEST_CASE("an axis has round ticks within its range") {
    // Read the tick labels back from the drawing of a curve between two values.
    const auto labels = [](double low, double high, const Axis& y_axis) {
        const Figure figure =
            LinePlot{.x = {.label = "x"}, .y = y_axis, .series = {{.x = {0, 1}, .y = {low, high}}}};
        const std::string svg = figure.svg(figure.data);
        std::vector<std::string> found;
        const std::string mark = "class=\"label small\" text-anchor=\"end\">";
        for (std::size_t i = svg.find(mark); i != std::string::npos; i = svg.find(mark, i)) {
            i += mark.size();
            found.push_back(svg.substr(i, svg.find('<', i) - i));
        }
        return found;
    };
    using Labels = std::vector<std::string>;
    CHECK(labels(0.19, 0.58, {}) == Labels{"0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6"});
    CHECK(labels(97, 103, {}) == Labels{"97", "98", "99", "100", "101", "102", "103"});
    CHECK(labels(-1, 1, {}) == Labels{"−1.0", "−0.5", "0", "0.5", "1.0"});
    CHECK(labels(0.81, 0.99, {.unit = Unit::percent, .low = 0.8, .high = 1}) ==
          Labels{"80 %", "85 %", "90 %", "95 %", "100 %"});
    CHECK(labels(0, 60000, {}) == Labels{"0", "10,000", "20,000", "30,000", "40,000", "50,000", "60,000"});
    CHECK(labels(3, 900, {.scale = Scale::log10}) == Labels{"10", "100", "1000"});
    CHECK(labels(1.5, 40, {.scale = Scale::log10}) == Labels{"1", "2", "5", "10", "20", "50"});
    CHECK(labels(3, 70, {.scale = Scale::log2}) == Labels{"2", "4", "8", "16", "32", "64", "128"});
    CHECK(labels(0, 3e-9, {}).back() == "3×10⁻⁹");
}

TEST_CASE("progress prints nothing for a short loop where lines stay") {
    Output output;
    {
        Progress progress("short", 1000, output.file());
        for (int i = 0; i < 1000; ++i) progress.advance(1, "suffix");
        progress.finish();
    }
    CHECK(output.text() == "");
}

TEST_CASE("progress prints a plain line a quarter for a long loop, and a summary if asked") {
    Output output;
    Progress progress("long", 100, output.file());
    progress.advance(10);
    std::this_thread::sleep_for(std::chrono::milliseconds(2050));
    for (int i = 0; i < 90; ++i) progress.advance(1, "loss 0.5");
    progress.finish("done in 2 s");
    const std::string text = output.text();
    CHECK(std::count(text.begin(), text.end(), '\n') == 5);
    CHECK(contains(text, "long  25 %  0:02, 0:06 left  loss 0.5\n"));
    CHECK(contains(text, "long 100 %  0:02, 0:00 left  loss 0.5\ndone in 2 s\n"));
    CHECK_FALSE(contains(text, "\r"));
    CHECK_FALSE(contains(text, "\033"));
}

namespace {

// A terminal of so many columns: what a program writes to one end is read at the other.
class Terminal {
  public:
    explicit Terminal(unsigned short columns) : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK)) {
        REQUIRE(master_ >= 0);
        REQUIRE(::grantpt(master_) == 0);
        REQUIRE(::unlockpt(master_) == 0);
        const int end = ::open(::ptsname(master_), O_RDWR | O_NOCTTY);
        REQUIRE(end >= 0);
        file_ = ::fdopen(end, "w");
        const winsize size{24, columns, 0, 0};
        REQUIRE(::ioctl(end, TIOCSWINSZ, &size) == 0);
    }
    ~Terminal() {
        std::fclose(file_);
        ::close(master_);
    }
    std::FILE* file() const { return file_; }
    std::string read() const {
        std::fflush(file_);
        // What was written may arrive in pieces, a little later.
        std::string text;
        for (int tries = 0; tries < 20; ++tries) {
            char buffer[4096];
            for (ssize_t got; (got = ::read(master_, buffer, sizeof buffer)) > 0;)
                text.append(buffer, static_cast<std::size_t>(got));
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        return text;
    }

  private:
    int master_;
    std::FILE* file_;
};

// What a terminal shows in the end: characters after a carriage return replace those before. Escape codes are
// taken out, and each character beyond ASCII counts as one.
std::string on_screen(const std::string& written, std::size_t& widest) {
    std::string screen, line;
    std::size_t column = 0;
    widest = 0;
    for (std::size_t i = 0; i < written.size(); ++i) {
        const char c = written[i];
        if (c == '\033') {
            i = written.find('m', i);
        } else if (c == '\r') {
            column = 0;
        } else if (c == '\n') {
            while (!line.empty() && line.back() == ' ') line.pop_back();
            screen += line + "\n";
            line.clear();
            column = 0;
        } else if ((c & 0xC0) != 0x80) {
            if (column >= line.size()) line.resize(column + 1, ' ');
            line[column++] = (c & 0x80) ? '*' : c;
            widest = std::max(widest, column);
        }
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return screen + line;
}

// Set an environment variable for the length of a test.
class Environment {
  public:
    Environment(const char* name, const char* value)
        : name_(name), old_(std::getenv(name) ? std::getenv(name) : "") {
        ::setenv(name, value, 1);
    }
    ~Environment() { ::setenv(name_, old_.c_str(), 1); }

  private:
    const char* name_;
    std::string old_;
};

std::string progress_on(unsigned short columns) {
    const Terminal terminal(columns);
    {
        Progress progress("epoch 3/15", 100, terminal.file());
        for (int i = 0; i < 4; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(60));
            progress.advance(20, "a suffix that is rather long: loss 0.312");
        }
    }
    return terminal.read();
}

}  // namespace

TEST_CASE("progress is drawn on a terminal, and leaves nothing behind") {
    const Environment term("TERM", "xterm"), colour("NO_COLOR", "");
    for (const unsigned short columns : {120, 60, 20}) {
        CAPTURE(columns);
        const std::string written = progress_on(columns);
        std::size_t widest = 0;
        CHECK(on_screen(written, widest) == "");
        CHECK(contains(written, "% "));
        CHECK(std::count(written.begin(), written.end(), '\r') <= 5);
        if (columns >= 60) {
            CHECK(widest < columns);
            CHECK(contains(written, "\033[32m"));
            CHECK(contains(written, "━"));
        }
    }
}

TEST_CASE("NO_COLOR and dumb terminals get no escape codes") {
    const Environment term("TERM", "xterm"), colour("NO_COLOR", "1");
    CHECK_FALSE(contains(progress_on(100), "\033"));
    const Terminal terminal(100);
    Report report({.title = "Chapter", .out = terminal.file()});
    report.headline("a", "a", 1);
    report.figure("f", example_curve());
    report.finish();
    CHECK_FALSE(contains(terminal.read(), "\033"));
    const Environment dumb("TERM", "dumb");
    CHECK_FALSE(contains(progress_on(100), "\r"));
}

TEST_CASE("a narrow terminal shortens text, never numbers") {
    const Environment term("TERM", "xterm"), colour("NO_COLOR", "");
    const Terminal terminal(40);
    Report report({.out = terminal.file()});
    report.table("", {"what", "value"},
                 {{"a very long description of something that goes on", "12,345.678"}});
    report.text("Words that are wrapped to the width of the terminal, whatever it is.");
    report.finish();
    std::size_t widest = 0;
    const std::string screen = on_screen(terminal.read(), widest);
    CHECK(widest <= 40);
    CHECK(contains(screen, "12,345.678"));
}
