#include "common/cuda/emulator/launch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>

#include "common/base/threads.hpp"
#include "common/cuda/emulator/fault.hpp"
#include "common/cuda/emulator/memory.hpp"
#include "common/cuda/emulator/multiprocessor.hpp"
#include "common/cuda/emulator/settings.hpp"
#include "common/cuda/emulator/symbols.hpp"

namespace kbk::cuda::emulator {

namespace {

/// Unnamed namespaces say nothing to a reader. @return the name without gcc's and clang's spellings of them
std::string without_anonymous(std::string name) {
    for (const std::string_view word : {"{anonymous}::", "(anonymous namespace)::"})
        for (std::size_t place; (place = name.find(word)) != name.npos;) name.erase(place, word.size());
    return name;
}

/// "constexpr std::string_view spelled() [with auto Kernel = tiled<16>; std::string_view = ...]" ->
/// "tiled<16>"
std::string readable_name(std::string_view spelled) {
    constexpr std::string_view before = "Kernel = ";
    const std::size_t begin = spelled.find(before);
    if (begin == spelled.npos) return std::string(spelled);
    std::string_view name = spelled.substr(begin + before.size());
    name = name.substr(0, std::min(name.find("; std::string_view"), name.rfind(']')));
    // gcc puts the name of a template's instance in parentheses, clang an ampersand before each name.
    if (name.starts_with('(') && name.ends_with(')')) name = name.substr(1, name.size() - 2);
    if (name.starts_with('&')) name.remove_prefix(1);
    return without_anonymous(std::string(name));
}

std::string sizes(const dim3& d) {
    return fmt::format("({}, {}, {})", d.x, d.y, d.z);
}

template <class... Args>
void demand(bool condition, const std::string& kernel, KernelError::Kind kind,
            fmt::format_string<Args...> format, Args&&... args) {
    if (condition) return;
    const std::string mistake = fmt::format(format, std::forward<Args>(args)...);
    throw KernelError(fmt::format("kernel {}: {}", kernel, mistake), kind, mistake, {kernel, {}, {}, "", 0});
}

/// Hold the limits of the hardware that is played.
void check_configuration(const Launch& launch, const KernelCall& call, bool opted_in) {
    using Kind = KernelError::Kind;
    const std::string& kernel = launch.kernel;
    const Architecture& gpu = architecture();
    const dim3 &grid = launch.grid, &block = launch.block;
    demand(!running.active, kernel, Kind::configuration,
           "a kernel launches it; the emulator has no dynamic parallelism");
    demand(block.x && block.y && block.z, kernel, Kind::configuration,
           "block {} has no threads; each size must be at least 1", sizes(block));
    const std::size_t threads = std::size_t{block.x} * block.y * block.z;
    demand(block.x <= 1024 && block.y <= 1024 && block.z <= 64 && threads <= 1024, kernel,
           Kind::configuration,
           "block {} is too large: {} threads; at most 1024 in all, 1024 along x and y, 64 along z",
           sizes(block), threads);
    demand(grid.x && grid.y && grid.z, kernel, Kind::configuration,
           "grid {} has no blocks; each size must be at least 1", sizes(grid));
    demand(grid.x <= 0x7fffffffu && grid.y <= 65535 && grid.z <= 65535, kernel, Kind::configuration,
           "grid {} is too large: at most 2147483647 along x, 65535 along y and z", sizes(grid));

    const std::size_t statically = launch.static_shared, dynamically = launch.dynamic_shared;
    const SharedArray* largest = static_shared_of(call.function).largest;
    demand(statically <= gpu.static_shared_bytes, kernel, Kind::shared_memory,
           "{} bytes of static shared memory ('{}' alone has {}); at most {} on every GPU: take dynamic "
           "shared memory",
           statically, largest ? largest->name : "", largest ? largest->bytes : 0, gpu.static_shared_bytes);
    demand(opted_in || dynamically <= gpu.static_shared_bytes, kernel, Kind::shared_memory,
           "{} bytes of dynamic shared memory without opting in; at most {}: call cudaFuncSetAttribute first",
           dynamically, gpu.static_shared_bytes);
    demand(statically + dynamically <= gpu.shared_bytes_per_block, kernel, Kind::shared_memory,
           "{} bytes of shared memory in a block ({} static, {} dynamic); at most {} on {}",
           statically + dynamically, statically, dynamically, gpu.shared_bytes_per_block, gpu.name);

    for (std::size_t i = 0; i < call.pointers.size(); ++i) {
        const void* pointer = call.pointers[i];
        demand(!pointer || in_image(pointer) || is_device_address(pointer), kernel, Kind::configuration,
               "argument {} points to host memory ({}): a GPU cannot read it; copy the data to the device",
               i + 1, pointer);
    }
}

/// Run blocks on this OS thread until there are none left, or one of any thread fails.
void run_blocks(const Launch& launch, const KernelCall& call, std::atomic<std::int64_t>& next,
                std::int64_t blocks, std::mutex& mutex, std::unique_ptr<Failure>& first_failure) {
    Multiprocessor& mp = multiprocessor();
    const SignalStack signal_stack(mp.signal_stack.get());
    mp.launch = &launch;
    mp.call = &call;
    mp.threads = static_cast<int>(launch.block.x * launch.block.y * launch.block.z);
    mp.warps = (mp.threads + warp_lanes - 1) / warp_lanes;
    mp.reverse = settings().reverse;
    mp.lenient = settings().lenient;
    mp.tolerant = settings().tolerant;
    mp.failed = false;
    blockDim = launch.block;
    gridDim = launch.grid;

    // Dynamic shared memory ends flush at its guard page.
    const std::size_t room = (launch.dynamic_shared + 31) / 32 * 32;
    const std::vector<SharedArray>& static_arrays = static_shared_of(call.function).arrays;
    char* dynamic_shared = literal_shared ? literal_shared() : mp.shared_end - room;
    running.threads = mp.threads;
    running.static_shared = mp.locals.begin;
    running.static_shared_bytes = mp.locals.bytes;
    running.dynamic_shared = dynamic_shared;
    running.dynamic_shared_bytes = launch.dynamic_shared;
    running.arguments = static_cast<const char*>(call.arguments);
    running.argument_bytes = call.argument_bytes;
    running.launch = &launch;

    for (std::int64_t taken; !mp.failed && (taken = next++) < blocks;) {
        const auto block = static_cast<std::uint64_t>(mp.reverse ? blocks - 1 - taken : taken);
        const std::uint64_t row = block / launch.grid.x;
        blockIdx = {static_cast<unsigned>(block % launch.grid.x), static_cast<unsigned>(row % launch.grid.y),
                    static_cast<unsigned>(row / launch.grid.y)};
        // What no thread of this block has written reads as NaN, not as what the last block left.
        std::memset(dynamic_shared, 0xff, room);
        for (const SharedArray& array : static_arrays)
            std::memset(mp.locals.begin + array.offset, 0xff, array.bytes);
        run_block(mp);
    }
    if (mp.failed) {
        next = blocks;
        const std::lock_guard lock(mutex);
        if (!first_failure) first_failure = std::make_unique<Failure>(std::move(mp.failure));
    }
    running.launch = nullptr;
}

[[noreturn]] void raise(Failure failure) {
    KernelError::Place& place = failure.place;
    if (failure.instruction) {
        const SourceLine source = source_of(failure.instruction);
        place.file = source.file;
        place.line = source.line;
    }
    const std::string where = place.file.empty() ? "" : fmt::format(", {}", written(place.file, place.line));
    const uint3 b = place.block, t = place.thread;
    throw KernelError(fmt::format("kernel {}, block ({},{},{}), thread ({},{},{}){}: {}", place.kernel, b.x,
                                  b.y, b.z, t.x, t.y, t.z, where, failure.mistake),
                      failure.kind, failure.mistake, place);
}

}  // namespace

void run(const KernelCall& call, dim3 grid, dim3 block, std::size_t shared_bytes, bool opted_in) {
    const Launch launch{readable_name(call.name),
                        call.function,
                        grid,
                        block,
                        shared_bytes,
                        static_shared_of(call.function).bytes};
    check_configuration(launch, call, opted_in);

    std::unique_ptr<Failure> failure;
    {
        const FaultHandlers handlers;
        if (observer) observer->launch_begin(launch);
        const std::int64_t blocks = std::int64_t{grid.x} * grid.y * grid.z;
        std::atomic<std::int64_t> next = 0;
        std::mutex mutex;
        // Blocks are independent: each OS thread takes the next one. An observer sees one at a time.
        const std::int64_t workers = observer ? 1 : std::min<std::int64_t>(threads(), blocks);
        parallel_for(workers, [&](std::int64_t) {
            try {
                run_blocks(launch, call, next, blocks, mutex, failure);
            } catch (const std::exception& error) {
                // No thread is to blame: there is no memory for stacks, say.
                const std::lock_guard lock(mutex);
                next = blocks;
                if (!failure)
                    failure.reset(new Failure{
                        KernelError::Kind::other, error.what(), {launch.kernel, {}, {}, "", 0}, nullptr});
            }
        });
        if (observer) observer->launch_end(launch, failure != nullptr);
    }
    if (failure) raise(std::move(*failure));
    if (const std::string damage = damaged_slack(); !damage.empty())
        demand(false, launch.kernel, KernelError::Kind::address, "{}", damage);
}

// ---- Reports ----

std::string written(const std::string& file, int line) {
    const std::string here = std::filesystem::current_path().string() + "/";
    return fmt::format("{}:{}", file.starts_with(here) ? file.substr(here.size()) : file, line);
}

std::string written(const Source& where) {
    return written(where.file_name(), static_cast<int>(where.line()));
}

void warn(const Source& where, const std::string& what) {
    static std::mutex mutex;
    static std::set<std::string> said;
    const std::lock_guard lock(mutex);
    const std::string place = written(where);
    if (said.insert(place).second) fmt::print(stderr, "warning: {}: {}\n", place, what);
}

KernelError::Place place_of(const Multiprocessor& mp, int thread) {
    return {mp.launch->kernel, blockIdx, mp.thread[thread].index, "", 0};
}

uint3 thread_index(int thread) {
    return this_multiprocessor->thread[thread].index;
}

std::string thread_name(int thread) {
    const uint3 t = thread_index(thread);
    return fmt::format("block ({},{},{}) thread ({},{},{})", blockIdx.x, blockIdx.y, blockIdx.z, t.x, t.y,
                       t.z);
}

void stop(std::string what, std::string file, int line, KernelError::Kind kind) {
    // What lies on this stack is forgotten, not destroyed: keep no memory here.
    Multiprocessor& mp = *this_multiprocessor;
    mp.failure = {kind, std::move(what), place_of(mp, mp.current), nullptr};
    mp.failure.place.file = std::move(file);
    mp.failure.place.line = line;
    abandon(mp);
}

void stop(std::string what, const Source* where, KernelError::Kind kind) {
    stop(std::move(what), where ? where->file_name() : "", where ? static_cast<int>(where->line()) : 0, kind);
}

// ---- Addresses ----

Address classify(const void* address) {
    const auto* place = static_cast<const char*>(address);
    const auto within = [&](const char* begin, std::size_t bytes) {
        return static_cast<std::size_t>(place - begin) < bytes;
    };
    if (place >= running.stack_low && place < running.stack_high) return {Space::own_stack, nullptr, 0};
    if (within(running.dynamic_shared, running.dynamic_shared_bytes))
        return {Space::dynamic_shared, nullptr, static_cast<std::size_t>(place - running.dynamic_shared)};
    if (within(running.static_shared, running.static_shared_bytes)) {
        const auto offset = static_cast<std::size_t>(place - running.static_shared);
        const auto& arrays = shared_arrays();
        const auto above =
            std::upper_bound(arrays.begin(), arrays.end(), offset,
                             [](std::size_t o, const SharedArray& array) { return o < array.offset; });
        const bool known =
            above != arrays.begin() && offset < std::prev(above)->offset + std::prev(above)->bytes;
        return {known ? Space::static_shared : Space::builtin, nullptr, offset};
    }
    if (const Allocation* allocation = allocation_at(address))
        return {Space::global, allocation,
                static_cast<std::size_t>(static_cast<const std::byte*>(address) - allocation->begin)};
    if (within(running.arguments, running.argument_bytes)) return {Space::arguments, nullptr, 0};
    const Multiprocessor* mp = this_multiprocessor;
    if (mp && mp->stacks && within(mp->stacks, mp->fibers.size() * stack_stride))
        return {Space::other_stack, nullptr, 0};
    return {in_image(address) ? Space::image : Space::outside, nullptr, 0};
}

std::string describe(const void* address) {
    const auto* place = static_cast<const char*>(address);
    constexpr std::size_t page = 4096;
    if (reinterpret_cast<std::uintptr_t>(address) < page)
        return address ? fmt::format("byte {} from a null pointer", reinterpret_cast<std::uintptr_t>(address))
                       : "a null pointer";
    if (std::string text = describe_global(address); !text.empty()) return text;
    if (const Multiprocessor* mp = this_multiprocessor) {
        const char* begin = running.dynamic_shared;
        const auto bytes = static_cast<std::ptrdiff_t>(running.dynamic_shared_bytes);
        if (place >= begin && place < (literal_shared ? begin + bytes : mp->shared_end + page))
            return place < begin + bytes
                       ? fmt::format("byte {} of the dynamic shared memory ({} bytes)", place - begin, bytes)
                       : fmt::format("{} bytes past the end of the dynamic shared memory ({} bytes)",
                                     place - begin - bytes, bytes);
    }
    const Address what = classify(address);
    switch (what.space) {
        case Space::own_stack:
            return "a local variable";
        case Space::other_stack:
            return "a local variable of another thread";
        case Space::static_shared:
            for (const SharedArray& array : shared_arrays())
                if (what.offset >= array.offset && what.offset < array.offset + array.bytes)
                    return fmt::format("byte {} of the shared array '{}' ({} bytes)",
                                       what.offset - array.offset, array.name, array.bytes);
            return "shared memory";
        case Space::arguments:
            return "an argument of the kernel";
        case Space::builtin:
            return "a built-in variable";
        case Space::image:
            return "the program's static data";
        default:
            return fmt::format("{}, which is not device memory", address);
    }
}

}  // namespace kbk::cuda::emulator
