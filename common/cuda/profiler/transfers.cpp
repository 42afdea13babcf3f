/// @file
/// Sectors and wavefronts of a warp's request.
#include "common/cuda/profiler/transfers.hpp"

#include <algorithm>
#include <array>

namespace kbk::cuda::profiler {

namespace {

/// Sort what is not sorted yet, and drop repetitions. @return how many are left
int distinct(std::uint64_t* values, int count) {
    if (!std::is_sorted(values, values + count)) std::sort(values, values + count);
    return int(std::unique(values, values + count) - values);
}

}  // namespace

// [profiler_sectors]
Sectors count_sectors(std::span<const Access* const> request) {
    Sectors sectors;
    sectors.count = 0;
    std::array<std::uint64_t, lanes> places;
    int accesses = 0;
    for (const Access* access : request) {
        const std::uint64_t first = access->place / sector_bytes;
        const std::uint64_t last = (access->place + access->bytes - 1) / sector_bytes;
        if (sectors.count == 0 || sectors.touched[sectors.count - 1] != first)
            sectors.touched[sectors.count++] = first;
        if (last != first) sectors.touched[sectors.count++] = last;
        places[accesses++] = access->place;
    }
    sectors.count = distinct(sectors.touched.data(), sectors.count);

    // Bytes that several lanes ask for are moved once.
    const int bytes = distinct(places.data(), accesses) * request.front()->bytes;
    sectors.fewest = (bytes + int(sector_bytes) - 1) / int(sector_bytes);
    return sectors;
}
// [profiler_sectors]

// [profiler_wavefronts]
Wavefronts count_wavefronts(std::span<const Access* const> request, std::span<const std::uint8_t> lane) {
    const int bytes = request.front()->bytes;
    const int words_each = std::max(1, bytes / int(bank_bytes));
    const int group = bytes <= 4 ? lanes : bytes == 8 ? lanes / 2 : lanes / 4;

    Wavefronts total{0, 0};
    for (std::size_t i = 0; i < request.size();) {
        // Collect the words of the lanes that are served together.
        std::array<std::uint64_t, 2 * lanes> words;
        int count = 0;
        for (const int served = lane[i] / group; i < request.size() && lane[i] / group == served; ++i) {
            const std::uint64_t first = request[i]->place / bank_bytes;
            for (int w = 0; w < words_each; ++w) words[count++] = first + w;
        }
        if (request.front()->kind != Kind::atomic) count = distinct(words.data(), count);

        std::array<int, banks> queue{};
        for (int w = 0; w < count; ++w) ++queue[words[w] % banks];
        total.count += *std::max_element(queue.begin(), queue.end());
        total.ideal += (count + banks - 1) / banks;
    }
    return total;
}
// [profiler_wavefronts]

}  // namespace kbk::cuda::profiler
