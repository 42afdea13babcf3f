#!/usr/bin/env python3
"""A training step of D1's network (784-512-256-128-10, batch 100, SGD 0.001, momentum 0.9): ours against PyTorch's.

    ./course bench --peers [--save] [--rounds N] [--steps N] [--python PYTHON]

Processes of both take turns, from the same weights and batches; before any time counts, their losses must
agree. Each runs with one thread and with all, waiting for work actively and passively (OMP_WAIT_POLICY); the
best of these counts. The first call makes a virtual environment in the build folder and installs PyTorch there,
about 4 GB (see requirements.txt); --python names an interpreter that has PyTorch already, such as Debian's with
python3-torch.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
OURS = "ours"


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
        sys.exit(f"peers: {command[0]} failed with exit status {done.returncode} (its message is above)")
    return json.loads(done.stdout.splitlines()[-1])


def check_losses(ours, theirs):
    """Stop where the two do not train the same network in the same way."""
    for step, (a, b) in enumerate(zip(ours, theirs, strict=True), 1):
        if not abs(a - b) <= 1e-4 * abs(b):
            sys.exit(f"peers: after the same {step - 1} steps our loss is {a}, PyTorch's {b}: not the same training")


def spread(times):
    """Standard deviation by mean; None for fewer than two."""
    return statistics.stdev(times) / statistics.mean(times) if len(times) > 1 else None


def measure(options, python, program):
    """Milliseconds of (who, variant, threads, policy): the median step of each process; and what ours found."""
    folder = options.build / "benchmarks" / "peers"
    folder.mkdir(parents=True, exist_ok=True)
    cores = len(os.sched_getaffinity(0))
    settings = [(1, "passive")] + ([(cores, "passive"), (cores, "active")] if cores > 1 else [])
    times, peaks, facts, version = {}, {}, None, None
    for number in range(options.rounds):
        for threads, policy in settings:
            print(f"round {number + 1} of {options.rounds}: {threads} threads, waiting {policy}ly", flush=True)
            facts = call([program, threads, options.steps, folder], policy)
            theirs = call([python, HERE / "d1_step.py", threads, options.steps, folder], policy)
            check_losses(facts["losses"], theirs["losses"])
            version = theirs["version"]
            peaks.setdefault(threads, []).extend(facts["peak_gflops"])
            for who, steps in [(OURS, facts["step_ms"])] + list(theirs["step_ms"].items()):
                times.setdefault((who, threads, policy), []).append(statistics.median(steps))
    return times, {threads: statistics.median(found) for threads, found in peaks.items()}, facts, version


def summary(times, peaks, facts):
    """One row a kind of step; then, for each number of threads and for the best of all, ours and PyTorch's."""
    rows = [{"who": who, "threads": threads, "policy": policy, "step_ms": round(statistics.median(found), 4),
             "spread": spread(found)} for (who, threads, policy), found in times.items()]
    best = {}
    for threads in [*peaks, None]:
        def fastest(ours):
            return min((row for row in rows if (row["who"] == OURS) == ours and threads in (row["threads"], None)),
                       key=lambda row: row["step_ms"])
        ours, theirs = fastest(True), fastest(False)
        gflops = facts["step_gflop"] / ours["step_ms"] * 1e3
        best["best" if threads is None else f"threads={threads}"] = {
            "ours_ms": ours["step_ms"], "pytorch_ms": theirs["step_ms"], "pytorch_variant": theirs["who"],
            "ratio": round(theirs["step_ms"] / ours["step_ms"], 4), "gflops": round(gflops, 2),
            "peak_gflops": round(peaks[ours["threads"]], 2), "of_peak": round(gflops / peaks[ours["threads"]], 4)}
    return rows, best


def show(rows, best, version, dataset):
    print(f"\nA training step on {dataset}, batch 100; PyTorch {version}\n")
    print(f"  {'who':20}  threads  waiting  ms a step  spread")
    for row in sorted(rows, key=lambda row: (row["threads"], row["step_ms"])):
        who = row["who"] if row["who"] == OURS else f"PyTorch, {row['who']}"
        deviation = "–" if row["spread"] is None else f"± {row['spread']:.0%}"
        print(f"  {who:20}  {row['threads']:7}  {row['policy']:7}  {row['step_ms']:9.3f}  {deviation:>6}")
    for name, found in best.items():
        print(f"\n  {name}: ours {found['ours_ms']:.3f} ms, PyTorch {found['pytorch_ms']:.3f} ms "
              f"({found['pytorch_variant']}): {found['ratio']:.2f} times as fast;\n"
              f"  {found['gflops']:.0f} GFLOP/s, {found['of_peak']:.0%} of the machine's {found['peak_gflops']:.0f}")


def main():
    parser = argparse.ArgumentParser(prog="./course bench --peers", description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build/default", help="build folder, which has d1_step")
    parser.add_argument("--python", type=Path, help="an interpreter that has PyTorch")
    parser.add_argument("--rounds", type=int, default=5, help="processes of each kind")
    parser.add_argument("--steps", type=int, default=200, help="training steps that each process times")
    parser.add_argument("--save", action="store_true", help="keep the results in benchmarks/results/MACHINE/")
    options = parser.parse_args()
    if options.rounds < 1 or options.steps < 10:
        parser.error("--rounds is at least 1, --steps at least 10")
    program = options.build / "benchmarks" / "peers" / "d1_step"
    if not program.is_file():
        sys.exit(f"peers: {program} is not built; ./course bench --peers builds it")

    times, peaks, facts, version = measure(options, options.python or torch_python(options.build), program)
    rows, best = summary(times, peaks, facts)
    show(rows, best, version, facts["dataset"])
    if options.save:
        kept = ("program", "title", "date", "commit", "machine", "dataset", "step_gflop")
        keep = {name: facts[name] for name in kept}
        saved = ROOT / "benchmarks/results" / facts["machine"]["name"] / "peers_d1.json"
        saved.parent.mkdir(parents=True, exist_ok=True)
        arguments = f"--rounds {options.rounds} --steps {options.steps}"
        saved.write_text(json.dumps({**keep, "arguments": arguments, "pytorch": version, "best": best, "rows": rows},
                                    indent=1) + "\n")
        print(f"\nsaved {saved.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
