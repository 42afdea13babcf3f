#include "tests/kernels/broken.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "tests/kernels/matmul_cases.hpp"

namespace kbk::test {

namespace {

// The first complaint of the check about any of the cases; empty when it accepts them all.
template <class Run>
std::string complaint(const Run& run, const std::vector<Case<Matmul>>& cases) {
    for (const auto& test : cases)
        if (std::string wrong = test.check(run); !wrong.empty()) return wrong;
    return "";
}

// Problems that together show every fault of the gallery.
std::vector<Case<Matmul>> revealing_cases() {
    std::vector<Case<Matmul>> cases;
    cases.push_back(matmul_case(product(13, 17, 17), Numbers::small_integers));
    cases.push_back(matmul_case(product(13, 17, 29), Numbers::real));
    Matmul p = product(13, 17, 11);
    p.ldc = 20;
    cases.push_back(matmul_case(p, Numbers::small_integers));
    p.beta = 0.5f;
    cases.push_back(matmul_case(p, Numbers::small_integers));
    p.beta = 0;
    cases.push_back(matmul_case(p, Numbers::small_integers, true));
    p.epilogue.activation = Activation::relu;
    cases.push_back(matmul_case(p, Numbers::small_integers, true));

    std::vector<float> a(2 * 3), b = integers(3 * 4, "b");
    b[5] = std::numeric_limits<float>::quiet_NaN();
    cases.emplace_back("a NaN against zeros", product(2, 4, 3)).input(&Matmul::a, a).input(&Matmul::b, b)
        .output(&Matmul::c, std::vector<float>(8, poison()));
    return cases;
}

}  // namespace

TEST_CASE("the check rejects every broken kernel, and says why") {
    const auto cases = revealing_cases();
    for (const broken::Exhibit& exhibit : broken::gallery()) {
        const std::string wrong = complaint(exhibit.run, cases);
        CHECK_MESSAGE(wrong.find(exhibit.message) != std::string::npos, "a kernel is broken: ", exhibit.fault,
                      "; the check says: ", wrong.empty() ? "nothing" : wrong);
    }
}

TEST_CASE("the check accepts a right kernel") {
    const std::string wrong = complaint(broken::right, revealing_cases());
    CHECK_MESSAGE(wrong.empty(), wrong);
}

TEST_CASE("the check of thread counts rejects a sum that is cut by their number") {
    const auto test = matmul_case(product(13, 17, 290), Numbers::real);
    CHECK(test.check_threads(broken::right).empty());
    const std::string wrong = test.check_threads(broken::sums_by_the_number_of_threads);
    CHECK_MESSAGE(wrong.find("2 threads against 1: the bits differ") != std::string::npos, wrong);
    CHECK(test.check(broken::sums_by_the_number_of_threads).empty());  // close, but not reproducible
}

TEST_CASE("closeness is strict about sizes, NaNs and gaps") {
    const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
    const std::vector<double> loose{10, 10};
    using V = std::vector<float>;
    CHECK(find_difference(V{1, 2}, V{1, 2}).empty());
    CHECK(find_difference(V{1, 3}, V{1, 2}, loose).empty());
    CHECK(find_difference(V{infinity, nan}, V{infinity, nan}, loose).empty());
    CHECK(find_difference(V{1, poison()}, V{1, poison()}, loose).empty());
    CHECK(find_difference(V{1}, V{1, 2}) == "1 elements where 2 were expected");
    CHECK(find_difference(V{1, 2}, V{1, 2}, std::vector<double>{1}) == "1 tolerances for 2 elements");
    CHECK(find_difference(V{1, 2.5f}, V{1, 2}) ==
          "1 of 2 elements are wrong; the worst is element 1: 2.5 instead of 2 (accepted error 0)");
    CHECK(!find_difference(V{1, nan}, V{1, 2}, loose).empty());
    CHECK(!find_difference(V{1, 2}, V{1, nan}, loose).empty());
    CHECK(!find_difference(V{1, infinity}, V{1, 2}, loose).empty());
    CHECK(!find_difference(V{1, -infinity}, V{1, infinity}, loose).empty());
    CHECK(!find_difference(V{1, poison()}, V{1, 2}, loose).empty());
    CHECK(!find_difference(V{1, 2}, V{1, poison()}, loose).empty());
    CHECK(!find_difference(V{1, nan}, V{1, poison()}, loose).empty());
    CHECK(!find_difference(V{1, 2}, V{1, 3}, std::vector<double>{1, double(nan)}).empty());
    CHECK(!find_bit_difference(V{0.0f}, V{-0.0f}).empty());
}

}  // namespace kbk::test
