/// @file
/// A gallery of kernels, each with one planted mistake, and what the checker says of it; then correct kernels of the same
/// kind, of which it must say nothing.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <functional>

#include "common/cuda/cuda.hpp"
#include "common/cuda/emulator/error.hpp"
#include "common/cuda/emulator/settings.hpp"
#include "common/cuda/profiler/session.hpp"
#include "tests/cuda/device_array.hpp"

using namespace kbk;
using namespace kbk::cuda::profiler;
using kbk::cuda::launch;
using kbk::test::DeviceArray;
using kbk::test::ones;

namespace {

// What a launch is found guilty of. Threads run in the usual order, then in reverse: the answer must be the same.
std::vector<Finding> mistakes_of(const std::function<void()>& launch_it, bool reverse = false) {
    const bool before = cuda::emulator::settings().reverse;
    cuda::emulator::settings().reverse = reverse;
    Session session(Mode::check);
    try {
        launch_it();
    } catch (const cuda::KernelError&) {
        // What ends a launch is among the findings.
    }
    cuda::emulator::settings().reverse = before;
    return session.findings();
}

// One finding in each order of the threads, at a line with this code; for a race the other access at a line with that.
void expect(Mistake mistake, const char* array, const char* code, const std::function<void()>& launch_it,
            const char* other_code = nullptr) {
    for (const bool reverse : {false, true}) {
        CAPTURE(reverse);
        const auto findings = mistakes_of(launch_it, reverse);
        REQUIRE(findings.size() == 1);
        const Finding& finding = findings.front();
        CAPTURE(finding.message);
        CHECK(finding.mistake == mistake);
        CHECK(finding.array == array);
        // The two sides of a race change places with the order.
        const std::string here = source_text(finding.line), there = source_text(finding.other);
        const bool as_written = here.find(code) != here.npos && (!other_code || there.find(other_code) != there.npos);
        const bool swapped = other_code && here.find(other_code) != here.npos && there.find(code) != there.npos;
        CHECK_MESSAGE((as_written || swapped), here, " / ", there);
        CHECK(finding.line.file.ends_with("gallery_test.cu"));
        CHECK(finding.message.find(fmt::format("{}:{}", finding.line.file, finding.line.number)) != std::string::npos);
    }
}

void expect_none(const std::function<void()>& launch_it) {
    for (const bool reverse : {false, true}) {
        const auto findings = mistakes_of(launch_it, reverse);
        for (const Finding& finding : findings) MESSAGE(finding.message);
        CHECK(findings.empty());
    }
}

DeviceArray<float> x_of(std::size_t count) {
    return DeviceArray<float>("x", ones(count));
}

// ---- Races within a block ----------------------------------------------------------------------------------------

__global__ void no_barrier(float* x) {
    __shared__ float s[256];
    const int t = threadIdx.x;
    s[t] = x[t];
    x[t] = s[255 - t];
}

__global__ void no_barrier_before_next_tile(float* x) {
    __shared__ float s[64];
    const int t = threadIdx.x;
    float sum = 0;
    for (int tile = 0; tile < 2; ++tile) {
        s[t] = x[tile * 64 + t];
        __syncthreads();
        sum += s[63 - t];
    }
    x[t] = sum;
}

__global__ void all_write_one(float* x) {
    __shared__ float s[1];
    s[0] = x[threadIdx.x];
    __syncthreads();
    x[threadIdx.x] = s[0];
}

__global__ void neighbour_in_global(float* x) {
    const int t = threadIdx.x;
    const float left = x[t];
    x[t + 1] = left;
}

__global__ void warp_meeting_for_two_warps(float* x) {
    __shared__ float s[64];
    const int t = threadIdx.x;
    s[t] = x[t];
    __syncwarp();
    x[t] = s[63 - t];
}

__global__ void no_syncwarp(float* x) {
    __shared__ float s[32];
    const int t = threadIdx.x;
    s[t] = x[t];
    x[t] = s[t ^ 1];
}

__global__ void half_a_warp_meets(float* x) {
    __shared__ float s[32];
    const int t = threadIdx.x;
    s[t] = x[t];
    if (t < 16) __syncwarp(0x0000ffffu);
    if (t < 16) x[t] = s[t + 16];
}

__global__ void tree_without_last_barrier(float* x) {
    __shared__ float s[64];
    const int t = threadIdx.x;
    s[t] = x[t];
    __syncthreads();
    for (int half = 32; half > 0; half /= 2) {
        if (t < half) s[t] = s[t] + s[t + half];
        if (half > 8) __syncthreads();
    }
    if (t == 0) x[0] = s[0];
}

__global__ void reset_among_atomics(int* x) {
    __shared__ int count;
    if (threadIdx.x == 0) count = 0;
    atomicAdd(&count, 1);
    __syncthreads();
    x[threadIdx.x] = count;
}

__global__ void read_among_atomics(int* x) {
    __shared__ int count;
    if (threadIdx.x == 0) count = 0;
    __syncthreads();
    atomicAdd(&count, 1);
    x[threadIdx.x] = count;
}

__global__ void halves_overlap(unsigned short* x) {
    __shared__ unsigned short s[64];
    const int t = threadIdx.x;
    s[t] = x[t];
    x[t] = s[(t + 2) % 64];
}

__global__ void vector_over_scalar(float* x) {
    __shared__ float4 s[16];
    const int t = threadIdx.x;
    if (t < 16) s[t] = make_float4(1, 2, 3, 4);
    if (t >= 16) s[t - 16].y = x[t];
    __syncthreads();
    x[t] = s[t % 16].y;
}

// ---- Races between blocks ----------------------------------------------------------------------------------------

__global__ void all_blocks_add(float* x) {
    if (threadIdx.x == 0) x[0] += 1;
}

__global__ void reads_next_block(float* x) {
    const int i = blockIdx.x * 32 + threadIdx.x;
    const float next = x[(i + 32) % 64];
    x[i] = next;
}

__global__ void atomic_then_plain(int* x) {
    if (threadIdx.x != 0) return;
    atomicAdd(&x[0], 1);
    x[1 + blockIdx.x] = x[0];
}

// ---- Reads of memory that nobody wrote ---------------------------------------------------------------------------

__global__ void half_of_shared(float* x) {
    __shared__ float s[64];
    const int t = threadIdx.x;
    if (t < 32) s[t] = 1;
    __syncthreads();
    x[t] = s[t];
}

__global__ void dynamic_never_written(float* x) {
    const float* s = cuda::dynamic_shared<float>();
    x[threadIdx.x] = s[threadIdx.x];
}

__global__ void copy_all(const float* from, float* to) {
    to[threadIdx.x] = from[threadIdx.x];
}

__global__ void copy_vectors(const float* from, float* to) {
    reinterpret_cast<float4*>(to)[threadIdx.x] = reinterpret_cast<const float4*>(from)[threadIdx.x];
}

__global__ void atomic_on_nothing(int* count) {
    atomicAdd(count, 1);
}

__global__ void first_block_fills(float* x) {
    __shared__ float s[32];
    if (blockIdx.x == 0) s[threadIdx.x] = 1;
    __syncthreads();
    x[blockIdx.x * 32 + threadIdx.x] = s[threadIdx.x];
}

// ---- Addresses beyond their arrays -------------------------------------------------------------------------------

__global__ void store_up_to(float* x, int last) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i <= last) x[i] = 1;
}

__global__ void load_at(const float* x, float* out, int offset) {
    out[threadIdx.x] = x[int(threadIdx.x) + offset];
}

__global__ void vector_at(float* x, int vector) {
    x[0] = reinterpret_cast<const float4*>(x)[vector].x;
}

__global__ void shared_index(float* x, int index) {
    __shared__ float s[32];
    s[threadIdx.x] = 1;
    __syncthreads();
    if (threadIdx.x == 0) x[0] = s[index];
}

__global__ void shared_row_index(float* x, int column) {
    __shared__ float s[8][4];
    s[threadIdx.x / 4][threadIdx.x % 4] = 1;
    __syncthreads();
    if (threadIdx.x == 0) x[0] = s[1][column];
}

__global__ void local_index(float* x, int index) {
    float v[4] = {x[0], x[1], x[2], x[3]};
    x[4] = v[index];
}

__global__ void dynamic_index(float* x, int index) {
    float* s = cuda::dynamic_shared<float>();
    s[threadIdx.x] = 1;
    __syncthreads();
    if (threadIdx.x == 0) s[index] = 2;
    x[threadIdx.x] = 1;
}

// ---- Addresses that are no multiple of the size ------------------------------------------------------------------

__global__ void load_vector(float* x, int first) {
    const float4 v = *reinterpret_cast<const float4*>(x + first);
    x[64] = v.x + v.y + v.z + v.w;
}

__global__ void store_pair(float* x, int first) {
    *reinterpret_cast<float2*>(x + first) = make_float2(x[0], 2);
}

__global__ void load_double(float* x, int first) {
    x[64] = float(*reinterpret_cast<const double*>(x + first));
}

__global__ void shared_vector(float* x, int first) {
    alignas(16) __shared__ float s[64];
    s[threadIdx.x] = s[threadIdx.x + 32] = 0;
    __syncthreads();
    if (threadIdx.x != 0) return;
    const float4 v = *reinterpret_cast<const float4*>(s + first);
    x[0] = v.x + v.y;
}

// ---- Addresses that are not the device's -------------------------------------------------------------------------

struct Pair {
    const float* from;
    float* to;
};

__global__ void copy_pair(Pair pair) {
    pair.to[threadIdx.x] = pair.from[threadIdx.x];
}

__global__ void store_to(float* to, float value) {
    to[threadIdx.x] = value;
}

__global__ void local_variable_of_another(float* x) {
    __shared__ float* where;
    float mine = x[threadIdx.x];
    if (threadIdx.x == 0) where = &mine;
    __syncthreads();
    x[threadIdx.x] = *where + mine;
    __syncthreads();
}

}  // namespace

TEST_CASE("race: shared memory read without a barrier after it was written") {
    const auto x = x_of(256);
    expect(Mistake::race, "s", "x[t] = s[255 - t]", [&] { launch<no_barrier>(1, 256, 0, (float*)x); }, "s[t] = x[t]");
}

TEST_CASE("race: the next tile overwrites what others still read") {
    const auto x = x_of(128);
    expect(Mistake::race, "s", "s[t] = x[tile * 64 + t]", [&] { launch<no_barrier_before_next_tile>(1, 64, 0, (float*)x); },
           "sum += s[63 - t]");
}

TEST_CASE("race: all threads write one element") {
    const auto x = x_of(64);
    expect(Mistake::race, "s", "s[0] = x[threadIdx.x]", [&] { launch<all_write_one>(1, 64, 0, (float*)x); },
           "s[0] = x[threadIdx.x]");
}

TEST_CASE("race: a neighbour's element in global memory") {
    const auto x = x_of(65);
    expect(Mistake::race, "x", "const float left = x[t]", [&] { launch<neighbour_in_global>(1, 64, 0, (float*)x); },
           "x[t + 1] = left");
}

TEST_CASE("race: __syncwarp does not hold two warps together") {
    const auto x = x_of(64);
    expect(Mistake::race, "s", "x[t] = s[63 - t]", [&] { launch<warp_meeting_for_two_warps>(1, 64, 0, (float*)x); },
           "s[t] = x[t]");
}

TEST_CASE("race: within a warp, without __syncwarp") {
    const auto x = x_of(32);
    expect(Mistake::race, "s", "x[t] = s[t ^ 1]", [&] { launch<no_syncwarp>(1, 32, 0, (float*)x); }, "s[t] = x[t]");
}

TEST_CASE("race: __syncwarp of half a warp says nothing about the other half") {
    const auto x = x_of(32);
    expect(Mistake::race, "s", "x[t] = s[t + 16]", [&] { launch<half_a_warp_meets>(1, 32, 0, (float*)x); }, "s[t] = x[t]");
}

TEST_CASE("race: a reduction that drops barriers in its last steps") {
    const auto x = x_of(64);
    for (const bool reverse : {false, true}) {
        const auto findings = mistakes_of([&] { launch<tree_without_last_barrier>(1, 64, 0, (float*)x); }, reverse);
        REQUIRE(!findings.empty());
        for (const Finding& finding : findings) {
            CHECK(finding.mistake == Mistake::race);
            CHECK(finding.array == "s");
        }
    }
}

TEST_CASE("race: a counter is reset while others count") {
    const DeviceArray<int> x("x", std::vector<int>(64));
    // Whoever runs before thread 0 also counts from a value that nobody wrote.
    for (const bool reverse : {false, true}) {
        const auto findings = mistakes_of([&] { launch<reset_among_atomics>(1, 64, 0, (int*)x); }, reverse);
        REQUIRE(!findings.empty());
        CHECK(findings.back().mistake == Mistake::race);
        CHECK(findings.back().array == "count");
    }
}

TEST_CASE("race: a counter is read while others count") {
    const DeviceArray<int> x("x", std::vector<int>(64));
    expect(Mistake::race, "count", "x[threadIdx.x] = count", [&] { launch<read_among_atomics>(1, 64, 0, (int*)x); },
           "atomicAdd(&count, 1)");
}

TEST_CASE("race: 16-bit elements of other threads") {
    const DeviceArray<unsigned short> x("x", std::vector<unsigned short>(64));
    expect(Mistake::race, "s", "s[(t + 2) % 64]", [&] { launch<halves_overlap>(1, 64, 0, (unsigned short*)x); },
           "s[t] = x[t]");
}

TEST_CASE("race: a vector is stored over another thread's component") {
    const auto x = x_of(32);
    expect(Mistake::race, "s", "s[t - 16].y = x[t]", [&] { launch<vector_over_scalar>(1, 32, 0, (float*)x); },
           "s[t] = make_float4");
}

TEST_CASE("race: blocks add to one element without atomics") {
    const auto x = x_of(1);
    expect(Mistake::race, "x", "x[0] += 1", [&] { launch<all_blocks_add>(4, 32, 0, (float*)x); }, "x[0] += 1");
}

TEST_CASE("race: a block reads what another block writes in the same launch") {
    const auto x = x_of(64);
    expect(Mistake::race, "x", "const float next", [&] { launch<reads_next_block>(2, 32, 0, (float*)x); }, "x[i] = next");
}

TEST_CASE("race: a plain read of what other blocks update atomically") {
    const DeviceArray<int> x("x", std::vector<int>(5));
    expect(Mistake::race, "x", "x[1 + blockIdx.x] = x[0]", [&] { launch<atomic_then_plain>(4, 32, 0, (int*)x); },
           "atomicAdd(&x[0], 1)");
}

TEST_CASE("uninitialised: half of a shared array") {
    const auto x = x_of(64);
    expect(Mistake::uninitialised, "s", "x[t] = s[t]", [&] { launch<half_of_shared>(1, 64, 0, (float*)x); });
}

TEST_CASE("uninitialised: dynamic shared memory") {
    const auto x = x_of(64);
    expect(Mistake::uninitialised, "dynamic shared memory", "x[threadIdx.x] = s[threadIdx.x]",
           [&] { launch<dynamic_never_written>(1, 64, 256, (float*)x); });
}

TEST_CASE("uninitialised: a buffer that was only allocated") {
    const auto x = x_of(64);
    expect(Mistake::uninitialised, "fresh", "to[threadIdx.x] = from", [&] {
        const DeviceArray<float> fresh("fresh", 64);
        launch<copy_all>(1, 64, 0, (const float*)fresh, (float*)x);
    });
}

TEST_CASE("uninitialised: the tail of a vector") {
    const auto x = x_of(128);
    expect(Mistake::uninitialised, "fresh", "reinterpret_cast<float4*>(to)", [&] {
        const DeviceArray<float> fresh("fresh", 128);
        cuda::copy((float*)fresh, ones(126).data(), 126 * sizeof(float));
        launch<copy_vectors>(1, 32, 0, (const float*)fresh, (float*)x);
    });
}

TEST_CASE("uninitialised: an atomic on memory that was never set to zero") {
    expect(Mistake::uninitialised, "fresh", "atomicAdd(count, 1)", [&] {
        const DeviceArray<int> fresh("fresh", 1);
        launch<atomic_on_nothing>(1, 32, 0, (int*)fresh);
    });
}

TEST_CASE("uninitialised: shared memory does not outlive its block") {
    const auto x = x_of(64);
    expect(Mistake::uninitialised, "s", "= s[threadIdx.x]", [&] { launch<first_block_fills>(2, 32, 0, (float*)x); });
}

TEST_CASE("out of bounds: one element too far, where a few bytes of slack would hide it") {
    const auto x = x_of(1001);
    const auto findings = mistakes_of([&] { launch<store_up_to>(4, 256, 0, (float*)x, 1001); });
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].mistake == Mistake::out_of_bounds);
    CHECK(findings[0].array == "x");
    CHECK(source_text(findings[0].line) == "if (i <= last) x[i] = 1;");
    CHECK(findings[0].message.find("block (3,0,0), thread (233,0,0) writes 4 bytes") != std::string::npos);
}

TEST_CASE("out of bounds: a buffer that ends at its guard page") {
    const auto x = x_of(1024);
    expect(Mistake::out_of_bounds, "x", "x[i] = 1", [&] { launch<store_up_to>(5, 256, 0, (float*)x, 1024); });
}

TEST_CASE("out of bounds: a negative index") {
    const auto x = x_of(64);
    const DeviceArray<float> out("out", 32);
    expect(Mistake::out_of_bounds, "x", "x[int(threadIdx.x) + offset]",
           [&] { launch<load_at>(1, 32, 0, (const float*)x, (float*)out, -1); });
}

TEST_CASE("out of bounds: a vector of which the end is outside") {
    const auto x = x_of(30);
    expect(Mistake::out_of_bounds, "x", "[vector].x", [&] { launch<vector_at>(1, 1, 0, (float*)x, 8); });
}

TEST_CASE("out of bounds: an index of a shared array") {
    const auto x = x_of(32);
    expect(Mistake::out_of_bounds, "", "x[0] = s[index]", [&] { launch<shared_index>(1, 32, 0, (float*)x, 32); });
    const auto findings = mistakes_of([&] { launch<shared_index>(1, 32, 0, (float*)x, -3); });
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].message.find("index -3 of an array of type 'float [32]'") != std::string::npos);
}

TEST_CASE("out of bounds: a column of a shared array that is the next row's") {
    const auto x = x_of(32);
    expect(Mistake::out_of_bounds, "", "x[0] = s[1][column]", [&] { launch<shared_row_index>(1, 32, 0, (float*)x, 4); });
}

TEST_CASE("out of bounds: an index of a local array") {
    const auto x = x_of(32);
    expect(Mistake::out_of_bounds, "", "x[4] = v[index]", [&] { launch<local_index>(1, 1, 0, (float*)x, 4); });
}

TEST_CASE("out of bounds: past the dynamic shared memory of the launch") {
    const auto x = x_of(32);
    const auto findings = mistakes_of([&] { launch<dynamic_index>(1, 32, 128, (float*)x, 32); });
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].mistake == Mistake::out_of_bounds);
    CHECK(source_text(findings[0].line).find("s[index] = 2") != std::string::npos);
}

TEST_CASE("out of bounds: a launch with less dynamic shared memory than its kernel fills") {
    const auto x = x_of(32);
    expect(Mistake::out_of_bounds, "", "s[threadIdx.x] = 1",
           [&] { launch<dynamic_index>(1, 32, 64, (float*)x, 0); });
}

TEST_CASE("out of bounds: memory that was released") {
    // The launch itself refuses a released pointer that it sees; within a struct it sees none.
    const DeviceArray<float> out("out", 32);
    Pair pair{nullptr, out};
    {
        const auto x = x_of(64);
        pair.from = x;
    }
    const auto findings = mistakes_of([&] { launch<copy_pair>(1, 32, 0, pair); });
    REQUIRE(findings.size() == 1);
    CHECK(source_text(findings[0].line).find("pair.to[threadIdx.x] =") != std::string::npos);
    CHECK(findings[0].message.find("released") != std::string::npos);
}

TEST_CASE("misaligned: a float4 from an odd element") {
    const auto x = x_of(65);
    expect(Mistake::misaligned, "x", "const float4 v", [&] { launch<load_vector>(1, 1, 0, (float*)x, 1); });
    expect_none([&] { launch<load_vector>(1, 1, 0, (float*)x, 4); });
}

TEST_CASE("misaligned: a float2 to an odd element") {
    const auto x = x_of(65);
    expect(Mistake::misaligned, "x", "make_float2(x[0], 2)", [&] { launch<store_pair>(1, 1, 0, (float*)x, 3); });
    expect_none([&] { launch<store_pair>(1, 1, 0, (float*)x, 2); });
}

TEST_CASE("misaligned: a double from an odd float") {
    const auto x = x_of(65);
    expect(Mistake::misaligned, "x", "const double*", [&] { launch<load_double>(1, 1, 0, (float*)x, 5); });
}

TEST_CASE("misaligned: a float4 in shared memory") {
    const auto x = x_of(65);
    expect(Mistake::misaligned, "s", "float4*>(s + first)", [&] { launch<shared_vector>(1, 32, 0, (float*)x, 2); });
}

TEST_CASE("host pointer: a kernel reads the host's memory") {
    const auto x = x_of(64);
    const std::vector<float> host(64);
    expect(Mistake::host_pointer, "", "pair.to[threadIdx.x] =", [&] { launch<copy_pair>(1, 64, 0, Pair{host.data(), x}); });
}

TEST_CASE("host pointer: a kernel writes to the host's memory") {
    const auto x = x_of(64);
    std::vector<float> host(64);
    expect(Mistake::host_pointer, "", "pair.to[threadIdx.x] =", [&] { launch<copy_pair>(1, 64, 0, Pair{x, host.data()}); });
    CHECK(host[0] == 0);
}

TEST_CASE("host pointer: null") {
    expect(Mistake::host_pointer, "", "to[threadIdx.x] = value", [&] { launch<store_to>(1, 64, 0, nullptr, 1.0f); });
}

TEST_CASE("host pointer: another thread's local variable") {
    const auto x = x_of(64);
    expect(Mistake::host_pointer, "", "*where + mine", [&] { launch<local_variable_of_another>(1, 32, 0, (float*)x); });
}

// ---- Correct kernels ---------------------------------------------------------------------------------------------

namespace {

__global__ void reversed_with_barriers(float* x) {
    __shared__ float s[256];
    const int t = threadIdx.x;
    for (int round = 0; round < 3; ++round) {
        s[t] = x[t];
        __syncthreads();
        const float v = s[255 - t];
        __syncthreads();
        x[t] = v;
    }
}

__global__ void two_buffers_one_barrier(const float* x, float* out) {
    __shared__ float s[2][64];
    const int t = threadIdx.x;
    float sum = 0;
    for (int tile = 0; tile < 4; ++tile) {
        s[tile % 2][t] = x[tile * 64 + t];
        __syncthreads();
        sum += s[tile % 2][63 - t];
    }
    out[t] = sum;
}

__global__ void warp_pairs(float* x) {
    __shared__ float s[64];
    const int t = threadIdx.x;
    s[t] = x[t];
    __syncwarp();
    const float v = s[t ^ 1];
    __syncwarp();
    s[t] = v;
    x[t] = s[t];
}

__global__ void half_warps(float* x) {
    __shared__ float s[32];
    const int t = threadIdx.x;
    const unsigned mine = t < 16 ? 0x0000ffffu : 0xffff0000u;
    s[t] = x[t];
    __syncwarp(mine);
    const float v = s[t ^ 15];
    __syncwarp(mine);
    s[t] = v;
    x[t] = s[t];
}

// A quarter's values reach the other half through a lane that belongs to both meetings.
__global__ void chain_of_meetings(float* x) {
    __shared__ float s[32];
    const int t = threadIdx.x;
    if (t == 0) s[0] = x[0];
    if (t < 16) __syncwarp(0x0000ffffu);
    if (t >= 8 && t < 24) __syncwarp(0x00ffff00u);
    if (t == 20) x[20] = s[0];
}

__global__ void shuffle_orders_memory(float* x) {
    __shared__ float s[32];
    const int t = threadIdx.x;
    s[t] = x[t];
    const float sum = __shfl_xor_sync(0xffffffffu, x[t], 1);
    x[t] = s[t ^ 3] + sum;
}

__global__ void warp_then_block(const float* x, float* out) {
    __shared__ float part[32];
    float v = x[threadIdx.x];
    for (int offset = 16; offset > 0; offset /= 2) v += __shfl_down_sync(0xffffffffu, v, offset);
    if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = v;
    __syncthreads();
    if (threadIdx.x < 32) {
        v = threadIdx.x < blockDim.x / 32 ? part[threadIdx.x] : 0;
        for (int offset = 16; offset > 0; offset /= 2) v += __shfl_down_sync(0xffffffffu, v, offset);
        if (threadIdx.x == 0) atomicAdd(out, v);
    }
}

__global__ void histogram(const int* x, int* out) {
    __shared__ int bins[16];
    if (threadIdx.x < 16) bins[threadIdx.x] = 0;
    __syncthreads();
    atomicAdd(&bins[x[blockIdx.x * blockDim.x + threadIdx.x] % 16], 1);
    __syncthreads();
    if (threadIdx.x < 16) atomicAdd(&out[threadIdx.x], bins[threadIdx.x]);
}

__global__ void warp_counter(int* out) {
    __shared__ int count[2];
    const int warp = threadIdx.x / 32;
    if (threadIdx.x % 32 == 0) count[warp] = 0;
    __syncwarp();
    atomicAdd(&count[warp], 1);
    __syncwarp();
    if (threadIdx.x % 32 == 0) atomicAdd(&count[warp], 1);
    __syncwarp();
    out[threadIdx.x] = count[warp];
}

// The loop that CUDA's guide gives for an atomic maximum of floats: its first read is meant to be checked.
__global__ void maximum(const float* x, float* out) {
    int* const address = reinterpret_cast<int*>(out);
    const float mine = x[blockIdx.x * blockDim.x + threadIdx.x];
    int old = *address, assumed;
    do {
        assumed = old;
        old = atomicCAS(address, assumed, __float_as_int(fmaxf(mine, __int_as_float(assumed))));
    } while (old != assumed);
}

__global__ void bytes_of_a_word(unsigned char* x) {
    __shared__ unsigned char s[64];
    const int t = threadIdx.x;
    s[t] = x[t];
    x[t] = s[t];
    __syncthreads();
    x[t] = s[63 - t];
}

__global__ void halves_of_a_word(__half* x) {
    __shared__ __half s[64];
    const int t = threadIdx.x;
    s[t] = x[t];
    __syncthreads();
    const __half v = s[t ^ 1];
    s[t ^ 1] = v;
    x[t] = v;
}

__global__ void grid_stride(const float* x, float* out, int n) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) out[i] = 2 * x[i];
}

__global__ void in_place(float* x, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) x[i] = x[i] * x[i];
}

__global__ void early_exit(float* x, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    float v[4];
    for (int k = 0; k < 4; ++k) v[k] = x[i] + float(k);
    x[i] = v[i % 4];
}

__constant__ float weights[3] = {0.25f, 0.5f, 0.25f};

__global__ void reads_constants(const float* x, float* out) {
    const int i = threadIdx.x;
    out[i] = weights[0] * x[i] + weights[1] * x[i + 1] + weights[2] * x[i + 2];
}

__global__ void dynamic_reversed(float* x) {
    float* s = cuda::dynamic_shared<float>();
    s[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    x[threadIdx.x] = s[blockDim.x - 1 - threadIdx.x];
}

__global__ void publish(float* x, int* flag) {
    if (blockIdx.x == 0 && threadIdx.x == 0) {
        x[0] = 1;
        __threadfence();
        atomicExch(flag, 1);
    }
    if (blockIdx.x == 1 && threadIdx.x == 0) {
        while (atomicAdd(flag, 0) == 0) {
        }
        x[1] = x[0];
    }
}

}  // namespace

TEST_CASE("right: barriers on both sides of every exchange") {
    const auto x = x_of(256);
    expect_none([&] { launch<reversed_with_barriers>(1, 256, 0, (float*)x); });
}

TEST_CASE("right: two buffers need one barrier a tile") {
    const auto x = x_of(256), out = x_of(64);
    expect_none([&] { launch<two_buffers_one_barrier>(1, 64, 0, (const float*)x, (float*)out); });
}

TEST_CASE("right: __syncwarp within warps, and within halves of them") {
    const auto x = x_of(64);
    expect_none([&] { launch<warp_pairs>(1, 64, 0, (float*)x); });
    expect_none([&] { launch<half_warps>(1, 32, 0, (float*)x); });
    expect_none([&] { launch<chain_of_meetings>(1, 32, 0, (float*)x); });
}

TEST_CASE("right: a shuffle orders memory as __syncwarp does") {
    const auto x = x_of(32);
    expect_none([&] { launch<shuffle_orders_memory>(1, 32, 0, (float*)x); });
}

TEST_CASE("right: a block reduction by shuffles") {
    const auto x = x_of(256), out = x_of(1);
    expect_none([&] { launch<warp_then_block>(1, 256, 0, (const float*)x, (float*)out); });
    expect_none([&] { launch<warp_then_block>(1, 96, 0, (const float*)x, (float*)out); });
}

TEST_CASE("right: atomics in shared and global memory") {
    const DeviceArray<int> x("x", std::vector<int>(512, 7)), bins("bins", std::vector<int>(16));
    expect_none([&] { launch<histogram>(2, 256, 0, (const int*)x, (int*)bins); });
    const DeviceArray<int> out("out", 64);
    expect_none([&] { launch<warp_counter>(1, 64, 0, (int*)out); });
    CHECK(out.values()[40] == 33);
}

TEST_CASE("right: a loop around atomicCAS") {
    const auto x = x_of(512);
    const DeviceArray<float> out("out", std::vector<float>(1));
    expect_none([&] { launch<maximum>(2, 256, 0, (const float*)x, (float*)out); });
    CHECK(out.values()[0] == 1);
}

TEST_CASE("right: neighbours in one word") {
    const DeviceArray<unsigned char> bytes("bytes", std::vector<unsigned char>(64));
    expect_none([&] { launch<bytes_of_a_word>(1, 64, 0, (unsigned char*)bytes); });
    const DeviceArray<__half> halves("halves", std::vector<__half>(64, __float2half(1)));
    expect_none([&] { launch<halves_of_a_word>(1, 64, 0, (__half*)halves); });
}

TEST_CASE("right: blocks that share nothing, in one launch and in a chain of them") {
    const auto x = x_of(1000);
    const DeviceArray<float> out("out", 1000);
    expect_none([&] {
        launch<grid_stride>(3, 64, 0, (const float*)x, (float*)out, 1000);
        launch<in_place>(4, 256, 0, (float*)out, 1000);
        launch<early_exit>(4, 256, 0, (float*)out, 1000);
        launch<grid_stride>(3, 64, 0, (const float*)out, (float*)x, 1000);
    });
}

TEST_CASE("right: constants and dynamic shared memory") {
    const auto x = x_of(34);
    const DeviceArray<float> out("out", 32);
    expect_none([&] { launch<reads_constants>(1, 32, 0, (const float*)x, (float*)out); });
    expect_none([&] { launch<dynamic_reversed>(1, 32, 128, (float*)x); });
}

TEST_CASE("limit: an order that a flag makes is not seen") {
    // Correct on a GPU whose blocks are resident together: what the checker cannot know, it reports.
    const auto x = x_of(2);
    const DeviceArray<int> flag("flag", std::vector<int>(1));
    const auto findings = mistakes_of([&] { launch<publish>(2, 32, 0, (float*)x, (int*)flag); });
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].mistake == Mistake::race);
    CHECK(findings[0].array == "x");
}

TEST_CASE("a message says it all: kernel, block, threads, both places, array and index") {
    const auto x = x_of(256);
    const auto findings = mistakes_of([&] { launch<no_barrier>(1, 256, 0, (float*)x); });
    REQUIRE(findings.size() == 1);
    const Finding& f = findings[0];
    const int write = std::min(f.line.number, f.other.number), read = write + 1;
    CHECK(f.message.ends_with(fmt::format("no_barrier, block (0,0,0), thread (128,0,0) writes s[128] "
                                          "(tests/cuda/gallery_test.cu:{}), which thread (127,0,0) reads "
                                          "(tests/cuda/gallery_test.cu:{}); no barrier lies between",
                                          write, read)));
    CHECK(std::max(f.line.number, f.other.number) == read);
    CHECK(f.count > 1);
}

TEST_CASE("the same mistake is told once, with its count; a new session starts afresh") {
    const auto x = x_of(4);
    Session session(Mode::check);
    launch<all_blocks_add>(4, 32, 0, (float*)x);
    launch<all_blocks_add>(4, 32, 0, (float*)x);
    REQUIRE(session.findings().size() == 1);
    const std::int64_t count = session.findings()[0].count;
    CHECK(count >= 6);
    session.clear();
    CHECK(session.findings().empty());
}
