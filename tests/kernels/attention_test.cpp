#include <cmath>
#include <limits>

#include "kernels/attention/tile.hpp"
#include "tests/kernels/attention_cases.hpp"
#include "tests/kernels/gallery.hpp"
#include "tests/support/ladder_check.hpp"
#include "tests/support/message_of.hpp"

namespace kbk::test {

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

// Sizes around the blocks' and tiles' edges, primes, more queries than keys and fewer.
std::vector<Attention> awkward_problems() {
    std::vector<Attention> all;
    for (const std::int64_t width : {1, 3, 8, 17, 32, 64, 80})
        for (const auto& [queries, keys] :
             {std::pair{1, 1}, {1, 40}, {2, 2}, {3, 1}, {5, 3}, {6, 7}, {15, 16}, {17, 17}, {16, 31}, {33, 20}})
            for (const bool causal : {true, false}) all.push_back(heads_of(1, 2, queries, keys, width, causal));
    for (const auto& [queries, keys] : {std::pair{1, 300}, {64, 64}, {95, 97}, {129, 129}, {130, 7}, {31, 211}, {211, 31}})
        for (const bool causal : {true, false}) all.push_back(heads_of(2, 1, queries, keys, 19, causal));
    for (const auto& [batch, heads] : {std::pair{0, 2}, {2, 0}, {2, 3}}) all.push_back(heads_of(batch, heads, 9, 9, 5));
    for (const auto& [queries, keys] : {std::pair{0, 0}, {0, 5}, {5, 0}}) all.push_back(heads_of(2, 2, queries, keys, 8));
    return all;
}

// Three tokens, whose scores are logarithms of whole numbers.
const float log3 = std::log(3.0f), log4 = std::log(4.0f);
const std::vector<float> three_q = {1, 0, 1, 0, 1, 0}, three_k = {0, 0, log3, 0, log4, 0}, three_v = {8, 0, 0, 8, 16, -8};

// Bytes that a rung borrows for a problem: what the arena holds afterwards, in steps of 64 KiB.
template <class P>
std::int64_t borrowed(void (*run)(const P&, Scratch&), const P& problem) {
    constexpr std::int64_t step = 1 << 16;
    Scratch scratch;
    run(problem, scratch);
    std::int64_t bytes = 0;
    const Scratch::Frame frame(scratch);
    for (const std::size_t before = allocations(); allocations() == before; bytes += step)
        static_cast<void>(scratch.take<std::byte>(step));
    return bytes - step;
}

// The bytes that the rungs of both directions borrow for one head of `length` positions.
struct Borrowed {
    std::int64_t forward, backward;
};
Borrowed borrowed(const char* name, std::int64_t length) {
    const std::int64_t width = 8;
    const auto numbers = reals(length * width, "all");
    std::vector<float> out(numbers.size()), log_sum(std::size_t(length), 10.0f), dq = out, dk = out, dv = out;
    Attention p = heads_of(1, 1, length, length, width);
    p.q = p.k = p.v = numbers.data(), p.out = out.data(), p.log_sum = log_sum.data();
    AttentionBackward g{};
    g.q = g.k = g.v = g.out = g.d_out = numbers.data(), g.log_sum = log_sum.data();
    g.dq = dq.data(), g.dk = dk.data(), g.dv = dv.data();
    g.batch = g.heads = 1, g.queries = g.keys = length, g.width = width;
    return {borrowed(attention().rung(name).run, p), borrowed(attention_backward().rung(name).run, g)};
}

}  // namespace

TEST_CASE("every rung is close on awkward sizes") {
    std::vector<Case<Attention>> cases;
    for (const Attention& p : awkward_problems())
        for (const Heads lie : {Heads::packed, Heads::fused}) cases.push_back(attention_case(p, lie));
    check_rungs(attention(), cases);
}

TEST_CASE("the gradient on awkward sizes") {
    std::vector<Case<AttentionBackward>> cases;
    for (const Attention& p : awkward_problems())
        for (const Heads lie : {Heads::packed, Heads::fused}) cases.push_back(attention_backward_case(p, lie));
    check_rungs(attention_backward(), cases);
}

TEST_CASE("large scores, small ones, and a scale of one's own") {
    std::vector<Case<Attention>> cases;
    std::vector<Case<AttentionBackward>> gradients;
    for (const float stretch : {0.01f, 6.0f, 60.0f})
        for (const float scale : {0.0f, 0.5f}) {
            Attention p = heads_of(1, 2, 37, 37, 24);
            p.scale = scale;
            cases.push_back(attention_case(p, Heads::packed, stretch));
            gradients.push_back(attention_backward_case(p, Heads::fused, stretch));
        }
    check_rungs(attention(), cases);
    check_rungs(attention_backward(), gradients);

    // Scores of 1e6 have no exponential. The largest takes all, whatever it is.
    for (const auto& rung : attention().rungs()) {
        if (rung.device != Device::cpu || checked_cuda()) continue;
        INFO(rung.name);
        const std::vector<float> q = {1000, 1000}, k = {-1000, 1000}, v = {1, 2};
        std::vector<float> out(2, poison()), log_sum(2, poison());
        Scratch scratch;
        Attention p = heads_of(1, 1, 2, 2, 1, false);
        p.q = q.data(), p.k = k.data(), p.v = v.data(), p.out = out.data(), p.log_sum = log_sum.data();
        rung.run(p, scratch);
        CHECK(out == std::vector<float>{2, 2});
        CHECK(log_sum == std::vector<float>{1e6f, 1e6f});
    }
}

TEST_CASE("three tokens worked by hand") {
    // The second token shares out 1 : 3, the third 1 : 3 : 4.
    Attention p = heads_of(1, 1, 3, 3, 2);
    p.scale = 1;
    Case<Attention> test("three tokens", p);
    const std::vector<double> eight(6, 8 * 16);
    test.input(&Attention::q, three_q).input(&Attention::k, three_k).input(&Attention::v, three_v);
    test.output(&Attention::out, std::vector<float>(6, poison()), eight).expect({8, 0, 2, 6, 9, -1});
    test.output(&Attention::log_sum, std::vector<float>(3, poison()), {8, 16, 16}).expect({0, log4, std::log(8.0f)});
    check_rungs(attention(), {test});

    // The loss is the third output's first number, 9. Its slopes by the third row of scores are the shares times
    // (8, 0, 16) - 9: -1/8, -27/8, 28/8.
    AttentionBackward g{};
    g.batch = g.heads = 1, g.queries = g.keys = 3, g.width = 2, g.scale = 1;
    Case<AttentionBackward> back("gradient of three tokens", g);
    back.input(&AttentionBackward::q, three_q).input(&AttentionBackward::k, three_k);
    back.input(&AttentionBackward::v, three_v).input(&AttentionBackward::out, std::vector<float>{8, 0, 2, 6, 9, -1});
    back.input(&AttentionBackward::log_sum, std::vector<float>{0, log4, std::log(8.0f)});
    back.input(&AttentionBackward::d_out, std::vector<float>{0, 0, 0, 0, 1, 0});
    const std::vector<float> unknown(6, poison());
    back.output(&AttentionBackward::dq, unknown, eight).expect({0, 0, 0, 0, -27 * log3 / 8 + 28 * log4 / 8, 0});
    back.output(&AttentionBackward::dk, unknown, eight).expect({-0.125f, 0, -3.375f, 0, 3.5f, 0});
    back.output(&AttentionBackward::dv, unknown, eight).expect({0.125f, 0, 0.375f, 0, 0.5f, 0});
    check_rungs(attention_backward(), {back});
}

TEST_CASE("equal scores share out equally, exactly") {
    // Queries of 0 make every share 1/2^k; small integers divided by powers of two are exact.
    for (const auto& [queries, keys, width] : {std::tuple{1, 16, 7}, {3, 64, 16}, {20, 128, 33}}) {
        Attention p = heads_of(1, 1, queries, keys, width, false);
        const auto v = integers(keys * width, "v");
        std::vector<float> mean(std::size_t(width), 0.0f), expected;
        for (std::size_t e = 0; e < v.size(); ++e) mean[e % std::size_t(width)] += v[e] / float(keys);
        for (int i = 0; i < queries; ++i) expected.insert(expected.end(), mean.begin(), mean.end());
        Case<Attention> test("equal scores " + describe(p), p);
        test.input(&Attention::q, std::vector<float>(std::size_t(queries * width)));
        test.input(&Attention::k, reals(keys * width, "k")).input(&Attention::v, v);
        test.output(&Attention::out, std::vector<float>(expected.size(), poison())).expect(expected);
        check_rungs(attention(), {test});
    }
}

TEST_CASE("what a query must not see does not matter, and the last row is a query of its own") {
    if (checked_cuda()) return;
    const std::int64_t length = 150, width = 20, seen = 101;
    const auto q = reals(length * width, "q"), k = reals(length * width, "k"), v = reals(length * width, "v");
    auto k_later = k, v_later = v;
    for (std::size_t e = seen * width; e < k.size(); ++e) k_later[e] = 3 - k[e], v_later[e] = -5;
    for (const auto& rung : attention().rungs()) {
        if (rung.device != Device::cpu) continue;
        INFO(rung.name);
        std::vector<float> out(q.size()), later = out, last(width);
        Scratch scratch;
        Attention p = heads_of(1, 1, length, length, width);
        p.q = q.data(), p.k = k.data(), p.v = v.data(), p.out = out.data();
        rung.run(p, scratch);
        Attention other = p;
        other.k = k_later.data(), other.v = v_later.data(), other.out = later.data();
        rung.run(other, scratch);
        CHECK(std::equal(out.begin(), out.begin() + seen * width, later.begin()));
        CHECK(!std::equal(out.begin(), out.end(), later.begin()));

        p.q += (length - 1) * width;
        p.queries = 1, p.out = last.data();
        rung.run(p, scratch);
        for (std::int64_t c = 0; c < width; ++c)
            CHECK(std::abs(last[std::size_t(c)] - out[std::size_t((length - 1) * width + c)]) < 1e-5f);
    }
}

TEST_CASE("a query that sees nothing gets zeros and gives none") {
    // Four queries on two keys: the first two come before all keys.
    for (const auto& rung : attention().rungs()) {
        if (rung.device != Device::cpu || checked_cuda()) continue;
        INFO(rung.name);
        const auto x = reals(4 * 3, "x");
        std::vector<float> out(12, poison()), log_sum(4, poison());
        Scratch scratch;
        Attention p = heads_of(1, 1, 4, 2, 3);
        p.q = p.k = p.v = x.data(), p.out = out.data(), p.log_sum = log_sum.data();
        rung.run(p, scratch);
        CHECK(std::all_of(out.begin(), out.begin() + 6, [](float o) { return o == 0; }));
        CHECK(std::equal(x.begin(), x.begin() + 3, out.begin() + 6));  // the third sees the first value alone
        CHECK(log_sum[0] == -infinity);
        CHECK(log_sum[1] == -infinity);
        CHECK(std::isfinite(log_sum[2]));
    }
}

TEST_CASE("the gradient is the slope") {
    // Central differences of the reference in double precision, with the loss sum out . d_out; four queries on three
    // keys, of which the first sees none.
    const std::int64_t queries = 4, keys = 3, width = 2, heads = 2;
    const auto doubles = [](std::int64_t count, std::string_view name) {
        const auto values = reals(count, name);
        return std::vector<double>(values.begin(), values.end());
    };
    for (const bool causal : {true, false}) {
        std::vector<double> q = doubles(heads * queries * width, "q"), k = doubles(heads * keys * width, "k"),
                            v = doubles(heads * keys * width, "v"), d_out = doubles(heads * queries * width, "d_out");
        std::vector<double> out(q.size()), log_sum(std::size_t(heads * queries)), dq = q, dk = k, dv = v;
        const auto loss = [&] {
            reference(BasicAttention<double>{q.data(), k.data(), v.data(), out.data(), log_sum.data(), 1, heads,
                                             queries, keys, width, causal});
            double sum = 0;
            for (std::size_t e = 0; e < out.size(); ++e) sum += out[e] * d_out[e];
            return sum;
        };
        loss();
        reference(BasicAttentionBackward<double>{q.data(), k.data(), v.data(), out.data(), log_sum.data(), d_out.data(),
                                                 dq.data(), dk.data(), dv.data(), 1, heads, queries, keys, width,
                                                 causal});
        double largest = 0;
        for (const auto& [x, dx] : {std::pair{&q, &dq}, {&k, &dk}, {&v, &dv}})
            for (std::size_t e = 0; e < x->size(); ++e) {
                const double at = (*x)[e], step = 1e-5;
                (*x)[e] = at + step;
                const double up = loss();
                (*x)[e] = at - step;
                const double down = loss();
                (*x)[e] = at;
                CHECK(std::abs((up - down) / (2 * step) - (*dx)[e]) < 1e-9);
                largest = std::max(largest, std::abs((*dx)[e]));
            }
        CHECK(largest > 0.1);
    }
}

TEST_CASE("equal bits on any number of threads") {
    std::vector<Case<Attention>> cases;
    std::vector<Case<AttentionBackward>> gradients;
    for (const Attention& p : {heads_of(2, 3, 200, 200, 32), heads_of(1, 1, 900, 900, 8), heads_of(1, 1, 300, 1300, 24, false)}) {
        cases.push_back(attention_case(p));
        gradients.push_back(attention_backward_case(p));
    }
    cases.push_back(attention_case(heads_of(3, 4, 1, 2000, 32)));
    check_thread_counts(attention(), cases);
    check_thread_counts(attention_backward(), gradients);
    check_rungs(attention_backward(), {gradients.back()});  // several ranges, whose parts of dq are added up
}

TEST_CASE("memory grows linearly with the context, but for the definition") {
    if (checked_cuda()) return;
    // From one length to twice as much; the smallest arena has 1 MiB.
    const auto grows = [](const char* name, std::int64_t length, double forward, double backward) {
        const Borrowed once = borrowed(name, length), twice = borrowed(name, 2 * length);
        INFO(name, " ", once.forward, " ", once.backward, " ", twice.forward, " ", twice.backward);
        CHECK(double(twice.forward) <= forward * double(once.forward));
        CHECK(double(twice.backward) <= backward * double(once.backward));
        return twice;
    };
    const Borrowed naive = grows("cpu/naive", 1024, 4.1, 4.1);
    CHECK(naive.forward >= 2048 * 2048 * 4);
    CHECK(naive.backward >= 2 * 2048 * 2048 * 4);
    const Borrowed flash = grows("cpu/flash", 1024, 1, 1);
    CHECK(flash.backward <= 1 << 20);

    // 16,384 positions, whose matrix would take a gibibyte.
    const Borrowed threaded = grows("cpu/threaded", 8192, 1.1, 2.1);
    CHECK(threaded.forward <= 1 << 20);
    // 16 parts of dq in whole panels of up to 32 columns, 2 MiB each, and less than 1 MiB for each of up to 16 workers.
    CHECK(threaded.backward <= 48 << 20);
}

TEST_CASE("powers of two of vectors") {
    // Every 2000th float from -126 to 1, and the ends.
    double worst = 0;
    const auto power = [](float x) { return cpu::power_of_two(cpu::Vector(x)).get(0); };
    for (float at = 1e-6f; at < 126; at *= 1.0001f)
        for (const float x : {-at, at < 1 ? at : 0.0f}) {
            const double truth = std::exp2(double(x));
            worst = std::max(worst, std::abs(double(power(x)) - truth) / std::ldexp(1.0, std::ilogb(truth) - 23));
        }
    CHECK(worst < 1.5);
    CHECK(worst > 0.4);
    CHECK(power(0) == 1);
    CHECK(power(-3) == 0.125f);
    CHECK(power(-128) == 0);
    CHECK(power(-infinity) == 0);
    CHECK(std::isnan(power(std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("cost counts the pairs that see") {
    // Of three queries and five keys: 3 + 4 + 5. Of five and three: 0 + 0 + 1 + 2 + 3.
    CHECK(seen_pairs(heads_of(2, 3, 3, 5, 4)) == 6 * 12);
    CHECK(seen_pairs(heads_of(2, 3, 5, 3, 4)) == 6 * 6);
    CHECK(seen_pairs(heads_of(2, 3, 5, 3, 4, false)) == 6 * 15);
    const Attention p = heads_of(2, 3, 3, 5, 4);
    CHECK(cost(p).flops == 4 * 4 * 6 * 12);
    CHECK(cost(p).bytes == 4 * 6 * (2 * 3 * 4 + 2 * 5 * 4));
    AttentionBackward g{};
    g.batch = 2, g.heads = 3, g.queries = 3, g.keys = 5, g.width = 4;
    CHECK(cost(g).flops == 10 * 4 * 6 * 12);
    CHECK(cost(g).bytes == 4 * 6 * (4 * 3 * 4 + 4 * 5 * 4 + 3));
}

TEST_CASE("validate names the value and its limit") {
    float x[64] = {};
    Scratch scratch;
    const auto with = [&](auto change) {
        Attention p = heads_of(1, 2, 3, 3, 4);
        p.q = p.k = p.v = x, p.out = x;
        change(p);
        return message_of([&] { attention().run(p, scratch); });
    };
    CHECK(with([](Attention& p) { p.queries = -3; }) ==
          "attention: sizes (batch 1, heads 2, queries -3, keys 3) must not be negative");
    CHECK(with([](Attention& p) { p.width = 0; }) ==
          "attention: a width of 0; queries, keys and values have at least one number");
    CHECK(with([](Attention& p) { p.scale = -1; }) ==
          "attention: a scale of -1; give a positive number, or 0 for 1 / sqrt(width)");
    CHECK(with([](Attention& p) { p.v = nullptr; }) ==
          "attention: a null pointer where (batch 1, heads 2, queries 3, keys 3, width 4) are expected");
    CHECK(with([](Attention& p) { p.k_strides = {0, -4, 8}; }) ==
          "attention: strides of k (0, -4, 8) must not be negative");
    CHECK(with([](Attention& p) { p.out_strides = {24, 4, 3}; }) ==
          "attention: with strides (24, 4, 3) rows of out would overlap; each must be at least the width 4");
    CHECK(with([](Attention& p) { p.batch = 0, p.q = nullptr; }) == "no error");

    AttentionBackward g{};
    g.batch = 1, g.heads = 2, g.queries = g.keys = 3, g.width = 4;
    CHECK(message_of([&] { attention_backward().run(g, scratch); }) ==
          "attention_backward: a null pointer where (batch 1, heads 2, queries 3, keys 3, width 4) are expected");
}

namespace {

// Call a function with each row of an output.
template <class Visit>
void each_row(const Attention& p, const Visit& visit) {
    for (std::int64_t b = 0; b < p.batch; ++b)
        for (std::int64_t h = 0; h < p.heads; ++h)
            for (std::int64_t i = 0; i < p.queries; ++i) visit(b, h, i, p.out_of(b, h)[i]);
}

}  // namespace

TEST_CASE("broken kernels are rejected") {
    if (checked_cuda()) return;
    check_gallery<Attention>(
        {
            {"it sees the future",
             [](const Attention& p, Scratch&) {
                 Attention q = p;
                 q.causal = false;
                 reference(q);
             }},
            {"its mask is one key off",
             [](const Attention& p, Scratch&) {
                 Attention q = p;
                 if (p.causal && p.keys > p.queries) --q.keys;
                 reference(q);
             }},
            {"its mask forgets that keys began earlier than queries",
             [](const Attention& p, Scratch&) {
                 Attention q = p;
                 if (p.causal) q.keys = std::min(p.keys, p.queries);
                 reference(q);
             }},
            {"it forgets the scale",
             [](const Attention& p, Scratch&) {
                 Attention q = p;
                 q.scale = 1;
                 reference(q);
             }},
            {"it forgets the softmax's sum",
             [](const Attention& p, Scratch&) {
                 reference(p);
                 each_row(p, [&](auto b, auto h, auto i, float* row) {
                     for (std::int64_t c = 0; c < p.width && p.log_sum; ++c) row[c] *= std::exp(p.log_sum_of(b, h)[i]);
                 });
             }},
            {"it swaps heads",
             [](const Attention& p, Scratch&) {
                 Attention q = p;
                 if (p.heads > 1) q.k = p.k_of(0, 1).data, q.heads = 1;
                 reference(q);
             }},
            {"it drops the last key",
             [](const Attention& p, Scratch&) {
                 Attention q = p;
                 if (!p.causal && p.keys > 1) --q.keys;
                 reference(q);
             }},
            {"it gives NaN to whom sees nothing",
             [](const Attention& p, Scratch&) {
                 reference(p);
                 each_row(p, [&](auto, auto, auto i, float* row) {
                     if (p.seen(i) == 0) row[0] = std::nanf("");
                 });
             }},
            {"it keeps half the digits",
             [](const Attention& p, Scratch&) {
                 reference(p);
                 each_row(p, [&](auto, auto, auto, float* row) {
                     for (std::int64_t c = 0; c < p.width; ++c) row[c] = float(bfloat16::round(row[c]));
                 });
             }},
            {"it writes between the rows",
             [](const Attention& p, Scratch&) {
                 reference(p);
                 if (p.out_strides.row > p.heads * p.width) p.out[p.heads * p.width] = 0;
             }},
            {"it leaves log_sum out",
             [](const Attention& p, Scratch&) {
                 Attention q = p;
                 q.log_sum = nullptr;
                 reference(q);
             }},
        },
        {attention_case(heads_of(1, 2, 9, 9, 5)), attention_case(heads_of(2, 2, 5, 9, 5), Heads::fused),
         attention_case(heads_of(1, 1, 6, 3, 5)), attention_case(heads_of(1, 1, 6, 7, 5, false))});

    check_gallery<AttentionBackward>(
        {
            {"it forgets the mean of the slopes",
             [](const AttentionBackward& p, Scratch&) {
                 const std::vector<float> zeros(std::size_t(p.batch * p.heads * p.queries * p.width));
                 AttentionBackward q = p;
                 q.out = zeros.data(), q.out_strides = {};
                 reference(q);
             }},
            {"it forgets the scale of dq",
             [](const AttentionBackward& p, Scratch&) {
                 reference(p);
                 p.dq_of(0, 0)[p.queries - 1][0] /= p.factor();
             }},
            {"it adds to what was there",
             [](const AttentionBackward& p, Scratch&) {
                 const float before = p.dv[0];
                 reference(p);
                 p.dv[0] += before;
             }},
            {"it leaves keys out that no query sees",
             [](const AttentionBackward& p, Scratch&) {
                 const float before = p.dk_of(0, 0)[p.keys - 1][0];
                 reference(p);
                 p.dk_of(0, 0)[p.keys - 1][0] = before;
             }},
            {"it swaps dk and dv",
             [](const AttentionBackward& p, Scratch&) {
                 AttentionBackward q = p;
                 std::swap(q.dk, q.dv);
                 std::swap(q.dk_strides, q.dv_strides);
                 reference(q);
             }},
        },
        {attention_backward_case(heads_of(1, 2, 9, 9, 5)), attention_backward_case(heads_of(2, 2, 5, 9, 5), Heads::fused)});
}

}  // namespace kbk::test
