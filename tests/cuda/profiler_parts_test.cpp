/// @file
/// The parts of the profiler that need no kernel: transfers, the merge of a warp's logs, shadow memory, occupancy, roofline.
#include <doctest/doctest.h>

#include <numeric>
#include <vector>

#include "common/base/error.hpp"
#include "common/cuda/profiler/occupancy.hpp"
#include "common/cuda/profiler/profile.hpp"
#include "common/cuda/profiler/report.hpp"
#include "common/cuda/profiler/roofline.hpp"
#include "common/cuda/profiler/shadow.hpp"
#include "common/cuda/profiler/transfers.hpp"
#include "common/cuda/profiler/warp_log.hpp"

using namespace kbk;
using namespace kbk::cuda::profiler;

namespace {

// A request in which lane l of those asked for touches place(l).
struct Request {
    std::vector<Access> accesses;
    std::vector<const Access*> pointers;
    std::vector<std::uint8_t> lane;

    template <class Place>
    Request(int bytes, const Place& place, Kind kind = Kind::load, int first = 0, int end = 32) {
        for (int l = first; l < end; ++l) {
            accesses.push_back({std::uint64_t(place(l)), 0, std::uint8_t(bytes), kind, Room::global, 0});
            lane.push_back(std::uint8_t(l));
        }
        for (const Access& a : accesses) pointers.push_back(&a);
    }
    [[nodiscard]] std::pair<int, int> sectors() const {
        const Sectors s = count_sectors(pointers);
        return {s.count, s.fewest};
    }
    [[nodiscard]] std::pair<int, int> wavefronts() const {
        const Wavefronts w = count_wavefronts(pointers, lane);
        return {w.count, w.ideal};
    }
};

using Pair = std::pair<int, int>;

}  // namespace

TEST_CASE("sectors: neighbours, strides, broadcast, shifted, backwards, halves and vectors") {
    CHECK(Request(4, [](int l) { return 4 * l; }).sectors() == Pair(4, 4));
    CHECK(Request(4, [](int l) { return 8 * l; }).sectors() == Pair(8, 4));
    CHECK(Request(4, [](int l) { return 32 * l; }).sectors() == Pair(32, 4));
    CHECK(Request(4, [](int) { return 64; }).sectors() == Pair(1, 1));
    CHECK(Request(4, [](int l) { return 4 * l + 4; }).sectors() == Pair(5, 4));
    CHECK(Request(4, [](int l) { return 4 * (31 - l); }).sectors() == Pair(4, 4));
    CHECK(Request(2, [](int l) { return 2 * l; }).sectors() == Pair(2, 2));
    CHECK(Request(16, [](int l) { return 16 * l; }).sectors() == Pair(16, 16));
    CHECK(Request(16, [](int l) { return 32 * l; }).sectors() == Pair(32, 16));
    CHECK(Request(1, [](int l) { return l; }).sectors() == Pair(1, 1));
    CHECK(Request(4, [](int l) { return 4 * l; }, Kind::load, 0, 5).sectors() == Pair(1, 1));
    // An access that straddles two sectors touches both.
    CHECK(Request(8, [](int) { return 28; }, Kind::load, 0, 1).sectors() == Pair(2, 1));
}

TEST_CASE("wavefronts: conflicts, broadcast, wide accesses by parts of the warp, atomics") {
    CHECK(Request(4, [](int l) { return 4 * l; }).wavefronts() == Pair(1, 1));
    CHECK(Request(4, [](int l) { return 8 * l; }).wavefronts() == Pair(2, 1));
    CHECK(Request(4, [](int l) { return 128 * l; }).wavefronts() == Pair(32, 1));
    CHECK(Request(4, [](int l) { return 132 * l; }).wavefronts() == Pair(1, 1));
    CHECK(Request(4, [](int) { return 4; }).wavefronts() == Pair(1, 1));
    CHECK(Request(4, [](int l) { return 128 * (l / 16); }).wavefronts() == Pair(2, 1));
    CHECK(Request(1, [](int l) { return l; }).wavefronts() == Pair(1, 1));
    CHECK(Request(8, [](int l) { return 8 * l; }).wavefronts() == Pair(2, 2));
    CHECK(Request(16, [](int l) { return 16 * l; }).wavefronts() == Pair(4, 4));
    // Lanes 8 to 15 are one quarter: a single wavefront.
    CHECK(Request(16, [](int l) { return 16 * l; }, Kind::load, 8, 16).wavefronts() == Pair(1, 1));
    CHECK(Request(16, [](int l) { return 32 * l; }).wavefronts() == Pair(8, 4));
    CHECK(Request(4, [](int) { return 4; }, Kind::atomic).wavefronts() == Pair(32, 1));
    CHECK(Request(4, [](int l) { return 4 * l; }, Kind::atomic).wavefronts() == Pair(1, 1));
}

namespace {

void add(WarpLog& log, int lane, std::uint32_t pc, std::uint8_t depth = 0) {
    LaneLog& l = log.lane(lane);
    if (l.count == l.capacity) l.grow(4);
    l.entries[l.count++] = {0, pc, 4, Kind::load, Room::global, depth};
}

// The merged requests as "pc:lanes", in order.
std::string merged(WarpLog& log, unsigned open) {
    std::string out;
    log.merge(open, [&](std::span<const Access* const> request, std::span<const std::uint8_t> who) {
        out += fmt::format("{}:{} ", request.front()->pc, who.size());
    });
    return out;
}

}  // namespace

TEST_CASE("merge: lanes that fell behind catch up; deeper calls go first") {
    WarpLog log;
    for (int l = 0; l < 3; ++l) add(log, l, 10);
    add(log, 1, 20);
    for (int l = 0; l < 3; ++l) add(log, l, 30);
    CHECK(merged(log, 0) == "10:3 20:1 30:3 ");
    add(log, 0, 10);
    add(log, 1, 90, 1);
    add(log, 1, 10);
    CHECK(merged(log, 0) == "90:1 10:2 ");
    CHECK(merged(log, 0).empty());
}

TEST_CASE("merge: nothing is decided while a lane that runs on has no entry; the rest is kept") {
    WarpLog log;
    add(log, 0, 10);
    add(log, 0, 10);
    add(log, 0, 40);
    add(log, 1, 10);
    // Lane 1 runs on: it may come by 10 or 20 again before lane 0's 40.
    CHECK(merged(log, 0b10) == "10:2 ");
    CHECK(log.lane(0).count == 2);
    CHECK(merged(log, 0b10).empty());
    add(log, 1, 20);
    CHECK(merged(log, 0) == "10:1 20:1 40:1 ");
}

TEST_CASE("order: barriers, warps, and halves of warps that hand on what they know") {
    Order order;
    order.launch();
    order.block(7);
    const std::uint32_t time = order.now();
    CHECK(order.block_at(time) == 7);
    CHECK(order.before(time, 3, 3));
    CHECK_FALSE(order.before(time, 3, 4));
    order.meet(0, 0x0000ffffu, false);
    CHECK(order.before(time, 3, 4));
    CHECK_FALSE(order.before(time, 3, 20));
    order.meet(0, 0x00ffff00u, false);
    CHECK(order.before(time, 3, 20));
    CHECK_FALSE(order.before(time, 3, 31));
    CHECK_FALSE(order.before(order.now(), 20, 4));
    order.meet(0, ~0u, true);
    CHECK(order.before(time, 3, 31));
    CHECK_FALSE(order.before(time, 3, 33));
    order.barrier();
    CHECK(order.before(time, 3, 33));
}

TEST_CASE("shadow: what clashes with what") {
    Order order;
    order.launch();
    order.block(0);
    Shadow shadow(64, false, false);
    const auto touch = [&](std::size_t word, int thread, Kind kind, unsigned mask = 15) {
        const auto clash = shadow.touch(order, word, {thread, 1, std::uint8_t(mask), kind});
        return clash ? int(clash->what) : -1;
    };
    constexpr int none = -1, unwritten = int(Clash::What::unwritten), raw = int(Clash::What::read_after_write),
                  waw = int(Clash::What::write_after_write), war = int(Clash::What::write_after_read);
    CHECK(touch(0, 0, Kind::load) == unwritten);
    shadow.host_wrote(4, 2);
    CHECK(touch(1, 0, Kind::load, 3) == none);
    CHECK(touch(1, 0, Kind::load) == unwritten);

    CHECK(touch(2, 0, Kind::store) == none);
    CHECK(touch(2, 0, Kind::load) == none);
    CHECK(touch(2, 1, Kind::load) == raw);
    CHECK(touch(2, 1, Kind::store) == waw);
    order.barrier();
    CHECK(touch(2, 5, Kind::load) == none);
    CHECK(touch(2, 40, Kind::load) == none);
    CHECK(touch(2, 5, Kind::store) == war);

    // Bytes of one word that different threads use do not clash.
    CHECK(touch(3, 0, Kind::store, 1) == none);
    CHECK(touch(3, 1, Kind::store, 2) == none);
    CHECK(touch(3, 1, Kind::load, 2) == none);

    // Atomics clash with plain accesses only.
    shadow.host_wrote(16, 4);
    CHECK(touch(4, 0, Kind::atomic) == none);
    CHECK(touch(4, 1, Kind::atomic) == none);
    CHECK(touch(4, 1, Kind::load) == raw);
    order.barrier();
    CHECK(touch(4, 9, Kind::load) == none);

    // The next block of the launch is ordered after nothing of this one; the next launch is, after all.
    order.block(1);
    CHECK(touch(2, 5, Kind::load) == raw);
    order.launch();
    order.block(0);
    CHECK(touch(2, 5, Kind::load) == none);
}

TEST_CASE("occupancy: as NVIDIA's cuda_occupancy.h computes it") {
    // What cudaOccMaxActiveBlocksPerMultiprocessor of CUDA 13.0 answers with all memory given to shared memory.
    struct Row {
        const char* architecture;
        int registers;
        std::size_t shared;
        int threads, blocks;
    };
    const Row rows[] = {
        {"sm_75", 32, 0, 1024, 1},
        {"sm_75", 32, 8192, 1024, 1},
        {"sm_75", 117, 8192, 256, 2},
        {"sm_75", 64, 0, 256, 4},
        {"sm_75", 255, 0, 128, 2},
        {"sm_75", 40, 0, 96, 10},
        {"sm_75", 33, 1000, 160, 6},
        {"sm_75", 16, 0, 32, 16},
        {"sm_75", 24, 49152, 64, 1},
        {"sm_75", 128, 16384, 512, 1},
        {"sm_75", 80, 24577, 384, 2},
        {"sm_80", 32, 0, 1024, 2},
        {"sm_80", 32, 8192, 1024, 2},
        {"sm_80", 117, 8192, 256, 2},
        {"sm_80", 64, 0, 256, 4},
        {"sm_80", 255, 0, 128, 2},
        {"sm_80", 40, 0, 96, 16},
        {"sm_80", 33, 1000, 160, 9},
        {"sm_80", 16, 0, 32, 32},
        {"sm_80", 24, 49152, 64, 3},
        {"sm_80", 128, 16384, 512, 1},
        {"sm_80", 80, 24577, 384, 2},
        {"sm_86", 32, 0, 1024, 1},
        {"sm_86", 32, 8192, 1024, 1},
        {"sm_86", 117, 8192, 256, 2},
        {"sm_86", 64, 0, 256, 4},
        {"sm_86", 255, 0, 128, 2},
        {"sm_86", 40, 0, 96, 16},
        {"sm_86", 33, 1000, 160, 9},
        {"sm_86", 16, 0, 32, 16},
        {"sm_86", 24, 49152, 64, 2},
        {"sm_86", 128, 16384, 512, 1},
        {"sm_86", 80, 24577, 384, 2},
        {"sm_89", 32, 0, 1024, 1},
        {"sm_89", 32, 8192, 1024, 1},
        {"sm_89", 117, 8192, 256, 2},
        {"sm_89", 64, 0, 256, 4},
        {"sm_89", 255, 0, 128, 2},
        {"sm_89", 40, 0, 96, 16},
        {"sm_89", 33, 1000, 160, 9},
        {"sm_89", 16, 0, 32, 24},
        {"sm_89", 24, 49152, 64, 2},
        {"sm_89", 128, 16384, 512, 1},
        {"sm_89", 80, 24577, 384, 2},
        {"sm_90", 32, 0, 1024, 2},
        {"sm_90", 32, 8192, 1024, 2},
        {"sm_90", 117, 8192, 256, 2},
        {"sm_90", 64, 0, 256, 4},
        {"sm_90", 255, 0, 128, 2},
        {"sm_90", 40, 0, 96, 16},
        {"sm_90", 33, 1000, 160, 9},
        {"sm_90", 16, 0, 32, 32},
        {"sm_90", 24, 49152, 64, 4},
        {"sm_90", 128, 16384, 512, 1},
        {"sm_90", 80, 24577, 384, 2},
    };
    for (const Row& row : rows) {
        CAPTURE(row.architecture);
        CAPTURE(row.registers);
        CAPTURE(row.shared);
        CAPTURE(row.threads);
        const auto& architecture = cuda::emulator::architecture_named(row.architecture);
        CHECK(occupancy(architecture, row.registers, row.shared, row.threads).blocks == row.blocks);
    }
}

TEST_CASE("occupancy: what limits it, and what cannot be asked") {
    const auto& a100 = cuda::emulator::architecture_named("sm_80");
    CHECK(occupancy(a100, 32, 0, 1024).limiter == "warps");
    CHECK(occupancy(a100, 16, 0, 32).limiter == "blocks");
    const Occupancy tiled = occupancy(a100, 117, 8192, 256);
    CHECK(tiled.limiter == "registers");
    CHECK(tiled.blocks == 2);
    CHECK(tiled.share == 0.25);
    CHECK(occupancy(a100, 32, 40000, 256).limiter == "shared memory");
    CHECK(occupancy(a100, 32, 200000, 256).blocks == 0);
    CHECK_THROWS_AS(occupancy(a100, 32, 0, 1025), Error);
    CHECK_THROWS_AS(occupancy(a100, 256, 0, 32), Error);
}

TEST_CASE("roofline: the slowest of arithmetic, memory and the data path") {
    const Gpu& a100 = gpu_named("A100");
    CHECK(roofline(a100, {.flops = 19.5e12, .bytes = 1}).seconds == doctest::Approx(1));
    CHECK(roofline(a100, {.flops = 19.5e12, .bytes = 1}).limiter == "arithmetic");
    CHECK(roofline(a100, {.flops = 1, .bytes = 2039e9}).seconds == doctest::Approx(1));
    CHECK(roofline(a100, {.flops = 1, .bytes = 1, .wavefronts = 108}).seconds == doctest::Approx(1 / 1.41e9));
    CHECK(roofline(a100, {.flops = 1, .bytes = 1, .sectors = 432}).limiter == "shared memory and L1");
    CHECK(roofline(a100, {.flops = 156e12, .arithmetic = Work::Arithmetic::tf32}).seconds == doctest::Approx(1));
    CHECK(roofline(gpu_named("sm_75"), {.flops = 1, .arithmetic = Work::Arithmetic::bf16}).seconds == 0);
    CHECK_THROWS_AS(gpu_named("Voodoo"), Error);
    // The lanes of a multiprocessor, twice for multiply and add, at the clock make the peak.
    for (const auto& [name, lanes_each] : {std::pair("T4", 64), {"A100", 64}, {"RTX 4090", 128}, {"H100", 128}}) {
        const Gpu& gpu = gpu_named(name);
        CHECK(gpu.multiprocessors * lanes_each * 2 * gpu.clock == doctest::Approx(gpu.fp32_flops).epsilon(0.01));
    }
}

TEST_CASE("numbers for people") {
    CHECK(with_commas(0) == "0");
    CHECK(with_commas(999) == "999");
    CHECK(with_commas(1234567) == "1,234,567");
    CHECK(with_commas(-1234) == "-1,234");
    CHECK(text_of_bytes(999) == "999 B");
    CHECK(text_of_bytes(4194304) == "4.19 MB");
    CHECK(text_of_bytes(128000) == "128 kB");
}
