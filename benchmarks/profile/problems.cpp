#include "benchmarks/profile/problems.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "kernels/ladders.hpp"
#include "tests/kernels/activation_cases.hpp"
#include "tests/kernels/attention_cases.hpp"
#include "tests/kernels/batch_norm_cases.hpp"
#include "tests/kernels/bias_cases.hpp"
#include "tests/kernels/conv2d_cases.hpp"
#include "tests/kernels/clip_cases.hpp"
#include "tests/kernels/embedding_cases.hpp"
#include "tests/kernels/layernorm_cases.hpp"
#include "tests/kernels/matmul_cases.hpp"
#include "tests/kernels/optimizer_cases.hpp"
#include "tests/kernels/pool2d_cases.hpp"
#include "tests/kernels/residual_cases.hpp"
#include "tests/kernels/softmax_cases.hpp"
#include "tests/kernels/softmax_cross_entropy_cases.hpp"

namespace kbk::profile {

namespace {

/// What an array of a problem is called, and how to find it.
template <class P>
using Names = std::vector<std::pair<const char*, std::function<const void*(const P&)>>>;

/// The CUDA rungs of a case's ladder.
template <class P>
std::vector<Candidate> of(const std::string& problem, test::Case<P> made, Names<P> arrays) {
    const auto test = std::make_shared<const test::Case<P>>(std::move(made));
    const auto& rungs = ladder(test->problem());
    std::vector<Candidate> all;
    for (const auto& rung : rungs.rungs()) {
        if (rung.device != Device::cuda) continue;
        std::string reason = rung.unavailable().empty() ? rung.refuses(test->problem()) : rung.unavailable();
        if (reason.empty() && rung.origin == Origin::library) reason = "only this book's own kernels can be watched";
        const auto run = [test, arrays, function = rung.run](const std::function<void(const void*, const char*)>& name) {
            std::string damaged;
            const auto named = [&](const P& p, Scratch& scratch) {
                for (const auto& [text, address] : arrays) name(address(p), text);
                function(p, scratch);
            };
            static_cast<void>(test->results(named, damaged, Device::cuda, test::Lie::alone));
        };
        all.push_back({std::string(rungs.operation()), "", std::string(rung.name), std::string(rung.idea), reason,
                       rung.precision, problem, cost(test->problem()), run});
    }
    return all;
}

/// A convolution in the middle of a small network, on images of n x n.
Conv2dShape layer(std::int64_t n) {
    return {.batch = 1, .in_channels = 32, .image = {n, n}, .out_channels = 64, .kernel = {3, 3}, .padding = {1, 1}};
}

struct Operation {
    const char* name;
    const char* folder;
    std::int64_t usual_size;
    std::function<std::vector<Candidate>(std::int64_t)> candidates;
};

/// The operations with CUDA rungs. Square problems: a size of n is n rows of n numbers.
const std::vector<Operation>& operations() {
    using test::reals;
    static const std::vector<Operation> all = {
        {"activation", "activation", 256,
         [](std::int64_t n) {
             return of<ActivationForward>(fmt::format("{} elements, relu", n * n),
                                          test::activation_case(Activation::relu, reals(n * n, "x")),
                                          {{"x", [](const auto& p) { return p.x; }}, {"y", [](const auto& p) { return p.y; }}});
         }},
        {"activation_backward", "activation", 256,
         [](std::int64_t n) {
             return of<ActivationBackward>(
                 fmt::format("{} elements, relu", n * n),
                 test::activation_backward_case(Activation::relu, reals(n * n, "y"), reals(n * n, "dy")),
                 {{"y", [](const auto& p) { return p.y; }},
                  {"dy", [](const auto& p) { return p.dy; }},
                  {"dx", [](const auto& p) { return p.dx; }}});
         }},
        {"attention", "attention", 128,
         [](std::int64_t n) {
             return of<Attention>(fmt::format("two heads of {0} positions, 64 wide", n),
                                  test::attention_case(test::heads_of(1, 2, n, n, 64)),
                                  {{"q", [](const auto& p) { return p.q; }},
                                   {"k", [](const auto& p) { return p.k; }},
                                   {"v", [](const auto& p) { return p.v; }},
                                   {"out", [](const auto& p) { return p.out; }},
                                   {"log_sum", [](const auto& p) { return p.log_sum; }}});
         }},
        {"attention_backward", "attention", 128,
         [](std::int64_t n) {
             return of<AttentionBackward>(fmt::format("two heads of {0} positions, 64 wide", n),
                                          test::attention_backward_case(test::heads_of(1, 2, n, n, 64)),
                                          {{"q", [](const auto& p) { return p.q; }},
                                           {"k", [](const auto& p) { return p.k; }},
                                           {"v", [](const auto& p) { return p.v; }},
                                           {"out", [](const auto& p) { return p.out; }},
                                           {"log_sum", [](const auto& p) { return p.log_sum; }},
                                           {"d_out", [](const auto& p) { return p.d_out; }},
                                           {"dq", [](const auto& p) { return p.dq; }},
                                           {"dk", [](const auto& p) { return p.dk; }},
                                           {"dv", [](const auto& p) { return p.dv; }}});
         }},
        {"batch_norm", "batch_norm", 32,
         [](std::int64_t n) {
             return of<BatchNorm>(fmt::format("4 images of 32 channels of {0} x {0}", n),
                                  test::batch_norm_case({4, 32, n * n}, reals(4 * 32 * n * n, "x"), false),
                                  {{"x", [](const auto& p) { return p.x; }}, {"y", [](const auto& p) { return p.y; }}});
         }},
        {"batch_norm_backward", "batch_norm", 32,
         [](std::int64_t n) {
             return of<BatchNormBackward>(fmt::format("4 images of 32 channels of {0} x {0}", n),
                                          test::batch_norm_backward_case({4, 32, n * n}, 0),
                                          {{"x", [](const auto& p) { return p.x; }},
                                           {"dy", [](const auto& p) { return p.dy; }},
                                           {"dx", [](const auto& p) { return p.dx; }}});
         }},
        {"bias", "bias", 256,
         [](std::int64_t n) {
             return of<Bias>(fmt::format("({0}, {0})", n), test::bias_case(n, n, reals(n * n, "y"), reals(n, "bias")),
                             {{"y", [](const auto& p) { return p.y; }}, {"bias", [](const auto& p) { return p.bias; }}});
         }},
        {"bias_gradient", "bias", 256,
         [](std::int64_t n) {
             return of<BiasGradient>(fmt::format("({0}, {0})", n),
                                     test::bias_gradient_case(n, n, reals(n * n, "dy"),
                                                              std::vector<float>(std::size_t(n), test::poison()), 0, false),
                                     {{"dy", [](const auto& p) { return p.dy; }},
                                      {"gradient", [](const auto& p) { return p.gradient; }}});
         }},
        {"conv2d", "conv2d", 16,
         [](std::int64_t n) {
             return of<Conv2dForward>(fmt::format("32 channels of {0} x {0}, 64 filters of 3 x 3, padding 1", n),
                                      test::conv2d_case(layer(n), test::Kind::reals, true),
                                      {{"x", [](const auto& p) { return p.x; }},
                                       {"weight", [](const auto& p) { return p.weight; }},
                                       {"bias", [](const auto& p) { return p.bias; }},
                                       {"y", [](const auto& p) { return p.y; }}});
         }},
        {"conv2d_input_gradient", "conv2d", 16,
         [](std::int64_t n) {
             return of<Conv2dInputGradient>(fmt::format("32 channels of {0} x {0}, 64 filters of 3 x 3, padding 1", n),
                                            test::conv2d_input_gradient_case(layer(n), test::Kind::reals),
                                            {{"dy", [](const auto& p) { return p.dy; }},
                                             {"weight", [](const auto& p) { return p.weight; }},
                                             {"dx", [](const auto& p) { return p.dx; }}});
         }},
        {"conv2d_weight_gradient", "conv2d", 16,
         [](std::int64_t n) {
             return of<Conv2dWeightGradient>(fmt::format("32 channels of {0} x {0}, 64 filters of 3 x 3, padding 1", n),
                                             test::conv2d_weight_gradient_case(layer(n), test::Kind::reals, 0, true),
                                             {{"x", [](const auto& p) { return p.x; }},
                                              {"dy", [](const auto& p) { return p.dy; }},
                                              {"dweight", [](const auto& p) { return p.dweight; }}});
         }},
        {"matmul", "matmul", 256,
         [](std::int64_t n) {
             return of<Matmul>(fmt::format("m={0} n={0} k={0}", n),
                               test::matmul_case(test::product(n, n, n), test::Numbers::real),
                               {{"a", [](const auto& p) { return p.a; }},
                                {"b", [](const auto& p) { return p.b; }},
                                {"c", [](const auto& p) { return p.c; }}});
         }},
        {"pool2d", "pool2d", 32,
         [](std::int64_t n) {
             const Pool2dShape s{32, n, n, 2, 2, 2, 2};
             return of<Pool2dForward>(fmt::format("32 planes of {0} x {0}, the largest of 2 x 2", n),
                                      test::pool2d_case(s, Pooling::max, reals(s.x_size(), "x")),
                                      {{"x", [](const auto& p) { return p.x; }}, {"y", [](const auto& p) { return p.y; }}});
         }},
        {"pool2d_backward", "pool2d", 32,
         [](std::int64_t n) {
             const Pool2dShape s{32, n, n, 2, 2, 2, 2};
             return of<Pool2dBackward>(
                 fmt::format("32 planes of {0} x {0}, the largest of 2 x 2", n),
                 test::pool2d_backward_case(s, Pooling::max, reals(s.x_size(), "x"), reals(s.y_size(), "dy")),
                 {{"x", [](const auto& p) { return p.x; }},
                  {"dy", [](const auto& p) { return p.dy; }},
                  {"dx", [](const auto& p) { return p.dx; }}});
         }},
        {"sgd", "optimizer", 256,
         [](std::int64_t n) {
             return of<Sgd>(fmt::format("{} parameters", n * n),
                            test::sgd_case("profile", Sgd{nullptr, nullptr, nullptr, n * n, 1e-3f, 0.9f}, n * n),
                            {{"weight", [](const auto& p) { return p.weight; }},
                             {"gradient", [](const auto& p) { return p.gradient; }},
                             {"velocity", [](const auto& p) { return p.velocity; }}});
         }},
        {"adam", "optimizer", 256,
         [](std::int64_t n) {
             return of<Adam>(fmt::format("{} parameters", n * n),
                             test::adam_case("profile", Adam{nullptr, nullptr, nullptr, nullptr, n * n, 10}, n * n),
                             {{"weight", [](const auto& p) { return p.weight; }},
                              {"gradient", [](const auto& p) { return p.gradient; }},
                              {"first", [](const auto& p) { return p.first; }},
                              {"second", [](const auto& p) { return p.second; }}});
         }},
        {"rescale", "clip", 256,
         [](std::int64_t n) {
             return of<Rescale>(fmt::format("{} elements", n * n), test::rescale_case(n * n, 0.5f),
                                {{"x", [](const auto& p) { return p.x; }}});
         }},
        {"square_sums", "clip", 256,
         [](std::int64_t n) {
             return of<SquareSums>(fmt::format("{} elements", n * n), test::square_sums_case(reals(n * n, "x")),
                                   {{"x", [](const auto& p) { return p.x; }}, {"sums", [](const auto& p) { return p.sums; }}});
         }},
        {"embedding", "embedding", 256,
         [](std::int64_t n) {
             return of<EmbeddingForward>(fmt::format("{0} rows of ({0}, {0})", n), test::embedding_case({n, n, n, n}),
                                         {{"tokens", [](const auto& p) { return p.tokens; }},
                                          {"table", [](const auto& p) { return p.table; }},
                                          {"positions", [](const auto& p) { return p.positions; }},
                                          {"y", [](const auto& p) { return p.y; }}});
         }},
        {"embedding_backward", "embedding", 256,
         [](std::int64_t n) {
             return of<EmbeddingBackward>(fmt::format("{0} rows of ({0}, {0})", n), test::embedding_backward_case({n, n, n}),
                                          {{"tokens", [](const auto& p) { return p.tokens; }},
                                           {"dy", [](const auto& p) { return p.dy; }},
                                           {"gradient", [](const auto& p) { return p.gradient; }}});
         }},
        {"layernorm", "layernorm", 256,
         [](std::int64_t n) {
             // As many numbers, in rows that are long enough for a block of threads.
             return of<LayerNormForward>(fmt::format("{} rows of {}", n / 4, 4 * n),
                                         test::layernorm_case(n / 4, reals(n * n, "x")),
                                         {{"x", [](const auto& p) { return p.x; }},
                                          {"gamma", [](const auto& p) { return p.gamma; }},
                                          {"beta", [](const auto& p) { return p.beta; }},
                                          {"y", [](const auto& p) { return p.y; }},
                                          {"mean", [](const auto& p) { return p.mean; }},
                                          {"rstd", [](const auto& p) { return p.rstd; }}});
         }},
        {"layernorm_backward", "layernorm", 256,
         [](std::int64_t n) {
             return of<LayerNormBackward>(fmt::format("{0} rows of {0}", n), test::layernorm_backward_case(n, n),
                                          {{"x", [](const auto& p) { return p.x; }},
                                           {"gamma", [](const auto& p) { return p.gamma; }},
                                           {"mean", [](const auto& p) { return p.mean; }},
                                           {"rstd", [](const auto& p) { return p.rstd; }},
                                           {"dy", [](const auto& p) { return p.dy; }},
                                           {"dx", [](const auto& p) { return p.dx; }},
                                           {"d_gamma", [](const auto& p) { return p.d_gamma; }},
                                           {"d_beta", [](const auto& p) { return p.d_beta; }}});
         }},
        {"residual", "residual", 256,
         [](std::int64_t n) {
             return of<Residual>(fmt::format("{} elements", n * n), test::residual_case(n * n),
                                 {{"a", [](const auto& p) { return p.a; }},
                                  {"b", [](const auto& p) { return p.b; }},
                                  {"y", [](const auto& p) { return p.y; }}});
         }},
        {"softmax", "softmax", 256,
         [](std::int64_t n) {
             return of<Softmax>(fmt::format("{0} rows of {0}", n),
                                test::softmax_rows_case("profile", n, reals(n * n, "logits")),
                                {{"x", [](const auto& p) { return p.x; }}, {"y", [](const auto& p) { return p.y; }}});
         }},
        {"softmax_backward", "softmax", 256,
         [](std::int64_t n) {
             return of<SoftmaxBackward>(fmt::format("{0} rows of {0}", n), test::softmax_backward_case(n, n),
                                        {{"y", [](const auto& p) { return p.y; }},
                                         {"dy", [](const auto& p) { return p.dy; }},
                                         {"dx", [](const auto& p) { return p.dx; }}});
         }},
        {"softmax_cross_entropy", "softmax_cross_entropy", 256,
         [](std::int64_t n) {
             return of<SoftmaxCrossEntropy>(
                 fmt::format("{0} rows of {0} classes", n),
                 test::softmax_case("profile", reals(n * n, "logits"), test::some_labels(n, n)),
                 {{"logits", [](const auto& p) { return p.logits; }},
                  {"labels", [](const auto& p) { return p.labels; }},
                  {"loss", [](const auto& p) { return p.loss; }},
                  {"gradient", [](const auto& p) { return p.gradient; }}});
         }},
    };
    return all;
}

const Operation& operation_named(const std::string& name) {
    std::string known;
    for (const Operation& operation : operations()) {
        if (operation.name == name) return operation;
        known += (known.empty() ? "" : ", ") + std::string(operation.name);
    }
    fail("no operation '{}' can be profiled; there is: {}", name, known);
}

}  // namespace

std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const Operation& operation : operations())
        for (const Candidate& c : operation.candidates(1)) all.push_back(c.operation + "/cuda/" + c.rung);
    return all;
}

std::vector<Candidate> candidates(const std::string& operation, std::int64_t size) {
    const Operation& found = operation_named(operation);
    std::vector<Candidate> all = found.candidates(size ? size : found.usual_size);
    for (Candidate& c : all) c.folder = found.folder;
    return all;
}

std::int64_t usual_size(const std::string& operation) { return operation_named(operation).usual_size; }

}  // namespace kbk::profile
