/// @file
/// One mistake in a kernel, one message: it names kernel, block, thread, file, line, and what is wrong. After
/// each, a correct kernel runs as if nothing had happened.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/cuda/cuda.hpp"
#include "common/cuda/emulator/error.hpp"
#include "tests/cuda/device_array.hpp"
#include "tests/cuda/orders.hpp"
#include "tests/support/message_of.hpp"

using kbk::cuda::KernelError;
using kbk::cuda::launch;
using kbk::test::Changed;
using kbk::test::DeviceArray;
using kbk::test::message_of;
using Kind = kbk::cuda::KernelError::Kind;
namespace wmma = nvcuda::wmma;

namespace {

__global__ void correct(int* sum) {
    __shared__ int part[64];
    part[threadIdx.x] = static_cast<int>(threadIdx.x);
    __syncthreads();
    if (threadIdx.x == 0)
        for (int value : part) *sum += value;
}

void check_that_kernels_still_run() {
    const DeviceArray<int> sum("sum", std::vector<int>(1));
    launch<correct>(1, 64, 0, sum);
    CHECK(sum.values()[0] == 63 * 64 / 2);
}

struct Caught {
    Kind kind = Kind::other;
    std::string what, mistake;
    KernelError::Place place;
};

Caught error_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const KernelError& error) {
        return {error.kind(), error.what(), error.mistake(), error.place()};
    }
    FAIL("no KernelError");
    return {};
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

std::string source_line(int number) {
    std::ifstream file(KBK_SOURCE "/tests/cuda/emulator_mistakes_test.cu");
    std::string line;
    while (number-- > 0) std::getline(file, line);
    return line;
}

// The error of a launch has this kind and contains this text; the message names the kernel, and (unless the
// launch was refused) the line of this file that contains the code.
void expect(Kind kind, const char* kernel, const char* text, const std::function<void()>& call,
            const char* code = nullptr) {
    const Caught error = error_of(call);
    CAPTURE(error.what);
    CHECK(error.kind == kind);
    CHECK(contains(error.mistake, text));
    CHECK(contains(error.place.kernel, kernel));
    CHECK(contains(error.what, kernel));
    if (code) {
        CHECK(contains(source_line(error.place.line), code));
        CHECK(error.place.file.ends_with("emulator_mistakes_test.cu"));
        CHECK(contains(error.what, fmt::format("emulator_mistakes_test.cu:{}: ", error.place.line)));
        CHECK(contains(error.what, "block ("));
        CHECK(contains(error.what, "thread ("));
    }
    check_that_kernels_still_run();
}

}  // namespace

// ---- Barriers ----

// clang-format off
__global__ void branches(int n) { if (static_cast<int>(threadIdx.x) < n) __syncthreads(); else __syncthreads(); }
// clang-format on

TEST_CASE("two barriers on one line are told apart") {
    expect(
        Kind::barrier, "branches", "divergent __syncthreads()", [] { launch<branches>(1, 64, 0, 5); },
        "else __syncthreads();");
    CHECK_NOTHROW(launch<branches>(1, 64, 0, 64));
}

__global__ void two_barriers(float* x) {
    if (threadIdx.y < 2) {
        x[threadIdx.x] = 1;
        __syncthreads();
    } else {
        __syncthreads();
    }
}

TEST_CASE("a barrier in each branch: the message names both places") {
    const DeviceArray<float> x("x", 64);
    const Caught error = error_of([&] { launch<two_barriers>(dim3(2, 3), dim3(16, 4), 0, x); });
    CHECK(error.kind == Kind::barrier);
    CHECK(contains(error.what, "kernel two_barriers, block (0,0,0), thread (0,2,0), "));
    CHECK(contains(error.mistake, "block (0,0,0) thread (0,0,0) waits at "));
}

__global__ void leaves_early(int n) {
    if (static_cast<int>(threadIdx.x) < n)
        return;
    else
        __syncthreads();
}

TEST_CASE("a thread returned before the others came to a barrier") {
    expect(
        Kind::barrier, "leaves_early", "has already returned from the kernel",
        [] { launch<leaves_early>(1, 64, 0, 10); }, "__syncthreads();");
}

TEST_CASE("a thread returns while others wait at a barrier") {
    const Changed settings;
    settings->reverse = true;
    expect(
        Kind::barrier, "leaves_early",
        "this thread returned from the kernel while block (0,0,0) thread (10,0,0) waits",
        [] { launch<leaves_early>(1, 64, 0, 10); }, "__syncthreads();");
}

TEST_CASE("lenient: barriers go on without threads that returned, as hardware does") {
    const Changed settings;
    settings->lenient = true;
    CHECK_NOTHROW(launch<leaves_early>(1, 64, 0, 10));
    CHECK_NOTHROW(launch<branches>(1, 64, 0, 10));
}

__global__ void unequal_trips() {
    for (unsigned i = 0; i <= threadIdx.x / 32; ++i) __syncthreads();
}

TEST_CASE("a barrier in a loop that some threads leave sooner") {
    expect(Kind::barrier, "unequal_trips", "returned from the kernel",
           [] { launch<unequal_trips>(1, 64, 0); });
}

// ---- Warps ----

__global__ void mixed_waits() {
    if (threadIdx.x < 5)
        __syncwarp();
    else
        __syncthreads();
}

TEST_CASE("deadlock between a warp and a block: who waits where") {
    const Caught error = error_of([] { launch<mixed_waits>(1, 64, 0); });
    CHECK(error.kind == Kind::deadlock);
    CHECK(contains(source_line(error.place.line), "__syncwarp();"));
    CHECK(contains(error.mistake, "thread (0,0,0) and 4 more wait in __syncwarp, mask 0xffffffff, at "));
    CHECK(contains(error.mistake, "thread (5,0,0) and 58 more wait in __syncthreads at "));
    check_that_kernels_still_run();
}

__global__ void unequal_masks() {
    __syncwarp(threadIdx.x == 0 ? 0x3u : 0x7u);
}

TEST_CASE("lanes that name each other in different masks wait for ever") {
    expect(Kind::deadlock, "unequal_masks", "__syncwarp, mask 0x00000003",
           [] { launch<unequal_masks>(1, 3, 0); });
}

__global__ void not_in_mask(int* x) {
    x[threadIdx.x] = __shfl_sync(0x0000ffffu, 1, 0);
}

TEST_CASE("a mask that does not name the calling lane") {
    const DeviceArray<int> x("x", 32);
    expect(
        Kind::warp, "not_in_mask", "__shfl_sync with mask 0x0000ffff, which does not name the calling lane",
        [&] { launch<not_in_mask>(1, 32, 0, x); }, "__shfl_sync(0x0000ffffu, 1, 0)");
}

__global__ void different_functions(int* x) {
    if (threadIdx.x < 16)
        x[threadIdx.x] = __shfl_xor_sync(~0u, 1, 1);
    else
        x[threadIdx.x] = __any_sync(~0u, 1);
}

TEST_CASE("lanes of one warp in different functions") {
    const DeviceArray<int> x("x", 32);
    expect(Kind::warp, "different_functions", "this one in __any_sync, another in __shfl_xor_sync at ",
           [&] { launch<different_functions>(1, 32, 0, x); });
}

__global__ void odd_width(int* x) {
    x[threadIdx.x] = __shfl_down_sync(~0u, 1, 1, 3);
}

TEST_CASE("a shuffle's width is a power of two") {
    const DeviceArray<int> x("x", 32);
    expect(
        Kind::warp, "odd_width", "__shfl_down_sync with width 3: it must be 1, 2, 4, 8, 16 or 32",
        [&] { launch<odd_width>(1, 32, 0, x); }, "__shfl_down_sync(~0u, 1, 1, 3)");
}

// ---- Addresses ----

__global__ void store_at(float* x, long index) {
    x[index + threadIdx.x] = 1;
}
__global__ void load_at(const float* x, long index, float* y) {
    y[0] = x[index];
}

TEST_CASE("out of bounds: how far, and of which buffer") {
    const DeviceArray<float> x("x", 1000), y("y", 8);
    expect(
        Kind::address, "store_at", "illegal access: 0 bytes past the end of 'x' (4000 bytes)",
        [&] { launch<store_at>(1, 32, 0, x, 1000 - 31); }, "x[index + threadIdx.x] = 1;");
    CHECK(error_of([&] { launch<store_at>(1, 32, 0, x, 1000 - 31); }).place.thread.x == 31);
    expect(
        Kind::address, "load_at", "illegal access: 400 bytes past the end of 'x' (4000 bytes)",
        [&] { launch<load_at>(1, 1, 0, x, 1100, y); }, "y[0] = x[index];");
    // The first page before a buffer of whole pages is a guard as well.
    const DeviceArray<float> whole("whole", 1024);
    expect(
        Kind::address, "load_at", "illegal access: 4 bytes before the start of 'whole' (4096 bytes)",
        [&] { launch<load_at>(1, 1, 0, whole, -1, y); }, "y[0] = x[index];");
}

TEST_CASE("a write into the few bytes between a buffer and its guard page") {
    const DeviceArray<float> x("x", 1001);
    expect(Kind::address, "store_at",
           "a thread wrote past the end of 'x' (4004 bytes), within 28 bytes of it",
           [&] { launch<store_at>(1, 1, 0, x, 1001); });
}

TEST_CASE("null pointers") {
    const DeviceArray<float> y("y", 8);
    expect(
        Kind::address, "store_at", "illegal access: a null pointer",
        [] { launch<store_at>(1, 1, 0, nullptr, 0); }, "x[index + threadIdx.x] = 1;");
    expect(
        Kind::address, "load_at", "illegal access: byte 40 from a null pointer",
        [&] { launch<load_at>(1, 1, 0, nullptr, 10, y); }, "y[0] = x[index];");
}

struct Pointers {
    float* x;
};
__global__ void write_struct(Pointers p) {
    p.x[0] = 1;
}

TEST_CASE("memory that has been released") {
    Pointers gone{};
    {
        const DeviceArray<float> x("x", 100);
        gone.x = x;
    }
    expect(
        Kind::address, "write_struct", "byte 0 of 'x' (400 bytes), which has been released",
        [&] { launch<write_struct>(1, 1, 0, gone); }, "p.x[0] = 1;");
}

TEST_CASE("a host pointer as an argument is refused before anything runs") {
    std::vector<float> host(8);
    expect(Kind::configuration, "store_at", "argument 1 points to host memory",
           [&] { launch<store_at>(1, 1, 0, host.data(), 0); });
    CHECK(host[0] == 0);
}

__global__ void write_shared(int index) {
    kbk::cuda::dynamic_shared<float>()[index] = 1;
}

TEST_CASE("dynamic shared memory ends at a guard page") {
    CHECK_NOTHROW(launch<write_shared>(1, 1, 1024, 255));
    expect(
        Kind::address, "write_shared",
        "illegal access: 0 bytes past the end of the dynamic shared memory (1024 bytes)",
        [] { launch<write_shared>(1, 1, 1024, 256); }, "dynamic_shared<float>()[index] = 1;");
    expect(
        Kind::address, "write_shared", "past the end of the dynamic shared memory (0 bytes)",
        [] { launch<write_shared>(1, 1, 0, 0); }, "dynamic_shared<float>()[index] = 1;");
}

__global__ void add_at(char* x) {
    atomicAdd(reinterpret_cast<int*>(x + 2), 1);
}

TEST_CASE("a misaligned atomic") {
    const DeviceArray<char> x("x", 64);
    expect(
        Kind::misaligned, "add_at", "misaligned atomic of 4 bytes at byte 2 of 'x'",
        [&] { launch<add_at>(1, 1, 0, x); }, "atomicAdd(reinterpret_cast<int*>(x + 2), 1);");
}

TEST_CASE("copies that do not fit, and copies to nowhere") {
    const DeviceArray<float> x("x", 100);
    std::vector<float> host(200);
    CHECK(contains(message_of([&] { kbk::cuda::copy(x, host.data(), 404); }),
                   "copy of 404 bytes at byte 0 of 'x' (400 bytes)"));
    CHECK(contains(message_of([&] { kbk::cuda::copy(host.data(), x + 50, 204); }),
                   "copy of 204 bytes at byte 200 of 'x'"));
    CHECK(contains(message_of([&] { kbk::cuda::clear(x + 99, 8); }), "clear of 8 bytes at byte 396 of 'x'"));
    CHECK(contains(message_of([&] { kbk::cuda::copy(nullptr, host.data(), 4); }),
                   "copy of 4 bytes: the address is null"));
    CHECK(contains(message_of([&] { kbk::cuda::allocate(std::size_t{1} << 60); }), "out of memory"));
}

// ---- Traps ----

__global__ void big_array(float* x) {
    volatile float local[1 << 15];
    for (int i = (1 << 15) - 1; i >= 0; i -= 512) local[i] = x[0];
    x[1] = local[7];
}
__device__ __attribute__((noinline)) int endless(int* x, int depth) {
    volatile int here = depth;
    const int below = x[1] > 1000000 ? 0 : endless(x, depth + 1);
    return here + below + x[0];
}
__global__ void calls_itself(int* x) {
    x[1] = endless(x, 0);
}

#ifndef __SANITIZE_ADDRESS__
TEST_CASE("the stack overflows") {
    const DeviceArray<float> x("x", 8);
    const DeviceArray<int> n("n", 8);
    expect(Kind::stack_overflow, "big_array", "stack overflow", [&] { launch<big_array>(1, 32, 0, x); });
    expect(Kind::stack_overflow, "calls_itself", "stack overflow",
           [&] { launch<calls_itself>(1, 32, 0, n); });
}
#endif

#ifdef __x86_64__  // on other processors the quotient is 0, as on GPUs
__global__ void divide(int* x, int by) {
    x[0] /= by;
}

TEST_CASE("an integer division by zero") {
    const DeviceArray<int> x("x", std::vector<int>(1, 1));
    expect(
        Kind::trap, "divide", "integer division by zero", [&] { launch<divide>(1, 1, 0, x, 0); },
        "x[0] /= by;");
}
#endif

__global__ void traps() {
    if (threadIdx.x == 3 && blockIdx.x == 1) __trap();
}
__global__ void throws() {
    throw std::runtime_error("not on a GPU");
}

TEST_CASE("__trap() and exceptions end the launch") {
    expect(
        Kind::trap, "traps", "the kernel called __trap()", [] { launch<traps>(4, 32, 0); }, "__trap();");
    const Caught error = error_of([] { launch<traps>(4, 32, 0); });
    CHECK(error.place.block.x == 1);
    CHECK(error.place.thread.x == 3);
    expect(Kind::exception, "throws", "the kernel threw an exception: not on a GPU",
           [] { launch<throws>(1, 32, 0); });
}

__global__ void wait_for_a_later_block(int* flag) {
    if (blockIdx.x == 0)
        while (atomicAdd(flag, 0) == 0) {
        }
    else
        atomicExch(flag, 1);
}

TEST_CASE("a block that polls for ever is given up") {
    const Changed settings;
    settings->polling_seconds = 0.05;
    const DeviceArray<int> never("never", std::vector<int>(1));
    expect(Kind::deadlock, "wait_for_a_later_block", "has only been polling atomics for 0.05 s",
           [&] { launch<wait_for_a_later_block>(1, 32, 0, never); });
}

// ---- Launches that are refused ----

__global__ void nothing() {}
__global__ void launches() {
    launch<nothing>(1, 1, 0);
}
__global__ void large_static(float* x) {
    __shared__ float tile[12 * 1024 + 1];
    tile[threadIdx.x] = x[0];
    __syncthreads();
    x[threadIdx.x] = tile[0];
}
__global__ void some_static(float* x) {
    __shared__ float tile[12 * 1024];
    tile[threadIdx.x] = 1;
    __syncthreads();
    x[threadIdx.x] = tile[31 - threadIdx.x];
}

TEST_CASE("grids and blocks have limits") {
    const auto refused = [](dim3 grid, dim3 block, const char* text) {
        expect(Kind::configuration, "nothing", text, [&] { launch<nothing>(grid, block, 0); });
    };
    refused(1, 1025, "block (1025, 1, 1) is too large: 1025 threads");
    refused(1, dim3(33, 32), "block (33, 32, 1) is too large: 1056 threads");
    refused(1, dim3(1, 1, 65), "block (1, 1, 65) is too large");
    refused(1, dim3(0, 32), "block (0, 32, 1) has no threads");
    refused(dim3(4, 0), 32, "grid (4, 0, 1) has no blocks");
    refused(dim3(1, 65536), 32, "grid (1, 65536, 1) is too large");
    refused(dim3(1, 1, 65536), 32, "grid (1, 1, 65536) is too large");
    refused(dim3(0x80000000u), 32, "grid (2147483648, 1, 1) is too large");
    CHECK_NOTHROW(launch<nothing>(1, dim3(4, 4, 64), 0));
    CHECK_NOTHROW(launch<nothing>(dim3(1, 2, 65535), 1, 0));
}

TEST_CASE("shared memory is limited by the architecture") {
    const Changed settings;
    const DeviceArray<float> x("x", 32);
    struct Limit {
        const char* name;
        std::size_t KiB;
    };
    for (const auto& [name, KiB] : {Limit{"sm_75", 64}, Limit{"sm_80", 163}, Limit{"sm_86", 99},
                                    Limit{"sm_89", 99}, Limit{"sm_90", 227}}) {
        CAPTURE(name);
        settings->architecture = &kbk::cuda::emulator::architecture_named(name);
        CHECK_NOTHROW(launch<nothing>(1, 32, KiB << 10));
        expect(Kind::shared_memory, "nothing", name,
               [&, bytes = (KiB << 10) + 1] { launch<nothing>(1, 32, bytes); });
        CHECK_NOTHROW(launch<some_static>(1, 32, (KiB - 48) << 10, x));
        expect(Kind::shared_memory, "some_static", "49152 static",
               [&, bytes = ((KiB - 48) << 10) + 1] { launch<some_static>(1, 32, bytes, x); });
    }
    expect(Kind::shared_memory, "large_static",
           "49156 bytes of static shared memory ('tile' alone has 49156); at most 49152",
           [&] { launch<large_static>(1, 32, 0, x); });
}

TEST_CASE("more than 48 KiB of dynamic shared memory must be opted in to") {
    const auto without_opting_in = [](std::size_t bytes) {
        kbk::cuda::emulator::launch_function("by_value", nothing, nothing, 1, 32, bytes, false);
    };
    CHECK_NOTHROW(without_opting_in(48 << 10));
    expect(Kind::shared_memory, "by_value", "49153 bytes of dynamic shared memory without opting in",
           [&] { without_opting_in((48 << 10) + 1); });
}

TEST_CASE("a kernel cannot launch kernels, and the host is no thread of a block") {
    expect(Kind::exception, "launches", "the emulator has no dynamic parallelism",
           [] { launch<launches>(1, 1, 0); });
    CHECK(contains(message_of([] { __syncthreads(); }), "__syncthreads() was called on the host"));
    CHECK(contains(message_of([] { __shfl_sync(~0u, 1, 0); }), "__shfl_sync was called on the host"));
    CHECK(contains(message_of([] { kbk::cuda::emulator::architecture_named("sm_70"); }),
                   "unknown GPU architecture 'sm_70'"));
}

// ---- Matrix fragments ----

using FragmentA = wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major>;

__global__ void load_fragment(const half* x, unsigned stride) {
    FragmentA a;
    wmma::load_matrix_sync(a, x, stride);
}
__global__ void load_apart(const half* x) {
    FragmentA a;
    wmma::load_matrix_sync(a, x + (threadIdx.x == 9 ? 16 : 0), 16);
}
__global__ void store_over_the_end(float* x) {
    wmma::fragment<wmma::accumulator, 16, 16, 16, float> c;
    wmma::fill_fragment(c, 0.0f);
    wmma::store_matrix_sync(x, c, 16, wmma::mem_row_major);
}

TEST_CASE("matrix fragments: addresses, strides, whole warps") {
    const DeviceArray<half> x("x", 512);
    expect(
        Kind::warp, "load_fragment", "address must be a multiple of 32 bytes",
        [&] { launch<load_fragment>(1, 32, 0, x + 8, 16); }, "wmma::load_matrix_sync(a, x, stride);");
    expect(
        Kind::warp, "load_fragment", "stride must be a multiple of 16 bytes",
        [&] { launch<load_fragment>(1, 32, 0, x, 17); }, "wmma::load_matrix_sync(a, x, stride);");
    expect(
        Kind::warp, "load_fragment", "need all 32 lanes", [&] { launch<load_fragment>(1, 16, 0, x, 16); },
        "wmma::load_matrix_sync(a, x, stride);");
    expect(Kind::warp, "load_apart", "different addresses or strides",
           [&] { launch<load_apart>(1, 32, 0, x); });
    expect(
        Kind::address, "load_fragment", "0 bytes past the end of 'x'",
        [&] { launch<load_fragment>(1, 32, 0, x + 256 + 16, 16); }, "wmma::load_matrix_sync(a, x, stride);");
    const DeviceArray<float> y("y", 248);
    expect(Kind::address, "store_over_the_end", "0 bytes past the end of 'y' (992 bytes)",
           [&] { launch<store_over_the_end>(1, 32, 0, y); });
}

// ---- Alignment of vectors ----

__global__ void load_vector(const float* x, float4* y) {
    *y = *reinterpret_cast<const float4*>(x + 1);
}

#ifdef __x86_64__  // other processors load vectors from anywhere; the checker finds them there
TEST_CASE("a misaligned float4") {
    const DeviceArray<float> x("x", 64);
    const DeviceArray<float4> y("y", 1);
    expect(Kind::misaligned, "load_vector", "a float4 must lie at a multiple of 16 bytes",
           [&] { launch<load_vector>(1, 1, 0, x, y); });
}
#endif
