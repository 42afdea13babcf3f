/// @file
/// Chapter 6: how a GPU runs a kernel. The program reads from top to bottom as the chapter does. Its kernels
/// stand in the .cu files beside it; the emulator runs them, and the profiler counts.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "chapters/06_gpu/device_array.hpp"
#include "chapters/06_gpu/figures.hpp"
#include "chapters/06_gpu/kernels.cuh"
#include "chapters/06_gpu/machines.hpp"
#include "chapters/06_gpu/watch.hpp"
#include "common/app/app.hpp"
#include "common/base/error.hpp"
#include "common/base/philox.hpp"
#include "common/cuda/emulator/architecture.hpp"
#include "common/cuda/profiler/occupancy.hpp"

namespace kbk::lesson {
namespace {

using cuda::launch;
using cuda::profiler::Counts;
using cuda::profiler::KernelProfile;
using cuda::profiler::Kind;
using cuda::profiler::occupancy;
using cuda::profiler::Occupancy;
using cuda::profiler::Room;

std::vector<float> numbers(std::size_t count) {
    std::vector<float> values(count);
    Philox(1, stream_id("numbers")).fill_uniform(values, -1, 1);
    return values;
}

std::vector<float> nothing(std::size_t count) {
    return std::vector<float>(count, 0.0f);
}

Counts loads(const KernelProfile& profile) {
    return profile.total(Room::global, Kind::load);
}
Counts stores(const KernelProfile& profile) {
    return profile.total(Room::global, Kind::store);
}
Counts shared(const KernelProfile& profile) {
    return profile.total(Room::shared);
}

// ---------------------------------------------------------------------------------------------------------------
// The machines, by their data sheets.

void compare_machines(Report& report) {
    report.section("A CPU and a GPU, by their data sheets");
    for (const Machine& m : machines()) {
        report.value(m.key + ".cores", m.name + ": cores or multiprocessors", m.cores);
        report.value(m.key + ".threads", m.name + ": threads at once", m.cores * m.threads);
        report.value(m.key + ".gigaflops", m.name + ": GFLOP/s", m.gigaflops, Unit::count);
        report.value(m.key + ".gigabytes", m.name + ": GB/s", m.gigabytes);
        report.value(m.key + ".balance", m.name + ": operations for each byte", m.balance(), Unit::plain, 1);
    }
    const auto compare = [&](const std::string& name, const Machine& gpu, const Machine& cpu) {
        report.value(name + ".flops", gpu.name + " over " + cpu.name + ", operations",
                     gpu.gigaflops / cpu.gigaflops, Unit::ratio, 1);
        report.value(name + ".bytes", gpu.name + " over " + cpu.name + ", bytes",
                     gpu.gigabytes / cpu.gigabytes, Unit::ratio, 1);
    };
    compare("desktop", machine("rtx4090"), machine("ryzen"));
    compare("server", machine("h100"), machine("epyc"));
}

// ---------------------------------------------------------------------------------------------------------------
// Threads and blocks.

int blocks_for(int count, int block) {
    return (count + block - 1) / block;
}

void threads_and_blocks(Report& report) {
    report.section("Threads and blocks");
    {
        // [sign_launch]
        const int n = 10, threads = 4, blocks = (n + threads - 1) / threads;
        DeviceArray<int> block("block", n), thread("thread", n);
        launch<sign>(blocks, threads, 0, block.data(), thread.data(), n);
        // [sign_launch]
        std::vector<std::string> element = {"element"}, by_block = {"blockIdx.x"},
                                 by_thread = {"threadIdx.x"};
        const auto b = block.values(), t = thread.values();
        for (int i = 0; i < n; ++i) {
            element.push_back(std::to_string(i));
            by_block.push_back(std::to_string(b[std::size_t(i)]));
            by_thread.push_back(std::to_string(t[std::size_t(i)]));
        }
        report.table("Who signed which element", element, {by_block, by_thread});
        report.value("sign.blocks", "blocks of 4 threads for 10 elements", blocks);
        report.value("sign.idle", "threads without an element", blocks * threads - n);
        report.value("sign.last", "who signed element 9",
                     fmt::format("thread {} of block {}", t[std::size_t(n - 1)], b[std::size_t(n - 1)]));
    }

    // [saxpy_launch]
    const int n = 100000, block = 256, blocks = (n + block - 1) / block;
    DeviceArray x("x", numbers(n)), y("y", numbers(n));
    const KernelProfile one = watch([&] { launch<saxpy>(blocks, block, 0, 2.0f, x.data(), y.data(), n); });
    const KernelProfile strided =
        watch([&] { launch<saxpy_grid_stride>(16, block, 0, 2.0f, x.data(), y.data(), n); });
    // [saxpy_launch]
    report.value("saxpy.elements", "elements of saxpy", n);
    report.value("saxpy.blocks", "blocks of 256", one.blocks);
    report.value("saxpy.idle", "threads that the guard sends home", one.blocks * block - n);
    report.value("saxpy.loads", "requests to load, one thread an element", loads(one).requests);
    report.value("saxpy.sectors", "sectors loaded", loads(one).sectors);
    report.value("strided.threads", "threads of the grid-stride loop", strided.blocks * block);
    report.value("strided.loads", "its requests to load", loads(strided).requests);
    report.value("strided.sectors", "its sectors loaded", loads(strided).sectors);
}

// ---------------------------------------------------------------------------------------------------------------
// Warps.

void warps_and_lanes(Report& report) {
    report.section("Warps and lanes");
    const int n = 4096;
    DeviceArray a("a", numbers(n)), b("b", numbers(n)), y("y", nothing(n));
    const auto lane = watch([&] { launch<choose_by_lane>(n / 256, 256, 0, a.data(), b.data(), y.data()); });
    const auto warp = watch([&] { launch<choose_by_warp>(n / 256, 256, 0, a.data(), b.data(), y.data()); });
    report.value("lane.requests", "a branch that splits each warp: requests to load", loads(lane).requests);
    report.value("lane.active", "lanes that take part in one", loads(lane).active_lanes());
    report.value("warp.requests", "a branch that splits no warp: requests to load", loads(warp).requests);
    report.value("warp.active", "lanes that take part in one", loads(warp).active_lanes());
    report.value("warp.total", "warps in the grid", n / 32);

    // Rows of 1 to 64 numbers, as they come and in order of their lengths.
    const int rows = 1024;
    std::vector<int> lengths(rows);
    const Philox random(1, stream_id("lengths"));
    for (int i = 0; i < rows; ++i) lengths[std::size_t(i)] = 1 + int(random.uniform(std::uint64_t(i)) * 64);
    for (const bool sorted : {false, true}) {
        if (sorted) std::ranges::sort(lengths);
        std::vector<int> begin(rows + 1);
        std::partial_sum(lengths.begin(), lengths.end(), begin.begin() + 1);
        DeviceArray x("x", numbers(std::size_t(begin.back())));
        DeviceArray from("begin", begin);
        DeviceArray<float> sum("sum", rows);
        const auto ragged =
            watch([&] { launch<sum_ragged>(rows / 256, 256, 0, x.data(), from.data(), sum.data(), rows); });
        const Counts inner = ragged.total("x", Kind::load);
        const std::string name = sorted ? "sorted" : "ragged",
                          label = sorted ? "sorted rows" : "rows as they come";
        report.value(name + ".requests", label + ": requests of the inner loop", inner.requests);
        report.value(name + ".active", label + ": active lanes", inner.active_lanes(), Unit::plain, 1);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Global memory.

void coalescing(Report& report) {
    report.section("Coalescing");
    // [copy_launch]
    const int n = 256;
    DeviceArray x("x", numbers(n * n)), y("y", nothing(n * n));
    const dim3 block(32, 8);
    const auto down = watch([&] { launch<copy_down>(dim3(n / 32, n / 8), block, 0, x.data(), y.data(), n); });
    const auto across =
        watch([&] { launch<copy_across>(dim3(n / 32, n / 8), block, 0, x.data(), y.data(), n); });
    // [copy_launch]
    for (const auto& [name, label, profile] : {std::tuple{"down", "threads below each other", &down},
                                               {"across", "threads beside each other", &across}}) {
        report.value(fmt::format("{}.requests", name), fmt::format("{}: requests to load", label),
                     loads(*profile).requests);
        report.value(fmt::format("{}.per_request", name), fmt::format("{}: sectors a request", label),
                     loads(*profile).sectors_per_request());
        report.value(fmt::format("{}.sectors", name), fmt::format("{}: sectors loaded", label),
                     loads(*profile).sectors);
        report.value(fmt::format("{}.efficiency", name), fmt::format("{}: of the moved bytes, used", label),
                     loads(*profile).efficiency(), Unit::percent);
    }

    const int threads = 4096;
    DeviceArray far("x", numbers(threads * 32 + 1));
    for (const int stride : {1, 2, 4, 8, 16, 32}) {
        const auto profile =
            watch([&] { launch<gather>(threads / 256, 256, 0, far.data(), y.data(), stride, 0); });
        report.value(fmt::format("stride{}", stride), fmt::format("sectors a request, stride {}", stride),
                     loads(profile).sectors_per_request());
    }
    const auto shifted = watch([&] { launch<gather>(threads / 256, 256, 0, far.data(), y.data(), 1, 1); });
    report.value("shifted", "sectors a request, stride 1, one element off",
                 loads(shifted).sectors_per_request());

    const auto wide = watch([&] { launch<copy_float4>(n * n / 4 / 256, 256, 0, x.data(), y.data(), n * n); });
    report.value("float4.requests", "float4: requests to load the matrix", loads(wide).requests);
    report.value("float4.per_request", "float4: sectors a request", loads(wide).sectors_per_request());
    report.value("float4.efficiency", "float4: of the moved bytes, used", loads(wide).efficiency(),
                 Unit::percent);
    draw_coalescing(report);
}

// ---------------------------------------------------------------------------------------------------------------
// Shared memory and its banks.

void shared_memory(Report& report) {
    report.section("Shared memory");
    const int n = 10000;
    DeviceArray x("x", numbers(n + 2 * blur_radius));
    DeviceArray<float> plain_y("y", n), tiled_y("y", n);
    const int blocks = blocks_for(n, blur_block);
    const auto plain = watch([&] { launch<blur>(blocks, blur_block, 0, x.data(), plain_y.data(), n); });
    const auto tiled =
        watch([&] { launch<blur_shared>(blocks, blur_block, 0, x.data(), tiled_y.data(), n); });
    require(plain_y.values() == tiled_y.values(), "the two blurs disagree");
    report.value("blur.elements", "numbers to blur", n);
    report.value("blur.requests", "plain: requests to load", loads(plain).requests);
    report.value("blur.sectors", "plain: sectors loaded", loads(plain).sectors);
    report.value("blur_shared.requests", "shared: requests to load", loads(tiled).requests);
    report.value("blur_shared.sectors", "shared: sectors loaded", loads(tiled).sectors);
    report.value("blur_shared.gain", "fewer sectors",
                 double(loads(plain).sectors) / double(loads(tiled).sectors), Unit::ratio, 1);
    report.value("blur_shared.wavefronts", "shared: wavefronts", shared(tiled).wavefronts);
    report.value("blur_shared.conflicts", "shared: bank conflicts", shared(tiled).bank_conflicts());
    report.value("blur_shared.barriers", "shared: barriers, one a block", tiled.barriers);
}

void bank_conflicts(Report& report) {
    report.section("Banks");
    const int n = 256;
    const auto host = numbers(n * n);
    DeviceArray x("x", host);
    DeviceArray<float> y("y", n * n);
    const dim3 grid(n / tile_side, n / tile_side), block(tile_side, tile_rows);
    const auto check = [&] {
        const auto found = y.values();
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j)
                require(found[j * n + i] == host[i * n + j], "a transpose is wrong");
    };
    const auto plain = watch([&] { launch<transpose>(grid, block, 0, x.data(), y.data(), n); });
    check();
    const auto tile = watch([&] { launch<transpose_tile>(grid, block, 0, x.data(), y.data(), n); });
    check();
    const auto padded = watch([&] { launch<transpose_padded>(grid, block, 0, x.data(), y.data(), n); });
    check();
    for (const auto& [name, profile] :
         {std::pair{"transpose", &plain}, {"tile", &tile}, {"padded", &padded}}) {
        report.value(fmt::format("{}.load", name), fmt::format("{}: sectors a load", name),
                     loads(*profile).sectors_per_request());
        report.value(fmt::format("{}.store", name), fmt::format("{}: sectors a store", name),
                     stores(*profile).sectors_per_request());
        if (profile == &plain) continue;
        const Counts from_tile = profile->total("tile", Kind::load);
        report.value(fmt::format("{}.wavefronts", name),
                     fmt::format("{}: wavefronts a load from shared memory", name),
                     from_tile.wavefronts_per_request());
        report.value(fmt::format("{}.total", name), fmt::format("{}: wavefronts in all", name),
                     shared(*profile).wavefronts);
    }
    draw_banks(report);
}

// ---------------------------------------------------------------------------------------------------------------
// Reductions.

void reductions(Report& report) {
    report.section("Reductions");
    const int n = 65536, blocks = n / sum_block, few = 16;
    const auto host = numbers(n);
    const double truth = std::accumulate(host.begin(), host.end(), 0.0);
    DeviceArray x("x", host);
    DeviceArray total("total", nothing(1));
    DeviceArray<float> part("part", std::size_t(blocks)), part_of_few("part", std::size_t(few));
    const auto check = [&](const std::vector<float>& parts) {
        const double sum = std::accumulate(parts.begin(), parts.end(), 0.0);
        require(std::fabs(sum - truth) < 1e-3 * std::sqrt(n), "a sum is wrong: {} instead of {}", sum, truth);
    };
    const auto atomic = watch([&] { launch<sum_atomic>(blocks, sum_block, 0, x.data(), total.data(), n); });
    check(total.values());
    const auto interleaved =
        watch([&] { launch<sum_interleaved>(blocks, sum_block, 0, x.data(), part.data()); });
    check(part.values());
    const auto folded = watch([&] { launch<sum_folded>(blocks, sum_block, 0, x.data(), part.data()); });
    check(part.values());
    const auto shuffled =
        watch([&] { launch<sum_shuffled>(few, sum_block, 0, x.data(), part_of_few.data(), n); });
    check(part_of_few.values());

    report.value("sum.elements", "numbers to add", n);
    report.value("atomic.lanes", "atomic additions to one address",
                 atomic.total(Room::global, Kind::atomic).lanes);
    for (const auto& [name, profile] :
         {std::pair{"interleaved", &interleaved}, {"folded", &folded}, {"shuffled", &shuffled}}) {
        report.value(fmt::format("{}.blocks", name), fmt::format("{}: blocks", name), profile->blocks);
        report.value(fmt::format("{}.barriers", name), fmt::format("{}: barriers in all", name),
                     profile->barriers);
        report.value(fmt::format("{}.requests", name), fmt::format("{}: requests to shared memory", name),
                     shared(*profile).requests);
        report.value(fmt::format("{}.wavefronts", name), fmt::format("{}: wavefronts", name),
                     shared(*profile).wavefronts);
        report.value(fmt::format("{}.active", name),
                     fmt::format("{}: active lanes of a request to shared memory", name),
                     shared(*profile).active_lanes(), Unit::plain, 1);
    }
    report.value("shuffled.meetings", "shuffled: shuffles of a warp", shuffled.warp_meetings);
    draw_trees(report);
}

// ---------------------------------------------------------------------------------------------------------------
// Occupancy.

void occupancies(Report& report) {
    report.section("Occupancy");
    const auto& a100 = cuda::emulator::architecture_named("sm_80");
    // [occupancy_example]
    const int threads = 256, registers = 72, shared_bytes = 40 * 1024;
    const Occupancy both = occupancy(a100, registers, shared_bytes, threads);
    // [occupancy_example]
    report.value("occupancy.by_warps", "blocks that the warps allow", occupancy(a100, 0, 0, threads).blocks);
    report.value("occupancy.by_registers", "blocks that the registers allow",
                 occupancy(a100, registers, 0, threads).blocks);
    report.value("occupancy.by_shared", "blocks that the shared memory allows",
                 occupancy(a100, 0, shared_bytes, threads).blocks);
    report.value("occupancy.blocks", "blocks at once", both.blocks);
    report.value("occupancy.warps", "warps at once, of 64", both.warps);
    report.value("occupancy.share", "occupancy", both.share, Unit::percent);
    report.value("occupancy.limiter", "limited by", both.limiter);

    // One kernel, two sizes of its block, where an SM holds 48 warps.
    const auto& rtx4090 = cuda::emulator::architecture_named("sm_89");
    const Occupancy large = occupancy(rtx4090, 0, 0, 1024), small = occupancy(rtx4090, 0, 0, 256);
    report.value("pair.large", "RTX 4090, blocks of 1024: warps at once, of 48", large.warps);
    report.value("pair.large_share", "occupancy", large.share, Unit::percent);
    report.value("pair.small", "RTX 4090, blocks of 256: warps at once, of 48", small.warps);
    report.value("pair.small_share", "occupancy", small.share, Unit::percent);

    // How many bytes must be on their way so that the memory never rests.
    const double nanoseconds = 500;
    const Machine& m = machine("a100");
    const double in_flight = m.gigabytes * nanoseconds;
    report.value("little.bytes", "bytes on their way, A100, if a load takes 500 ns",
                 std::int64_t(std::lround(in_flight)), Unit::count);
    report.value("little.per_sm", "for each multiprocessor", std::int64_t(std::lround(in_flight / m.cores)),
                 Unit::count);
    report.value("little.per_thread", "for each thread of a full multiprocessor",
                 in_flight / m.cores / m.threads, Unit::plain, 1);
    draw_occupancy(report);
}

// ---------------------------------------------------------------------------------------------------------------
// Roofline.

void roofline(Report& report) {
    report.section("Roofline");
    const int n = 128;
    DeviceArray a("a", numbers(n * n)), b("b", numbers(n * n));
    DeviceArray<float> c("c", n * n), d("c", n * n);
    const dim3 grid(n / matmul_tile, n / matmul_tile), block(matmul_tile, matmul_tile);
    const auto plain = watch([&] { launch<matmul>(grid, block, 0, a.data(), b.data(), c.data(), n); });
    const auto tiled = watch([&] { launch<matmul_tiled>(grid, block, 0, a.data(), b.data(), d.data(), n); });
    require(c.values() == d.values(), "the two products disagree");
    report.value("matmul.sectors", "plain: sectors loaded", loads(plain).sectors);
    report.value("matmul_tiled.sectors", "tiled: sectors loaded", loads(tiled).sectors);
    report.value("matmul_tiled.gain", "fewer sectors",
                 double(loads(plain).sectors) / double(loads(tiled).sectors), Unit::ratio);
    report.value("matmul_tiled.wavefronts", "tiled: wavefronts", shared(tiled).wavefronts);
    report.value("matmul_tiled.conflicts", "tiled: bank conflicts", shared(tiled).bank_conflicts());

    const int elements = 65536;
    DeviceArray x("x", numbers(elements + 2 * blur_radius)), y("y", numbers(elements));
    const double flops = 2.0 * n * n * n;
    const Placed placed[] = {
        {"saxpy", 2.0 * elements,
         watch([&] { launch<saxpy>(elements / 256, 256, 0, 2.0f, x.data(), y.data(), elements); })},
        {"blur", 18.0 * elements,
         watch([&] { launch<blur>(elements / 256, 256, 0, x.data(), y.data(), elements); })},
        {"blur_shared", 18.0 * elements,
         watch([&] { launch<blur_shared>(elements / 256, 256, 0, x.data(), y.data(), elements); })},
        {"matmul", flops, plain},
        {"matmul_tiled", flops, tiled},
    };
    const Machine& m = machine("a100");
    for (const Placed& p : placed) {
        report.value(p.name + ".intensity", p.name + ": operations for each byte moved", p.intensity(),
                     Unit::plain, 2);
        report.value(p.name + ".share", p.name + ": at most, of the A100's peak",
                     std::min(1.0, p.intensity() * m.gigabytes / m.gigaflops), Unit::percent);
        report.value(p.name + ".path", p.name + ": at most, through the multiprocessors' data path as well",
                     p.attainable() / m.gigaflops, Unit::percent);
    }
    report.value("matmul.distinct", "matmul: operations for each byte, if nothing moved twice",
                 flops / double(plain.bytes_read + plain.bytes_written), Unit::plain, 1);
    draw_roofline(report, m, placed);
}

// ---------------------------------------------------------------------------------------------------------------
// Mistakes, and what the checker says of them.

void mistakes(Report& report) {
    report.section("Mistakes");
    const auto tell = [&](const char* name, const std::string& message) {
        report.value(fmt::format("mistake.{}", name), name, message);
    };
    {
        DeviceArray x("x", numbers(1000)), y("y", numbers(1000));
        tell("no_guard", mistake_in([&] { launch<no_guard>(4, 256, 0, 2.0f, x.data(), y.data()); }));
    }
    {
        const auto host = numbers(256);
        DeviceArray x("x", host);
        const auto run = [&](bool reverse) {
            DeviceArray<float> y("y", 256);
            const std::string message =
                mistake_in([&] { launch<no_barrier>(1, 256, 0, x.data(), y.data()); }, reverse);
            const auto found = y.values();
            int wrong = found[0] != host[0];
            for (std::size_t i = 1; i < 256; ++i) wrong += found[i] != host[i] - host[i - 1];
            return std::pair(message, wrong);
        };
        const auto [forward, wrong] = run(false);
        tell("no_barrier", forward);
        report.value("no_barrier.wrong", "wrong results, threads in order", wrong);
        report.value("no_barrier.wrong_reverse", "wrong results, threads in reverse order", run(true).second);
    }
    {
        DeviceArray x("x", numbers(sum_block));
        DeviceArray<float> part("part", 1);
        tell("barrier_in_branch",
             mistake_in([&] { launch<barrier_in_branch>(1, sum_block, 0, x.data(), part.data()); }));
    }
    {
        DeviceArray x("x", numbers(64)), total("total", nothing(1));
        tell("no_atomic", mistake_in([&] { launch<no_atomic>(64, 1, 0, x.data(), total.data()); }));
    }
    {
        DeviceArray x("x", numbers(blur_block + 2 * blur_radius));
        DeviceArray<float> y("y", blur_block);
        tell("no_margin", mistake_in([&] { launch<no_margin>(1, blur_block, 0, x.data(), y.data()); }));
    }
    {
        DeviceArray x("x", numbers(129));
        DeviceArray<float> y("y", 128);
        tell("odd_float4", mistake_in([&] { launch<odd_float4>(1, 32, 0, x.data(), y.data()); }));
    }
    {
        DeviceArray x("x", numbers(32));
        DeviceArray<float> y("y", 32), sum("sum", 1);
        tell("no_syncwarp", mistake_in([&] { launch<no_syncwarp>(1, 32, 0, x.data(), sum.data()); }));
        tell("half_shuffle", mistake_in([&] { launch<half_shuffle>(1, 32, 0, x.data(), y.data()); }));
    }
    {
        DeviceArray x("x", numbers(blur_block + 2 * blur_radius));
        DeviceArray<float> y("y", blur_block);
        tell("too_much_shared", mistake_in([&] {
                 launch<blur_shared>(1, blur_block, 170 * 1024, x.data(), y.data(), blur_block);
             }));
    }
    {
        const int n = 2 * matmul_tile;
        DeviceArray a("a", numbers(n * n)), b("b", numbers(n * n));
        DeviceArray<float> c("c", n * n);
        const dim3 block(matmul_tile, matmul_tile);
        tell("one_barrier",
             mistake_in([&] { launch<one_barrier>(1, block, 0, a.data(), b.data(), c.data(), n); }));
    }
}

// ---------------------------------------------------------------------------------------------------------------
// What the documents say, calculated.

void run_the_documents(Report& report) {
    report.section("What the documents say");
    const Machine &a100 = machine("a100"), &epyc = machine("epyc"), &h100 = machine("h100"),
                  &ryzen = machine("ryzen");

    // saxpy moves 12 bytes an element on either machine; to the GPU and back they first cross PCIe 4.0 x16.
    const double pcie = 31.5;  // GB/s in one direction: 16 lanes of 16 Gbit/s, 128 of 130 bits for data
    report.value("pcie.kernel", "saxpy: crossing PCIe over the A100's own memory", a100.gigabytes / pcie,
                 Unit::ratio, 1);
    report.value("pcie.cpu", "saxpy: crossing PCIe over the EPYC's own memory", epyc.gigabytes / pcie,
                 Unit::ratio, 1);

    // One token of a model of 7e9 parameters reads each of them once, 2 bytes each.
    const double gigabytes = 7.0 * 2.0;
    report.value("token.bytes", "GB to read for a token of a model of 7 billion parameters in 16 bits",
                 gigabytes, Unit::plain, 0);
    report.value("token.intensity", "operations for each byte", 2.0 * 7.0 / gigabytes, Unit::plain, 0);
    report.value("token.ryzen", "tokens in a second at most, Ryzen 9 7950X", ryzen.gigabytes / gigabytes,
                 Unit::plain, 1);
    report.value("token.epyc", "tokens in a second at most, EPYC 9654", epyc.gigabytes / gigabytes,
                 Unit::plain, 0);
    report.value("token.h100", "tokens in a second at most, H100", h100.gigabytes / gigabytes, Unit::plain,
                 0);
}

void chapter(const Options&, Report& report) {
    compare_machines(report);
    threads_and_blocks(report);
    warps_and_lanes(report);
    coalescing(report);
    shared_memory(report);
    bank_conflicts(report);
    reductions(report);
    occupancies(report);
    roofline(report);
    mistakes(report);
    run_the_documents(report);
}

}  // namespace
}  // namespace kbk::lesson

int main(int argc, char** argv) {
    return kbk::run_chapter(argc, argv, {.name = "06_gpu", .title = "How a GPU runs a kernel"},
                            kbk::lesson::chapter);
}
