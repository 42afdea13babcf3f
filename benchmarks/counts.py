#!/usr/bin/env python3
"""Count what the CPU rungs of matmul execute, and take their innermost loop from the disassembly.

    benchmarks/counts.py [--size 128] [--output chapters/05_matmul/counts.json]

Callgrind, a part of valgrind, runs a program on a simulated processor and counts every instruction, load and store,
and the misses of a simulated first-level cache of 32 KiB with 8 ways. It takes no times, so its counts are the same on every
machine and however busy it is. It knows no AVX-512: the rungs are compiled a second time for AVX2, in
build/counts. The disassembly comes from the default build, for this machine. Needs valgrind, objdump, cmake and
ninja, and a few minutes.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNGS = ["naive", "transposed", "reordered", "blocked", "register_tiled", "packed", "prefetched", "threaded"]
EVENTS = {"instructions": ["Ir"], "loads": ["Dr"], "stores": ["Dw"], "misses": ["D1mr", "D1mw"]}


def run(*command):
    """What a command prints; the program ends with the command's own words where it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        sys.exit(f"counts.py: {' '.join(map(str, command[:3]))} ... failed:\n{done.stderr[-2000:] or done.stdout[-2000:]}")
    return done.stdout


def read_calls(lines):
    """Calls and inclusive costs of each rung, from callgrind's file with its names written out."""
    events, found = [], {}
    for line in lines:
        if line.startswith("events:"):
            events = line.split()[1:]
        elif match := re.match(r"cfn=kbk::cpu::(\w+)\(kbk::BasicMatmul<float> const&, kbk::Scratch&\)", line):
            rung, calls = match[1], int(next(lines).split("=")[1].split()[0])
            costs = [int(word) for word in next(lines).split()[1:]]
            entry = found.setdefault(rung, {"calls": 0} | dict.fromkeys(events, 0))
            entry["calls"] += calls
            for event, cost in zip(events, costs):
                entry[event] += cost
    return found


def count(size):
    """Events of each rung for each multiply-add of a product of size x size matrices."""
    build = ROOT / "build/counts"
    run("cmake", "-S", ROOT, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DKBK_NATIVE=OFF",
        "-DCMAKE_CXX_FLAGS=-march=x86-64-v3")
    run("cmake", "--build", build, "--target", "matmul_bench")
    program = next(path for path in build.rglob("matmul_bench") if path.is_file())
    with tempfile.NamedTemporaryFile() as file:
        run("valgrind", "--tool=callgrind", "--cache-sim=yes", "--I1=32768,8,64", "--D1=32768,8,64", "--compress-strings=no",
            "--compress-pos=no", f"--callgrind-out-file={file.name}", program, "--check-only", "--threads", "1",
            "--filter", rf"(?:{'|'.join(RUNGS)})/n:{size}\b")
        calls = read_calls(iter(Path(file.name).read_text().splitlines()))
    missing = [rung for rung in RUNGS if rung not in calls]
    if missing:
        sys.exit(f"counts.py: callgrind saw no call of {', '.join(missing)}; matmul_bench has no n:{size}?")
    return {rung: {name: sum(calls[rung][event] for event in events) / calls[rung]["calls"] / size**3
                   for name, events in EVENTS.items()} for rung in RUNGS}


def inner_loop():
    """One step of k of the largest micro-kernel, and how many instructions of each kind it has."""
    library = ROOT / "build/default/kernels/matmul/libkbk_matmul.a"
    if not library.is_file():
        sys.exit("counts.py: build it first: ./course test matmul")
    kernels = {}
    for block in run("objdump", "-d", "--no-show-raw-insn", library).split("\n\n"):
        if match := re.search(r"<\S*microkernelILNS1_6SourceE2ELi(\d+)ELi(\d+)E\S*>:\n(.*)", block, re.S):
            kernels[int(match[1]), int(match[2])] = match[3]
    rows, vectors = max(kernels, key=lambda tile: tile[0] * tile[1])
    code = [(int(m[1], 16), m[2].strip()) for m in re.finditer(r"^\s*([0-9a-f]+):\t(.*)$", kernels[rows, vectors], re.M)]

    # The loop is what a jump back repeats, with the largest share of multiply-adds.
    bodies = []
    for address, words in code:
        if (jump := re.match(r"j\w+\s+([0-9a-f]+)", words)) and int(jump[1], 16) <= address:
            bodies.append([w for a, w in code if int(jump[1], 16) <= a <= address])
    body = max(bodies, key=lambda words: sum(w.startswith("vfmadd") for w in words) / len(words))
    fused = [i for i, w in enumerate(body) if w.startswith("vfmadd")]
    step = body[:fused[rows * vectors - 1] + 1]
    return {"rows": rows, "vectors": vectors, "steps": len(fused) // (rows * vectors), "code": step,
            "instructions": len(body), "multiply_adds": len(fused), "stack": sum("rsp" in w or "rbp" in w for w in body),
            "loads": sum("(" in w and not w.startswith(("lea", "prefetch")) for w in body)}


def machine():
    """The processor's name and the compiler's, as the saved results have them."""
    cpu = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return {"cpu": cpu[1] if cpu else "unknown", "compiler": run("c++", "--version").splitlines()[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=128, help="rows and columns of the matrices")
    parser.add_argument("--output", type=Path, default=ROOT / "chapters/05_matmul/counts.json")
    arguments = parser.parse_args()
    for tool, package in {"valgrind": "valgrind", "objdump": "binutils", "cmake": "cmake", "ninja": "ninja-build"}.items():
        if not shutil.which(tool):
            sys.exit(f"counts.py: {tool} is not installed (Debian's package {package}); the page keeps the saved counts")
    kept = {"size": arguments.size, "machine": machine(), "loop": inner_loop(), "rungs": count(arguments.size)}
    arguments.output.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
