/// @file
/// The emulator runs correct kernels as CUDA defines them: barriers, warps, atomics, shared memory, launches;
/// in both orders of threads, on one OS thread and on two.
#include <doctest/doctest.h>

#include <array>
#include <csignal>
#include <cstring>
#include <numeric>
#include <thread>
#include <vector>

#include "common/base/threads.hpp"
#include "common/cuda/cuda.hpp"
#include "common/cuda/emulator/error.hpp"
#include "common/cuda/emulator/observer.hpp"
#include "tests/cuda/device_array.hpp"
#include "tests/cuda/orders.hpp"
#include "tests/support/message_of.hpp"

using kbk::cuda::dynamic_shared;
using kbk::cuda::launch;
using kbk::test::DeviceArray;
using kbk::test::in_both_orders;

namespace {

std::vector<int> iota(int count) {
    std::vector<int> values(static_cast<std::size_t>(count));
    std::iota(values.begin(), values.end(), 0);
    return values;
}

}  // namespace

// ---- Threads and blocks ----

__global__ void coordinates(uint3* thread, uint3* block, dim3* sizes) {
    const unsigned b = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
    const unsigned t = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    const unsigned i = b * blockDim.x * blockDim.y * blockDim.z + t;
    thread[i] = threadIdx;
    block[i] = blockIdx;
    if (i == 0) sizes[0] = blockDim, sizes[1] = gridDim;
}

TEST_CASE("every thread of a grid runs once, and knows its place") {
    in_both_orders([] {
        const std::size_t count = 2 * 3 * 4 * 5 * 6 * 7;
        const DeviceArray<uint3> thread("thread", count), block("block", count);
        const DeviceArray<dim3> sizes("sizes", 2);
        launch<coordinates>(dim3(2, 3, 4), dim3(5, 6, 7), 0, thread, block, sizes);
        const auto threads = thread.values(), blocks = block.values();
        std::size_t i = 0, right = 0;
        for (unsigned bz = 0; bz < 4; ++bz)
            for (unsigned by = 0; by < 3; ++by)
                for (unsigned bx = 0; bx < 2; ++bx)
                    for (unsigned z = 0; z < 7; ++z)
                        for (unsigned y = 0; y < 6; ++y)
                            for (unsigned x = 0; x < 5; ++x, ++i)
                                right += threads[i].x == x && threads[i].y == y && threads[i].z == z &&
                                         blocks[i].x == bx && blocks[i].y == by && blocks[i].z == bz;
        CHECK(right == count);
        CHECK(sizes.values()[0].z == 7);
        CHECK(sizes.values()[1].z == 4);
    });
}

struct Settings {
    int count;
    float scale;
};
__constant__ float coefficients[4] = {1, 2, 3, 4};
__constant__ const float offset = 1;
__device__ int calls;
__global__ void use_constants(Settings settings, float* out) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (i < settings.count) out[i] = settings.scale * coefficients[i % 4] + offset;
    atomicAdd(&calls, 1);
}

TEST_CASE("structs as arguments, constant and device variables") {
    const DeviceArray<float> out("out", std::vector<float>(64));
    calls = 0;
    launch<use_constants>(2, 32, 0, Settings{40, 2.0f}, out);
    const auto values = out.values();
    CHECK(values[39] == 9);
    CHECK(values[40] == 0);
    CHECK(calls == 64);
}

// ---- Barriers and shared memory ----

template <class T, int size>
__device__ T block_sum(T value) {
    __shared__ T part[size];
    const unsigned t = threadIdx.x;
    part[t] = value;
    __syncthreads();
    for (unsigned step = size / 2; step > 0; step /= 2) {
        if (t < step) part[t] += part[t + step];
        __syncthreads();
    }
    const T sum = part[0];
    __syncthreads();
    return sum;
}
__global__ void sums(const int* x, int* out, double* out2) {
    const int sum = block_sum<int, 128>(x[blockIdx.x * blockDim.x + threadIdx.x]);
    const double twice = block_sum<double, 128>(2.0 * x[blockIdx.x * blockDim.x + threadIdx.x]);
    if (threadIdx.x == 0) out[blockIdx.x] = sum, out2[blockIdx.x] = twice;
}

TEST_CASE("a tree reduction in shared memory, in a function template") {
    in_both_orders([] {
        const DeviceArray<int> x("x", iota(512)), out("out", 4);
        const DeviceArray<double> out2("out2", 4);
        launch<sums>(4, 128, 0, x, out, out2);
        for (int b = 0; b < 4; ++b) {
            CHECK(out.values()[static_cast<std::size_t>(b)] == 128 * 128 * b + 127 * 64);
            CHECK(out2.values()[static_cast<std::size_t>(b)] == 2 * (128 * 128 * b + 127 * 64));
        }
    });
}

__global__ void warp_zero_reduces(const int* x, int* out) {
    __shared__ int part[32];
    const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    int value = x[threadIdx.x];
    for (int step = 16; step > 0; step /= 2) value += __shfl_down_sync(0xffffffffu, value, step);
    if (lane == 0) part[warp] = value;
    __syncthreads();
    // The other warps already wait at the second barrier while this one shuffles on.
    if (warp == 0) {
        value = lane < blockDim.x / 32 ? part[lane] : 0;
        for (int step = 16; step > 0; step /= 2) value += __shfl_down_sync(0xffffffffu, value, step);
        if (lane == 0) part[0] = value;
    }
    __syncthreads();
    out[threadIdx.x] = part[0];
}

TEST_CASE("a barrier counts its threads: warps that idle there do not open it") {
    in_both_orders([] {
        for (const int threads : {32, 64, 256, 1024}) {
            const DeviceArray<int> x("x", iota(threads)), out("out", static_cast<std::size_t>(threads));
            launch<warp_zero_reduces>(1, threads, 0, x, out);
            CHECK(out.values() ==
                  std::vector<int>(static_cast<std::size_t>(threads), threads * (threads - 1) / 2));
        }
    });
}

__global__ void missing_barrier(int* y) {
    __shared__ int s[256];
    const int t = static_cast<int>(threadIdx.x);
    s[t] = t;
    y[t] = t > 0 ? s[t - 1] : -1;
}

TEST_CASE("a missing barrier shows when threads run from last to first") {
    const kbk::test::Changed settings;
    const auto wrong = [&](bool reverse) {
        settings->reverse = reverse;
        const DeviceArray<int> y("y", 256);
        launch<missing_barrier>(1, 256, 0, y);
        const auto values = y.values();
        int count = 0;
        for (int i = 0; i < 256; ++i) count += values[static_cast<std::size_t>(i)] != i - 1;
        return count;
    };
    CHECK(wrong(false) == 0);
    CHECK(wrong(true) == 255);
}

__global__ void barrier_votes(int* out) {
    const int t = static_cast<int>(threadIdx.x);
    const int count = __syncthreads_count(t % 3 == 0);
    const int all = __syncthreads_and(t >= 0), not_all = __syncthreads_and(t != 77);
    const int any = __syncthreads_or(t == 77), none = __syncthreads_or(t < 0);
    // Two barriers on one line, in a loop: the counts of one never reach the other.
    int sum = 0;
    for (int i = 0; i < 3; ++i) {
        sum += __syncthreads_count(t < i);
        sum += 10 * __syncthreads_count(t > 98 + i);
    }
    out[t] = count == 34 && all && !not_all && any && !none && sum == 3 + 10 * (1 + 0 + 0);
}

TEST_CASE("barriers that vote") {
    in_both_orders([] {
        const DeviceArray<int> out("out", 100);
        launch<barrier_votes>(1, 100, 0, out);
        CHECK(out.values() == std::vector<int>(100, 1));
    });
}

__global__ void reverse_dynamic(int* x) {
    int* const buffer = dynamic_shared<int>();
    const int n = static_cast<int>(blockDim.x), t = static_cast<int>(threadIdx.x);
    buffer[t] = x[t];
    __syncthreads();
    x[t] = buffer[n - 1 - t];
}
__global__ void reverse_literal(int* x) {
    extern __shared__ int smem[];
    const int n = static_cast<int>(blockDim.x), t = static_cast<int>(threadIdx.x);
    smem[t] = x[t];
    __syncthreads();
    x[t] = smem[n - 1 - t];
}

TEST_CASE("dynamic shared memory, by helper and by CUDA's own declaration") {
    in_both_orders([] {
        const DeviceArray<int> x("x", iota(100));
        launch<reverse_dynamic>(1, 100, 400, x);
        CHECK(x.values().front() == 99);
        launch<reverse_literal>(1, 100, 400, x);
        CHECK(x.values() == iota(100));
    });
}

__global__ void fresh_memory(float* out, const float* never_written) {
    __shared__ float tile[64];
    float* const dynamic = dynamic_shared<float>();
    const unsigned t = threadIdx.x;
    if (blockIdx.x == 0) tile[t] = dynamic[t] = 1;
    __syncthreads();
    out[blockIdx.x * 64 + t] = tile[t] + dynamic[t];
    if (blockIdx.x == 1) out[64 + t] += never_written[t];
}

TEST_CASE("memory that nobody has written reads as NaN, in each block anew") {
    const DeviceArray<float> out("out", 128), never("never", 64);
    kbk::set_threads(1);
    launch<fresh_memory>(2, 64, 256, out, never);
    kbk::set_threads(2);
    const auto values = out.values();
    CHECK(values[63] == 2);
    for (std::size_t i = 64; i < 128; ++i) CHECK(values[i] != values[i]);
}

// ---- Warps ----

struct Row {
    unsigned ballot, match, match_all, active, any, all, up, down, index, exchanged, sum, low, high, partial,
        ulow, bits;
    double wide;
    unsigned long long large;
    short small;
    int differ;
    bool operator==(const Row&) const = default;
};

__global__ void warp_table(Row* rows) {
    const int lane = static_cast<int>(threadIdx.x % 32);
    const unsigned full = 0xffffffffu;
    Row row{};
    row.ballot = __ballot_sync(full, lane % 3 == 0);
    row.match = __match_any_sync(full, lane / 8);
    int same = 0, differ = 1;
    row.match_all = __match_all_sync(full, 5.0, &same);
    __match_all_sync(full, lane, &differ);
    row.differ = differ * 2 + same;
    row.any = static_cast<unsigned>(__any_sync(full, lane == 7));
    row.all = static_cast<unsigned>(__all_sync(full, lane < 31));
    row.up = static_cast<unsigned>(__shfl_up_sync(full, lane, 3));
    row.down = static_cast<unsigned>(__shfl_down_sync(full, lane, 3, 8));
    row.index = static_cast<unsigned>(__shfl_sync(full, lane, 21, 16));
    row.exchanged = static_cast<unsigned>(__shfl_xor_sync(full, lane, 9));
    row.sum = static_cast<unsigned>(__reduce_add_sync(full, lane - 40));
    row.low = static_cast<unsigned>(__reduce_min_sync(full, lane - 16));
    row.high = static_cast<unsigned>(__reduce_max_sync(full, lane - 40));
    row.ulow = __reduce_min_sync(full, static_cast<unsigned>(lane - 16)) +
               __reduce_max_sync(full, static_cast<unsigned>(lane - 16));
    row.bits = __reduce_and_sync(full, 0xf0u | static_cast<unsigned>(lane)) << 16 |
               __reduce_or_sync(full, static_cast<unsigned>(lane)) << 8 |
               __reduce_xor_sync(full, lane == 9 ? 5u : 0u);
    row.wide = __shfl_xor_sync(full, 1.5 * lane, 1);
    row.large = __shfl_sync(full, (1ull << 40) + static_cast<unsigned>(lane), 31);
    row.small = static_cast<short>(__shfl_down_sync(full, static_cast<short>(-lane), 1));
    if (lane < 20) row.partial = __ballot_sync(0x000fffffu, lane & 1);
    if (lane % 2) row.active = __activemask();
    rows[threadIdx.x] = row;
}

TEST_CASE("what lanes learn from each other: a table by hand") {
    in_both_orders([] {
        const DeviceArray<Row> rows("rows", 64);
        launch<warp_table>(1, 64, 0, rows);
        const auto table = rows.values();
        for (int thread = 0; thread < 64; ++thread) {
            const int lane = thread % 32;
            const auto unsigned_of = [](int value) { return static_cast<unsigned>(value); };
            Row expected{};
            expected.ballot = 0x49249249u;
            expected.match = 0xffu << lane / 8 * 8;
            expected.match_all = 0xffffffffu;
            expected.differ = 1;
            expected.any = 1;
            expected.all = 0;
            expected.up = unsigned_of(lane < 3 ? lane : lane - 3);
            expected.down = unsigned_of(lane % 8 > 4 ? lane : lane + 3);
            expected.index = unsigned_of(lane / 16 * 16 + 5);
            expected.exchanged = unsigned_of(lane ^ 9);
            expected.sum = unsigned_of(31 * 16 - 40 * 32);
            expected.low = unsigned_of(-16);
            expected.high = unsigned_of(-9);
            expected.ulow = 0xffffffffu;
            expected.bits = 0xf0u << 16 | 31u << 8 | 5u;
            expected.wide = 1.5 * (lane ^ 1);
            expected.large = (1ull << 40) + 31;
            expected.small = static_cast<short>(lane == 31 ? -31 : -lane - 1);
            expected.partial = lane < 20 ? 0xaaaaau : 0;
            expected.active = lane % 2 ? 0xaaaaaaaau : 0;
            CAPTURE(thread);
            CHECK(table[static_cast<std::size_t>(thread)] == expected);
        }
    });
}

__global__ void short_warp(unsigned* out) {
    const unsigned everyone = __ballot_sync(0xffffffffu, 1);
    if (threadIdx.x >= 36) return;
    // Lanes that have returned no longer take part.
    const unsigned rest = __ballot_sync(0xffffffffu, 1);
    out[threadIdx.x] = everyone << 16 | rest;
}

TEST_CASE("the last warp of a block may be short, and lanes may leave") {
    in_both_orders([] {
        const DeviceArray<unsigned> out("out", 48);
        launch<short_warp>(1, 40, 0, out);
        CHECK(out.values()[35] == (0xffu << 16 | 0xfu));
    });
}

__global__ void outside(float* out, double* wide) {
    if (threadIdx.x < 4) out[threadIdx.x] = __shfl_sync(0xfu, 1.0f, static_cast<int>(threadIdx.x) + 2);
    if (threadIdx.x < 4) wide[threadIdx.x] = __shfl_sync(0xfu, 1.0, 9);
}

TEST_CASE("a shuffle from a lane outside the mask gives NaN") {
    const DeviceArray<float> out("out", 4);
    const DeviceArray<double> wide("wide", 4);
    launch<outside>(1, 32, 0, out, wide);
    CHECK(out.values()[1] == 1);
    CHECK(out.values()[2] != out.values()[2]);
    CHECK(wide.values()[0] != wide.values()[0]);
}

__global__ void groups(int* out) {
    // Quarters of a warp go their own ways, then meet again.
    const int lane = static_cast<int>(threadIdx.x), quarter = lane / 8;
    const unsigned mask = 0xffu << 8 * quarter;
    int value = lane;
    for (int i = 0; i <= quarter; ++i) value = __shfl_xor_sync(mask, value, 1 << i % 3);
    __syncwarp();
    out[lane] = value + __shfl_sync(0xffffffffu, value, 0);
}

TEST_CASE("parts of a warp with masks of their own") {
    in_both_orders([] {
        const DeviceArray<int> out("out", 32);
        launch<groups>(1, 32, 0, out);
        for (int lane = 0; lane < 32; ++lane) {
            const int flips[] = {1, 3, 7, 6};
            CHECK(out.values()[static_cast<std::size_t>(lane)] == (lane ^ flips[lane / 8]) + 1);
        }
    });
}

// ---- Atomics ----

__global__ void all_atomics(int* i, unsigned* u, unsigned long long* l, float* f, double* d, long long* s) {
    const int t = static_cast<int>(threadIdx.x + blockIdx.x * blockDim.x);
    const auto n = static_cast<unsigned>(t);
    atomicAdd(&i[0], t);
    atomicSub(&i[1], 1);
    atomicMin(&i[2], -t);
    atomicMax(&i[3], t);
    atomicCAS(&i[4], t, t + 1);
    atomicAdd(&u[0], 2);
    atomicAnd(&u[1], ~(1u << n % 32));
    atomicOr(&u[2], 1u << n % 32);
    atomicXor(&u[3], n);
    atomicInc(&u[4], 9);
    atomicDec(&u[5], 9);
    atomicMax(&u[6], n | 0x80000000u);
    atomicAdd_block(&u[7], 1);
    atomicAdd(&l[0], 1ull << 33);
    atomicMin(&l[1], 1ull << 40 | n);
    atomicAdd(&f[0], 0.5f);
    atomicAdd(&d[0], 0.25);
    atomicMin(&s[0], -(1ll << 40) - t);
    if (t == 1) f[1] = atomicExch(&f[2], 7.0f);
}

TEST_CASE("atomics of all types, from blocks on several cores") {
    in_both_orders([] {
        constexpr int n = 64 * 256;
        std::vector<unsigned> start(8);
        start[1] = 0xffffffffu;
        const DeviceArray<int> i("i", std::vector<int>(8));
        const DeviceArray<unsigned> u("u", start);
        const DeviceArray<unsigned long long> l("l", std::vector<unsigned long long>{0, ~0ull});
        const DeviceArray<float> f("f", std::vector<float>{0, 0, 3});
        const DeviceArray<double> d("d", std::vector<double>(1));
        const DeviceArray<long long> s("s", std::vector<long long>(1));
        launch<all_atomics>(64, 256, 0, i, u, l, f, d, s);
        CHECK(i.values()[0] == n / 2 * (n - 1));
        CHECK(i.values()[1] == -n);
        CHECK(i.values()[2] == 1 - n);
        CHECK(i.values()[3] == n - 1);
        CHECK(u.values()[0] == 2 * n);
        CHECK(u.values()[1] == 0);
        CHECK(u.values()[2] == 0xffffffffu);
        CHECK(u.values()[3] == 0);
        CHECK(u.values()[4] == n % 10);
        CHECK(u.values()[5] == (10 - n % 10) % 10);
        CHECK(u.values()[6] == (0x80000000u | (n - 1)));
        CHECK(u.values()[7] == n);
        CHECK(l.values()[0] == static_cast<unsigned long long>(n) << 33);
        CHECK(l.values()[1] == 1ull << 40);
        CHECK(f.values()[0] == n / 2);
        CHECK(f.values()[1] == 3);
        CHECK(f.values()[2] == 7);
        CHECK(d.values()[0] == n / 4);
        CHECK(s.values()[0] == -(1ll << 40) - (n - 1));
    });
}

__global__ void spin_lock(int* lock, int* count) {
    while (atomicCAS(lock, 0, 1) != 0) {
    }
    __threadfence();
    *count = *count + 1;
    __threadfence();
    atomicExch(lock, 0);
}

TEST_CASE("a spin lock: every thread gets on") {
    in_both_orders([] {
        const DeviceArray<int> lock("lock", std::vector<int>(1)), count("count", std::vector<int>(1));
        launch<spin_lock>(1, 1024, 0, lock, count);
        CHECK(count.values()[0] == 1024);
        launch<spin_lock>(8, 128, 0, lock, count);
        CHECK(count.values()[0] == 2048);
    });
}

__global__ void relay(int* turn, int* order) {
    // Each thread waits for the one before it: within the warp, and from warp to warp.
    const int t = static_cast<int>(threadIdx.x);
    while (atomicAdd(turn, 0) != t) {
    }
    order[t] = atomicAdd(turn, 1);
}

TEST_CASE("threads that wait for each other by flags") {
    in_both_orders([] {
        const DeviceArray<int> turn("turn", std::vector<int>(1)), order("order", 96);
        launch<relay>(1, 96, 0, turn, order);
        CHECK(order.values() == iota(96));
    });
}

__global__ void last_block(const int* x, int* part, int* done, int* sum) {
    __shared__ bool last;
    const int value = block_sum<int, 128>(x[blockIdx.x * blockDim.x + threadIdx.x]);
    if (threadIdx.x == 0) {
        part[blockIdx.x] = value;
        __threadfence();
        last = atomicAdd(done, 1) == static_cast<int>(gridDim.x) - 1;
    }
    __syncthreads();
    if (last && threadIdx.x == 0)
        for (unsigned i = 0; i < gridDim.x; ++i) *sum += part[i];
}

TEST_CASE("the last block to finish adds up") {
    in_both_orders([] {
        const DeviceArray<int> x("x", iota(128 * 50)), part("part", 50), done("done", std::vector<int>(1)),
            sum("sum", std::vector<int>(1));
        launch<last_block>(50, 128, 0, x, part, done, sum);
        CHECK(sum.values()[0] == 6400 * 6399 / 2);
    });
}

// ---- Launches ----

__global__ void saxpy(int n, float a, const float* x, float* y) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (i < n) y[i] = a * x[i] + y[i];
}
__global__ void fail_in_block_seven(float* x) {
    if (blockIdx.x == 7) __trap();
    x[blockIdx.x] = 1;
}

TEST_CASE("any number of OS threads gives the same result") {
    std::vector<float> first;
    for (const int threads : {1, 2, 5}) {
        kbk::set_threads(threads);
        const DeviceArray<float> x("x", std::vector<float>(5000, 3)), y("y", std::vector<float>(5000, 1));
        for (int i = 0; i < 10; ++i) launch<saxpy>(20, 256, 0, 5000, 0.1f, x, y);
        if (first.empty()) first = y.values();
        CHECK(y.values() == first);
        for (int i = 0; i < 20; ++i) {
            CHECK(kbk::test::message_of([&] { launch<fail_in_block_seven>(40, 32, 0, x); }) != "no error");
            CHECK_NOTHROW(launch<saxpy>(20, 256, 0, 5000, 0.1f, x, y));
        }
    }
    kbk::set_threads(2);
}

TEST_CASE("several host threads launch at once") {
    std::array<int, 4> right{};
    std::vector<std::thread> hosts;
    for (std::size_t h = 0; h < right.size(); ++h)
        hosts.emplace_back([&right, h] {
            for (int i = 0; i < 20; ++i) {
                const DeviceArray<int> x("x", iota(256)), out("out", 256);
                launch<warp_zero_reduces>(1, 256, 0, x, out);
                const bool failed = kbk::test::message_of(
                                        [&] { launch<spin_lock>(1, 32, 0, nullptr, nullptr); }) != "no error";
                right[h] += failed && out.values()[17] == 255 * 128;
            }
        });
    for (auto& host : hosts) host.join();
    CHECK(right == std::array<int, 4>{20, 20, 20, 20});
}

__global__ void nothing() {}

namespace {
volatile std::sig_atomic_t signals_seen = 0;
}

TEST_CASE("handlers of signals are put back after a launch, as is the stack that they run on") {
    struct sigaction mine {
    }, before{}, after{};
    mine.sa_handler = [](int) { signals_seen = signals_seen + 1; };
    sigaction(SIGSEGV, &mine, &before);
    stack_t stack_before{}, stack_after{};
    sigaltstack(nullptr, &stack_before);
    launch<nothing>(4, 32, 0);
    CHECK(kbk::test::message_of([] { launch<spin_lock>(1, 32, 0, nullptr, nullptr); }) != "no error");
    sigaltstack(nullptr, &stack_after);
    sigaction(SIGSEGV, &before, &after);
    CHECK((after.sa_handler == mine.sa_handler));
    CHECK(stack_after.ss_sp == stack_before.ss_sp);
    CHECK(signals_seen == 0);
}

// ---- What an observer is told ----

namespace {

struct Log : kbk::cuda::emulator::Observer {
    std::vector<std::string> events;
    int threads = 0, pauses = 0, atomics = 0;
    void launch_begin(const kbk::cuda::emulator::Launch& launch) override {
        events.push_back("launch " + launch.kernel);
    }
    void launch_end(const kbk::cuda::emulator::Launch&, bool failed) override {
        events.push_back(failed ? "failed" : "end");
    }
    void block_begin() override { events.push_back("block"); }
    void block_end() override { events.push_back("block end"); }
    void thread_begin(int) override { ++threads; }
    void thread_end(int) override { --threads; }
    void barrier_released(const kbk::cuda::emulator::Source&) override { events.push_back("barrier"); }
    void warp_synchronised(int warp, unsigned, bool is_syncwarp,
                           const kbk::cuda::emulator::Source&) override {
        events.push_back((is_syncwarp ? "syncwarp " : "collective ") + std::to_string(warp));
    }
    void warp_paused(int warp) override { events.push_back("pause " + std::to_string(warp)); }
    void atomic(const void*, int bytes, const void*) override { atomics += bytes; }
};

}  // namespace

__global__ void observed(int* x) {
    atomicAdd(x, 1);
    if (threadIdx.x % 2) kbk::cuda::emulator::pause();
    __syncwarp();
    __syncthreads();
}

TEST_CASE("an observer is told of everything, once") {
    Log log;
    const DeviceArray<int> x("x", std::vector<int>(1));
    kbk::cuda::emulator::observer = &log;
    launch<observed>(1, 64, 0, x);
    kbk::cuda::emulator::observer = nullptr;
    CHECK(log.events == std::vector<std::string>{"launch observed", "block", "pause 0", "syncwarp 0",
                                                 "pause 1", "syncwarp 1", "barrier", "block end", "end"});
    CHECK(log.threads == 0);
    CHECK(log.atomics == 64 * 4);
}

__global__ void addresses(int* x, int* out) {
    using namespace kbk::cuda::emulator;
    __shared__ int tile[8];
    int local = 0;
    tile[threadIdx.x] = 0;
    __syncthreads();
    const auto space = [](const void* address) { return static_cast<int>(classify(address).space); };
    out[0] = space(&local) == static_cast<int>(Space::own_stack);
    out[1] = space(&tile[3]) == static_cast<int>(Space::static_shared);
    out[2] = space(dynamic_shared<int>() + 1) == static_cast<int>(Space::dynamic_shared) &&
             classify(dynamic_shared<int>() + 1).offset == 4;
    out[3] = space(x + 2) == static_cast<int>(Space::global) && classify(x + 2).allocation->name == "x" &&
             classify(x + 2).offset == 8;
    out[4] = space(&threadIdx) == static_cast<int>(Space::builtin);
    out[5] = space(&calls) == static_cast<int>(Space::image);
    out[6] = space(nullptr) == static_cast<int>(Space::outside);
    out[7] = describe(&tile[3]) == "byte 12 of the shared array 'tile' (32 bytes)";
    out[8] = describe(dynamic_shared<int>()) == "byte 0 of the dynamic shared memory (16 bytes)";
}

TEST_CASE("addresses have meanings, and shared arrays names") {
    const DeviceArray<int> x("x", 8), out("out", 9);
    launch<addresses>(1, 1, 16, x, out);
    CHECK(out.values() == std::vector<int>(9, 1));
}
