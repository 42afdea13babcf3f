/// @file
/// What `kernel<<<grid, block, shared_bytes, stream>>>(arguments)` becomes in a reader's program:
/// `KBK_KERNEL(kernel).configure(grid, block, shared_bytes, stream)(arguments)`.
///
/// The kernel may be a function, a template whose arguments follow from the call, an overload, or a pointer.
/// Where it names one function, the launch takes exactly its parameters, with the conversions of an ordinary
/// call. Where it does not, the arguments decide: each thread calls the kernel with copies of them, and
/// overload resolution does the rest.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <source_location>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "common/cuda/api/runtime_types.hpp"
#include "common/cuda/emulator/launch.hpp"

namespace kbk::cuda::api {

/// What stands between <<< and >>>, and where.
struct Configuration {
    dim3 grid, block;
    std::size_t shared_bytes;
    std::source_location where;
};

/// Run a launch; a mistake is printed on standard error and becomes the error that CUDA's calls return.
/// @param kernel its text in the reader's source; empty: a launch by cudaLaunchKernel
void launch(std::string_view kernel, const Configuration& configuration, emulator::KernelCall call);

/// @return what the launch before this call came to
cudaError_t last_launch();

/// Recognises an expression that names one function with any parameters, and returns it.
struct AnyFunction {
    template <class... P>
    auto operator()(void (*function)(P...)) const {
        return function;
    }
};

/// Recognises an expression that can name a function with these parameters, and returns it.
template <class... P>
struct FunctionOf {
    auto operator()(void (*function)(P...)) const { return function; }
};

/// A parameter that an object is copied to and destroyed for by its constructor and destructor, which are host
/// code: CUDA copies it to the threads bit by bit, and destroys it once, on the host, when the launch is done.
template <class P>
constexpr bool by_bits = std::is_class_v<P> && !(std::is_trivially_copy_constructible_v<P> &&
                                                 std::is_trivially_move_constructible_v<P> &&
                                                 std::is_trivially_destructible_v<P>);

/// A thread's own copy of such a parameter. By the processors' calling conventions (the common C++ ABI) a function
/// that takes an object of this sort by value receives its address, and its caller destroys it.
template <class P>
struct Bits {
    alignas(P) unsigned char bytes[sizeof(P)];
    explicit Bits(const P& original) { std::memcpy(bytes, static_cast<const void*>(&original), sizeof bytes); }
    operator void*() { return bytes; }
};

/// What a thread hands to the kernel for a parameter: an address in place of an object of that sort.
template <class P>
using Handed = std::conditional_t<by_bits<P>, void*, P>;

/// A kernel's arguments and how to call it with them.
template <class Call, class... P>
struct Bound {
    Call call;
    std::tuple<P...> arguments;

    // Each thread gets copies of its own, as parameters are in CUDA.
    KBK_EMULATOR static void run(const void* bound) {
        const Bound& self = *static_cast<const Bound*>(bound);
        if constexpr ((by_bits<P> || ...) && std::is_pointer_v<Call>) {
            const auto handed = reinterpret_cast<void (*)(Handed<P>...)>(self.call);
            std::apply(
                [&](const auto&... each) {
                    handed(std::conditional_t<by_bits<P>, Bits<P>, const P&>(each)...);
                },
                self.arguments);
        } else {
            std::apply(self.call, self.arguments);
        }
    }
};

/// Hand a call over to the emulator. @param function the kernel's address, null where it is not known
template <class Call, class... P>
void launch_bound(std::string_view kernel, const Configuration& configuration, const void* function,
                  const Bound<Call, P...>& bound) {
    // A reference is an address as well.
    const auto address = []<class Parameter>(const auto& argument, std::type_identity<Parameter>) -> const void* {
        if constexpr (std::is_reference_v<Parameter>)
            return &argument;
        else
            return emulator::data_pointer(argument);
    };
    const auto pointers = std::apply(
        [&](const auto&... each) {
            return std::array<const void*, sizeof...(P) + 1>{address(each, std::type_identity<P>())...};
        },
        bound.arguments);
    launch(kernel, configuration,
           {kernel, function, &Bound<Call, P...>::run, &bound, sizeof bound,
            std::span(pointers).first(sizeof...(P))});
}

/// A kernel that names one function, ready to be given its arguments.
template <class Call, class... P>
class Launcher {
  public:
    Launcher(std::string_view kernel, void (*function)(P...), Call call, Configuration configuration)
        : kernel_(kernel), function_(function), call_(call), configuration_(configuration) {}

    void operator()(P... arguments) const {
        launch_bound(kernel_, configuration_, reinterpret_cast<const void*>(function_),
                     Bound<void (*)(P...), P...>{function_, {std::forward<P>(arguments)...}});
    }

    // With fewer arguments the kernel's own default arguments count, and only a call by name knows those.
    template <class... A>
    requires(sizeof...(A) < sizeof...(P)) void operator()(A&&... arguments) const {
        launch_bound(kernel_, configuration_, reinterpret_cast<const void*>(function_),
                     Bound<Call, std::decay_t<A>...>{call_, {std::forward<A>(arguments)...}});
    }

  private:
    std::string_view kernel_;
    void (*function_)(P...);
    Call call_;
    Configuration configuration_;
};

/// A kernel whose function follows from the arguments.
template <class Find, class Call>
class DeducingLauncher {
  public:
    DeducingLauncher(std::string_view kernel, Find find, Call call, Configuration configuration)
        : kernel_(kernel), find_(find), call_(call), configuration_(configuration) {}

    template <class... A>
    void operator()(A&&... arguments) const {
        if constexpr (std::is_invocable_v<Find, FunctionOf<std::decay_t<A>...>>) {
            const auto function = find_(FunctionOf<std::decay_t<A>...>{});
            launch_bound(
                kernel_, configuration_, reinterpret_cast<const void*>(function),
                Bound<decltype(function), std::decay_t<A>...>{function, {std::forward<A>(arguments)...}});
        } else {
            launch_bound(kernel_, configuration_, nullptr,
                         Bound<Call, std::decay_t<A>...>{call_, {std::forward<A>(arguments)...}});
        }
    }

  private:
    std::string_view kernel_;
    Find find_;
    Call call_;
    Configuration configuration_;
};

/// A kernel before its configuration.
template <class Find, class Call>
class Kernel {
  public:
    Kernel(std::string_view name, Find find, Call call, std::source_location where)
        : name_(name), find_(find), call_(call), where_(where) {}

    auto configure(dim3 grid, dim3 block, std::size_t shared_bytes = 0, cudaStream_t = nullptr) const {
        const Configuration configuration{grid, block, shared_bytes, where_};
        if constexpr (std::is_invocable_v<Find, AnyFunction>)
            return with(find_(AnyFunction{}), configuration);
        else
            return DeducingLauncher<Find, Call>(name_, find_, call_, configuration);
    }

  private:
    template <class... P>
    auto with(void (*function)(P...), const Configuration& configuration) const {
        return Launcher<Call, P...>(name_, function, call_, configuration);
    }

    std::string_view name_;
    Find find_;
    Call call_;
    std::source_location where_;
};

template <class... P>
cudaError_t launch_kernel(void (*function)(P...), dim3 grid, dim3 block, void** arguments,
                          std::size_t shared_bytes, std::source_location where) {
    [[maybe_unused]] int next = 0;
    const Bound<void (*)(P...), P...> bound{function, {*static_cast<P*>(arguments[next++])...}};
    launch_bound("", {grid, block, shared_bytes, where}, reinterpret_cast<const void*>(function), bound);
    return last_launch();
}

}  // namespace kbk::cuda::api

[[gnu::error(
    "the emulator cannot launch a kernel through a void*, which does not tell its parameters. "
    "Instead: give cudaLaunchKernel the kernel itself")]] cudaError_t
cudaLaunchKernel(const void* kernel, dim3 grid, dim3 block, void** arguments, std::size_t shared_bytes = 0,
                 cudaStream_t stream = nullptr);

/// Launch a kernel given as a function.
template <class... P>
cudaError_t cudaLaunchKernel(void (*kernel)(P...), dim3 grid, dim3 block, void** arguments,
                             std::size_t shared_bytes = 0, cudaStream_t = nullptr,
                             std::source_location where = std::source_location::current()) {
    return kbk::cuda::api::launch_kernel(kernel, grid, block, arguments, shared_bytes, where);
}

/// The kernel before `<<<`: its text, how to find its address, how to call it by name.
#define KBK_KERNEL(...)                                                                             \
    ::kbk::cuda::api::Kernel(                                                                       \
        #__VA_ARGS__,                                                                               \
        [&](auto kbk_probe) -> decltype(kbk_probe(__VA_ARGS__)) { return kbk_probe(__VA_ARGS__); }, \
        [&](auto... kbk_argument) { __VA_ARGS__(kbk_argument...); }, std::source_location::current())

/// @endcond
