#include "chapters/06_gpu/figures.hpp"

#include <algorithm>

#include "chapters/06_gpu/kernels.cuh"
#include "common/cuda/profiler/occupancy.hpp"
#include "common/cuda/profiler/roofline.hpp"
#include "common/report/figure.hpp"

namespace kbk::lesson {

void draw_coalescing(Report& report) {
    MemoryMap map{.title = "What one request of a warp moves"};
    const auto add = [&](const char* name, int stride, int offset) {
        MemoryPanel panel{.name = name, .words = (31 * stride + offset) / 32 * 32 + 32};
        for (int lane = 0; lane < 32; ++lane) panel.touches.push_back({lane * stride + offset, lane});
        map.panels.push_back(panel);
    };
    add("Neighbours: x[i]. 4 sectors, all used", 1, 0);
    add("One off: x[i + 1]. 5 sectors", 1, 1);
    add("Every second: x[2 * i]. 8 sectors, half used", 2, 0);
    add("Every eighth, or down a column: 32 sectors, an eighth used", 8, 0);
    map.description =
        "Rows of 32 words of 4 bytes in sectors of 8. The numbers are lanes; pale words are moved because a "
        "sector is moved whole, and are not used.";
    report.figure("sectors", map);
}

void draw_banks(Report& report) {
    MemoryMap map{.title = "A warp reads down a column; each column here is a bank", .group = 1, .beside = 2};
    for (const int pitch : {tile_side, tile_side + 1}) {
        MemoryPanel panel{
            .name = pitch == tile_side ? "tile[32][32]: all in bank 0" : "tile[32][33]: one in each bank",
            .words = tile_side * 32 + (pitch == tile_side ? 0 : 32)};
        for (int lane = 0; lane < 32; ++lane) panel.touches.push_back({lane * pitch, lane});
        map.panels.push_back(panel);
    }
    map.description =
        "Each column is a bank of shared memory. In rows of 32 words the 32 words of a column of the tile "
        "all lie in one bank; in rows of 33 they lie on a diagonal, one in each bank.";
    report.figure("banks", map);
}

void draw_trees(Report& report) {
    // Count the warps of which at least one thread adds.
    const auto busy = [](auto adds) {
        int warps = 0;
        for (int warp = 0; warp < sum_block / 32; ++warp) {
            bool any = false;
            for (int t = 32 * warp; t < 32 * warp + 32; ++t) any = any || adds(t);
            warps += any;
        }
        return double(warps);
    };
    Series interleaved{.name = "interleaved", .mark = Mark::line_and_points};
    Series folded{.name = "folded", .mark = Mark::line_and_points};
    for (int step = 1; step <= 8; ++step) {
        const int distance = 1 << (step - 1), half = sum_block >> step;
        interleaved.x.push_back(step);
        interleaved.y.push_back(busy([&](int t) { return t % (2 * distance) == 0; }));
        folded.x.push_back(step);
        folded.y.push_back(busy([&](int t) { return t < half; }));
    }
    report.figure(
        "trees",
        LinePlot{.title = "Warps of a block that work on its sum",
                 .x = {.label = "step"},
                 .y = {.label = "warps with at least one active lane", .low = 0, .high = 8},
                 .series = {interleaved, folded},
                 .description = "With interleaved pairs all eight warps work for five steps; folded, "
                                "half of them rest after each step."});
}

void draw_occupancy(Report& report) {
    const auto& a100 = cuda::emulator::architecture_named("sm_80");
    LinePlot plot{
        .title = "What registers cost: occupancy of an A100",
        .x = {.label = "registers of a thread"},
        .y = {.label = "resident warps, of 64", .low = 0, .high = 64},
        .description =
            "Occupancy falls in steps as a thread needs more registers; larger blocks fall in larger "
            "steps."};
    for (const int threads : {128, 256, 1024}) {
        Series series{.name = fmt::format("blocks of {}", threads)};
        for (int registers = 16; registers <= 255; ++registers) {
            series.x.push_back(registers);
            series.y.push_back(cuda::profiler::occupancy(a100, registers, 0, threads).warps);
        }
        plot.series.push_back(series);
    }
    report.figure("occupancy", plot);
}

double Placed::attainable() const {
    using cuda::profiler::Room;
    const auto sectors = profile.total(Room::global).sectors;
    const auto bound = cuda::profiler::roofline(cuda::profiler::gpu_named("A100"),
                                                {.flops = flops,
                                                 .bytes = 32.0 * double(sectors),
                                                 .sectors = sectors,
                                                 .wavefronts = profile.total(Room::shared).wavefronts});
    return flops / bound.seconds * 1e-9;
}

void draw_roofline(Report& report, const Machine& machine, std::span<const Placed> placed) {
    LinePlot plot{
        .title = fmt::format("Roofline of the {}", machine.name),
        .x = {.label = "operations for each byte that the kernel's requests move", .scale = Scale::log10},
        .y = {.label = "GFLOP/s, at most", .scale = Scale::log10},
        .description = "Attainable speed rises with operations per byte up to the machine's peak; the tiled product stays "
                       "below, because of the path to shared memory."};
    Series roof{.name = "roof"};
    const double ridge = machine.gigaflops / machine.gigabytes;
    for (const double x : {0.05, ridge, 100.0}) {
        roof.x.push_back(x);
        roof.y.push_back(std::min(machine.gigaflops, x * machine.gigabytes));
    }
    plot.series.push_back(roof);
    for (const Placed& p : placed) {
        Series point{.name = p.name, .mark = Mark::points};
        point.x.push_back(p.intensity());
        point.y.push_back(p.attainable());
        plot.series.push_back(point);
    }
    report.figure("roofline", plot);
}

}  // namespace kbk::lesson
