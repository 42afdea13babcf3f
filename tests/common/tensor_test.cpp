// Memory and shapes: what a tensor keeps, what it refuses, and how often it asks for memory.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <thread>
#include <vector>
#include <xtensor/xmath.hpp>
#include <xtensor/xtensor.hpp>

#include "common/base/error.hpp"
#include "common/tensor/tensor.hpp"
#include "common/tensor/xtensor.hpp"

using namespace kbk;

namespace {

// Whether an address is a multiple of 64.
template <class T>
bool aligned(const T* memory) {
    return std::bit_cast<std::uintptr_t>(memory) % 64 == 0;
}

}  // namespace

TEST_CASE("a shape knows its sizes") {
    const Shape scalar, line{7}, image{2, 3, 4, 5};
    CHECK(scalar.rank() == 0);
    CHECK(scalar.count() == 1);
    CHECK(scalar.text() == "()");
    CHECK(line.text() == "(7)");
    CHECK(image.text() == "(2, 3, 4, 5)");
    CHECK(image.count() == 120);
    CHECK(image[0] == 2);
    CHECK(image[-1] == 5);
    CHECK(image[-4] == 2);
    CHECK(image == Shape{2, 3, 4, 5});
    CHECK(image != Shape{2, 3, 20});
    CHECK(Shape{3} != Shape{3, 1});
    CHECK(Shape{0, 5}.count() == 0);
    CHECK(std::vector<std::int64_t>(image.sizes().begin(), image.sizes().end()) ==
          std::vector<std::int64_t>{2, 3, 4, 5});
}

TEST_CASE("a shape that cannot be is refused") {
    CHECK_NOTHROW(Shape{1, 2, 3, 4, 5});
    CHECK_THROWS_WITH_AS((Shape{1, 2, 3, 4, 5, 6}), "a tensor has at most 5 dimensions, not 6", Error);
    CHECK_THROWS_WITH_AS((Shape{2, -3}), "dimension 1 of a shape is negative: -3", Error);

    // The product of the sizes must not wrap around to a small number.
    const std::int64_t big = std::int64_t{1} << 32;
    CHECK_THROWS_WITH_AS((Shape{big, big}), "a shape of (4294967296, 4294967296) is larger than any memory",
                         Error);
    CHECK_THROWS_AS((Shape{std::int64_t{1} << 62}), Error);
    CHECK_NOTHROW(Shape{0, big, big});
#ifndef __SANITIZE_ADDRESS__  // which aborts where it should only refuse
    CHECK_THROWS_WITH_AS(Tensor<double>(Shape{std::int64_t{1} << 47}),
                         "out of memory: 1125899906842624 bytes asked for on device cpu", Error);
#endif
}

TEST_CASE("a tensor owns aligned memory and moves it") {
    Tensor<float> a({3, 5});
    CHECK(a.size() == 15);
    CHECK(a.shape(-1) == 5);
    CHECK(a.device() == Device::cpu);
    CHECK(aligned(a.data()));
    a.clear();
    for (const float x : a.values()) CHECK(x == 0);
    a.values()[7] = 3;

    const float* memory = a.data();
    Tensor<float> b = std::move(a);
    CHECK(b.data() == memory);
    CHECK(b.values()[7] == 3);

    Tensor<float> copy = b.to(Device::cpu);
    CHECK(copy.data() != b.data());
    CHECK(copy.shape() == b.shape());
    CHECK(copy.values()[7] == 3);
    copy.values()[7] = 4;
    CHECK(b.values()[7] == 3);
    static_assert(!std::is_copy_constructible_v<Tensor<float>>, "a copy is asked for by to()");

    const Tensor<float> empty;
    CHECK(empty.size() == 0);
    CHECK(empty.values().empty());
    CHECK(empty.to(Device::cpu).size() == 0);
}

TEST_CASE("a tensor of given values") {
    const std::vector<std::int32_t> values = {1, 2, 3, 4, 5, 6};
    const Tensor<std::int32_t> t({2, 3}, values);
    CHECK(std::equal(values.begin(), values.end(), t.values().begin()));
    CHECK_THROWS_WITH_AS((Tensor<std::int32_t>({2, 2}, values)),
                         "a tensor of shape (2, 2) holds 4 values, not 6", Error);
}

TEST_CASE("resizing keeps memory that is large enough") {
    Tensor<double> t({4, 6});
    std::iota(t.values().begin(), t.values().end(), 0);
    const double* memory = t.data();
    const std::size_t before = allocations();

    // Another shape of as many values keeps them.
    t.resize({3, 8});
    CHECK(t.shape() == Shape{3, 8});
    CHECK(t.values()[23] == 23);
    t.resize({2});
    CHECK(t.size() == 2);
    t.resize({0});
    t.resize({24});
    CHECK(t.data() == memory);
    CHECK(allocations() == before);

    t.resize({25});
    CHECK(t.size() == 25);
    CHECK(allocations() == before + 1);
    std::memset(t.data(), 0, 25 * sizeof(double));

    // A tensor that owned nothing gets memory even for no values.
    Tensor<float> empty;
    empty.resize({0, 3});
    CHECK(empty.data() != nullptr);
}

TEST_CASE("a device that is not there is refused") {
    CHECK(name(Device::cpu) == "cpu");
    CHECK(parse_device("cuda") == Device::cuda);
    CHECK(parse_device("cpu") == Device::cpu);
    CHECK_THROWS_WITH_AS(parse_device("gpu"), "unknown device 'gpu'; choose cpu or cuda", Error);
    CHECK(unavailable(Device::cpu).empty());
    if (unavailable(Device::cuda).empty()) {
        // Values on another device are not readable here.
        Tensor<float> there({3}, Device::cuda);
        CHECK_THROWS_AS((void)there.values(), Error);
        const Tensor<float> here({3}, std::vector<float>{1, 2, 3});
        CHECK(here.to(Device::cuda).to(Device::cpu).values()[2] == 3);
    } else {
        const std::string message = "device cuda cannot be used: " + unavailable(Device::cuda);
        CHECK_THROWS_WITH_AS((Tensor<float>({3}, Device::cuda)), message.c_str(), Error);
        const Tensor<float> here({3});
        CHECK_THROWS_WITH_AS((void)here.to(Device::cuda), message.c_str(), Error);
    }
}

TEST_CASE("scratch memory is lent until its frame ends") {
    Scratch scratch;
    CHECK(scratch.device() == Device::cpu);
    const std::size_t before = allocations();
    float* first = nullptr;
    {
        const Scratch::Frame outer(scratch);
        first = scratch.take<float>(10);
        auto* second = scratch.take<std::uint8_t>(3);
        CHECK(aligned(first));
        CHECK(aligned(second));
        CHECK(reinterpret_cast<std::byte*>(second) >= reinterpret_cast<std::byte*>(first + 10));
        double* third = nullptr;
        {
            const Scratch::Frame inner(scratch);
            third = scratch.take<double>(100);
            std::memset(third, 0, 100 * sizeof(double));
        }
        // What the inner frame lent is lent again; what the outer one lent is not.
        CHECK(scratch.take<double>(100) == third);
        CHECK(scratch.take<double>(1) != third);
        (void)scratch.take<float>(0);
    }
    {
        const Scratch::Frame again(scratch);
        CHECK(scratch.take<float>(10) == first);
    }
    CHECK(allocations() == before + 1);
}

TEST_CASE("scratch memory grows in the first steps, and then stays") {
    Scratch scratch;
    const std::int64_t million = 1 << 20;
    const auto step = [&] {
        const Scratch::Frame frame(scratch);
        std::vector<std::pair<float*, std::int64_t>> parts;
        for (std::int64_t i = 1; i <= 4; ++i) {
            parts.emplace_back(scratch.take<float>(i * million), i * million);
            const Scratch::Frame inner(scratch);
            std::memset(scratch.take<float>(million), 1, million * sizeof(float));
        }
        // Growing must not move or overlap what was lent before.
        for (const auto& [memory, count] : parts) std::fill_n(memory, count, float(count));
        for (const auto& [memory, count] : parts)
            CHECK(std::all_of(memory, memory + count, [n = count](float x) { return x == float(n); }));
    };
    const std::size_t before = allocations();
    step();
    CHECK(allocations() > before + 1);  // several blocks, then one that holds them all
    const std::size_t settled = allocations();
    for (int i = 0; i < 3; ++i) step();
    CHECK(allocations() == settled);
}

TEST_CASE("each thread has an arena of its own") {
    Scratch* mine = &scratch(Device::cpu);
    CHECK(mine == &scratch(Device::cpu));
    CHECK(mine != &scratch(Device::cuda));
    CHECK(scratch(Device::cuda).device() == Device::cuda);
    Scratch* other = nullptr;
    std::thread([&] { other = &scratch(Device::cpu); }).join();
    CHECK(mine != other);
}

TEST_CASE("every bfloat16 is a float, and comes back") {
    for (std::uint32_t bits = 0; bits < 65536; ++bits) {
        const bfloat16 b{static_cast<std::uint16_t>(bits)};
        const float value = float(b);
        if (std::isnan(value)) {
            REQUIRE(std::isnan(float(bfloat16::round(value))));
            REQUIRE(std::signbit(float(bfloat16::round(value))) == std::signbit(value));
        } else {
            REQUIRE(bfloat16::round(value).bits == bits);
        }
    }
    // A NaN whose upper half looks like infinity stays a NaN.
    CHECK(std::isnan(float(bfloat16::round(std::bit_cast<float>(0x7f800001u)))));
    CHECK(std::isnan(float(bfloat16::round(std::bit_cast<float>(0xff80ffffu)))));
}

TEST_CASE("bfloat16 rounds to the nearest, ties to even") {
    for (std::uint32_t bits = 0; bits < 0x7f80; ++bits)
        for (const std::uint32_t sign : {0u, 0x80000000u}) {
            // Between one bfloat16 and the next (for the largest: infinity): below, at and above the middle.
            const auto round = [&](std::uint32_t rest) {
                return bfloat16::round(std::bit_cast<float>(sign | bits << 16 | rest)).bits & 0x7fffu;
            };
            REQUIRE(round(0x0000) == bits);
            REQUIRE(round(0x0001) == bits);
            REQUIRE(round(0x7fff) == bits);
            REQUIRE(round(0x8000) == bits + bits % 2);
            REQUIRE(round(0x8001) == bits + 1);
            REQUIRE(round(0xffff) == bits + 1);
        }
}

TEST_CASE("an xtensor view reads and writes the tensor itself") {
    Tensor<float> t({2, 3});
    auto v = view<2>(t);
    for (std::size_t i = 0; i < 2; ++i)
        for (std::size_t j = 0; j < 3; ++j) v(i, j) = float(10 * i + j);
    CHECK(t.values()[5] == 12);

    // Mathematics reads like the formula, and lands in the tensor.
    view<2>(t) = 2 * view<2>(t) + 1;
    CHECK(t.values()[5] == 25);
    const Tensor<float>& constant = t;
    const xt::xtensor<float, 1> sums = xt::sum(view<2>(constant), {1});
    CHECK(sums(0) == 1 + 3 + 5);
    CHECK(sums(1) == 21 + 23 + 25);
    static_assert(!std::is_assignable_v<decltype(view<2>(constant)(0, 0)), float>);

    Tensor<double> volume({2, 3, 4, 5, 6});
    view<5>(volume)(1, 2, 3, 4, 5) = 7;
    CHECK(volume.values()[volume.size() - 1] == 7);
    CHECK_THROWS_WITH_AS(view<3>(t), "a view of rank 3 was asked for of a tensor of shape (2, 3)", Error);
}
