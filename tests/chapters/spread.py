#!/usr/bin/env python3
"""Measure how much a chapter's trained values vary with the seed, and write it into its expected.txt.

    python3 tests/chapters/spread.py 07_mlp

runs the chapter with the seeds 1 to 5 and sets the tolerance of each line of kind `trained` to four standard
deviations. The five values stand in a comment above the line. A figure's tolerance is that of its worst cell.
"""
import csv
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEEDS = range(1, 6)


def run(chapter: str, seed: int, folder: pathlib.Path) -> tuple[dict, dict]:
    """Run once; return the values by name, and the numbers of each figure's table by its name."""
    program = ROOT / "build/default/chapters" / chapter / chapter
    subprocess.run([program, "--seed", str(seed), "--save", folder / "values.json", "--figures", folder],
                   check=True, stdout=subprocess.DEVNULL)
    values = {name: entry["value"] for name, entry in json.loads((folder / "values.json").read_text())["values"].items()}
    figures = {}
    for path in folder.glob("*.csv"):
        cells = [cell for row in csv.reader(path.open()) for cell in row]
        figures[f"figures/{path.name}"] = [float(c) for c in cells if re.fullmatch(r"[-+0-9.e]+", c)]
    return values, figures


def four_deviations(samples: list[float]) -> str:
    return f"{4 * statistics.stdev(samples):.2g}"


def main() -> None:
    chapter = sys.argv[1]
    runs = []
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            runs.append(run(chapter, seed, pathlib.Path(folder)))
        print(f"seed {seed} done", flush=True)

    expected = ROOT / "chapters" / chapter / "expected.txt"
    lines = []
    for line in expected.read_text().splitlines():
        fields = line.split()
        if line.startswith("# seeds "):
            continue
        if len(fields) == 4 and fields[3] == "trained":
            name = fields[0]
            if name.startswith("figures/"):
                cells = zip(*(figures[name] for _, figures in runs))
                fields[2] = max((four_deviations(list(c)) for c in cells), key=float)
            else:
                samples = [values[name] for values, _ in runs]
                fields[2] = four_deviations(samples)
                lines.append("# seeds 1 to 5: " + " ".join(f"{s:.6g}" for s in samples))
            line = f"{fields[0]:<27} {fields[1]:<14} {fields[2]:<9} trained"
        lines.append(line)
    expected.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
