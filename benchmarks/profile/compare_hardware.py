#!/usr/bin/env python3
"""Lay the emulator's counts beside a GPU's own counters, rung by rung.

    compare_hardware.py --metrics                      # what to ask Nsight Compute for, and how to call it
    compare_hardware.py NCU.csv [--save FILE.json]     # NCU.csv: what ncu --csv and profile_hardware printed

The emulator's counts are those saved in benchmarks/results/cuda/profile by `./course profile --save`, of the same rungs
on the same problems. ncu reports launches in their order, and profile_hardware names each rung before it runs it, so
launches are assigned to rungs by their order. Where the compiler's code differs from the source (it joins two loads, or
drops one), the counts differ; the table says by how much.
"""

import argparse
import csv
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROFILES = ROOT / "benchmarks" / "results" / "cuda" / "profile"

# What is compared: title, hardware counter, memory, kind of access, count of the emulator.
COUNTERS = [
    ("load requests", "l1tex__t_requests_pipe_lsu_mem_global_op_ld.sum", "global", "load", "requests"),
    ("load sectors", "l1tex__t_sectors_pipe_lsu_mem_global_op_ld.sum", "global", "load", "sectors"),
    ("store requests", "l1tex__t_requests_pipe_lsu_mem_global_op_st.sum", "global", "store", "requests"),
    ("store sectors", "l1tex__t_sectors_pipe_lsu_mem_global_op_st.sum", "global", "store", "sectors"),
    ("shared load wavefronts", "l1tex__data_pipe_lsu_wavefronts_mem_shared_op_ld.sum", "shared", "load", "wavefronts"),
    ("shared store wavefronts", "l1tex__data_pipe_lsu_wavefronts_mem_shared_op_st.sum", "shared", "store", "wavefronts"),
]


def read_hardware(lines):
    """What ran and what ncu counted: the rungs' names in order, and for each launch in order {counter: value}."""
    lines = list(lines)
    rungs = [line[3:].strip() for line in lines if line.startswith("== ")]
    start = next((i for i, line in enumerate(lines) if line.startswith('"ID"')), None)
    if start is None or not rungs:
        raise ValueError("this is no output of ncu --csv and profile_hardware: it has no table, or names no rung")
    launches = {}
    for row in csv.DictReader(line for line in lines[start:] if line.startswith('"')):
        launches.setdefault(int(row["ID"]), {})[row["Metric Name"]] = float(row["Metric Value"].replace(",", ""))
    return rungs, [launches[number] for number in sorted(launches)]


def counted(kernels, room, kind, key):
    return sum(line[key] for kernel in kernels for line in kernel["lines"]
               if line["room"] == room and line["kind"] == kind)


def compare(rungs, launches, profiles):
    """Rows (rung, title, emulator, hardware). `profiles`: {operation: what course profile saved}."""
    rows, at = [], 0
    for name in rungs:
        operation, _, rung = name.split("/")
        entry = next((r for r in profiles[operation]["rungs"] if r["rung"] == rung), None)
        if entry is None:
            raise ValueError(f"{name} has no saved profile: ./course profile {operation} --save")
        count = sum(kernel["launches"] for kernel in entry["kernels"])
        mine, at = launches[at:at + count], at + count
        for title, counter, room, kind, key in COUNTERS:
            ours = counted(entry["kernels"], room, kind, key)
            theirs = sum(launch.get(counter, 0) for launch in mine)
            if ours or theirs:
                rows.append((name, title, ours, theirs))
    if at != len(launches):
        raise ValueError(f"the rungs named make {at} launches, but ncu counted {len(launches)}: "
                         "the profiles are of other sources, or of another size")
    return rows


def main():
    parser = argparse.ArgumentParser(description="The emulator's counts beside hardware counters.")
    parser.add_argument("csv", nargs="?", type=Path)
    parser.add_argument("--save", type=Path)
    parser.add_argument("--metrics", action="store_true", help="print what to ask ncu for")
    options = parser.parse_args()
    if options.metrics:
        print(f"ncu --csv --metrics {','.join(counter for _, counter, *_ in COUNTERS)} profile_hardware matmul --size 256")
        return 0
    if not options.csv:
        parser.error("give what ncu --csv printed, or --metrics")
    try:
        profiles = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in PROFILES.glob("*.json")}
        rows = compare(*read_hardware(options.csv.read_text(encoding="utf-8").splitlines()), profiles)
    except (OSError, ValueError, KeyError) as error:
        print(f"compare_hardware.py: {error}", file=sys.stderr)
        return 1
    for name, title, ours, theirs in rows:
        print(f"{name:40} {title:24} {ours:>12,.0f} {theirs:>12,.0f}  {f'{ours / theirs:.3f}' if theirs else '-'}")
    same = sum(ours == theirs for *_, ours, theirs in rows)
    print(f"{same} of {len(rows)} counts are equal")
    if options.save:
        keys = ("rung", "counter", "emulator", "hardware")
        options.save.parent.mkdir(parents=True, exist_ok=True)
        options.save.write_text(json.dumps([dict(zip(keys, row)) for row in rows], indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
