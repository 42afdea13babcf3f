#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "chapters/05_matmul/exercises/panels.hpp"

using kbk::exercise::pack_panels;

TEST_CASE("by hand: two rows of three columns") {
    const float b[] = {1, 2, 3, 4, 5, 6};
    float panels[16];
    pack_panels(b, 3, false, 2, 3, panels);
    const float expected[] = {1, 2, 3, 0, 0, 0, 0, 0, 4, 5, 6, 0, 0, 0, 0, 0};
    for (int i = 0; i < 16; ++i) CHECK(panels[i] == expected[i]);
}

TEST_CASE("every size, stored either way, part of a larger matrix") {
    for (const bool transposed : {false, true})
        for (const std::int64_t n : {1, 7, 8, 9, 24, 29})
            for (const std::int64_t k : {1, 5, 16}) {
                const std::int64_t rows = transposed ? n : k, columns = transposed ? k : n, row = columns + 3;
                std::vector<float> b(std::size_t(rows * row), std::nanf(""));
                for (std::int64_t i = 0; i < rows; ++i)
                    for (std::int64_t j = 0; j < columns; ++j) b[std::size_t(i * row + j)] = float(100 * i + j + 1);
                const std::int64_t padded = (n + 7) / 8 * 8;
                std::vector<float> panels(std::size_t(padded * k + 1), -1.0f);
                pack_panels(b.data(), row, transposed, k, n, panels.data());
                CHECK(panels.back() == -1.0f);  // nothing behind the end
                for (std::int64_t l = 0; l < k; ++l)
                    for (std::int64_t j = 0; j < padded; ++j) {
                        const float wanted = j >= n ? 0 : transposed ? float(100 * j + l + 1) : float(100 * l + j + 1);
                        CAPTURE(n);
                        CAPTURE(k);
                        CAPTURE(l);
                        CAPTURE(j);
                        REQUIRE(panels[std::size_t(j / 8 * 8 * k + 8 * l + j % 8)] == wanted);
                    }
            }
}
