/// @file
/// The door between execution and profiling: what an observer is told, and what it may ask.
///
/// The emulator runs kernels; a profiler watches. Plain programs link no profiler: `observer` stays null,
/// blocks run in parallel and nothing below costs anything. With an observer, a launch runs on one OS thread,
/// block after block, so that no call below needs a lock.

/// @cond CUDA's own words, or machinery: the folder's page explains it
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

#include "common/cuda/emulator/architecture.hpp"
#include "common/cuda/emulator/error.hpp"
#include "common/cuda/emulator/vector_types.hpp"

namespace kbk::cuda::emulator {

/// A place in a kernel's source: file, line, column.
using Source = std::source_location;

constexpr int warp_lanes = 32;           ///< threads in a warp
constexpr int max_block_threads = 1024;  ///< threads in a block, at most
constexpr int max_block_warps = max_block_threads / warp_lanes;

// ---- What happens, and when ----

/// One launch of a kernel.
struct Launch {
    std::string kernel;          ///< name with template arguments: "kbk::gpu::tiled<16>"
    const void* function;        ///< the kernel's address
    dim3 grid, block;            ///< blocks, and threads in each
    std::size_t dynamic_shared;  ///< bytes asked for
    std::size_t static_shared;   ///< bytes of the kernel's own __shared__ arrays (0 in a stripped program)
};

/// Device memory from one allocation.
struct Allocation {
    std::byte* begin;   ///< its first byte
    std::size_t bytes;  ///< as asked for
    std::size_t
        slack;         ///< bytes behind it that are not the caller's, but lie before the guard page (0 to 31)
    std::string name;  ///< given by the program, or "buffer 3"
    std::uint64_t id;  ///< counts from 1; never used again
};

/// Is told what the emulator does. Threads are numbered within their block as CUDA numbers them,
/// x + block.x * (y + block.y * z); thread / 32 is the warp, thread % 32 the lane.
class Observer {
  public:
    virtual ~Observer() = default;

    /// A launch begins; its configuration was found valid.
    virtual void launch_begin(const Launch&) {}
    /// It ended. @param failed whether a KernelError is about to be thrown
    virtual void launch_end(const Launch&, bool /*failed*/) {}
    /// A block begins (blockIdx says which one): none of its threads has run.
    virtual void block_begin() {}
    /// All threads of the block have returned. Not called for a block that failed.
    virtual void block_end() {}
    /// A thread is about to run its first instruction.
    virtual void thread_begin(int /*thread*/) {}
    /// A thread has returned from the kernel.
    virtual void thread_end(int /*thread*/) {}
    /// All threads have arrived at a block barrier; none has gone on.
    virtual void barrier_released(const Source&) {}
    /// Lanes of a warp have met in __syncwarp or another collective (both order memory); none has gone on.
    /// @param mask the lanes @param is_syncwarp whether it was __syncwarp itself
    virtual void warp_synchronised(int /*warp*/, unsigned /*mask*/, bool /*is_syncwarp*/, const Source&) {}
    /// All live lanes of a warp have called pause(), wait, or have ended (see `pause`).
    virtual void warp_paused(int /*warp*/) {}
    /// The running thread is about to do an atomic operation. @param pc an address within the calling kernel
    virtual void atomic(const void* /*address*/, int /*bytes*/, const void* /*pc*/) {}
    /// The running lane reads or writes its part of a matrix fragment in load_matrix_sync or
    /// store_matrix_sync, a few neighbours at a time. Called once for each access. @param pc an address within
    /// the calling kernel
    virtual void fragment(const void* /*address*/, int /*bytes*/, bool /*write*/, const void* /*pc*/) {}
    /// The host wrote device memory (copy or clear).
    virtual void host_wrote(const void* /*address*/, std::size_t /*bytes*/) {}
    /// Device memory was allocated, or is about to be released.
    virtual void allocated(const Allocation&) {}
    virtual void released(const Allocation&) {}
};

/// The one observer; null when nobody watches. Set it while no kernel runs.
extern Observer* observer;

// ---- What hooks may ask ----

/// What runs on this OS thread. Kept up to date by the scheduler, so that hooks read plain variables.
struct Running {
    bool active = false;              ///< a block is running
    int thread = 0;                   ///< its number in the block
    int threads = 0;                  ///< threads in the block
    const char* stack_low = nullptr;  ///< the running thread's stack: its local variables
    const char* stack_high = nullptr;
    const char* static_shared =
        nullptr;  ///< static __shared__ arrays (and the built-in variables, see classify)
    std::size_t static_shared_bytes = 0;
    const char* dynamic_shared = nullptr;  ///< the launch's dynamic shared memory
    std::size_t dynamic_shared_bytes = 0;
    const char* arguments = nullptr;  ///< the kernel's arguments
    std::size_t argument_bytes = 0;
    const Launch* launch = nullptr;
};
extern constinit thread_local Running running;

/// What an address means to a kernel.
enum class Space {
    own_stack,       ///< the running thread's local variables
    other_stack,     ///< another thread's local variables: an error on a GPU
    static_shared,   ///< offset: from the first static array
    dynamic_shared,  ///< offset: from the start of the dynamic shared memory
    global,          ///< allocation and offset are set
    arguments,       ///< the kernel's arguments: constant memory
    builtin,         ///< threadIdx, blockIdx, blockDim, gridDim, and the emulator's own variables
    image,           ///< the program's static data: __constant__ and __device__ variables, literals
    outside          ///< anything else: host memory, null, beyond a buffer
};

struct Address {
    Space space;
    const Allocation* allocation;  ///< of `global`; valid until it is released
    std::size_t offset;
};

/// Say what an address means to the running thread.
Address classify(const void* address);

/// @return the allocation that an address lies in, or null
const Allocation* allocation_at(const void* address);

/// @return all allocations, by address
std::vector<const Allocation*> allocations();

/// An address in words: "byte 132 of 'x' (4000 bytes)", "4 bytes past the end of 'x' (4000 bytes)",
/// "byte 8 of the shared array 'tile'", "a null pointer", "host memory".
std::string describe(const void* address);

/// A static __shared__ array.
struct SharedArray {
    std::string name;      ///< as in the source: "tile"
    std::string function;  ///< whose array it is, with template arguments: "kbk::gpu::tiled<16>"
    std::size_t offset;    ///< from Running::static_shared
    std::size_t bytes;
};

/// @return the program's static __shared__ arrays by offset, from its own symbol table (empty when stripped)
const std::vector<SharedArray>& shared_arrays();

/// @return threadIdx of a thread of the running block
uint3 thread_index(int thread);

/// @return "block (0,0,0) thread (1,0,0)"
std::string thread_name(int thread);

/// Park the running thread until every other live lane of its warp has paused, waits, spins or has ended;
/// then Observer::warp_paused is called once, and the paused lanes go on. Call it from a hook on the thread's
/// own stack.
void pause();

/// End the launch with a KernelError, as the emulator's own checks do. Call it on a kernel's thread.
/// @param what  the mistake, one or two lines, without the place
/// @param where its place @param kind its kind
[[noreturn]] void stop(std::string what, const Source* where = nullptr,
                       KernelError::Kind kind = KernelError::Kind::other);
[[noreturn]] void stop(std::string what, std::string file, int line,
                       KernelError::Kind kind = KernelError::Kind::other);

}  // namespace kbk::cuda::emulator

/// @endcond
