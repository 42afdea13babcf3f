#include <doctest/doctest.h>

#include <vector>

#include "chapters/10_cnn/exercises/output_size.hpp"

using namespace kbk::exercise;

TEST_CASE("how many windows fit") {
    CHECK(output_size(32, {3}) == 30);
    CHECK(output_size(30, {2, 2}) == 15);
    CHECK(output_size(13, {2, 2}) == 6);
    CHECK(output_size(224, {3, 1, 1}) == 224);
    CHECK(output_size(224, {7, 2, 3}) == 112);
    CHECK(output_size(5, {5}) == 1);
    CHECK(output_size(4, {5}) == 0);
    // C++ divides -1 by 2 to 0.
    CHECK(output_size(4, {5, 2}) == 0);
    CHECK(output_size(1, {4, 2}) == 0);
    CHECK(output_size(2, {7, 1, 1}) == 0);
    CHECK(output_size(8, {3, 2}) == 3);
    CHECK(output_size(3, {5, 3, 1}) == 1);
}

TEST_CASE("how far the network sees") {
    CHECK(receptive_field(std::vector<Sliding>{}) == 1);
    CHECK(receptive_field(std::vector<Sliding>{{3}}) == 3);
    CHECK(receptive_field(std::vector<Sliding>{{3}, {3}}) == 5);
    CHECK(receptive_field(std::vector<Sliding>{{3}, {3}, {3}}) == 7);
    CHECK(receptive_field(std::vector<Sliding>{{2, 2}, {3}}) == 6);
    // Strides multiply; padding adds nothing.
    CHECK(receptive_field(std::vector<Sliding>{{3, 3, 1}, {3, 3, 1}, {3}}) == 27);
    CHECK(receptive_field(std::vector<Sliding>{{3, 2}, {3, 2}, {3}}) == 15);
    // D0's network, up to its third convolution.
    CHECK(receptive_field(std::vector<Sliding>{{3}, {2, 2}, {3}, {2, 2}, {3}}) == 18);
}
