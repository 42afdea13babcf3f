/// @file
/// Misses, loads and bytes, counted.
#include "chapters/05_matmul/counts.hpp"

#include <functional>
#include <string>
#include <vector>

#include "chapters/05_matmul/cache.hpp"
#include "chapters/05_matmul/found.hpp"
#include "common/report/figure.hpp"
#include "kernels/matmul/matmul.hpp"

namespace kbk::lesson {

namespace {

constexpr const char* orders[] = {"ijk", "jik", "ikj", "kij", "jki", "kji"};

// [toy]
// A toy: matrices of 48 x 48 floats, nine kilobytes each, before a cache of 32 lines of 64 bytes, two kilobytes.
constexpr std::int64_t n = 48, lines = 32, line_bytes = 64, floats = line_bytes / 4, tile = 16;
// [toy]

// [formulas]
std::int64_t foretold_misses(std::string_view order) {
    const std::int64_t once = n * n, each = n * n * n;
    const auto along_rows = [](std::int64_t accesses) { return accesses / floats; };
    if (order == "ijk" || order == "jik") return along_rows(each) + each + once;
    if (order == "ikj") return along_rows(once) + along_rows(each) + along_rows(once);
    if (order == "kij") return once + along_rows(once) + along_rows(each);
    return each + once + each;  // jki and kji
}
// [formulas]

template <class Walk>
std::int64_t count(Cache cache, const Walk& walk) {
    walk([&](std::int64_t address) { cache.touch(address); });
    return cache.misses();
}

}  // namespace

void work_by_hand(Report& report) {
    report.section("A product on paper");
    constexpr std::int64_t m = 2, columns = 2, k = 3;
    const float a[m * k] = {1, 2, 3, 4, 5, 6}, b[k * columns] = {7, 8, 9, 10, -11, 12};
    float c[m * columns] = {};

    // [outer]
    for (std::int64_t l = 0; l < k; ++l) {
        for (std::int64_t i = 0; i < m; ++i)
            for (std::int64_t j = 0; j < columns; ++j) c[i * columns + j] += a[i * k + l] * b[l * columns + j];
        report.value(fmt::format("hand.after{}", l + 1), fmt::format("C after step {} of the sums", l + 1),
                     fmt::format("{} {} / {} {}", c[0], c[1], c[2], c[3]));
    }
    // [outer]

    // Four rows of one line each, before a cache of three lines, and of four.
    for (const std::int64_t held : {3, 4}) {
        const auto row_by_row = [](const Touch& touch) {
            for (std::int64_t i = 0; i < 4; ++i)
                for (std::int64_t j = 0; j < 4; ++j) touch(16 * i + 4 * j);
        };
        const auto column_by_column = [](const Touch& touch) {
            for (std::int64_t j = 0; j < 4; ++j)
                for (std::int64_t i = 0; i < 4; ++i) touch(16 * i + 4 * j);
        };
        report.value(fmt::format("hand.rows{}", held), fmt::format("misses along rows, {} lines", held),
                     count(Cache(held, held, 16), row_by_row));
        report.value(fmt::format("hand.columns{}", held), fmt::format("misses down columns, {} lines", held),
                     count(Cache(held, held, 16), column_by_column));
    }
}

void count_misses(Report& report) {
    report.section("Six orders of three loops");

    // Where the first steps of the inner loop lead in B.
    MemoryMap map{.title = "Sixteen steps of the inner loop through B, in rows of 32 floats", .group = 16};
    MemoryPanel down{.name = "Order ijk, down a column: sixteen lines for sixteen floats", .words = 16 * 32};
    MemoryPanel along{.name = "Order ikj, along a row: one line for sixteen floats", .words = 2 * 32};
    for (int step = 0; step < 16; ++step) {
        down.touches.push_back({step * 32, step});
        along.touches.push_back({step, step});
    }
    map.panels = {along, down};
    map.description =
        "The numbers are steps of the inner loop. Pale words come along because a cache line is moved whole.";
    report.figure("walks", map);

    BarChart chart{.title = "Lines fetched for one product, by the order of its loops",
                   .value = {.label = "misses of a cache of 32 lines", .unit = Unit::count},
                   .groups = {""},
                   .description = "Orders whose inner loop walks down columns miss a hundred thousand times or more, "
                                  "those along rows some thousands, blocks a thousand times."};
    const auto add = [&](const std::string& name, std::int64_t formula, std::int64_t counted) {
        report.value(fmt::format("misses.{}.formula", name), fmt::format("misses of {}, by the formula", name), formula);
        report.value(fmt::format("misses.{}", name), fmt::format("misses of {}, counted", name), counted);
        chart.bars.push_back({name, {double(counted)}});
    };
    for (const char* order : orders)
        add(order, foretold_misses(order),
            count(Cache(lines, lines, line_bytes), [&](const Touch& touch) { walk(order, n, n, touch); }));
    add("blocked", n * n / floats + 2 * n * (n / tile) * (n / tile),
        count(Cache(lines, lines, line_bytes), [](const Touch& touch) { walk_blocked(n, tile, touch); }));
    report.figure("orders", chart);

    // The same walks before caches of all sizes.
    LinePlot plot{.title = "What a larger cache buys",
                  .x = {.label = "lines that the cache holds", .scale = Scale::log2, .unit = Unit::count},
                  .y = {.label = "misses for each multiply-add", .scale = Scale::log10},
                  .description = "Misses fall in steps, each where something that is used again begins to fit: a "
                                 "column, a block, a matrix."};
    constexpr std::int64_t most = 512;
    const auto draw = [&](const std::string& name, const std::function<void(const Touch&)>& walk) {
        const auto misses = misses_by_size(line_bytes, most, walk);
        Series series{.name = name};
        for (std::int64_t z = 4; z <= most; z += z < 64 ? 1 : z < 192 ? 2 : 4) {
            series.x.push_back(double(z));
            series.y.push_back(double(misses[std::size_t(z)]) / double(n * n * n));
        }
        plot.series.push_back(series);
    };
    for (const char* order : {"jki", "ijk", "kij", "ikj"})
        draw(order, [&](const Touch& touch) { walk(order, n, n, touch); });
    draw("blocked", [](const Touch& touch) { walk_blocked(n, tile, touch); });
    report.figure("staircase", plot);
}

void count_columns(Report& report) {
    report.section("Columns, sets and pages");

    // A cache of 128 lines in sets of four: 32 sets. A column of 64 rows has 64 lines.
    const auto product = [](std::int64_t row) { return [row](const Touch& touch) { walk("ijk", 64, row, touch); }; };
    report.value("sets.whole", "misses of 128 lines, each free to lie anywhere", count(Cache(128, 128, 64), product(64)));
    report.value("sets.power", "the same in 32 sets of four, rows of 64", count(Cache(128, 4, 64), product(64)));
    report.value("sets.padded", "and rows 80 apart", count(Cache(128, 4, 64), product(80)));
    for (const std::int64_t row : {64, 80})
        report.value(fmt::format("sets.holds{}", row), fmt::format("does it hold a column of rows {} apart", row),
                     Processor::holds_column({128 * 64, 4}, 64, 4 * row) ? "yes" : "no");
    report.value("sets.l1", "lines of a column that an L1 of 32 KiB in sets of 8 holds, rows of 1024",
                 [] {
                     std::int64_t rows = 1;
                     while (Processor::holds_column({32 * 1024, 8}, rows + 1, 4 * 1024)) ++rows;
                     return rows;
                 }());

    // Eight entries of a table of pages, matrices of 128 x 128: eight rows a page, sixteen pages a matrix.
    for (const char* order : {"ijk", "ikj"})
        report.value(fmt::format("pages.{}", order), fmt::format("pages looked up, order {}", order),
                     count(Cache(8, 8, 4096), [&](const Touch& touch) { walk(order, 128, 128, touch); }));
}

void count_loads(Report& report) {
    report.section("Operations for each byte");
    for (const std::int64_t size : {64, 1024}) {
        const Cost c = cost(Matmul{nullptr, nullptr, nullptr, size, size, size});
        report.value(fmt::format("flops.n{}", size), fmt::format("operations, n = {}", size), std::int64_t(c.flops));
        report.value(fmt::format("bytes.n{}", size), fmt::format("bytes that must move, n = {}", size),
                     std::int64_t(c.bytes));
        report.value(fmt::format("intensity.n{}", size), "operations for each byte", c.flops / c.bytes, Unit::plain, 1);
    }
    const Cost vector = cost(Matmul{nullptr, nullptr, nullptr, 1, 4096, 4096});
    report.value("intensity.vector", "the same of a row times a matrix", vector.flops / vector.bytes, Unit::plain, 2);

    // Between the registers and the nearest cache.
    report.value("intensity.dot", "of naive's inner loop: two loads", 2 / 8.0, Unit::plain, 3);
    report.value("intensity.rows", "of reordered's inner loop: two loads, a store", 2 / 12.0, Unit::plain, 3);
    report.value("intensity.tile", "of a tile of 6 x 16: 22 loads for 96 multiply-adds", 2 * 96 / (4.0 * 22), Unit::plain, 2);

    for (const int registers : {16, 32}) {
        std::vector<std::vector<std::string>> rows;
        for (const TileShape& shape : tiles(registers))
            rows.push_back({fmt::format("{} x {}", shape.rows, shape.vectors), fmt::format("{}", shape.rows * shape.vectors),
                            fmt::format("{}", shape.registers()), show(shape.loads(), Unit::plain, 2)});
        report.table(fmt::format("Tiles in {} registers", registers), {"rows x vectors", "sums", "registers", "loads each"},
                     rows);
        const TileShape best = tiles(registers).front();
        report.value(fmt::format("tile.of{}", registers), fmt::format("fewest loads in {} registers", registers),
                     fmt::format("{} x {}", best.rows, best.vectors));
        report.value(fmt::format("tile.loads{}", registers), "loads for each of its multiply-adds", best.loads(),
                     Unit::plain, 3);
    }
    report.value("tile.loads6x2", "loads for each multiply-add of 6 x 2", TileShape{6, 2}.loads(), Unit::plain, 3);
    report.value("tile.loads1x1", "and of a sum alone", TileShape{1, 1}.loads(), Unit::plain, 0);
}

}  // namespace kbk::lesson
