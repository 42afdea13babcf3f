#!/usr/bin/env python3
"""Compare two saved results of a benchmark: what became slower or faster beyond the noise?

    ./course bench --compare BEFORE.json AFTER.json

Speeds are compared as shares of the peak that was measured in the same run, so that a machine which was busier,
or ran at a lower clock, is not taken for a slower rung. A change counts where it is larger than twice the
spreads of both runs together, and than five per cent.
"""

import argparse
import json
import math
import sys
from pathlib import Path

SMALLEST = 0.05


def rows(results):
    """(ladder, problem, threads, rung) -> what was measured, of all that was timed."""
    return {
        (operation, problem, threads, rung): row
        for operation, ladder in results["ladders"].items()
        for problem, measured in ladder["problems"].items()
        for threads, rungs in measured.items() if threads.startswith(("threads=", "device="))
        for rung, row in rungs.items() if row.get("of_peak")
    }


def changes(before, after):
    """Names, ratio and noise of every row that both have and that changed, the slowest first."""
    before, after = rows(before), rows(after)
    found = []
    for name in before.keys() & after.keys():
        ratio = after[name]["of_peak"] / before[name]["of_peak"]
        # A row that was timed only once has no spread: a tenth is usual.
        spreads = [0.1 if row["spread"] is None else row["spread"] for row in (before[name], after[name])]
        noise = max(SMALLEST, 2 * math.hypot(*spreads))
        if abs(math.log(ratio)) > math.log1p(noise):
            found.append((ratio, noise, " ".join(name)))
    return sorted(found), len(before.keys() & after.keys()), sorted(before.keys() ^ after.keys())


def load(path):
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
        rows(results)
        return results
    except OSError as error:
        sys.exit(f"compare: {path}: {error.strerror}")
    except (ValueError, KeyError, AttributeError, TypeError):
        sys.exit(f"compare: {path} is no saved result of a benchmark")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    options = parser.parse_args()
    before, after = load(options.before), load(options.after)
    if before["machine"]["name"] != after["machine"]["name"]:
        print(f"Two machines: {before['machine']['name']} and {after['machine']['name']}")
    found, both, only_one = changes(before, after)
    for ratio, noise, name in found:
        word = "faster" if ratio > 1 else "slower"
        print(f"{word}  {ratio:5.2f} x  (noise {noise:4.0%})  {name}")
    print(f"{len(found)} of {both} changed from {before['commit']} to {after['commit']}")
    if only_one:
        print(f"{len(only_one)} are in one of the two only, such as {' '.join(only_one[0])}")


if __name__ == "__main__":
    main()
