#!/usr/bin/env python3
"""Our kernels and training steps against PyTorch's.

    ./course bench --peers [NAME...] [--filter PATTERN] [--save] [--rounds N] [--milliseconds N] [--python PYTHON]

Each NAME is a program of ours and a script for PyTorch that do the same work. Processes of both take turns, from the
same numbers; before any time counts, their results must agree. Each runs with one thread and with all, waiting for
work actively and passively (OMP_WAIT_POLICY); the best of these counts. The first call makes a virtual environment in
the build folder and installs PyTorch there, about 4 GB (see requirements.txt); --python names an interpreter that has
PyTorch already, such as Debian's with python3-torch.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
OURS = "ours"
LIMITS = {"peak_gflops": "gflop", "copy_gbs": "gbyte"}


def peers():
    """Names of the comparisons: a script for PyTorch beside a program of ours."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.with_suffix(".cpp").is_file() and path.stem != "peer")


def torch_python(build):
    """The interpreter of a virtual environment with PyTorch, made if it is not there."""
    folder = build / "benchmarks" / "peers-venv"
    python = folder / "bin" / "python"
    ready = folder / "requirements.txt"
    wanted = (HERE / "requirements.txt").read_text()
    if not ready.is_file() or ready.read_text() != wanted:
        print(f"Installing PyTorch into {folder}: about 4 GB, which may take some minutes", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--requirement", HERE / "requirements.txt"]
        if subprocess.call(pip) != 0:
            sys.exit("peers: pip could not install PyTorch (above).\n"
                     "With Debian's: apt-get install python3-torch, "
                     "then ./course bench --peers --python /usr/bin/python3")
        ready.write_text(wanted)
    return python


def call(command, policy):
    """Run a program that prints JSON."""
    environment = {**os.environ, "OMP_WAIT_POLICY": policy}
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        environment.pop(name, None)
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, env=environment)
    if done.returncode != 0:
        sys.exit(f"peers: {command[1] if str(command[1]).endswith('.py') else command[0]} failed with exit status {done.returncode} "
                 "(its message is above)")
    return json.loads(done.stdout.splitlines()[-1])


def check(name, ours, theirs):
    """Stop where the two do not do the same work: their numbers may differ by 1e-4 of the largest."""
    if sorted(ours["works"]) != sorted(theirs["works"]):
        sys.exit(f"peers: {name}: only one side does {', '.join(sorted(set(ours['works']) ^ set(theirs['works'])))}")
    for work, entry in ours["works"].items():
        pairs = list(zip(entry["check"], theirs["works"][work]["check"], strict=True))
        largest = max((abs(b) for _, b in pairs), default=0)
        for i, (a, b) in enumerate(pairs):
            if not abs(a - b) <= 1e-4 * largest:
                sys.exit(f"peers: {name}, {work}: number {i + 1} is {a} in ours, {b} in PyTorch: not the same work")


def spread(times):
    """Standard deviation by mean; None for fewer than two."""
    return statistics.stdev(times) / statistics.mean(times) if len(times) > 1 else None


def measure(options, python, name):
    """{work: {(who, variant, threads, policy): [median ms of each process]}}, limits by threads, our facts, version."""
    program, folder = options.build / "benchmarks" / "peers" / name, options.build / "benchmarks" / "peers" / "files"
    folder.mkdir(parents=True, exist_ok=True)
    cores = len(os.sched_getaffinity(0))
    settings = [(1, "passive")] + ([(cores, "passive"), (cores, "active")] if cores > 1 else [])
    times, limits, facts, version = {}, {}, None, None
    for number in range(options.rounds):
        for threads, policy in settings:
            print(f"{name}, round {number + 1} of {options.rounds}: {threads} threads, waiting {policy}ly", flush=True)
            words = [threads, options.milliseconds, folder] + ([options.filter] if options.filter else [])
            facts = call([program, *words], policy)
            theirs = call([python, HERE / f"{name}.py", *words], policy)
            check(name, facts, theirs)
            if not facts["works"]:
                sys.exit(f"peers: {name} has no work whose name contains '{options.filter}'")
            version = theirs["version"]
            for limit in LIMITS:
                limits.setdefault(threads, {}).setdefault(limit, []).extend(facts[limit])
            for side in (facts, theirs):
                for work, entry in side["works"].items():
                    for who, found in entry["ms"].items():
                        key = (who, threads, policy)
                        times.setdefault(work, {}).setdefault(key, []).append(statistics.median(found))
    limits = {threads: {limit: statistics.median(found) for limit, found in kinds.items()}
              for threads, kinds in limits.items()}
    return times, limits, facts, version


def summary(times, limits, facts):
    """For each work: a row a variant; then for each number of threads, and for the best of all, ours and PyTorch's."""
    works = {}
    for work, variants in times.items():
        rows = [{"who": who, "threads": threads, "policy": policy, "ms": float(f"{statistics.median(found):.4g}"),
                 "spread": spread(found)} for (who, threads, policy), found in variants.items()]
        best = {}
        for threads in [*limits, None]:
            def fastest(ours):
                return min((row for row in rows if (row["who"] == OURS) == ours and threads in (row["threads"], None)),
                           key=lambda row: row["ms"])
            ours, theirs = fastest(True), fastest(False)
            entry = {"ours_ms": ours["ms"], "pytorch_ms": theirs["ms"], "pytorch_variant": theirs["who"],
                     "ratio": round(theirs["ms"] / ours["ms"], 4)}
            # The limit that allows less time is no limit: the other one holds the work back.
            for limit, unit in LIMITS.items():
                rate = facts["works"][work][unit] / ours["ms"] * 1e3
                entry[f"of_{limit.split('_')[0]}"] = round(rate / limits[ours["threads"]][limit], 4)
            best["best" if threads is None else f"threads={threads}"] = entry
        works[work] = {**{unit: facts["works"][work][unit] for unit in LIMITS.values()}, "best": best, "rows": rows}
    return works


def show(name, works, version):
    """Print a table: each work, the best of both sides, on one thread and on the best number."""
    columns = ["work", "threads", "ours, ms", "PyTorch, ms", "its variant", "ratio", "of peak", "of copy"]
    rows = [[work, case.removeprefix("threads="), f"{e['ours_ms']:.3g}", f"{e['pytorch_ms']:.3g}", e["pytorch_variant"],
             f"{e['ratio']:.2f}", f"{e['of_peak']:.0%}", f"{e['of_copy']:.0%}"]
            for work, found in works.items() for case, e in found["best"].items()]
    widths = [max(len(row[i]) for row in [columns, *rows]) for i in range(len(columns))]
    print(f"\n{name}, against PyTorch {version}\n")
    for row in [columns, *rows]:
        print("  " + "  ".join(cell.ljust(width) if i in (0, 4) else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))).rstrip())
    ratios = [found["best"]["best"]["ratio"] for found in works.values()]
    print(f"\n  geometric mean of the best ratios: {math.exp(sum(map(math.log, ratios)) / len(ratios)):.2f}\n")


def main():
    parser = argparse.ArgumentParser(prog="./course bench --peers", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(peers())}; without one all")
    parser.add_argument("--build", type=Path, default=ROOT / "build/default", help="build folder with our programs")
    parser.add_argument("--python", type=Path, help="an interpreter that has PyTorch")
    parser.add_argument("--rounds", type=int, default=3, help="processes of each kind")
    parser.add_argument("--milliseconds", type=int, default=200, help="how long a process times a piece of work")
    parser.add_argument("--filter", metavar="PATTERN", help="only work whose name contains this regular expression")
    parser.add_argument("--save", action="store_true", help="keep the results in benchmarks/results/MACHINE/")
    options = parser.parse_args()
    if options.rounds < 1 or options.milliseconds < 1:
        parser.error("--rounds and --milliseconds are at least 1")
    if options.filter and options.save:
        parser.error("--filter measures a part of the work, which --save would keep in place of the whole")
    for name in options.names:
        if name not in peers():
            parser.error(f"there is no comparison '{name}'; there are: {', '.join(peers())}")
    for name in options.names or peers():
        if not (options.build / "benchmarks" / "peers" / name).is_file():
            sys.exit(f"peers: {name} is not built in {options.build}; ./course bench --peers builds it")

    python = options.python or torch_python(options.build)
    for name in options.names or peers():
        times, limits, facts, version = measure(options, python, name)
        works = summary(times, limits, facts)
        show(name, works, version)
        if options.save:
            keep = {fact: value for fact, value in facts.items() if fact not in ("works", "threads", *LIMITS)}
            saved = ROOT / "benchmarks/results" / facts["machine"]["name"] / f"peers_{name}.json"
            saved.parent.mkdir(parents=True, exist_ok=True)
            arguments = f"--rounds {options.rounds} --milliseconds {options.milliseconds}"
            saved.write_text(json.dumps({**keep, "arguments": arguments, "pytorch": version, "limits": limits,
                                         "works": works}, indent=1) + "\n")
            print(f"saved {saved.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
