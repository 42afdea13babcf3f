#include "benchmarks/profile/problems.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "kernels/ladders.hpp"
#include "tests/kernels/activation_cases.hpp"
#include "tests/kernels/bias_cases.hpp"
#include "tests/kernels/matmul_cases.hpp"
#include "tests/kernels/optimizer_cases.hpp"
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
        if (rung.device != Device::cuda || rung.origin == Origin::library) continue;
        const std::string reason = rung.unavailable().empty() ? rung.refuses(test->problem()) : rung.unavailable();
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
        {"matmul", "matmul", 256,
         [](std::int64_t n) {
             return of<Matmul>(fmt::format("m={0} n={0} k={0}", n),
                               test::matmul_case(test::product(n, n, n), test::Numbers::real),
                               {{"a", [](const auto& p) { return p.a; }},
                                {"b", [](const auto& p) { return p.b; }},
                                {"c", [](const auto& p) { return p.c; }}});
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
