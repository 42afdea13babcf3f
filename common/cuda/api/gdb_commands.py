"""gdb commands for kernels in the emulator: who waits where, and a look at any thread.

    cuda threads             the running block's threads, grouped by what they do and where
    cuda thread 3 1          go to the parked thread (3, 1, 0): its backtrace, its variables
    cuda thread 35           the same, by its number in the block
    cuda thread              back to the running thread
    cuda block               the running kernel, grid, block and thread
    break k.cu:12 if threadIdx.x == 3 && blockIdx.x == 1

CUDA threads are fibers of one OS thread: gdb itself sees only the one that runs. Between `cuda thread 3` and the next
`continue`, `next` or `step`, gdb shows another fiber's registers; going on puts the running thread's back."""

import re

import gdb

SCOPE = "kbk::cuda::emulator::"
RED_ZONE = 128  # fiber.hpp steps over it before it saves registers


class Parked:
    """The running thread's registers, while gdb looks at another one."""

    registers = None


def value(expression: str):
    return gdb.parse_and_eval(expression)


def multiprocessor():
    """The state of the OS thread's block, or a message that there is none."""
    try:
        pointer = value(f"'{SCOPE}this_multiprocessor'")
    except gdb.error:
        raise gdb.GdbError("this program has no CUDA kernels for the emulator, or does not run yet.")
    if int(pointer) == 0 or int(pointer.dereference()["launch"]) == 0:
        raise gdb.GdbError("no kernel is running: stop in one first (break FILE.cu:LINE, then run).")
    return pointer.dereference()


def element(array, index: int):
    """An element of a std::array."""
    return array["_M_elems"][index]


def bit(lanes, thread: int) -> int:
    return int(element(lanes, thread // 32)) >> (thread % 32) & 1


def source(location) -> str:
    """"k.cu:12" of a std::source_location."""
    where = location["_M_impl"]
    if int(where) == 0:
        return "?"
    file = where["_M_file_name"].string()
    return f"{file.rsplit('/', 1)[-1]}:{int(where['_M_line'])}"


def number_of(mp, order: int) -> int:
    """The thread that starts as the order-th: threads run from first to last, or in reverse."""
    return int(mp["threads"]) - 1 - order if bool(mp["reverse"]) else order


def index_of(block, thread: int) -> tuple:
    x, y = int(block["x"]), int(block["y"])
    return thread % x, thread // x % y, thread // (x * y)


def doing(mp, thread: int) -> str:
    """What a thread does, and where it waits."""
    state = element(mp["thread"], thread)
    started = number_of(mp, thread) < int(mp["started"])
    if not started:
        return "not started"
    if thread == int(mp["current"]):
        return "running"
    if bool(state["exited"]):
        return "returned from the kernel"
    if bit(mp["at_barrier"], thread):
        return f"wait in __syncthreads at {source(state['where'])}"
    if bit(mp["in_meeting"], thread):
        request = state["request"].dereference()
        return f"wait in {str(request['meeting']).split('::')[-1]} at {source(request['where'])}"
    if bit(mp["paused"], thread):
        return f"wait for the other lanes of the warp at {source(state['where'])}"
    return f"can go on from {source(state['where'])}" if source(state["where"]) != "?" else "can go on"


def ranges(numbers: list) -> str:
    """[0, 1, 2, 5] as "0-2, 5"."""
    parts = []
    for n in numbers:
        if parts and parts[-1][1] == n - 1:
            parts[-1][1] = n
        else:
            parts.append([n, n])
    shown = [f"{a}-{b}" if b > a else str(a) for a, b in parts]
    return ", ".join(shown[:8]) + (f", ... ({len(numbers)} in all)" if len(shown) > 8 else "")


def word_at(address: int) -> int:
    return int(value(f"*(unsigned long*){address}"))


def return_to_running() -> None:
    """Put the registers back that `cuda thread` has changed."""
    if Parked.registers:
        gdb.newest_frame().select()
        for name, content in Parked.registers.items():
            gdb.execute(f"set ${name} = {content}", to_string=True)
        Parked.registers = None


def show_thread(mp, thread: int) -> None:
    """Show a parked thread: load the registers that its fiber saved when it stopped."""
    return_to_running()
    if thread == int(mp["current"]):
        gdb.execute("frame")
        return
    state = doing(mp, thread)
    fiber = element(mp["thread"], thread)["fiber"]
    if state in ("not started", "returned from the kernel") or int(fiber) == 0:
        raise gdb.GdbError(f"thread {thread}: {state}.")
    stack = int(fiber.dereference()["stopped_at"])
    machine = gdb.selected_frame().architecture().name()
    if "x86-64" in machine:
        names = ("rip", "rsp", "rbp", "rbx")
        saved = {"rip": word_at(stack), "rbx": word_at(stack + 8), "rbp": word_at(stack + 16),
                 "rsp": stack + 24 + RED_ZONE}
    else:
        names = ("pc", "sp", "x29")
        saved = {"pc": word_at(stack + 8), "x29": word_at(stack), "sp": stack + 16}
    gdb.newest_frame().select()
    Parked.registers = {name: int(value(f"(unsigned long)${name}")) for name in names}
    for name, content in saved.items():
        gdb.execute(f"set ${name} = {content}", to_string=True)
    x, y, z = index_of(mp["launch"].dereference()["block"], thread)
    print(f"[thread {thread}, ({x}, {y}, {z}): {state}]")
    # Leave the emulator's own frames: the reader's kernel is what counts.
    frame = gdb.newest_frame()
    while frame is not None and frame.older() is not None and is_emulator(frame):
        frame = frame.older()
    frame.select()
    gdb.execute("frame")


def is_emulator(frame) -> bool:
    place = frame.find_sal()
    return place.symtab is None or "/common/cuda/" in place.symtab.fullname()


class Cuda(gdb.Command):
    __doc__ = __doc__

    def __init__(self):
        super().__init__("cuda", gdb.COMMAND_STACK, gdb.COMPLETE_NONE, True)


class Threads(gdb.Command):
    """Show the running block's threads, grouped by what they do and where."""

    def __init__(self):
        super().__init__("cuda threads", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        mp = multiprocessor()
        groups = {}
        for thread in range(int(mp["threads"])):
            groups.setdefault(doing(mp, thread), []).append(thread)
        for state, threads in groups.items():
            noun = "thread " if len(threads) == 1 else "threads"
            print(f"{len(threads):5d} {noun} {state}: {ranges(threads)}")


class Thread(gdb.Command):
    """Go to a thread: cuda thread X [Y [Z]], with Y or Z its threadIdx, alone its number in the block.
    Without a number: back to the running thread."""

    def __init__(self):
        super().__init__("cuda thread", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        mp = multiprocessor()
        numbers = [int(word) for word in re.findall(r"\d+", argument)]
        if not numbers:
            return_to_running()
            gdb.execute("frame")
            return
        thread = numbers[0]
        block = mp["launch"].dereference()["block"]
        if len(numbers) > 1:
            x, y, z = (numbers + [0])[:3]
            thread = x + int(block["x"]) * (y + int(block["y"]) * z)
        if thread >= int(mp["threads"]):
            raise gdb.GdbError(f"there is no thread {argument}: the block has {int(mp['threads'])} threads.")
        show_thread(mp, thread)


class Block(gdb.Command):
    """Show the running kernel, its grid and block, and which block and thread is at work."""

    def __init__(self):
        super().__init__("cuda block", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        mp = multiprocessor()
        launch = mp["launch"].dereference()
        three = lambda v: f"({int(v['x'])}, {int(v['y'])}, {int(v['z'])})"
        print(f"kernel {launch['kernel'].format_string().strip(chr(34))}, grid {three(launch['grid'])}, "
              f"block {three(launch['block'])}")
        x, y, z = index_of(launch["block"], int(mp["current"]))
        print(f"running: block {three(value('blockIdx'))}, thread ({x}, {y}, {z}); "
              f"{int(mp['started'])} of {int(mp['threads'])} threads have started")


Cuda()
Threads()
Thread()
Block()
# A stop shows the thread that runs: what `cuda thread` had put into the registers is gone by then.
for verb in ("next", "step", "continue", "finish", "until", "stepi", "nexti", "advance"):
    gdb.execute(f"define hook-{verb}\npython return_to_running()\nend")
# The emulator answers faults within kernels itself; show those that it does not.
gdb.execute("handle SIGSEGV nostop noprint pass", to_string=True)
gdb.execute("set breakpoint pending on")
gdb.execute("set print thread-events off")
