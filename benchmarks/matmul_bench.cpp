/// @file
/// Benchmarks of matrix multiplication: squares, and the products of training steps: those of D1's network, and of
/// wider layers and transformers, as they come forward and backward.
#include "benchmarks/support/bench.hpp"
#include "tests/kernels/matmul_cases.hpp"

namespace {

using namespace kbk;

// Sums of small integers are exact in any order, so the expected product may be computed in the fastest one:
// the reference, which walks down the columns of B, would take minutes.
std::vector<float> expected(const Matmul& p) {
    std::vector<float> c(std::size_t(p.m * p.n));
    parallel_for(p.m, [&](std::int64_t i) {
        for (std::int64_t l = 0; l < p.k; ++l) {
            const float a = p.a[p.transpose_a ? l * p.stride_a() + i : i * p.stride_a() + l];
            for (std::int64_t j = 0; j < p.n; ++j)
                c[std::size_t(i * p.n + j)] +=
                    a * p.b[p.transpose_b ? j * p.stride_b() + l : l * p.stride_b() + j];
        }
    });
    return c;
}

test::Case<Matmul> make_case(const Matmul& p) {
    auto test = test::matmul_case(p, test::Numbers::small_integers);
    return test.expect(expected(test.problem()));
}

void lay_out(Matmul& p, bench::Memory& memory) {
    p.a = memory.copy(p.a, p.m * p.k);
    p.b = memory.copy(p.b, p.k * p.n);
    p.c = memory.zeros(p.m * p.n);
}

}  // namespace

int main(int argc, char** argv) {
    return bench::run(argc, argv, {"matmul", "Matrix multiplication", bench::Roof::flops},
                      [](bench::Bench& bench) {
                          std::vector<std::int64_t> squares = {16, 32, 64, 128, 256, 512, 1024, 2048};
                          if (bench.device() == Device::cuda) squares.push_back(4096);
                          for (const std::int64_t n : squares)
                              bench.add(fmt::format("n:{}", n), test::product(n, n, n), make_case, lay_out);

                          // A linear layer multiplies three times: forward, for its weights' gradient, and
                          // for its input's.
                          const std::int64_t batch = 100, sizes[] = {784, 512, 256, 128, 10};
                          for (int i = 0; i < 4; ++i) {
                              const std::int64_t inputs = sizes[i], outputs = sizes[i + 1];
                              const auto add = [&](const char* pass, Matmul p) {
                                  bench.add(fmt::format("layer:{}-{}/pass:{}", inputs, outputs, pass), p,
                                            make_case, lay_out);
                              };
                              Matmul forward = test::product(batch, outputs, inputs),
                                     weights = test::product(outputs, inputs, batch);
                              forward.transpose_b = weights.transpose_a = true;
                              add("forward", forward);
                              add("weights", weights);
                              if (i > 0) add("input", test::product(batch, inputs, outputs));
                          }

                          // Shapes (m, n, k) of larger networks: as stored, and with either operand transposed.
                          const std::int64_t shapes[][3] = {{768, 128, 128}, {768, 512, 128}, {256, 768, 768}, {256, 3072, 768}};
                          for (const auto& [m, n, k] : shapes)
                              for (const char* transposed : {"none", "a", "b"}) {
                                  Matmul p = test::product(m, n, k);
                                  p.transpose_a = *transposed == 'a';
                                  p.transpose_b = *transposed == 'b';
                                  bench.add(fmt::format("shape:{}x{}x{}/transposed:{}", m, n, k, transposed), p,
                                            make_case, lay_out);
                              }

                          // One row, as a generator computes token by token.
                          Matmul row = test::product(1, 3072, 768);
                          bench.add("row:1x3072x768/transposed:none", row, make_case, lay_out);
                          row.transpose_b = true;
                          bench.add("row:1x3072x768/transposed:b", row, make_case, lay_out);
                      });
}
