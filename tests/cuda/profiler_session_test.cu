/// @file
/// What a session tells: counts, names, sampling, limits of its memory.
#include <doctest/doctest.h>

#include <cstdlib>

#include "common/cuda/cuda.hpp"
#include "common/cuda/emulator/error.hpp"
#include "common/cuda/profiler/report.hpp"
#include "common/cuda/profiler/session.hpp"
#include "tests/cuda/device_array.hpp"

using namespace kbk;
using namespace kbk::cuda::profiler;
using kbk::cuda::launch;
using kbk::test::DeviceArray;
using kbk::test::ones;

namespace {

__global__ void add(const float* x, const float* y, float* out, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = x[i] + y[i];
}

__global__ void same_line_twice(float* x) {
    x[threadIdx.x] = x[threadIdx.x] + x[threadIdx.x + 32];
}

__global__ void either_array(const float* x, const float* y, float* out) {
    const float* from = threadIdx.x < 16 ? x : y;
    out[threadIdx.x] = from[threadIdx.x];
}

__global__ void shared_or_global(const float* x, float* out) {
    __shared__ float s[32];
    s[threadIdx.x] = 1;
    __syncwarp();
    const float* from = threadIdx.x < 8 ? s : x;
    out[threadIdx.x] = from[threadIdx.x];
}

__global__ void counts(int* bins) {
    __shared__ int here[4];
    if (threadIdx.x < 4) here[threadIdx.x] = 0;
    __syncthreads();
    atomicAdd(&here[threadIdx.x % 4], 1);
    __syncthreads();
    if (threadIdx.x < 4) atomicAdd(&bins[threadIdx.x], here[threadIdx.x]);
}

__global__ void doubles(double* x) {
    __shared__ double s[64];
    s[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    x[threadIdx.x] = s[2 * threadIdx.x % 64];
}

__global__ void long_loop(const float* x, float* out, int rounds) {
    float sum = 0;
    for (int i = 0; i < rounds; ++i) {
        if ((i + threadIdx.x) % 2) sum += x[i % 64];
    }
    out[threadIdx.x] = sum;
}

// Half of the warp is long in the first loop, the other half in the second.
__global__ void two_long_loops(const float* x, float* out, int many, int few) {
    float sum = 0;
    const int first = threadIdx.x < 16 ? many : few, second = threadIdx.x < 16 ? few : many;
    for (int i = 0; i < first; ++i) sum += x[i % 64];
    for (int i = 0; i < second; ++i) sum += x[i % 64];
    out[threadIdx.x] = sum;
}

// A lane holds the lock for longer than a log is; the other lanes spin.
__global__ void long_critical_section(int* lock, float* x) {
    bool done = false;
    while (!done) {
        if (atomicCAS(lock, 0, 1) == 0) {
            for (int i = 0; i < 3000; ++i) x[0] = x[0] + 1;
            atomicExch(lock, 0);
            done = true;
        }
    }
}

__global__ void tensor_cores(const __half* a, const __half* b, float* c) {
    using namespace nvcuda;
    wmma::fragment<wmma::matrix_a, 16, 16, 16, __half, wmma::row_major> fa;
    wmma::fragment<wmma::matrix_b, 16, 16, 16, __half, wmma::col_major> fb;
    wmma::fragment<wmma::accumulator, 16, 16, 16, float> fc;
    wmma::fill_fragment(fc, 0.0f);
    wmma::load_matrix_sync(fa, a, 16);
    wmma::load_matrix_sync(fb, b, 16);
    wmma::mma_sync(fc, fa, fb, fc);
    wmma::store_matrix_sync(c, fc, 16, wmma::mem_row_major);
}

__global__ void copies_a_vector(const float4* x, float4* out) {
    out[threadIdx.x] = x[threadIdx.x];
}

__global__ void zeroes_a_vector(float4* out) {
    out[threadIdx.x] = make_float4(0, 0, 0, 0);
}

}  // namespace

TEST_CASE("profile: the rows of a kernel, by line and array, with names") {
    const DeviceArray<float> x("x", ones(100)), y("y", ones(100)), out("out", ones(100));
    Session session;
    session.name((float*)out, "result");
    launch<add>(2, 64, 0, (const float*)x, (const float*)y, (float*)out, 100);
    const KernelProfile& kernel = session.profile().kernel("add");
    CHECK(kernel.launches == 1);
    CHECK(kernel.blocks == 2);
    CHECK(kernel.barriers == 0);
    REQUIRE(kernel.lines.size() == 3);
    CHECK(source_text(kernel.lines[0].line) == "if (i < n) out[i] = x[i] + y[i];");
    CHECK(kernel.on_line(kernel.lines[0].line.number).requests == 3 * 4);
    // The last warp has 4 threads below 100.
    const Counts loads = kernel.total("x", Kind::load);
    CHECK(loads.requests == 4);
    CHECK(loads.lanes == 100);
    CHECK(loads.bytes == 400);
    CHECK(loads.sectors == 13);
    CHECK(loads.active_lanes() == 25);
    CHECK(kernel.total("result", Kind::store).lanes == 100);
    CHECK(kernel.bytes_read == 2 * 13 * 32);
    CHECK(kernel.bytes_written == 13 * 32);
    CHECK_THROWS_WITH_AS(static_cast<void>(session.profile().kernel("sub")), doctest::Contains("no kernel 'sub' ran"), Error);
    // All of it is text and JSON, too; no line of the text is wider than 100 columns.
    std::string line;
    for (const char c : text_of(kernel)) {
        if (c != '\n') line += c;
        if (c == '\n') CHECK(line.size() <= 100);
        if (c == '\n') line.clear();
    }
}

TEST_CASE("profile: launches of one kernel add up, other blocks stand apart") {
    const DeviceArray<float> x("x", ones(128)), out("out", ones(128));
    Session session;
    for (int i = 0; i < 3; ++i) launch<add>(1, 64, 0, (const float*)x, (const float*)x, (float*)out, 64);
    launch<add>(1, 32, 0, (const float*)x, (const float*)x, (float*)out, 32);
    REQUIRE(session.profile().kernels.size() == 2);
    CHECK(session.profile().kernels[0].launches == 3);
    CHECK(session.profile().kernels[0].total("out", Kind::store).requests == 6);
    CHECK(session.profile().kernels[1].total("out", Kind::store).requests == 1);
    session.clear();
    CHECK(session.profile().kernels.empty());
}

TEST_CASE("profile: two accesses on one line are two requests of one row") {
    const DeviceArray<float> x("x", ones(64));
    Session session;
    launch<same_line_twice>(1, 32, 0, (float*)x);
    const auto& lines = session.profile().kernel("same_line_twice").lines;
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].counts.requests == 2);
    CHECK(lines[1].counts.requests == 1);
}

TEST_CASE("profile: one instruction on two arrays, and on both memories") {
    const DeviceArray<float> x("x", ones(32)), y("y", ones(32)), out("out", ones(32));
    Session session;
    launch<either_array>(1, 32, 0, (const float*)x, (const float*)y, (float*)out);
    Counts loads = session.profile().kernel("either_array").total(Room::global, Kind::load);
    CHECK(loads.requests == 1);
    CHECK(loads.sectors == 4);
    launch<shared_or_global>(1, 32, 0, (const float*)x, (float*)out);
    loads = session.profile().kernel("shared_or_global").total(Room::global, Kind::load);
    CHECK(loads.lanes == 24);
    CHECK(session.profile().kernel("shared_or_global").total(Room::shared, Kind::load).lanes == 8);
}

TEST_CASE("profile: atomics on one word queue up") {
    const DeviceArray<int> bins("bins", std::vector<int>(4));
    Session session;
    launch<counts>(1, 64, 0, (int*)bins);
    const KernelProfile& kernel = session.profile().kernel("counts");
    const Counts shared = kernel.total("here", Kind::atomic);
    CHECK(shared.requests == 2);
    CHECK(shared.wavefronts == 2 * 8);
    CHECK(shared.ideal_wavefronts == 2);
    CHECK(kernel.total("bins", Kind::atomic).requests == 1);
    CHECK(kernel.barriers == 2);
    CHECK(bins.values()[3] == 16);
    CHECK(session.findings().empty());
}

TEST_CASE("profile: doubles go by half warps") {
    const DeviceArray<double> x("x", std::vector<double>(64, 1.0));
    Session session;
    launch<doubles>(1, 64, 0, (double*)x);
    const KernelProfile& kernel = session.profile().kernel("doubles");
    CHECK(kernel.total("s", Kind::store).wavefronts_per_request() == 2);
    CHECK(kernel.total("s", Kind::load).wavefronts_per_request() == 4);
    CHECK(kernel.total("x", Kind::load).sectors_per_request() == 8);
}

TEST_CASE("profile: vectors are one access, copied or set to zero") {
    const DeviceArray<float4> x("x", std::vector<float4>(32)), out("out", 32);
    Session session;
    launch<copies_a_vector>(1, 32, 0, (const float4*)x, (float4*)out);
    launch<zeroes_a_vector>(1, 32, 0, (float4*)out);
    for (const KernelProfile& kernel : session.profile().kernels) {
        const Counts stores = kernel.total("out", Kind::store);
        CHECK(stores.requests == 1);
        CHECK(stores.sectors == 16);
    }
}

TEST_CASE("profile: fragments of tensor cores move as nvcc lets them") {
    const DeviceArray<__half> a("a", std::vector<__half>(256, __float2half(1))), b("b", std::vector<__half>(256, __float2half(2)));
    const DeviceArray<float> c("c", 256);
    Session session;
    launch<tensor_cores>(1, 32, 0, (const __half*)a, (const __half*)b, (float*)c);
    const KernelProfile& kernel = session.profile().kernel("tensor_cores");
    // Of halves, a request is 8 rows of 16 bytes: half of each sector.
    for (const char* array : {"a", "b"}) {
        const Counts load = kernel.total(array, Kind::load);
        CHECK(load.requests == 4);
        CHECK(load.sectors == 32);
        CHECK(load.bytes == 512);
        CHECK(load.efficiency() == 0.5);
    }
    // Of sums, 8 rows of 32 bytes.
    CHECK(kernel.total("c", Kind::store).requests == 4);
    CHECK(kernel.total("c", Kind::store).efficiency() == 1);
    CHECK(c.values()[17] == 32);
    CHECK(session.findings().empty());
}

template <class Fragment, bool by_rows, unsigned row>
__global__ void moves_a_fragment() {
    using namespace nvcuda;
    using Element = typename Fragment::storage_element_type;
    auto* tile = kbk::cuda::dynamic_shared<Element>();
    Fragment fragment;
    if constexpr (Fragment::is_accumulator) {
        wmma::fill_fragment(fragment, Element(0));
        wmma::store_matrix_sync(tile, fragment, row, by_rows ? wmma::mem_row_major : wmma::mem_col_major);
    } else {
        for (int i = int(threadIdx.x); i < 1536; i += 32) tile[i] = Element(0);
        __syncwarp();
        wmma::load_matrix_sync(fragment, tile, row);
    }
}

// Requests and wavefronts of a fragment in shared memory whose rows lie `row` elements apart.
template <class Fragment, bool by_rows, unsigned row>
std::pair<std::int64_t, std::int64_t> moved() {
    Session session;
    launch<moves_a_fragment<Fragment, by_rows, row>>(1, 32, 1536 * sizeof(typename Fragment::storage_element_type));
    const auto& kernel = session.profile().kernels.front();
    const Counts counts = kernel.total(Room::shared, Fragment::is_accumulator ? Kind::store : Kind::load);
    CHECK(session.findings().empty());
    return {counts.requests, counts.wavefronts};
}

// Requests as nvcc's machine code for sm_80 has them, with rows that fit the fragment and with rows that do not.
TEST_CASE("profile: rows that fit a fragment meet 32 banks") {
    using namespace nvcuda;
    using Pair = std::pair<std::int64_t, std::int64_t>;
    using Tf32 = wmma::precision::tf32;
    using Rows = wmma::row_major;
    using Columns = wmma::col_major;
    using TfRows = wmma::fragment<wmma::matrix_a, 16, 16, 8, Tf32, Rows>;
    using TfColumns = wmma::fragment<wmma::matrix_a, 16, 16, 8, Tf32, Columns>;
    CHECK(moved<TfRows, true, 20>() == Pair(4, 4));
    CHECK(moved<TfRows, true, 24>() == Pair(4, 8));
    CHECK(moved<TfColumns, false, 24>() == Pair(4, 4));
    CHECK(moved<TfColumns, false, 20>() == Pair(4, 8));
    CHECK(moved<wmma::fragment<wmma::matrix_b, 16, 16, 8, Tf32, Columns>, false, 36>() == Pair(4, 4));
    CHECK(moved<wmma::fragment<wmma::matrix_b, 16, 16, 8, Tf32, Rows>, true, 40>() == Pair(4, 4));

    using HalfRows = wmma::fragment<wmma::matrix_a, 16, 16, 16, half, Rows>;
    using HalfColumns = wmma::fragment<wmma::matrix_a, 16, 16, 16, half, Columns>;
    CHECK(moved<HalfRows, true, 24>() == Pair(4, 4));
    CHECK(moved<HalfRows, true, 16>() == Pair(4, 8));
    CHECK(moved<HalfColumns, false, 40>() == Pair(4, 4));
    CHECK(moved<wmma::fragment<wmma::matrix_a, 32, 8, 16, half, Rows>, true, 24>() == Pair(8, 8));
    CHECK(moved<wmma::fragment<wmma::matrix_b, 32, 8, 16, half, Columns>, false, 24>() == Pair(2, 2));

    using Bytes = wmma::fragment<wmma::matrix_a, 16, 16, 16, signed char, Rows>;
    CHECK(moved<Bytes, true, 16>() == Pair(2, 2));
    CHECK(moved<wmma::fragment<wmma::matrix_a, 16, 16, 16, signed char, Columns>, false, 16>().first == 8);

    // Eight bytes each, half a warp at a time; down the columns, four.
    using Sums = wmma::fragment<wmma::accumulator, 16, 16, 16, float>;
    CHECK(moved<Sums, true, 24>() == Pair(4, 8));
    CHECK(moved<Sums, true, 20>() == Pair(4, 16));
    CHECK(moved<Sums, false, 20>() == Pair(8, 8));
    CHECK(moved<Sums, false, 24>() == Pair(8, 16));
    CHECK(moved<wmma::fragment<wmma::accumulator, 8, 32, 16, float>, false, 24>() == Pair(4, 8));
    CHECK(moved<wmma::fragment<wmma::accumulator, 8, 32, 16, float>, true, 36>() == Pair(8, 8));
    CHECK(moved<wmma::fragment<wmma::accumulator, 16, 16, 16, half>, true, 24>() == Pair(4, 4));
}

TEST_CASE("memory: a long loop without barriers is merged on the way, with the same counts") {
    const DeviceArray<float> x("x", ones(64)), out("out", 32);
    Session session(Mode::count);
    constexpr int rounds = 100'000;
    launch<long_loop>(1, 32, 0, (const float*)x, (float*)out, rounds);
    const Counts loads = session.profile().kernel("long_loop").total("x", Kind::load);
    // Every round half of the lanes load one number.
    CHECK(loads.requests == rounds);
    CHECK(loads.lanes == 16 * std::int64_t(rounds));
    CHECK(loads.sectors == rounds);
    CHECK(session.peak_log_bytes() <= 1 << 20);
    CHECK(out.values()[0] == rounds / 2);
}

TEST_CASE("memory: lanes far apart wait for each other") {
    const DeviceArray<float> x("x", ones(64)), out("out", 32);
    Session session(Mode::count);
    launch<two_long_loops>(1, 32, 0, (const float*)x, (float*)out, 50'000, 2);
    const Counts loads = session.profile().kernel("two_long_loops").total("x", Kind::load);
    CHECK(loads.requests == 2 * 50'000);
    CHECK(loads.lanes == 2 * (16 * 50'000 + 16 * 2));
    CHECK(session.peak_log_bytes() <= 1 << 20);
}

TEST_CASE("memory: a lane that others spin for goes on, whatever its log holds") {
    const DeviceArray<int> lock("lock", std::vector<int>(1));
    const DeviceArray<float> x("x", std::vector<float>(1));
    Session session(Mode::count);
    launch<long_critical_section>(1, 4, 0, (int*)lock, (float*)x);
    CHECK(x.values()[0] == 4 * 3000);
}

TEST_CASE("sampling: every n-th block is counted, and nothing is called unwritten") {
    const DeviceArray<float> x("x", ones(1024)), out("out", 1024);
    {
        Session session({Mode::profile, 4});
        launch<add>(16, 64, 0, (const float*)x, (const float*)x, (float*)out, 1024);
        launch<add>(16, 64, 0, (const float*)out, (const float*)x, (float*)x, 1024);
        const KernelProfile& kernel = session.profile().kernel("add");
        CHECK(kernel.blocks == 32);
        CHECK(kernel.watched_blocks == 8);
        CHECK(kernel.total("x", Kind::load).requests == 4 * 2 * 2 + 4 * 2);
        CHECK(session.findings().empty());
    }
    ::setenv("KBK_EMU_PROFILE_EVERY", "8", 1);
    {
        Session session;
        launch<add>(16, 64, 0, (const float*)x, (const float*)x, (float*)out, 1024);
        CHECK(session.profile().kernel("add").watched_blocks == 2);
    }
    ::setenv("KBK_EMU_PROFILE_EVERY", "often", 1);
    CHECK_THROWS_WITH_AS(Session(), doctest::Contains("KBK_EMU_PROFILE_EVERY is 'often'"), Error);
    ::unsetenv("KBK_EMU_PROFILE_EVERY");
}

TEST_CASE("session: one at a time, and nothing is watched without one") {
    const DeviceArray<float> x("x", ones(64)), out("out", 64);
    {
        Session session;
        CHECK_THROWS_AS(Session(), Error);
    }
    launch<add>(1, 64, 0, (const float*)x, (const float*)x, (float*)out, 64);
    Session session;
    CHECK(session.profile().kernels.empty());
}

TEST_CASE("session: after a launch that fails it goes on counting") {
    const DeviceArray<float> x("x", ones(64)), out("out", 32);
    Session session;
    CHECK_THROWS_AS(launch<add>(1, 64, 0, (const float*)x, (const float*)x, (float*)out, 64), cuda::KernelError);
    REQUIRE(session.findings().size() == 1);
    session.clear();
    launch<add>(1, 32, 0, (const float*)x, (const float*)x, (float*)out, 32);
    CHECK(session.profile().kernel("add").total("out", Kind::store).requests == 1);
    CHECK(session.findings().empty());
}
