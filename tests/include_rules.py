#!/usr/bin/env python3
"""Who may include whom: read every #include of the project and hold the rules.

    include_rules.py [ROOT]

- Rooms build on each other in one direction: base < cuda < tensor < ladder < kernels/X < nn. data stands on base and
  tensor, report on base, app on all of common and kernels; nn may also use data and report. Chapters use everything
  but other chapters (what the exercises share lies beside them, in chapters/exercise.hpp); tests and benchmarks use anything.
- A kernel may include another kernel's header, but no chain of them leads back.
- xtensor stays in .cpp files and in common/tensor/xtensor.hpp.
- cblas.h and xtensor-blas, which declare the same names, never meet in one translation unit.
- NVIDIA's headers stay in common/cuda.
- Includes in quotes are written from the project's root, and exist.
"""

import re
import sys
from collections import namedtuple
from pathlib import Path

FOLDERS = ("common", "kernels", "chapters", "tests", "benchmarks")
# A small project of its own, and ordinary CUDA programs as readers write them (./course emulate).
SKIPPED = ("tests/docs/fixture/", "tests/cuda/programs/", "chapters/06_gpu/programs/")
SOURCES = {".cpp", ".cu"}
HEADERS = {".hpp", ".cuh", ".h", ".def"}

# What each room of common/ may include besides itself.
COMMON = {
    "base": set(),
    "cuda": {"base"},
    "tensor": {"base", "cuda"},
    "ladder": {"base", "cuda", "tensor"},
    "data": {"base", "tensor"},
    "report": {"base"},
    "nn": {"base", "cuda", "tensor", "ladder", "data", "report", "kernels"},
    "app": {"base", "cuda", "tensor", "ladder", "data", "report", "nn", "kernels"},
}
KERNELS = {"base", "cuda", "tensor", "ladder"}

XTENSOR_HEADER = "common/tensor/xtensor.hpp"
XTENSOR = re.compile(r"xtensor(-blas)?/")
XTENSOR_BLAS = re.compile(r"xtensor-blas/|xflens/")
NVIDIA = re.compile(
    r"(cuda|cublas|cudnn|curand|cufft|cusparse|cusolver|nvrtc|nvml|nvtx|nvToolsExt)\w*([./]|$)|mma\.h|"
    r"cooperative_groups|device_launch_parameters\.h|(thrust|cub|nvtx3|crt)/")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')

Include = namedtuple("Include", "line name quoted")


def read_includes(root):
    """{path from the root: its includes} of every source and header."""
    found = {}
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix not in SOURCES | HEADERS or name.startswith(SKIPPED):
                continue
            lines = path.read_text(encoding="utf-8").splitlines()
            matches = ((number, INCLUDE.match(line)) for number, line in enumerate(lines, 1))
            found[name] = [Include(number, m[1] or m[2], bool(m[1])) for number, m in matches if m]
    return found


def room_of(name):
    """The room of a file: ("common", "base"), ("kernels", "matmul"), ("chapters", "07_mlp"), ("tests", "")."""
    parts = name.split("/")
    if parts[0] in ("tests", "benchmarks"):
        return parts[0], ""
    return parts[0], parts[1] if len(parts) > 2 else ""


def may_include(user, used):
    """Why a file of the room `user` must not include one of the room `used`; empty if it may."""
    if user == used or user[0] in ("tests", "benchmarks"):
        return ""
    if user[0] == "chapters":
        return "chapters do not include each other" if used[0] == "chapters" and used[1] else ""
    if used[0] in ("tests", "benchmarks", "chapters"):
        return f"nothing below the chapters includes {used[0]}"
    if user[0] == "kernels":
        allowed, who = KERNELS | {"kernels"}, "kernels"
    elif user[1] in COMMON:
        allowed, who = COMMON[user[1]], f"common/{user[1]}"
    else:
        return f"common/{user[1]} is no room that include_rules.py knows; give it a place in the order"
    if (used[1] if used[0] == "common" else used[0]) in allowed:
        return ""
    return f"{who} stands on {', '.join(sorted(allowed)) or 'nothing'} alone"


def kernel_cycle(includes):
    """A chain of kernels that leads back to its beginning, as a list; empty if there is none."""
    uses = {}
    for name, entries in includes.items():
        kind, kernel = room_of(name)
        if kind != "kernels":
            continue
        for entry in entries:
            used = room_of(entry.name) if entry.quoted else ("", "")
            if used[0] == "kernels" and (used[1] != kernel or not kernel):
                # What several kernels share lies beside their folders: each such file is a place of its own.
                uses.setdefault(kernel or name.split("/")[-1], set()).add(used[1] or entry.name.split("/")[-1])

    def search(kernel, chain):
        if kernel in chain:
            return chain[chain.index(kernel):] + [kernel]
        for used in sorted(uses.get(kernel, ())):
            cycle = search(used, chain + [kernel])
            if cycle:
                return cycle
        return []

    return next((cycle for cycle in (search(kernel, []) for kernel in sorted(uses)) if cycle), [])


def reached(name, includes):
    """All names that a file includes, directly or through headers of the project."""
    seen, waiting = set(), [name]
    while waiting:
        for entry in includes.get(waiting.pop(), ()):
            if entry.name not in seen:
                seen.add(entry.name)
                if entry.quoted:
                    waiting.append(entry.name)
    return seen


def violations(root):
    """Every broken rule, as "FILE:LINE: what is wrong and what to do"."""
    includes = read_includes(root)
    errors = []
    for name, entries in includes.items():
        for line, used, quoted in entries:
            place = f"{name}:{line}: "
            if quoted:
                if used not in includes:
                    errors.append(f"{place}there is no {used}; write includes from the project's root")
                    continue
                reason = may_include(room_of(name), room_of(used))
                if reason:
                    errors.append(f"{place}includes {used}, but {reason}")
            in_header = Path(name).suffix != ".cpp" and name != XTENSOR_HEADER
            if in_header and (used == XTENSOR_HEADER or not quoted and XTENSOR.match(used)):
                errors.append(f"{place}includes {used}; xtensor belongs in .cpp files")
            if not quoted and NVIDIA.match(used) and not name.startswith("common/cuda/"):
                errors.append(f"{place}includes {used}; NVIDIA's headers belong in common/cuda, behind cuda.hpp")

    for name in includes:
        if Path(name).suffix in SOURCES:
            all_used = reached(name, includes)
            if "cblas.h" in all_used and any(XTENSOR_BLAS.match(used) for used in all_used):
                errors.append(f"{name}:1: takes in both cblas.h and xtensor-blas, which declare the same names; "
                              "put one of them into a .cpp file of its own")

    cycle = kernel_cycle(includes)
    if cycle:
        errors.append(f"kernels/{cycle[0]}: includes lead in a circle: {' -> '.join(cycle)}")
    return errors


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1]
    errors = violations(root)
    print("\n".join(errors) if errors else "The includes keep the rules.")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
