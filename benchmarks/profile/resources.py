#!/usr/bin/env python3
"""Ask nvcc what each CUDA kernel takes: registers, spills, static shared memory; keep the answers as data.

    resources.py            compile what changed since the last time; write benchmarks/results/cuda/resources.json
    resources.py --check    compile nothing; list the kernels whose data is missing or older than their source

A source's checksum covers the file and the device code that it includes (.cuh, and the mathematics in *_math.hpp), without
comments and spaces, so that checking takes no compiler. Exit status: 0 all is well, 1 something is stale or does not compile, 77 nvcc is needed and
not there.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TABLE = ROOT / "benchmarks/results/cuda/resources.json"
ARCHITECTURES = ["sm_75", "sm_80", "sm_89", "sm_90"]
FLAGS = ["-std=c++20", "--expt-relaxed-constexpr", "-DFMT_USE_CONSTEXPR=1", "-O3"]
INCLUDE = re.compile(r'^\s*#\s*include\s*"(kernels/[^"]+(?:\.cuh|_math\.hpp))"', re.MULTILINE)
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


def find_nvcc():
    """nvcc's path, or None."""
    toolkits = [os.environ.get(name, "") for name in ("CUDA_HOME", "CUDA_PATH")] + ["/usr/local/cuda"]
    return shutil.which("nvcc") or next((str(Path(t, "bin/nvcc")) for t in toolkits if Path(t, "bin/nvcc").is_file()), None)


def sources(root=ROOT):
    """The CUDA sources of the ladders that hold kernels of their own, from the root."""
    found = sorted(p.relative_to(root).as_posix() for p in root.glob("kernels/*/*.cu") if p.name != "mine.cu")
    return [name for name in found if "__global__" in "".join(texts_of(root, name).values())]


def texts_of(root, name, seen=None):
    """A source and the device code that it includes, without comments and spaces."""
    seen = {} if seen is None else seen
    if name not in seen and (root / name).is_file():
        text = COMMENT.sub("", (root / name).read_text(encoding="utf-8"))
        seen[name] = re.sub(r"\s+", "", text)
        for included in INCLUDE.findall(text):
            texts_of(root, included, seen)
    return seen


def checksum(root, name):
    parts = texts_of(root, name)
    return hashlib.sha256("\0".join(f"{k}\0{parts[k]}" for k in sorted(parts)).encode()).hexdigest()[:16]


def plain_name(name):
    """A kernel's name without result, parameters, namespaces and spaces: compilers qualify template arguments differently."""
    name = re.sub(r"\(anonymous namespace\)::|\{anonymous\}::|<unnamed>::", "", name)
    depth, begin, end = 0, 0, len(name)
    for i, c in enumerate(name):
        depth += (c == "<") - (c == ">")
        if depth == 0 and c == " ":
            begin = i + 1
        if depth == 0 and c == "(":
            end = i
            break
    return re.sub(r"\w+::", "", name[begin:end].replace(" ", ""))


def parse(report):
    """What ptxas -v says: {plain kernel name: {architecture: resources}}."""
    entries, current = [], None
    for line in report.splitlines():
        if m := re.search(r"Compiling entry function '(\S+)' for '(\w+?)a?'", line):
            current = {"mangled": m[1], "architecture": m[2], "spill_bytes": 0, "shared_bytes": 0}
            entries.append(current)
        elif current and (m := re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", line)):
            current["spill_bytes"] = int(m[1]) + int(m[2])
        elif current and (m := re.search(r"Used (\d+) registers", line)):
            current["registers"] = int(m[1])
            if shared := re.search(r"(\d+) bytes smem", line):
                current["shared_bytes"] = int(shared[1])
    names = subprocess.run(["c++filt"], input="\n".join(e["mangled"] for e in entries), text=True, capture_output=True,
                           check=True).stdout.splitlines()
    kernels = {}
    for entry, name in zip(entries, names):
        values = {key: entry[key] for key in ("registers", "spill_bytes", "shared_bytes")}
        kernels.setdefault(plain_name(name), {})[entry["architecture"]] = values
    return {name: dict(sorted(kernels[name].items())) for name in sorted(kernels)}


def compile_source(nvcc, name, architectures=ARCHITECTURES):
    """The resources of a source's kernels; raises CalledProcessError where it does not compile."""
    # Turing's tensor cores know neither tf32 nor bf16.
    if architectures == ARCHITECTURES and re.search(r"wmma::precision::tf32|wmma[^;]*bfloat16", (ROOT / name).read_text()):
        return compile_source(nvcc, name, ARCHITECTURES[1:])
    generate = [f for a in architectures for f in ("-gencode", f"arch={a.replace('sm', 'compute')},code={a}")]
    done = subprocess.run([nvcc, *FLAGS, *generate, "-Xptxas", "-v", f"-I{ROOT}", "-fatbin", "-o", os.devnull, str(ROOT / name)],
                          text=True, capture_output=True, check=True)
    return parse(done.stderr)


def load(path=TABLE):
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"nvcc": "", "sources": {}}


def stale(table, root=ROOT):
    """The sources whose data is missing or older than they are."""
    kept = table["sources"]
    return [name for name in sources(root) if kept.get(name, {}).get("checksum") != checksum(root, name)]


def main():
    parser = argparse.ArgumentParser(description="Registers, spills and shared memory of all CUDA kernels, from nvcc.")
    parser.add_argument("--check", action="store_true", help="compile nothing; list what is stale")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="sources compiled at a time")
    options = parser.parse_args()
    table = load()
    changed = stale(table)
    gone = sorted(set(table["sources"]) - set(sources()))
    if options.check:
        for name in changed + gone:
            print(f"{name}: benchmarks/results/cuda/resources.json does not fit it; run benchmarks/profile/resources.py")
        return 1 if changed or gone else 0
    nvcc = find_nvcc()
    if changed and not nvcc:
        print("nvcc is not here: install NVIDIA's CUDA Toolkit, or set CUDA_HOME.")
        return 77
    for name in gone:
        del table["sources"][name]
    if changed:
        version = subprocess.run([nvcc, "--version"], text=True, capture_output=True, check=True).stdout
        table["nvcc"] = re.search(r"V([\d.]+)", version)[1]

    failed = False
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = {pool.submit(compile_source, nvcc, name): name for name in changed}
        for run in concurrent.futures.as_completed(runs):
            name = runs[run]
            try:
                table["sources"][name] = {"checksum": checksum(ROOT, name), "kernels": run.result()}
                print(name, flush=True)
            except subprocess.CalledProcessError as error:
                print(f"{name} does not compile:\n{error.stderr}", file=sys.stderr)
                failed = True
    table["sources"] = dict(sorted(table["sources"].items()))
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
