/// @file
/// Known counts, and that they are the same at every level of optimisation.
#include <doctest/doctest.h>

#include <bit>
#include <map>

#include "tests/cuda/profiler_kernels.hpp"

using namespace kbk;
using namespace kbk::cuda::profiler;

namespace {

// Each level runs once for all cases.
const Profile& at_level(int level) {
    static std::map<int, Profile> profiles;
    auto [entry, is_new] = profiles.try_emplace(level);
    if (is_new) {
        const auto run = level == 0 ? test::run_at_level_0 : level == 1 ? test::run_at_level_1 : test::run_at_level_2;
        entry->second = run();
    }
    return entry->second;
}

// Requests and lanes of one kernel's accesses to one array, at all levels.
void check_divergence(const char* kernel, const char* array, Kind kind, std::int64_t requests, std::int64_t lanes) {
    for (int level = 0; level <= 2; ++level) {
        CAPTURE(level);
        const Counts counts = at_level(level).kernel(kernel).total(array, kind);
        CHECK(counts.requests == requests);
        CHECK(counts.lanes == lanes);
    }
}

}  // namespace

TEST_CASE("either or: two requests of half a warp, then one of the whole") {
    check_divergence("either_or", "a", Kind::load, 1, 16);
    check_divergence("either_or", "b", Kind::load, 1, 16);
    check_divergence("either_or", "out", Kind::store, 1, 32);
}

TEST_CASE("trip counts 1 to 32: as many requests as the longest lane has iterations") {
    check_divergence("trip_counts", "a", Kind::load, 32, 32 * 33 / 2);
    check_divergence("trip_counts", "out", Kind::store, 1, 32);
}

TEST_CASE("a load in every other iteration stays in its iteration") {
    check_divergence("load_in_some_iterations", "a", Kind::load, 8, 8 * 16);
    check_divergence("load_in_some_iterations", "out", Kind::store, 1, 32);
    // Every second float of four sectors.
    CHECK(at_level(1).kernel("load_in_some_iterations").total("a", Kind::load).sectors == 8 * 4);
}

TEST_CASE("break: 32, 24, 16, 8 lanes") {
    check_divergence("early_break", "a", Kind::load, 4, 32 + 24 + 16 + 8);
    check_divergence("early_break", "out", Kind::store, 1, 32);
}

TEST_CASE("a function called from two branches makes two requests for each of its loads") {
    check_divergence("calls", "a", Kind::load, 2 + 2 + 1, 32 + 32 + 24);
    check_divergence("calls", "out", Kind::store, 1, 32);
}

TEST_CASE("nested loops: lanes wait for each other at the end of each inner loop") {
    check_divergence("nested_loops", "a", Kind::load, 4 * 2, 31 + 33 + 32 + 31);
    check_divergence("nested_loops", "out", Kind::store, 4, 4 * 32);
}

TEST_CASE("continue and break: one request an iteration, of the lanes that are left") {
    std::int64_t loads = 0, stores = 0;
    for (int lane = 0; lane < 32; ++lane)
        for (int i = 0; i < 6; ++i) {
            if (lane >> i & 1) continue;
            ++loads;
            if (lane == i) break;
            ++stores;
        }
    check_divergence("continue_and_break", "a", Kind::load, 6, loads);
    check_divergence("continue_and_break", "out", Kind::store, 6, stores);
}

TEST_CASE("naive product: 32 sectors a request by rows, 4 and 1 by columns") {
    for (int level = 0; level <= 2; ++level) {
        const KernelProfile& rows = at_level(level).kernel("product_by_rows");
        CHECK(rows.total("a", Kind::load).sectors_per_request() == 32);
        CHECK(rows.total("a", Kind::load).efficiency() == 0.125);
        CHECK(rows.total("b", Kind::load).sectors_per_request() == 1);
        CHECK(rows.total("out", Kind::store).sectors_per_request() == 32);
        const KernelProfile& columns = at_level(level).kernel("product_by_columns");
        CHECK(columns.total("a", Kind::load).sectors_per_request() == 1);
        CHECK(columns.total("b", Kind::load).sectors_per_request() == 4);
        CHECK(columns.total(Room::global).efficiency() == 1);
        CHECK(columns.total(Room::global, Kind::load).requests == 2 * 32 * 32);
    }
}

TEST_CASE("transpose: 32 wavefronts a column of a square tile, one with a padded row") {
    for (int level = 0; level <= 2; ++level) {
        const Counts square = at_level(level).kernel("transpose<0>").total("tile", Kind::load);
        CHECK(square.wavefronts_per_request() == 32);
        CHECK(square.bank_conflicts() == 31 * square.requests);
        const KernelProfile& padded = at_level(level).kernel("transpose<1>");
        CHECK(padded.total("tile", Kind::load).wavefronts_per_request() == 1);
        CHECK(padded.total("tile", Kind::store).bank_conflicts() == 0);
        CHECK(padded.total(Room::global).efficiency() == 1);
        CHECK(padded.barriers == 4);
    }
}

TEST_CASE("vectors: 16 sectors for a float4 load, half used for stores at every other float4, 8 lanes a bank") {
    for (int level = 0; level <= 2; ++level) {
        const KernelProfile& kernel = at_level(level).kernel("vectors");
        const Counts load = kernel.total("a", Kind::load);
        CHECK(load.requests == 1);
        CHECK(load.sectors == 16);
        CHECK(load.fewest_sectors == 16);
        const Counts store = kernel.total("out", Kind::store);
        CHECK(store.requests == 1);
        CHECK(store.efficiency() == 0.5);
        const Counts stage = kernel.total("stage", Kind::load);
        CHECK(stage.requests == 8);
        CHECK(stage.wavefronts_per_request() == 8);
    }
}

TEST_CASE("all counts of all lines are equal at -O0, -O1 and -O2") {
    const auto& first = at_level(0).kernels;
    REQUIRE(first.size() == 13);
    for (int level = 1; level <= 2; ++level) {
        const auto& other = at_level(level).kernels;
        REQUIRE(other.size() == first.size());
        for (std::size_t k = 0; k < first.size(); ++k) {
            CAPTURE(first[k].kernel);
            REQUIRE(other[k].lines.size() == first[k].lines.size());
            for (std::size_t l = 0; l < first[k].lines.size(); ++l) {
                const LineCounts &x = first[k].lines[l], &y = other[k].lines[l];
                CAPTURE(x.line.text());
                CHECK(x.line == y.line);
                CHECK(x.array == y.array);
                CHECK(x.kind == y.kind);
                CHECK(x.bytes == y.bytes);
                CHECK(x.counts == y.counts);
            }
            CHECK(other[k].barriers == first[k].barriers);
            CHECK(other[k].bytes_read == first[k].bytes_read);
            CHECK(other[k].bytes_written == first[k].bytes_written);
        }
    }
}
