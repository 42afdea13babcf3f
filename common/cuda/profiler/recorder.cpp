/// @cond machinery: the folder's page explains it
#include "common/cuda/profiler/recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <limits>

#include "common/base/error.hpp"
#include "common/cuda/emulator/builtin.hpp"
#include "common/cuda/profiler/transfers.hpp"

namespace kbk::cuda::profiler {

using emulator::running;

namespace {

// A lane's log holds so many entries before the lane waits for the others of its warp. A block of 1024 threads then takes
// 16 MiB, and a warp's logs stay in the processor's cache.
constexpr std::uint32_t log_entries = 1024;
// A lane whose entries rank behind those of lanes that spin (waiting for this very lane, perhaps) must go on in the end.
constexpr int patience = 64;

// What lies at a word of static shared memory; from first_array on, the index of an array.
constexpr std::uint16_t not_looked_up = 0, no_array = 1, first_array = 2;
// The dynamic shared memory, among the numbers of shared arrays; its places lie above those of static arrays.
constexpr std::uint64_t dynamic_array = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t dynamic_place = std::uint64_t(1) << 32;
const std::string dynamic_name = "dynamic shared memory";

std::string_view verb(Kind kind) {
    return kind == Kind::load ? "reads" : kind == Kind::store ? "writes" : "updates atomically";
}

// "x[5]" for a number; "x[4..7]" for a vector of 4-byte numbers.
std::string element(const std::string& array, std::size_t offset, int bytes) {
    const std::size_t size = bytes == 16 ? 4 : std::size_t(bytes);
    const std::size_t first = offset / size, count = std::size_t(bytes) / size;
    const std::string name = array == dynamic_name ? "dynamic shared memory, element " : array;
    if (offset % size) return fmt::format("{}, byte {}", array, offset);
    const std::string index = count > 1 ? fmt::format("{}..{}", first, first + count - 1) : fmt::format("{}", first);
    return array == dynamic_name ? name + index : fmt::format("{}[{}]", array, index);
}

std::string text(uint3 i) { return fmt::format("({},{},{})", i.x, i.y, i.z); }
std::string block_text() { return text({blockIdx.x, blockIdx.y, blockIdx.z}); }
std::string block_text(std::int64_t number, dim3 grid) {
    return fmt::format("({},{},{})", number % grid.x, number / grid.x % grid.y, number / grid.x / grid.y);
}
std::int64_t block_number(dim3 grid) {
    return blockIdx.x + std::int64_t(grid.x) * (blockIdx.y + std::int64_t(grid.y) * blockIdx.z);
}

// Deafens the hooks while the recorder itself works. Functions of the standard library that kernels' sources use too
// exist once in a program, and the linker may have taken the instrumented copy.
class Deaf {
  public:
    explicit Deaf(Recorder* recorder) : recorder_(recorder) { Recorder::current = nullptr; }
    ~Deaf() { Recorder::current = recorder_; }
    Deaf(const Deaf&) = delete;
    Deaf& operator=(const Deaf&) = delete;

  private:
    Recorder* recorder_;
};

}  // namespace

Recorder* Recorder::current = nullptr;

Recorder::Recorder(Options options)
    : options_(options),
      checking_(options.mode != Mode::count),
      counting_(options.mode != Mode::check),
      image_(SourceMap::image_begin()) {
    // Nobody knows what was written before: take it all as written.
    for (const emulator::Allocation* a : emulator::allocations()) {
        allocated(*a);
        if (Buffer& buffer = buffers_.at(reinterpret_cast<const char*>(a->begin)); buffer.shadow)
            buffer.shadow->host_wrote(0, buffer.bytes);
    }
}

// ---- Memory ------------------------------------------------------------------------------------------------------

void Recorder::allocated(const emulator::Allocation& a) {
    const char* begin = reinterpret_cast<const char*>(a.begin);
    Buffer buffer{begin, a.bytes, a.id, a.name, nullptr, {}, {}};
    if (checking_) buffer.shadow = std::make_unique<Shadow>(a.bytes, false, options_.every > 1);
    names_[a.id] = a.name;
    buffers_.insert_or_assign(begin, std::move(buffer));
    recent_.fill(nullptr);
}

void Recorder::released(const emulator::Allocation& a) {
    buffers_.erase(reinterpret_cast<const char*>(a.begin));
    recent_.fill(nullptr);
}

void Recorder::host_wrote(const void* address, std::size_t bytes) {
    Buffer* buffer = buffer_at(static_cast<const char*>(address), 0);
    if (!buffer || !buffer->shadow) return;
    const std::size_t offset = std::size_t(static_cast<const char*>(address) - buffer->begin);
    if (offset < buffer->bytes) buffer->shadow->host_wrote(offset, std::min(bytes, buffer->bytes - offset));
}

Recorder::Buffer* Recorder::buffer_at(const char* address, std::uint32_t pc) {
    Buffer*& recent = recent_[(pc >> 2) % recent_.size()];
    if (recent && std::size_t(address - recent->begin) < recent->bytes) return recent;
    auto after = buffers_.upper_bound(address);
    if (after == buffers_.begin()) return nullptr;
    Buffer& buffer = std::prev(after)->second;
    if (std::size_t(address - buffer.begin) >= buffer.bytes) return nullptr;
    recent = &buffer;
    return recent;
}

int Recorder::shared_array_at(std::size_t offset) {
    std::uint16_t& owner = shared_owner_[offset / 4];
    if (owner == not_looked_up) {
        // Arrays are listed by offset: find the last that begins at or before this byte.
        const auto& arrays = emulator::shared_arrays();
        const auto after = std::upper_bound(arrays.begin(), arrays.end(), offset,
                                            [](std::size_t at, const auto& array) { return at < array.offset; });
        const bool inside = after != arrays.begin() && offset < std::prev(after)->offset + std::prev(after)->bytes;
        if (inside)
            owner = std::uint16_t(first_array + (std::prev(after) - arrays.begin()));
        else
            owner = no_array;
    }
    return int(owner) - first_array;
}

std::pair<std::uint64_t, const std::string*> Recorder::name_shared(std::uint64_t place) const {
    if (place >= dynamic_place) return {dynamic_array, &dynamic_name};
    const std::size_t array = shared_owner_[std::size_t(place) / 4] - first_array;
    return {array, &emulator::shared_arrays()[array].name};
}

void Recorder::prepare_shared() {
    if (!static_shadow_) {
        shared_owner_.assign(running.static_shared_bytes / 4 + 1, not_looked_up);
        static_shadow_ = std::make_unique<Shadow>(running.static_shared_bytes, true, options_.every > 1);
    }
    if (!dynamic_shadow_ || dynamic_shadow_bytes_ < running.dynamic_shared_bytes) {
        dynamic_shadow_bytes_ = running.dynamic_shared_bytes;
        dynamic_shadow_ = std::make_unique<Shadow>(dynamic_shadow_bytes_, true, options_.every > 1);
    }
}

void Recorder::Footprint::add(std::uint64_t sector) {
    if (sector / 64 >= bits.size()) bits.resize(sector / 64 + 1);
    std::uint64_t& word = bits[sector / 64];
    const std::uint64_t bit = std::uint64_t(1) << sector % 64;
    sectors += !(word & bit);
    word |= bit;
}

void Recorder::Footprint::clear() {
    if (sectors) std::fill(bits.begin(), bits.end(), 0);
    sectors = 0;
}

// ---- Launches, blocks, threads -----------------------------------------------------------------------------------

void Recorder::launch_begin(const emulator::Launch& launch) {
    order_.launch();
    kernel_ = nullptr;
    for (auto& k : kernels_) {
        const KernelProfile& p = k->profile;
        if (p.kernel == launch.kernel && p.block.x == launch.block.x && p.block.y == launch.block.y &&
            p.block.z == launch.block.z && p.dynamic_shared == launch.dynamic_shared)
            kernel_ = k.get();
    }
    if (!kernel_) {
        kernels_.push_back(std::make_unique<Kernel>());
        kernel_ = kernels_.back().get();
        kernel_->profile.kernel = launch.kernel;
    }
    KernelProfile& profile = kernel_->profile;
    profile.grid = launch.grid;
    profile.block = launch.block;
    profile.static_shared = launch.static_shared;
    profile.dynamic_shared = launch.dynamic_shared;
    ++profile.launches;
}

void Recorder::launch_end(const emulator::Launch&, bool) {
    watching_ = false;
    pending_.reset();
    for (WarpLog& log : logs_) log.clear();
    for (auto& [begin, buffer] : buffers_) {
        kernel_->profile.bytes_read += buffer.read.sectors * std::int64_t(sector_bytes);
        kernel_->profile.bytes_written += buffer.written.sectors * std::int64_t(sector_bytes);
        buffer.read.clear();
        buffer.written.clear();
    }
}

void Recorder::block_begin() {
    KernelProfile& profile = kernel_->profile;
    const std::int64_t number = block_number(profile.grid);
    ++profile.blocks;
    watching_ = number % options_.every == 0;
    if (!watching_) return;
    ++profile.watched_blocks;
    order_.block(number);
    prepare_shared();

    // Lanes that a last, narrower warp does not have count as ended.
    const int threads = int(profile.block.x * profile.block.y * profile.block.z);
    warps_ = (threads + lanes - 1) / lanes;
    for (int w = 0; w < warps_; ++w) {
        const int live = std::min(lanes, threads - w * lanes);
        ended_[w] = absent_[w] = live == lanes ? 0 : ~0u << live;
        paused_[w] = 0;
        logs_[w].clear();
    }
}

void Recorder::thread_begin(int thread) {
    depth_[std::size_t(thread)] = 0;
}

void Recorder::thread_end(int thread) {
    if (!watching_) return;
    const Deaf deaf(this);
    if (pending_ && pending_->thread == thread) settle_pending(nullptr, Kind::load);
    const int warp = thread / lanes;
    ended_[warp] |= 1u << thread % lanes;
    if (ended_[warp] == ~0u) merge(warp, 0);
}

void Recorder::block_end() {
    if (!watching_) return;
    const Deaf deaf(this);
    for (int w = 0; w < warps_; ++w) merge(w, 0);
    watching_ = false;
}

void Recorder::barrier_released(const emulator::Source&) {
    if (!watching_) return;
    const Deaf deaf(this);
    if (pending_) settle_pending(nullptr, Kind::load);
    ++kernel_->profile.barriers;
    for (int w = 0; w < warps_; ++w) merge(w, 0);
    order_.barrier();
}

void Recorder::warp_synchronised(int warp, unsigned mask, bool, const emulator::Source&) {
    if (!watching_) return;
    const Deaf deaf(this);
    if (pending_) settle_pending(nullptr, Kind::load);
    ++kernel_->profile.warp_meetings;
    if ((mask | ended_[warp]) == ~0u) merge(warp, 0);
    // Lanes that have ended did not come: what they did is not ordered by this meeting.
    order_.meet(warp, mask, (mask | absent_[warp]) == ~0u);
}

void Recorder::warp_paused(int warp) {
    const Deaf deaf(this);
    if (watching_) merge(warp, paused_[warp]);
}

// ---- Accesses ----------------------------------------------------------------------------------------------------

void Recorder::access(const void* memory, int bytes, Kind kind, const void* return_address) {
    if (!watching_ || !running.active) return;
    const char* address = static_cast<const char*>(memory);
    if (std::size_t(address - running.stack_low) < std::size_t(running.stack_high - running.stack_low)) return;
    const Deaf deaf(this);
    if (pending_ && pending_->thread == running.thread) settle_pending(memory, kind);
    const std::uint32_t pc = position(return_address);

    // Shared memory.
    Target target{Room::shared, 0, nullptr, 0};
    Access entry{0, pc, std::uint8_t(bytes), kind, Room::shared, 0};
    Shadow* shadow;
    std::size_t word_offset;
    if (const std::size_t in = std::size_t(address - running.dynamic_shared);
        in < running.dynamic_shared_bytes && in + std::size_t(bytes) <= running.dynamic_shared_bytes) {
        target.array = dynamic_array;
        target.name = &dynamic_name;
        target.offset = word_offset = in;
        entry.place = dynamic_place + in;
        shadow = dynamic_shadow_.get();
    } else if (const std::size_t at = std::size_t(address - running.static_shared); at < running.static_shared_bytes) {
        const int array = shared_array_at(at);
        if (array < 0) return;  // threadIdx and its like
        // An array may be the one that stands for all dynamic shared memory, of which the launch has a part.
        const emulator::SharedArray& shared = emulator::shared_arrays()[std::size_t(array)];
        const bool is_dynamic = std::size_t(running.dynamic_shared - running.static_shared) - shared.offset < shared.bytes;
        if (is_dynamic || at + std::size_t(bytes) > shared.offset + shared.bytes) return illegal(address, bytes, kind, pc);
        target.array = std::uint64_t(array);
        target.name = &shared.name;
        target.offset = at - shared.offset;
        entry.place = word_offset = at;
        shadow = static_shadow_.get();
    } else if (Buffer* buffer = buffer_at(address, pc);
               buffer && std::size_t(address - buffer->begin) + std::size_t(bytes) <= buffer->bytes) {
        target.room = entry.room = Room::global;
        target.array = buffer->id;
        target.name = &buffer->name;
        target.offset = word_offset = std::size_t(address - buffer->begin);
        entry.place = buffer->id << offset_bits | target.offset;
        shadow = buffer->shadow.get();
    } else {
        return illegal(address, bytes, kind, pc);
    }

    // Arrays begin aligned, on a GPU and here, whatever their type.
    if (target.offset & std::size_t(bytes - 1)) [[unlikely]]
        stop(Mistake::misaligned, *target.name,
             fmt::format("{} {} bytes at byte {} of '{}', which is no multiple of {}", verb(kind), bytes, target.offset,
                         *target.name, bytes),
             pc);
    if (checking_) check(*shadow, target, address, word_offset, bytes, kind, pc);
    if (counting_) log(running.thread, entry);
}

void Recorder::access_range(const void* address, std::size_t bytes, Kind kind, const void* pc) {
    // A struct is copied in pieces as large as its size and place allow.
    const char* at = static_cast<const char*>(address);
    const auto fits = [&](std::size_t piece) {
        return bytes % piece == 0 && reinterpret_cast<std::uintptr_t>(at) % piece == 0;
    };
    const std::size_t piece = fits(16) ? 16 : fits(8) ? 8 : fits(4) ? 4 : fits(2) ? 2 : 1;
    for (std::size_t done = 0; done < bytes; done += piece) access(at + done, int(piece), kind, pc);
}

void Recorder::atomic(const void* address, int bytes, const void* pc) {
    // The read with which a loop around atomicCAS begins is no race: the comparison would find it stale.
    if (watching_ && checking_ && running.active) {
        const char* at = static_cast<const char*>(address);
        const std::size_t in_static = std::size_t(at - running.static_shared);
        const std::size_t in_dynamic = std::size_t(at - running.dynamic_shared);
        const auto forget = [&](Shadow& shadow, std::size_t offset) {
            for (std::size_t word = offset / 4; word * 4 < offset + std::size_t(bytes); ++word)
                shadow.forget_read(word, running.thread);
        };
        if (in_dynamic < running.dynamic_shared_bytes)
            forget(*dynamic_shadow_, in_dynamic);
        else if (in_static < running.static_shared_bytes)
            forget(*static_shadow_, in_static);
        else if (Buffer* buffer = buffer_at(at, position(pc)))
            forget(*buffer->shadow, std::size_t(at - buffer->begin));
    }
    access(address, bytes, Kind::atomic, pc);
}

void Recorder::fragment(const void* address, int bytes, bool write, const void* pc) {
    access(address, bytes, write ? Kind::store : Kind::load, pc);
}

void Recorder::log(int thread, const Access& access) {
    LaneLog& log = logs_[std::size_t(thread / lanes)].lane(thread % lanes);
    if (log.count == log.capacity) [[unlikely]]
        make_room(thread, log);
    Access& entry = log.entries[log.count++];
    entry = access;
    entry.depth = std::uint8_t(std::clamp(depth_[std::size_t(thread)], 0, 255));
}

void Recorder::make_room(int thread, LaneLog& log) {
    const auto grow = [&] {
        log.grow(log_entries);
        log_bytes_ += log_entries * sizeof(Access);
    };
    if (log.capacity == 0) return grow();

    // Let the other lanes of the warp catch up; then what they did together is merged, and leaves the log.
    const int warp = thread / lanes;
    const unsigned bit = 1u << thread % lanes;
    for (int round = 0; log.count == log.capacity; ++round) {
        if (round == patience) return grow();
        paused_[warp] |= bit;
        current = this;
        emulator::pause();
        paused_[warp] &= ~bit;
    }
}

// ---- Requests ----------------------------------------------------------------------------------------------------

void Recorder::merge(int warp, unsigned open) {
    if (!counting_) return;
    logs_[std::size_t(warp)].merge(open, [&](std::span<const Access* const> request, std::span<const std::uint8_t> who) {
        if (request.front()->kind == Kind::block) return;
        // One instruction may reach both memories, or several sizes of pieces: each is a request of its own.
        const auto same = [&](const Access* a) {
            return a->room == request.front()->room && a->bytes == request.front()->bytes;
        };
        if (std::all_of(request.begin(), request.end(), same)) return count(request, who);
        std::array<bool, lanes> done{};
        for (std::size_t first = 0; first < request.size(); ++first) {
            if (done[first]) continue;
            std::array<const Access*, lanes> part;
            std::array<std::uint8_t, lanes> part_of;
            std::size_t n = 0;
            for (std::size_t i = first; i < request.size(); ++i)
                if (request[i]->room == request[first]->room && request[i]->bytes == request[first]->bytes) {
                    part[n] = request[i];
                    part_of[n++] = who[i];
                    done[i] = true;
                }
            count(std::span<const Access* const>(part.data(), n), std::span<const std::uint8_t>(part_of.data(), n));
        }
    });
}

void Recorder::count(std::span<const Access* const> request, std::span<const std::uint8_t> who) {
    const Access& first = *request.front();
    const bool global = first.room == Room::global;
    const std::uint64_t array = global ? first.place >> offset_bits : name_shared(first.place).first;
    Counts& counts = kernel_->sites[{first.pc, array, first.room, first.kind, first.bytes}];
    ++counts.requests;
    counts.lanes += std::ssize(request);
    counts.bytes += std::ssize(request) * first.bytes;
    if (!global) {
        const Wavefronts wavefronts = count_wavefronts(request, who);
        counts.wavefronts += wavefronts.count;
        counts.ideal_wavefronts += wavefronts.ideal;
        counts.worst = std::max(counts.worst, wavefronts.count);
        return;
    }

    const Sectors sectors = count_sectors(request);
    counts.sectors += sectors.count;
    counts.fewest_sectors += sectors.fewest;
    counts.worst = std::max(counts.worst, sectors.count);

    // Mark the sectors in the launch's footprint.
    constexpr std::uint64_t sectors_bits = offset_bits - 5;
    Buffer* buffer = nullptr;
    for (int s = 0; s < sectors.count; ++s) {
        const std::uint64_t id = sectors.touched[s] >> sectors_bits;
        if (!buffer || buffer->id != id) {
            buffer = recent_[(first.pc >> 2) % recent_.size()];
            if (!buffer || buffer->id != id) {
                buffer = nullptr;
                for (auto& [begin, candidate] : buffers_)
                    if (candidate.id == id) buffer = &candidate;
                if (!buffer) continue;
            }
        }
        const std::uint64_t sector = sectors.touched[s] & ((std::uint64_t(1) << sectors_bits) - 1);
        if (first.kind != Kind::store) buffer->read.add(sector);
        if (first.kind != Kind::load) buffer->written.add(sector);
    }
}

// ---- Mistakes ----------------------------------------------------------------------------------------------------

void Recorder::check(Shadow& shadow, const Target& target, const char* address, std::size_t word_offset, int bytes,
                     Kind kind, std::uint32_t pc) {
    const std::size_t end = word_offset + std::size_t(bytes);
    for (std::size_t word = word_offset / 4; word * 4 < end; ++word) {
        // Bits of the mask are the bytes of the word that the access touches.
        unsigned mask = 15;
        if (word * 4 < word_offset) mask &= 15u << (word_offset - word * 4);
        if (word * 4 + 4 > end) mask &= 15u >> (word * 4 + 4 - end);
        const auto clash = shadow.touch(order_, word, {running.thread, pc, std::uint8_t(mask & 15), kind});
        if (!clash) [[likely]] continue;

        // Unwritten memory holds a pattern. If it does not, a store came without a call of a hook: gcc puts none where a
        // function that returns a struct writes it into place itself.
        constexpr char unwritten = '\xff';
        const char* const begin = address + (std::max(word * 4, word_offset) - word_offset);
        const char* const behind = address + (std::min(word * 4 + 4, end) - word_offset);
        if (clash->what == Clash::What::unwritten && !std::all_of(begin, behind, [](char c) { return c == unwritten; }))
            continue;

        if (clash->what == Clash::What::read_after_write && clash->other_atomic)
            pending_ = Pending{running.thread, address, *clash, target, bytes, pc};
        else
            report_clash(*clash, target, running.thread, bytes, kind, pc);
    }
}

void Recorder::settle_pending(const void* address, Kind kind) {
    const Pending pending = *pending_;
    pending_.reset();
    if (kind == Kind::atomic && address == pending.address) return;
    report_clash(pending.clash, pending.target, pending.thread, pending.bytes, Kind::load, pending.pc);
}

void Recorder::report_clash(const Clash& clash, const Target& target, int thread, int bytes, Kind kind,
                            std::uint32_t pc) {
    const KernelProfile& kernel = kernel_->profile;
    const std::string place = element(*target.name, target.offset, bytes);
    std::string message = fmt::format("kernel {}, block {}, thread {} {} {} ({{0}})", kernel.kernel, block_text(),
                                      text(emulator::thread_index(thread)), verb(kind), place);
    if (clash.what == Clash::What::unwritten) {
        note(Mistake::uninitialised, *target.name, "uninitialised read: " + message + ", which nobody has written", pc, 0);
        return;
    }

    const std::string_view did = clash.what == Clash::What::write_after_read ? "reads"
                                 : clash.other_atomic                        ? "updates atomically"
                                                                             : "writes";
    if (clash.other_block == -2) {
        message += fmt::format(", which an earlier block {}; nothing orders the blocks of a launch", did);
    } else if (clash.other_block >= 0) {
        message += fmt::format(", which block {}, thread {} {} ({{1}}); nothing orders the blocks of a launch",
                               block_text(clash.other_block, kernel.grid), text(emulator::thread_index(clash.other)), did);
    } else if (clash.other == thread) {
        message += ", which other threads update atomically ({1}); no barrier lies between";
    } else {
        const bool same_warp = clash.other / lanes == thread / lanes;
        message += fmt::format(", which thread {} {} ({{1}}); no {} lies between",
                               text(emulator::thread_index(clash.other)), did,
                               same_warp ? "__syncwarp or barrier" : "barrier");
    }
    note(Mistake::race, *target.name, "race: " + message, pc, clash.other_pc);
}

void Recorder::illegal(const char* address, int bytes, Kind kind, std::uint32_t pc) {
    const emulator::Address where = emulator::classify(address);
    switch (where.space) {
        case emulator::Space::own_stack:
        case emulator::Space::builtin:
        case emulator::Space::arguments: return;
        case emulator::Space::image: return;  // __constant__ and __device__ variables, and literals
        case emulator::Space::other_stack:
        case emulator::Space::static_shared:
        case emulator::Space::dynamic_shared:
        case emulator::Space::global:
        case emulator::Space::outside: break;
    }
    std::string what = emulator::describe(address);
    const bool host = what.find("not device memory") != what.npos || what.find("host") != what.npos ||
                      what.find("null") != what.npos || where.space == emulator::Space::other_stack;
    const Mistake mistake = host ? Mistake::host_pointer : Mistake::out_of_bounds;
    std::string array;
    if (const auto open = what.find('\''); open != what.npos) array = what.substr(open + 1, what.find('\'', open + 1) - open - 1);
    stop(mistake, array, fmt::format("{} {} bytes at {}", verb(kind), bytes, what), pc);
}

void Recorder::index_out_of_bounds(const std::string& what, const std::string& file, int line) {
    current = nullptr;
    const Line place{shown_path(file), line};
    const std::string& kernel = kernel_->profile.kernel;
    std::string message = fmt::format("out of bounds: kernel {}, block {}, thread {}: {} ({})", kernel, block_text(),
                                      text(emulator::thread_index(running.thread)), what, place.text());
    raw_findings_.push_back({{Mistake::out_of_bounds, kernel, "", place, Line(), std::move(message), 1}, 0, 0});
    current = this;
    emulator::stop("out of bounds: " + what, place.file, line, KernelError::Kind::address);
}

void Recorder::stop(Mistake mistake, const std::string& array, const std::string& what, std::uint32_t pc) {
    note(mistake, array,
         fmt::format("{}: kernel {}, block {}, thread {} {} ({{0}})", name(mistake), kernel_->profile.kernel, block_text(),
                     text(emulator::thread_index(running.thread)), what),
         pc, 0);
    const Line& line = sources_.line(pc);
    const std::string mistake_text = fmt::format("{}: it {}", name(mistake), what);
    current = this;  // nothing below returns to the caller
    emulator::stop(mistake_text, line.file, line.number,
                   mistake == Mistake::misaligned ? KernelError::Kind::misaligned : KernelError::Kind::address);
}

void Recorder::note(Mistake mistake, const std::string& array, std::string message, std::uint32_t pc,
                    std::uint32_t other_pc) {
    const std::uint64_t where = std::uint64_t(pc) << 32 | other_pc;
    const auto [known, is_new] =
        known_findings_.try_emplace({where, fmt::format("{} {}", int(mistake), array)}, raw_findings_.size());
    if (!is_new) {
        ++raw_findings_[known->second].finding.count;
        return;
    }
    raw_findings_.push_back(
        {{mistake, kernel_->profile.kernel, array, Line(), Line(), std::move(message), 1}, pc, other_pc});
}

// ---- What a session asks for -------------------------------------------------------------------------------------

const std::vector<Finding>& Recorder::findings() {
    std::vector<std::uint32_t> pcs;
    for (const RawFinding& raw : raw_findings_)
        for (const std::uint32_t pc : {raw.pc, raw.other_pc})
            if (pc) pcs.push_back(pc);
    sources_.prepare(pcs);

    const auto fill = [](std::string& message, std::string_view mark, const Line& line) {
        if (const auto at = message.find(mark); at != message.npos) message.replace(at, mark.size(), line.text());
    };
    findings_.clear();
    for (const RawFinding& raw : raw_findings_) {
        Finding finding = raw.finding;
        if (raw.pc) finding.line = sources_.line(raw.pc);
        if (raw.other_pc) finding.other = sources_.line(raw.other_pc);
        fill(finding.message, "{0}", finding.line);
        fill(finding.message, "{1}", finding.other);
        // Several instructions of one line make the same mistake, and a missing barrier lets both sides of a race come
        // first: tell it once.
        const auto same = std::find_if(findings_.begin(), findings_.end(), [&](const Finding& f) {
            const bool swapped = f.mistake == Mistake::race && f.line == finding.other && f.other == finding.line;
            return f.mistake == finding.mistake && f.array == finding.array && f.kernel == finding.kernel &&
                   ((f.line == finding.line && f.other == finding.other) || swapped);
        });
        if (same == findings_.end())
            findings_.push_back(std::move(finding));
        else
            same->count += finding.count;
    }

    // Who reads too early may find memory that nobody has written yet: the race says it all.
    std::erase_if(findings_, [&](const Finding& finding) {
        return finding.mistake == Mistake::uninitialised &&
               std::any_of(findings_.begin(), findings_.end(), [&](const Finding& f) {
                   return f.mistake == Mistake::race && f.array == finding.array && f.kernel == finding.kernel &&
                          (f.line == finding.line || f.other == finding.line);
               });
    });
    return findings_;
}

const Profile& Recorder::profile() {
    std::vector<std::uint32_t> pcs;
    for (const auto& kernel : kernels_)
        for (const auto& [site, counts] : kernel->sites) pcs.push_back(site.pc);
    sources_.prepare(pcs);

    // Complete unrolling makes several instructions of one line: they belong together.
    profile_.kernels.clear();
    for (const auto& kernel : kernels_) {
        KernelProfile profile = kernel->profile;
        for (const auto& [site, counts] : kernel->sites) {
            const Line& line = sources_.line(site.pc);
            const std::string& array = site.room == Room::global        ? names_[site.array]
                                       : site.array == dynamic_array ? dynamic_name
                                                                     : emulator::shared_arrays()[site.array].name;
            const auto same = std::find_if(profile.lines.begin(), profile.lines.end(), [&](const LineCounts& l) {
                return l.line == line && l.array == array && l.room == site.room && l.kind == site.kind &&
                       l.bytes == site.bytes;
            });
            if (same == profile.lines.end())
                profile.lines.push_back({line, array, site.room, site.kind, site.bytes, counts});
            else
                same->counts += counts;
        }
        std::sort(profile.lines.begin(), profile.lines.end(), [](const LineCounts& a, const LineCounts& b) {
            return std::tie(a.line, a.kind, a.array, a.bytes) < std::tie(b.line, b.kind, b.array, b.bytes);
        });
        profile_.kernels.push_back(std::move(profile));
    }
    return profile_;
}

void Recorder::rename(const void* address, const std::string& name) {
    if (Buffer* buffer = buffer_at(static_cast<const char*>(address), 0)) names_[buffer->id] = buffer->name = name;
}

void Recorder::clear() {
    kernels_.clear();
    kernel_ = nullptr;
    raw_findings_.clear();
    known_findings_.clear();
}

}  // namespace kbk::cuda::profiler

/// @endcond
