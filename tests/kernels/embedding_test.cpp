#include "tests/kernels/embedding_cases.hpp"

#include "tests/support/ladder_check.hpp"
#include "tests/support/message_of.hpp"

namespace kbk::test {

namespace {

// Vocabularies of one and of many, rows around a warp's, and around the strips of 64 and of 128 columns.
std::vector<EmbeddingSize> sizes() {
    std::vector<EmbeddingSize> all;
    for (const std::int64_t rows : {0, 1, 6, 36, 66})
        for (const std::int64_t vocabulary : {1, 5, 65})
            for (const std::int64_t width : {1, 4, 31, 32, 33, 64, 65, 130}) {
                if (checked_cuda() && rows * width > 1500) continue;  // instrumented kernels are slow
                all.push_back({rows, vocabulary, width});
            }
    return all;
}

}  // namespace

TEST_CASE("every rung gathers") {
    std::vector<Case<EmbeddingForward>> cases;
    for (const EmbeddingSize& s : sizes())
        for (const std::int64_t time : {0, 1, 6})
            if (time == 0 || s.rows % time == 0) cases.push_back(embedding_case({s.rows, s.vocabulary, s.width, time}));
    if (!checked_cuda()) cases.push_back(embedding_case({1000, 70, 48, 20}));  // several tasks
    check_rungs(embedding(), cases);
    check_thread_counts(embedding(), std::vector<Case<EmbeddingForward>>{embedding_case({1000, 70, 48, 20})});
}

TEST_CASE("every rung scatters") {
    std::vector<Case<EmbeddingBackward>> cases;
    for (const EmbeddingSize& s : sizes())
        for (const float beta : {0.0f, 1.0f, 0.5f}) cases.push_back(embedding_backward_case(s, beta));
    if (!checked_cuda()) cases.push_back(embedding_backward_case({500, 700, 264}));  // several tasks
    check_rungs(embedding_backward(), cases);
    check_thread_counts(embedding_backward(),
                        std::vector<Case<EmbeddingBackward>>{embedding_backward_case({500, 70, 264}),
                                                             embedding_backward_case({500, 700, 300}, 1)});
}

TEST_CASE("worked by hand") {
    // Tokens 1, 0, 1 of the rows (1, 2) and (3, 4), in one sequence with the places (10, 20), (30, 40), (50, 60).
    const std::vector<std::int32_t> tokens = {1, 0, 1};
    EmbeddingForward p{.tokens = nullptr, .table = nullptr, .y = nullptr, .rows = 3, .vocabulary = 2, .width = 2,
                       .positions = nullptr, .time = 3};
    check_rungs(embedding(), {Case<EmbeddingForward>("by hand", p)
                                  .input(&EmbeddingForward::tokens, tokens)
                                  .input(&EmbeddingForward::table, std::vector<float>{1, 2, 3, 4})
                                  .input(&EmbeddingForward::positions, std::vector<float>{10, 20, 30, 40, 50, 60})
                                  .output(&EmbeddingForward::y, std::vector<float>(6))
                                  .expect({13, 24, 31, 42, 53, 64})});

    // The gradients of the first and the third row meet at token 1, on top of what was there.
    check_rungs(embedding_backward(),
                {Case<EmbeddingBackward>("by hand", EmbeddingBackward{nullptr, nullptr, nullptr, 3, 2, 2, 1})
                     .input(&EmbeddingBackward::tokens, tokens)
                     .input(&EmbeddingBackward::dy, std::vector<float>{1, 2, 30, 40, 500, 600})
                     .output(&EmbeddingBackward::gradient, {1000, 1000, 2000, 2000})
                     .expect({1030, 1040, 2501, 2602})});
}

TEST_CASE("gathering is the product with rows that hold a single one") {
    const EmbeddingSize s{5, 4, 3};
    const auto tokens = some_tokens(s.rows, s.vocabulary);
    const auto table = reals(s.vocabulary * s.width, "table");
    std::vector<float> y(15), expected(15);
    Scratch scratch;
    embedding().run({tokens.data(), table.data(), y.data(), s.rows, s.vocabulary, s.width}, scratch);
    for (std::size_t i = 0; i < 5; ++i)
        for (std::size_t v = 0; v < 4; ++v)
            for (std::size_t j = 0; j < 3; ++j) expected[i * 3 + j] += float(std::size_t(tokens[i]) == v) * table[v * 3 + j];
    CHECK(y == expected);
}

TEST_CASE("cost counts what must move") {
    const float place = 0;
    CHECK(cost(EmbeddingForward{nullptr, nullptr, nullptr, 3, 100, 5}).bytes == 8 * 15);
    CHECK(cost(EmbeddingForward{nullptr, nullptr, nullptr, 4, 100, 5, &place, 2}).bytes == 8 * 20 + 4 * 10);
    // Overwriting writes the whole table; accumulating touches at most the rows that are named.
    CHECK(cost(EmbeddingBackward{nullptr, nullptr, nullptr, 3, 100, 5}).bytes == 4 * (15 + 500));
    CHECK(cost(EmbeddingBackward{nullptr, nullptr, nullptr, 3, 100, 5, 1}).bytes == 4 * (15 + 30));
}

TEST_CASE("validate names the value and its limit") {
    float x[6] = {};
    const std::int32_t tokens[] = {0, 2, -1};
    Scratch scratch;
    CHECK(message_of([&] { embedding().run({tokens, x, x, -1, 2, 3}, scratch); }) ==
          "embedding: -1 rows of a table (2, 3); no size may be negative");
    CHECK(message_of([&] { embedding().run({tokens, x, x, 2, 0, 3}, scratch); }) ==
          "embedding: 2 rows are named of a table that has none");
    CHECK(message_of([&] { embedding().run({tokens, x, nullptr, 1, 2, 3}, scratch); }) ==
          "embedding: a null pointer where (1, 3) elements are expected");
    CHECK(message_of([&] { embedding().run({tokens, x, x, 3, 2, 1, x, 2}, scratch); }) ==
          "embedding: 3 rows are no whole number of sequences of 2");
    CHECK(message_of([&] { embedding_backward().run({tokens, x, nullptr, 0, 2, 3}, scratch); }) ==
          "embedding_backward: a null pointer where (2, 3) sums are expected");
    CHECK(message_of([&] { validate_tokens(tokens, 3, 2); }) ==
          "token 2 at place 1 is not in the vocabulary of 2; is it of another tokenizer?");
    CHECK(message_of([&] { validate_tokens(tokens + 2, 1, 2); }) ==
          "token -1 at place 0 is not in the vocabulary of 2; is it of another tokenizer?");
}

}  // namespace kbk::test
