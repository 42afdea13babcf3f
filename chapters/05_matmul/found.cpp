/// @file
/// Formulas that foretell the speed of a rung.
#include "chapters/05_matmul/found.hpp"

#include <algorithm>
#include <numeric>

#include "kernels/matmul/microkernel.hpp"

namespace kbk::lesson {

namespace {

constexpr std::int64_t line = 64;
constexpr double word = 4;

}  // namespace

double Processor::read_rate(double bytes) const {
    const auto sample = std::ranges::find_if(read, [&](const ReadRate& r) { return double(r.bytes) >= bytes; });
    return sample == read.end() ? read.back().rate : sample->rate;
}

// [holds_column]
bool Processor::holds_column(const CacheLevel& level, std::int64_t rows, std::int64_t row) {
    // Lines that are `row` bytes apart reach every so-manieth set only.
    const std::int64_t sets = level.bytes / line / level.ways;
    const std::int64_t reached = row % line ? sets : sets / std::gcd(sets, row / line);
    return rows <= reached * level.ways;
}
// [holds_column]

namespace {

// [foretell]
// Each multiply-add waits for the one before it, and in a column for a line of 64 bytes, which comes from the first
// level that keeps the column until its neighbour is read.
double one_sum(std::int64_t n, const Processor& p, bool down_a_column) {
    double wait = p.latency * p.cycle;
    if (down_a_column) {
        double set = word * double(n) * double(n);
        for (auto level = p.caches.rbegin(); level != p.caches.rend(); ++level)
            if (Processor::holds_column(*level, n, 4 * n)) set = std::min(set, double(level->bytes));
        wait = std::max(wait, line / p.read_rate(set));
    }
    return double(n) * double(n) * double(n) * wait;
}

// Each vector multiply-add loads and stores a vector of C, one in a cycle, and takes a vector of B from wherever
// `set` bytes lie.
double along_rows(std::int64_t n, const Processor& p, double set) {
    const double vectors = double(n) * double(n) * double(n) / p.lanes;
    return vectors * std::max(p.cycle, word * p.lanes / p.read_rate(set));
}

// The arithmetic at its peak; and C, loaded and stored once for each block of k.
double in_registers(std::int64_t n, const Processor& p) {
    const double blocks = std::max(1.0, double(n) / double(cpu::block_k));
    return 2 * double(n) * double(n) * double(n) / p.peak() +
           blocks * 2 * word * double(n) * double(n) / p.read_rate(word * double(n) * double(n));
}

// Before that, A and B are read and written once, to be packed.
double packing(std::int64_t n, const Processor& p) {
    return 4 * word * double(n) * double(n) / p.read_rate(word * double(n) * double(n));
}
// [foretell]

}  // namespace

std::optional<double> foretell(std::string_view rung, std::int64_t n, const Processor& p) {
    if (rung == "naive") return one_sum(n, p, true);
    if (rung == "transposed") return one_sum(n, p, false);
    if (rung == "reordered") return along_rows(n, p, word * double(n) * double(n));
    if (rung == "blocked") return along_rows(n, p, std::min(word * double(n) * double(n), 256 * 1024.0));
    if (rung == "register_tiled" || rung == "small") return in_registers(n, p);
    if (rung == "packed" || rung == "prefetched" || rung == "threaded") return in_registers(n, p) + packing(n, p);
    return {};
}

// [tiles]
std::vector<TileShape> tiles(int registers) {
    std::vector<TileShape> shapes;
    for (int vectors = 1; vectors < registers / 2; ++vectors) {
        TileShape shape{1, vectors};
        while (TileShape{shape.rows + 1, vectors}.registers() <= registers) ++shape.rows;
        if (shape.rows > 1 && shape.registers() <= registers) shapes.push_back(shape);
    }
    std::ranges::stable_sort(shapes, {}, &TileShape::loads);
    return shapes;
}
// [tiles]

}  // namespace kbk::lesson
