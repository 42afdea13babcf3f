#include "kernels/matmul/matmul.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "common/base/philox.hpp"
#include "tests/kernels/matmul_cases.hpp"
#include "tests/support/ladder_check.hpp"

namespace kbk::test {

namespace {

const auto reference_rung = [](const Matmul& p, Scratch&) { reference(p); };

}  // namespace

TEST_CASE("a product worked by hand") {
    // C = A B with A = (1 2 3; 4 5 6) and B = (7 8; 9 10; -11 12); then 0.5 (2 4; 6 8) + C + (1, -200), and relu.
    const std::vector<float> a{1, 2, 3, 4, 5, 6}, a_transposed{1, 4, 2, 5, 3, 6};
    const std::vector<float> b{7, 8, 9, 10, -11, 12}, b_transposed{7, 9, -11, 8, 10, 12}, old{2, 4, 6, 8};
    const std::vector<float> poisoned(4, poison());
    Matmul p = product(2, 2, 3);
    std::vector<Case<Matmul>> cases;
    cases.emplace_back("plain", p).input(&Matmul::a, a).input(&Matmul::b, b).output(&Matmul::c, poisoned)
        .expect({-8, 64, 7, 154});
    p.transpose_a = true;
    cases.emplace_back("transpose_a", p).input(&Matmul::a, a_transposed).input(&Matmul::b, b)
        .output(&Matmul::c, poisoned).expect({-8, 64, 7, 154});
    p.transpose_b = true;
    p.beta = 0.5f;
    cases.emplace_back("both transposed, beta", p).input(&Matmul::a, a_transposed).input(&Matmul::b, b_transposed)
        .output(&Matmul::c, old).expect({-7, 66, 10, 158});
    p.epilogue = {.bias = old.data(), .activation = Activation::relu};
    cases.emplace_back("everything", p).input(&Matmul::a, a_transposed).input(&Matmul::b, b_transposed)
        .input([](Matmul& q, const float* x) { q.epilogue.bias = x; }, std::vector<float>{1, -200})
        .output(&Matmul::c, old).expect({0, 0, 11, 0});

    check_rungs(matmul(), cases);
    for (const auto& test : cases) CHECK_MESSAGE(test.check(reference_rung).empty(), "reference: ", test.check(reference_rung));
}

TEST_CASE("integers of awkward sizes give exact results") {
    // Around the register tiles (6 x 16 on AVX2, 14 x 32 on AVX-512, 8 x 12 on NEON), and fitting none of them.
    std::vector<Case<Matmul>> cases;
    const std::int64_t edges[] = {0, 1, 2, 5, 6, 7, 13, 16, 17, 31, 33};
    for (const auto m : edges)
        for (const auto n : edges)
            for (const auto k : edges) cases.push_back(matmul_case(product(m, n, k), Numbers::small_integers));
    check_rungs(matmul(), cases);
}

TEST_CASE("reals stay within the rounding bound, across the blocks of every rung") {
    std::vector<Case<Matmul>> cases;
    for (const Matmul& p : {product(1, 1, 1), product(47, 53, 61), product(97, 101, 257), product(100, 10, 128),
                            product(100, 128, 784), product(257, 33, 129), product(500, 130, 260), product(7, 3100, 9),
                            product(150, 530, 1), product(3, 5, 3000)})
        cases.push_back(matmul_case(p, Numbers::real));
    check_rungs(matmul(), cases);
}

TEST_CASE("long and thin products") {
    std::vector<Case<Matmul>> cases;
    for (const auto& [m, n, k] : {std::array{1, 1000, 500}, {1000, 1, 500}, {1, 1, 1000}, {10, 700, 90}, {700, 10, 90},
                                  {300, 300, 1}, {1, 257, 1}, {257, 1, 1}})
        for (const bool transpose_a : {false, true})
            for (const bool transpose_b : {false, true}) {
                Matmul p = product(m, n, k);
                p.transpose_a = transpose_a;
                p.transpose_b = transpose_b;
                p.beta = transpose_a ? 1.0f : 0.0f;
                cases.push_back(matmul_case(p, Numbers::real));
                if (n == 1) p.ldc = 3, p.epilogue.activation = Activation::relu;
                cases.push_back(matmul_case(p, Numbers::small_integers, transpose_b));
            }
    check_rungs(matmul(), cases);
}

TEST_CASE("transposes, leading dimensions, beta and epilogue in all combinations") {
    std::vector<Case<Matmul>> cases;
    for (const Matmul& size : {product(7, 17, 5), product(1, 33, 12), product(50, 1, 9), product(40, 50, 60),
                               product(6, 16, 0), product(0, 3, 4), product(3, 0, 4)})
        for (const bool transpose_a : {false, true})
            for (const bool transpose_b : {false, true})
                for (const bool gaps : {false, true})
                    for (const float beta : {0.0f, 1.0f, 0.5f})
                        for (const bool bias : {false, true})
                            for (const auto activation : {Activation::identity, Activation::relu}) {
                                Matmul p = size;
                                p.transpose_a = transpose_a;
                                p.transpose_b = transpose_b;
                                if (gaps) {
                                    p.lda = p.stride_a() + 3;
                                    p.ldb = p.stride_b() + 5;
                                    p.ldc = p.stride_c() + 2;
                                }
                                p.beta = beta;
                                p.epilogue.activation = activation;
                                cases.push_back(matmul_case(p, Numbers::small_integers, bias));
                                cases.push_back(matmul_case(p, Numbers::real, bias));
                            }
    check_rungs(matmul(), cases);
}

TEST_CASE("every activation is an epilogue") {
    // Of one tile, of several, and of a sum long enough for CUDA rungs to share it out among blocks.
    std::vector<Case<Matmul>> cases;
    for (const Matmul& size : {product(5, 7, 3), product(40, 90, 33), product(20, 30, 600)})
        for (const auto activation : {Activation::sigmoid, Activation::tanh, Activation::gelu}) {
            Matmul p = size;
            p.beta = 0.5f;
            p.epilogue.activation = activation;
            cases.push_back(matmul_case(p, Numbers::real, true));
        }
    check_rungs(matmul(), cases);
}

TEST_CASE("batches of two levels") {
    std::vector<Case<Matmul>> cases;
    for (const Matmul& size : {product(3, 5, 7), product(20, 40, 8), product(1, 9, 4), product(5, 1, 6), product(2, 3, 0)})
        for (const bool transpose_b : {false, true})
            for (const std::int64_t shared : {0, 1}) {
                // Each head's rows lie between the other heads' rows, as in attention; or all heads share one B.
                Matmul p = size;
                p.transpose_b = transpose_b;
                p.batch = {.outer = 2, .inner = 3};
                p.lda = 3 * p.k + 1;
                p.ldc = 3 * p.n + 2;
                p.batch.inner_a = p.k;
                p.batch.inner_b = shared ? 0 : p.n * p.k + 4;
                p.batch.inner_c = p.n;
                p.batch.outer_a = p.m * p.lda;
                p.batch.outer_b = shared ? 0 : 3 * p.batch.inner_b;
                p.batch.outer_c = p.m * p.ldc + 1;
                cases.push_back(matmul_case(p, Numbers::small_integers));
                p.beta = 1;
                p.epilogue.activation = Activation::relu;
                cases.push_back(matmul_case(p, Numbers::small_integers, true));
            }
    // One product behind the other, of vectors too.
    for (const Matmul& size : {product(5, 1, 6), product(1, 9, 4), product(4, 30, 3)})
        for (const bool transpose_a : {false, true}) {
            Matmul p = size;
            p.transpose_a = transpose_a;
            p.batch = {.outer = 3, .inner = 2};
            p.batch.inner_a = p.m * p.k, p.batch.inner_b = p.k * p.n, p.batch.inner_c = p.m * p.n;
            p.batch.outer_a = 2 * p.batch.inner_a, p.batch.outer_b = 2 * p.batch.inner_b;
            p.batch.outer_c = 2 * p.batch.inner_c;
            cases.push_back(matmul_case(p, Numbers::small_integers, true));
        }
    Matmul none = product(2, 2, 2);
    none.batch.outer = 0;
    cases.push_back(matmul_case(none, Numbers::small_integers));
    check_rungs(matmul(), cases);
}

TEST_CASE("a NaN reaches its row and its column, and nothing else") {
    // Kernels that skip zeros, or let padding take part in a sum, fail here.
    std::vector<Case<Matmul>> cases;
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (const Matmul& p : {product(7, 18, 5), product(13, 33, 300)}) {
        std::vector<float> a(std::size_t(p.m * p.k)), b = integers(p.k * p.n, "b");
        a[std::size_t(2 * p.k + 3)] = nan;  // in a matrix of zeros
        b[std::size_t(p.n + 4)] = nan;
        cases.emplace_back(describe(p) + ", with NaNs", p).input(&Matmul::a, a).input(&Matmul::b, b)
            .output(&Matmul::c, std::vector<float>(std::size_t(p.m * p.n), poison()));
    }
    check_rungs(matmul(), cases);
}

TEST_CASE("random problems") {
    std::vector<Case<Matmul>> cases;
    const Philox random(7, stream_id("matmul problems"));
    for (std::uint64_t i = 0; i < 150; ++i) {
        std::uint64_t next = 16 * i;
        const auto pick = [&](std::uint32_t count) { return std::int64_t(random.word(next++) % count); };
        Matmul p = product(pick(70), pick(150), pick(400));
        p.transpose_a = pick(2);
        p.transpose_b = pick(2);
        p.lda = pick(2) ? p.stride_a() + pick(9) : 0;
        p.ldb = pick(2) ? p.stride_b() + pick(9) : 0;
        p.ldc = pick(2) ? p.stride_c() + pick(9) : 0;
        p.beta = float(pick(3)) / 2;
        p.epilogue.activation = pick(2) ? Activation::relu : Activation::identity;
        cases.push_back(matmul_case(p, Numbers::real, pick(2)));
    }
    check_rungs(matmul(), cases);
}

TEST_CASE("properties of the product") {
    const std::int64_t m = 37, n = 41, k = 29;
    const auto a = reals(m * k, "a"), b = reals(k * n, "b");
    std::vector<float> identity(std::size_t(k * k));
    for (std::int64_t i = 0; i < k; ++i) identity[std::size_t(i * k + i)] = 1;
    Scratch scratch;
    for (const auto& rung : matmul().rungs()) {
        INFO(matmul().full_name(rung));

        // A I = A, exactly.
        std::vector<float> c(std::size_t(m * k));
        Matmul p = product(m, k, k);
        p.a = a.data(), p.b = identity.data(), p.c = c.data();
        if (rung.device != Device::cpu || !rung.accepts(p)) continue;
        rung.run(p, scratch);
        require_close(c, a);

        // (A B)^T = B^T A^T, where the rung takes transposes.
        std::vector<float> ab(std::size_t(m * n)), transposed(std::size_t(m * n)), back(std::size_t(m * n));
        p = product(m, n, k);
        p.a = a.data(), p.b = b.data(), p.c = ab.data();
        Matmul q = product(n, m, k);
        q.a = b.data(), q.b = a.data(), q.c = transposed.data();
        q.transpose_a = q.transpose_b = true;
        if (!rung.accepts(q)) continue;
        rung.run(p, scratch);
        rung.run(q, scratch);
        for (std::int64_t i = 0; i < m; ++i)
            for (std::int64_t j = 0; j < n; ++j) back[std::size_t(i * n + j)] = transposed[std::size_t(j * m + i)];
        require_close(ab, back, 1e-4);
        CHECK(std::abs(ab[0]) > 1e-3);
    }
}

TEST_CASE("equal bits on any number of threads") {
    std::vector<Case<Matmul>> cases;
    for (const Matmul& size : {product(100, 150, 520), product(500, 100, 40), product(1, 1500, 300)})
        for (const bool transpose_b : {false, true}) {
            Matmul p = size;
            p.transpose_b = transpose_b;
            cases.push_back(matmul_case(p, Numbers::real));
            p.transpose_a = true;
            p.beta = 0.5f;
            p.epilogue.activation = Activation::relu;
            cases.push_back(matmul_case(p, Numbers::real, true));
        }
    Matmul heads = product(64, 64, 32);
    heads.batch = {.outer = 2, .inner = 8};
    heads.batch.inner_a = 64 * 32, heads.batch.inner_b = 32 * 64, heads.batch.inner_c = 64 * 64;
    heads.batch.outer_a = 8 * 64 * 32, heads.batch.outer_b = 8 * 32 * 64, heads.batch.outer_c = 8 * 64 * 64;
    cases.push_back(matmul_case(heads, Numbers::real));
    check_thread_counts(matmul(), cases);
}

TEST_CASE("rungs refuse what they do not teach, and the best one refuses nothing") {
    Matmul batch = product(2, 2, 2), epilogue = product(2, 2, 2), transposed = product(2, 2, 2);
    batch.batch.inner = 2;
    epilogue.epilogue.activation = Activation::relu;
    transposed.transpose_b = true;
    for (const char* name : {"cpu/naive", "cpu/transposed", "cpu/reordered", "cpu/blocked", "cpu/register_tiled", "cpu/packed",
                             "cpu/prefetched"}) {
        CHECK(matmul().rung(name).refuses(batch) == "it computes one product, not a batch");
        CHECK(matmul().rung(name).refuses(epilogue) == "it has no epilogue");
        CHECK(matmul().rung(name).refuses(product(2, 2, 2)).empty());
    }
    for (const char* name : {"cpu/reordered", "cpu/blocked", "cpu/register_tiled"})
        CHECK(!matmul().rung(name).refuses(transposed).empty());
    for (const char* name : {"cuda/naive", "cuda/coalesced", "cuda/shared", "cuda/column_tiled", "cuda/register_tiled",
                             "cuda/vectorized", "cuda/warp_tiled"}) {
        CHECK(matmul().rung(name).refuses(batch) == "it computes one product, not a batch");
        CHECK(matmul().rung(name).refuses(epilogue) == "it has no epilogue");
        CHECK(matmul().rung(name).refuses(product(524281, 2, 2)) == "its grid reaches 524,280 rows and columns");
        CHECK(matmul().rung(name).refuses(product(2, 2, 2)).empty());
    }
    CHECK(!matmul().rung("cuda/shared").refuses(transposed).empty());
    for (const Matmul& p : {product(2, 2, 2), batch, epilogue, transposed}) {
        CHECK(matmul().rung("cpu/threaded").refuses(p).empty());
        CHECK(matmul().rung("cuda/double_buffered").refuses(p).empty());
        CHECK(matmul().best(Device::cuda, p).name == "double_buffered");
    }

    // On the CPU the best rung is the one made for the size.
    const auto best = [](const Matmul& p) { return matmul().best(Device::cpu, p).name; };
    Matmul gaps = product(70, 1, 90);
    gaps.ldc = 2;
    CHECK(best(product(100, 100, 100)) == "small");
    CHECK(best(product(100, 101, 100)) == "threaded");
    CHECK(best(product(10, 256, 257)) == "threaded");
    CHECK(best(product(1, 1000, 1000)) == "matvec");
    CHECK(best(product(1000, 1, 1000)) == "matvec");
    CHECK(best(gaps) == "small");
    CHECK(best(batch) == "small");
    CHECK(best(epilogue) == "small");
}

TEST_CASE("cost counts each operation and each byte once") {
    Matmul p = product(2, 3, 5);
    CHECK(cost(p).flops == 60);
    CHECK(cost(p).bytes == 4 * (10 + 15 + 6));
    const float bias[3] = {};
    p.beta = 0.5f;
    p.epilogue.bias = bias;
    p.batch.outer = 4;
    CHECK(cost(p).flops == 4 * (60 + 12 + 6));
    CHECK(cost(p).bytes == 4 * 4 * (10 + 15 + 12 + 3));
}

TEST_CASE("validate names the value and its limit") {
    float x[16] = {};
    Matmul good = product(2, 3, 4);
    good.a = good.b = x;
    good.c = x;
    CHECK_NOTHROW(validate(good));
    const auto message = [&](auto change) -> std::string {
        Matmul bad = good;
        change(bad);
        try {
            validate(bad);
        } catch (const Error& error) {
            return error.what();
        }
        return "accepted";
    };
    CHECK(message([](Matmul& p) { p.m = -1; }) == "matmul: sizes must not be negative: m = -1, n = 3, k = 4");
    CHECK(message([](Matmul& p) { p.b = nullptr; }) == "matmul: A, B or C is a null pointer for m = 2, n = 3, k = 4");
    CHECK(message([](Matmul& p) { p.lda = 3; }) ==
          "matmul: rows of A are 3 elements apart but 4 long; give a larger leading dimension, or 0 for packed rows");
    CHECK(message([](Matmul& p) { p.batch.inner = -2; }) ==
          "matmul: a batch of 1 x -2 products; counts must not be negative");
    CHECK(message([](Matmul& p) { p.m = 0, p.c = nullptr; }) == "accepted");
    CHECK(message([](Matmul& p) { p.k = 0, p.a = p.b = nullptr; }) == "accepted");
}

}  // namespace kbk::test
