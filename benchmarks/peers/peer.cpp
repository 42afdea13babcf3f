/// @file
/// Timing of our side of a comparison with PyTorch.
#include "benchmarks/peers/peer.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "common/base/threads.hpp"
#include "common/report/format.hpp"
#include "common/report/saved.hpp"

namespace kbk::bench {

namespace {

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Peer::Peer(const std::string& name, const std::string& title, int threads, double milliseconds,
           std::filesystem::path exchange, const std::string& pattern)
    : folder(std::move(exchange)), milliseconds_(milliseconds), pattern_(pattern), found_(saved_facts(name, title, "")) {
    set_threads(threads);
    copy_ = std::make_unique<Copy>();
    copy_->plain();
    copy_->streaming();
    found_["threads"] = threads;
    found_["works"] = nlohmann::ordered_json::object();
}

void Peer::measure_limits() {
    double start = now();
    const double flops = multiply_add(100000);
    found_["peak_gflops"].push_back(1e-9 * flops / (now() - start));
    start = now();
    copy_->streaming();
    const double streaming = now() - start;
    start = now();
    copy_->plain();
    found_["copy_gbs"].push_back(1e-9 * copy_->bytes() / std::min(streaming, now() - start));
}

void Peer::work(const std::string& name, Cost cost, const std::vector<double>& check, const std::function<void()>& run) {
    if (!std::regex_search(name, pattern_)) return;
    nlohmann::ordered_json entry;
    entry["gflop"] = 1e-9 * cost.flops;
    entry["gbyte"] = 1e-9 * cost.bytes;
    entry["check"] = check;

    // Time in three parts, with the machine's limits between them.
    run();
    constexpr int parts = 3, fewest = 2;
    for (int part = 0; part < parts; ++part) {
        measure_limits();
        run();
        const double begin = now();
        for (int calls = 0; calls < fewest || 1e3 * (now() - begin) < milliseconds_ / parts; ++calls) {
            const double start = now();
            run();
            entry["ms"]["ours"].push_back(1e3 * (now() - start));
        }
    }
    found_["works"][name] = std::move(entry);
}

void Peer::print() const {
    fmt::print("{}\n", found_.dump());
}

void fill(std::span<float> values, std::uint32_t seed) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint32_t word = (std::uint32_t(i) + seed * 40503u) * 2654435761u;
        values[i] = float(double(word) * 0x1p-31 - 1);
    }
}

Tensor<float> filled(const Shape& shape, std::uint32_t seed) {
    Tensor<float> tensor(shape);
    fill(tensor.values(), seed);
    return tensor;
}

std::vector<double> samples(std::span<const float> values) {
    std::vector<double> found;
    constexpr std::size_t count = 16;
    for (std::size_t i = 0; i < count; ++i) found.push_back(double(values[i * values.size() / count]));
    return found;
}

int run_peer(int argc, char** argv, const std::string& title, const std::function<void(Peer&)>& body) {
    const std::string name = std::filesystem::path(argv[0]).filename().string();
    double threads = 0, milliseconds = 0;
    if (argc < 4 || argc > 5 || !parse_number(argv[1], threads) || !parse_number(argv[2], milliseconds) || threads < 1) {
        fmt::print(stderr, "{0}: call it as {0} THREADS MILLISECONDS FOLDER [PATTERN], or let ./course bench --peers do it\n", name);
        return 2;
    }
    try {
        Peer peer(name, title, int(threads), milliseconds, argv[3], argc == 5 ? argv[4] : "");
        body(peer);
        peer.print();
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}: {}\n", name, error.what());
        return 1;
    }
}

}  // namespace kbk::bench
