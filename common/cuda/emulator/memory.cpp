/// @file
/// Device memory between guard pages, and what an address means.
#include "common/cuda/emulator/memory.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "common/base/error.hpp"
#include "common/cuda/emulator/observer.hpp"
#include "common/cuda/emulator/symbols.hpp"
#include "common/cuda/runtime.hpp"

namespace kbk::cuda {

namespace emulator {

namespace {

constexpr std::size_t alignment = 32;  // what a matrix fragment's address must be a multiple of
constexpr int unwritten = 0xff;        // a NaN in every type of float, -1 in every type of integer

struct Mapping {
    Allocation allocation;
    char* begin;  // of the mapping, guard pages included
    std::size_t bytes;
    bool lent = false;  // it is the host's: no guard pages, nothing to unmap
};

/// All buffers by address; those released last, for messages.
struct Registry {
    std::mutex mutex;
    std::map<const std::byte*, Mapping> living;
    std::set<const Mapping*> with_slack;
    std::deque<Mapping> released;
    std::uint64_t count = 0;
};
Registry& registry() {
    static Registry one;
    return one;
}

std::size_t round_up(std::size_t value, std::size_t unit) {
    return (value + unit - 1) / unit * unit;
}

std::size_t page_bytes() {
    static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return bytes;
}

/// The mapping whose pages, guards included, hold an address.
const Mapping* mapping_at(Registry& all, const void* address) {
    const auto* place = static_cast<const char*>(address);
    // Its buffer begins after the address (a guard page before the buffer), or is the last that begins at or
    // below.
    auto above = all.living.upper_bound(static_cast<const std::byte*>(address));
    if (above != all.living.end() && place >= above->second.begin) return &above->second;
    if (above == all.living.begin()) return nullptr;
    const Mapping& below = std::prev(above)->second;
    return place < below.begin + below.bytes ? &below : nullptr;
}

const Mapping* released_at(Registry& all, const void* address) {
    const auto* place = static_cast<const char*>(address);
    for (const Mapping& gone : all.released)
        if (place >= gone.begin && place < gone.begin + gone.bytes) return &gone;
    return nullptr;
}

std::string relation(const Allocation& a, const void* address) {
    const auto* place = static_cast<const std::byte*>(address);
    const auto quantity = [](std::ptrdiff_t bytes) {
        return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s");
    };
    if (place < a.begin)
        return fmt::format("{} before the start of '{}' ({} bytes)", quantity(a.begin - place), a.name,
                           a.bytes);
    if (place >= a.begin + a.bytes)
        return fmt::format("{} past the end of '{}' ({} bytes)",
                           quantity(place - a.begin - static_cast<std::ptrdiff_t>(a.bytes)), a.name, a.bytes);
    return fmt::format("byte {} of '{}' ({} bytes)", place - a.begin, a.name, a.bytes);
}

/// A copy or a clearing of `bytes` at `address` must stay within one buffer, if it begins in one.
void check_range(const char* what, const void* address, std::size_t bytes) {
    require(address || !bytes, "{} of {} bytes: the address is null", what, bytes);
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    const Mapping* mapping = mapping_at(all, address);
    if (!mapping) return;
    const Allocation& a = mapping->allocation;
    const auto* place = static_cast<const std::byte*>(address);
    require(place >= a.begin && place + bytes <= a.begin + a.bytes, "{} of {} bytes at {}: it does not fit",
            what, bytes, relation(a, address));
}

}  // namespace

std::string damaged_slack() {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    for (const Mapping* mapping : all.with_slack) {
        const Allocation& a = mapping->allocation;
        std::byte* slack = a.begin + a.bytes;
        std::byte* end = slack + a.slack;
        if (std::all_of(slack, end, [](std::byte b) { return b == std::byte{unwritten}; })) continue;
        std::fill(slack, end, std::byte{unwritten});
        return fmt::format("a thread wrote past the end of '{}' ({} bytes), within {} bytes of it", a.name,
                           a.bytes, a.slack);
    }
    return "";
}

std::string describe_global(const void* address) {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    if (const Mapping* mapping = mapping_at(all, address)) return relation(mapping->allocation, address);
    if (const Mapping* gone = released_at(all, address))
        return relation(gone->allocation, address) + ", which has been released";
    return "";
}

void lend(void* memory, std::size_t bytes, const std::string& name) {
    Registry& all = registry();
    const Allocation* allocation = nullptr;
    {
        const std::lock_guard lock(all.mutex);
        auto* data = static_cast<std::byte*>(memory);
        const auto place = all.living.emplace(
            data, Mapping{{data, bytes, 0, name, ++all.count}, static_cast<char*>(memory), bytes, true});
        allocation = &place.first->second.allocation;
    }
    if (observer) observer->allocated(*allocation);
}

bool is_device_address(const void* address) {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    return mapping_at(all, address) || released_at(all, address);
}

const Allocation* allocation_at(const void* address) {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    auto above = all.living.upper_bound(static_cast<const std::byte*>(address));
    if (above == all.living.begin()) return nullptr;
    const Allocation& a = std::prev(above)->second.allocation;
    return static_cast<const std::byte*>(address) < a.begin + a.bytes ? &a : nullptr;
}

std::vector<const Allocation*> allocations() {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    std::vector<const Allocation*> list;
    for (const auto& [begin, mapping] : all.living) list.push_back(&mapping.allocation);
    return list;
}

}  // namespace emulator

using namespace emulator;

std::string unavailable() {
    return "";
}

bool emulated() {
    return true;
}

int compute_capability() {
    return emulator::architecture().major * 10 + emulator::architecture().minor;
}

void* allocate(std::size_t bytes, const char* name) {
    // Place the buffer so that it ends where the second guard page begins.
    const std::size_t page = page_bytes();
    const std::size_t room = round_up(std::max<std::size_t>(bytes, 1), alignment);
    const std::size_t pages = round_up(room, page);
    void* memory = MAP_FAILED;
    if (bytes < std::size_t{1} << 46)
        memory =
            mmap(nullptr, pages + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    require(memory != MAP_FAILED, "out of memory: {} bytes asked for on the emulated GPU", bytes);
    char* begin = static_cast<char*>(memory);
    if (mprotect(begin + page, pages, PROT_READ | PROT_WRITE) != 0) {
        munmap(memory, pages + 2 * page);
        fail("out of memory: {} bytes asked for on the emulated GPU", bytes);
    }
    std::memset(begin + page, unwritten, pages);

    Registry& all = registry();
    std::byte* data = reinterpret_cast<std::byte*>(begin + page + pages - room);
    const Allocation* allocation = nullptr;
    {
        const std::lock_guard lock(all.mutex);
        const std::uint64_t id = ++all.count;
        const std::string_view given = name ? name : "buffer";
        const std::string known = given == "buffer" ? fmt::format("buffer {}", id) : std::string(given);
        const auto place = all.living.emplace(
            data, Mapping{{data, bytes, room - bytes, known, id}, begin, pages + 2 * page});
        allocation = &place.first->second.allocation;
        if (allocation->slack) all.with_slack.insert(&place.first->second);
    }
    if (observer) observer->allocated(*allocation);
    return data;
}

void release(void* memory) noexcept {
    if (!memory) return;
    Registry& all = registry();
    const Allocation* allocation = allocation_at(memory);
    if (allocation && observer) observer->released(*allocation);
    const std::lock_guard lock(all.mutex);
    const auto place = all.living.find(static_cast<const std::byte*>(memory));
    if (place == all.living.end()) {
        fmt::print(stderr, "warning: {} is released, but is no device memory (or was released before)\n",
                   memory);
        return;
    }
    constexpr std::size_t remembered = 64;
    if (!place->second.lent) {
        munmap(place->second.begin, place->second.bytes);
        all.with_slack.erase(&place->second);
        all.released.push_front(std::move(place->second));
        if (all.released.size() > remembered) all.released.pop_back();
    }
    all.living.erase(place);
}

void copy(void* target, const void* source, std::size_t bytes) {
    check_range("copy", target, bytes);
    check_range("copy", source, bytes);
    if (bytes) std::memmove(target, source, bytes);
    if (observer) observer->host_wrote(target, bytes);
}

void clear(void* memory, std::size_t bytes) {
    check_range("clear", memory, bytes);
    if (bytes) std::memset(memory, 0, bytes);
    if (observer) observer->host_wrote(memory, bytes);
}

void synchronize() {}

std::string description() {
    return fmt::format("emulated {}", architecture().name);
}

}  // namespace kbk::cuda
