/// @file
/// From `launch<kernel>(grid, block, shared_bytes, arguments...)` to blocks that run.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "common/cuda/emulator/collective.hpp"

namespace kbk::cuda::emulator {

/// A call of a kernel, ready to be made once for each thread.
struct KernelCall {
    std::string_view name;               ///< what the compiler calls it; `launch` makes it readable
    const void* function;                ///< the kernel
    void (*run)(const void* arguments);  ///< call it once
    const void* arguments;               ///< tuple of its arguments
    std::size_t argument_bytes;
    std::span<const void* const> pointers;  ///< the arguments that are pointers to data, in order
};

/// Run a kernel's threads: check the configuration, run all blocks, report the first mistake.
/// @param shared_bytes dynamic shared memory
/// @param opted_in     whether more than 48 KiB of it was asked for in the way that hardware demands
/// @throws KernelError
void run(const KernelCall& call, dim3 grid, dim3 block, std::size_t shared_bytes, bool opted_in = true);

/// @return the pointer itself where an argument is a pointer to data, else null
template <class T>
const void* data_pointer(const T& argument) {
    if constexpr (std::is_pointer_v<T> && !std::is_function_v<std::remove_pointer_t<T>>)
        return const_cast<const void*>(static_cast<const volatile void*>(argument));
    else
        return nullptr;
}

/// Launch a kernel given as a value. `Call` names the kernel for the compiler's optimiser where it is known.
template <class Kernel, class... P, class... A>
KBK_EMULATOR void launch_function(std::string_view name, Kernel kernel, void (*function)(P...), dim3 grid,
                                  dim3 block, std::size_t shared_bytes, bool opted_in, A&&... a) {
    static_assert(sizeof...(P) == sizeof...(A), "a launch gives the kernel each of its arguments");
    struct Bound {
        Kernel kernel;
        std::tuple<P...> arguments;
        KBK_EMULATOR static void run(const void* bound) {
            const Bound& self = *static_cast<const Bound*>(bound);
            std::apply(self.kernel, self.arguments);
        }
    };
    const Bound bound{kernel, {static_cast<P>(std::forward<A>(a))...}};
    const auto pointers = std::apply(
        [](const auto&... each) { return std::array<const void*, sizeof...(P) + 1>{data_pointer(each)...}; },
        bound.arguments);
    run({name, reinterpret_cast<const void*>(function), &Bound::run, &bound, sizeof bound,
         std::span(pointers).first(sizeof...(P))},
        grid, block, shared_bytes, opted_in);
}

/// The compiler's own spelling of a kernel's name stands in this function's.
template <auto Kernel>
constexpr std::string_view spelled() {
    return __PRETTY_FUNCTION__;
}

/// A kernel that is known when the program is compiled, so that the loop over threads calls it directly.
template <auto Kernel>
struct Known {
    template <class... P>
    [[gnu::always_inline]] void operator()(P&&... arguments) const {
        Kernel(std::forward<P>(arguments)...);
    }
};

}  // namespace kbk::cuda::emulator

namespace kbk::cuda {

/// Run a kernel on the device: Kernel<<<grid, block, shared_bytes>>>(arguments...), with every launch
/// checked.
/// @tparam Kernel      the kernel, with its template arguments: `launch<tiled<16>>`
/// @param grid         number of blocks
/// @param block        threads in each: at most 1024
/// @param shared_bytes dynamic shared memory of each block; more than 48 KiB is opted in to
/// @param arguments    of the kernel; pointers are device memory
/// @throws Error       naming the kernel and what is wrong; a KernelError of the emulator also names the
/// thread
template <auto Kernel, class... Arguments>
KBK_EMULATOR void launch(dim3 grid, dim3 block, std::size_t shared_bytes, Arguments&&... arguments) {
    emulator::launch_function(emulator::spelled<Kernel>(), emulator::Known<Kernel>{}, Kernel, grid, block,
                              shared_bytes, true, std::forward<Arguments>(arguments)...);
}

/// @return the block's dynamic shared memory, aligned to 32 bytes or more
template <class T>
KBK_EMULATOR T* dynamic_shared() {
    return static_cast<T*>(emulator::dynamic_shared_memory());
}

}  // namespace kbk::cuda

/// @endcond
