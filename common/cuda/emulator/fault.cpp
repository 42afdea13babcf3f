#include "common/cuda/emulator/fault.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <ucontext.h>

#include <array>
#include <cstdlib>
#include <mutex>

#include "common/cuda/emulator/multiprocessor.hpp"
#include "common/cuda/emulator/symbols.hpp"

namespace kbk::cuda::emulator {

namespace {

constexpr std::array faults{SIGSEGV, SIGBUS, SIGFPE};

std::mutex mutex;
int users = 0;
std::array<struct sigaction, faults.size()> before;

/// The instruction that a fault interrupted; within a library (memcpy, say), the one that called it.
const void* interrupted_instruction(const ucontext_t& context) {
#if defined(__x86_64__)
    const auto instruction = context.uc_mcontext.gregs[REG_RIP];
    const auto caller = reinterpret_cast<const std::uintptr_t*>(context.uc_mcontext.gregs[REG_RSP]);
    if (in_image(reinterpret_cast<const void*>(instruction)))
        return reinterpret_cast<const void*>(instruction);
    const bool readable = reinterpret_cast<const char*>(caller) >= running.stack_low &&
                          reinterpret_cast<const char*>(caller) < running.stack_high;
    return readable ? reinterpret_cast<const void*>(*caller - 1) : nullptr;
#elif defined(__aarch64__)
    const auto instruction = reinterpret_cast<const void*>(context.uc_mcontext.pc);
    return in_image(instruction) ? instruction
                                 : reinterpret_cast<const void*>(context.uc_mcontext.regs[30] - 1);
#endif
}

void forward(int signal, siginfo_t* info, void* context) {
    for (std::size_t i = 0; i < faults.size(); ++i) {
        if (faults[i] != signal) continue;
        const struct sigaction& old = before[i];
        if (old.sa_flags & SA_SIGINFO)
            old.sa_sigaction(signal, info, context);
        else if (old.sa_handler != SIG_DFL && old.sa_handler != SIG_IGN)
            old.sa_handler(signal);
        else
            sigaction(signal, &old, nullptr);  // and meet it again when the instruction is repeated
    }
}

void handle(int signal, siginfo_t* info, void* context) {
    if (!running.active) return forward(signal, info, context);
    Multiprocessor& mp = *this_multiprocessor;
    Failure& failure = mp.failure;
    failure = {KernelError::Kind::address, "", place_of(mp, mp.current),
               interrupted_instruction(*static_cast<const ucontext_t*>(context))};
    if (const Request* request = mp.thread[mp.current].request) {
        // The lane that came last was moving a whole tile.
        failure.instruction = nullptr;
        failure.place.file = request->where.file_name();
        failure.place.line = static_cast<int>(request->where.line());
    }
    const auto* address = static_cast<const char*>(info->si_addr);
    const char* stacks_end = mp.stacks + mp.fibers.size() * stack_stride;
    using Kind = KernelError::Kind;
    if (signal == SIGFPE) {
        failure.kind = Kind::trap;
        failure.mistake = "integer division by zero";
    } else if (info->si_code == SI_KERNEL || (signal == SIGBUS && info->si_code == BUS_ADRALN)) {
        failure.kind = Kind::misaligned;
        failure.mistake =
            "misaligned access, or an address that cannot be: a float4 must lie at a multiple of 16 bytes";
    } else if (mp.stacks && address >= mp.stacks && address < stacks_end) {
        failure.kind = Kind::stack_overflow;
        failure.mistake =
            "stack overflow: the local arrays of a thread are too large, or it calls itself too often";
    } else {
        failure.mistake = "illegal access: " + describe(address);
    }
    abandon(mp);
}

}  // namespace

FaultHandlers::FaultHandlers() {
    const std::lock_guard lock(mutex);
    if (users++) return;
    // A handler that never returns must leave its signal unblocked.
    struct sigaction action {};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    for (std::size_t i = 0; i < faults.size(); ++i) sigaction(faults[i], &action, &before[i]);
}

FaultHandlers::~FaultHandlers() {
    const std::lock_guard lock(mutex);
    if (--users) return;
    for (std::size_t i = 0; i < faults.size(); ++i) sigaction(faults[i], &before[i], nullptr);
}

SignalStack::SignalStack(void* memory) {
    stack_t own{};
    own.ss_sp = memory;
    own.ss_size = signal_stack_bytes;
    sigaltstack(&own, &before_);
}

SignalStack::~SignalStack() {
    sigaltstack(&before_, nullptr);
}

}  // namespace kbk::cuda::emulator
