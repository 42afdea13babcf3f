#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "chapters/07_mlp/exercises/linear_backward.hpp"
#include "common/base/philox.hpp"

using namespace kbk::exercise;

namespace {

struct Layer {
    int rows = 5, inputs = 4, outputs = 3;  // no two alike, so that a transposed index shows
    std::vector<double> x = numbers(rows * inputs, 1), weight = numbers(outputs * inputs, 2), bias = numbers(outputs, 3),
                        dy = numbers(rows * outputs, 4);

    static std::vector<double> numbers(int count, std::uint64_t stream) {
        std::vector<double> values;
        for (int i = 0; i < count; ++i) values.push_back(2.0 * kbk::Philox(7, stream).uniform(std::uint64_t(i)) - 0.9);
        return values;
    }

    // A loss whose gradient by y is dy: the sum of dy * y.
    [[nodiscard]] double loss() const {
        double sum = 0;
        for (int i = 0; i < rows; ++i)
            for (int j = 0; j < outputs; ++j) {
                double y = bias[j];
                for (int l = 0; l < inputs; ++l) y += x[i * inputs + l] * weight[j * inputs + l];
                sum += dy[i * outputs + j] * y;
            }
        return sum;
    }

    // Central differences by each element of one of the layer's arrays.
    std::vector<double> differences(std::vector<double> Layer::* array) {
        constexpr double h = 1e-4;
        std::vector<double> gradient;
        for (double& v : this->*array) {
            const double old = v;
            v = old + h;
            const double up = loss();
            v = old - h;
            gradient.push_back((up - loss()) / (2 * h));
            v = old;
        }
        return gradient;
    }
};

void check_close(const std::vector<double>& found, const std::vector<double>& expected) {
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CAPTURE(i);
        CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-7));
    }
}

}  // namespace

TEST_CASE("dx, dweight and dbias agree with central differences") {
    Layer layer;
    std::vector<double> dx(layer.x.size(), std::nan("")), dweight(layer.weight.size(), std::nan("")),
        dbias(layer.bias.size(), std::nan(""));
    linear_backward(layer.x.data(), layer.weight.data(), layer.dy.data(), dx.data(), dweight.data(), dbias.data(),
                    layer.rows, layer.inputs, layer.outputs);
    SUBCASE("dbias") { check_close(dbias, layer.differences(&Layer::bias)); }
    SUBCASE("dweight") { check_close(dweight, layer.differences(&Layer::weight)); }
    SUBCASE("dx") { check_close(dx, layer.differences(&Layer::x)); }
}
