#!/usr/bin/env python3
"""Turn a profile into a page: totals, occupancy, bounds, and the source with each line's counts. One file, without
anything to load; light or dark as the reader's system is.

    page.py PROFILE.json FOLDER       a page for each rung in it: FOLDER/OPERATION_RUNG.html
    page.py PROFILE.json FILE.html    the page of its one rung
    page.py --save PROFILE.json       keep whole ladders where the book's tables and links look for them
    page.py --check                   list what was kept of sources that have changed since; fail if there is one
"""

import hashlib
import html
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import style
from style import table

ROOT = Path(__file__).resolve().parent.parent.parent
SAVED = "benchmarks/results/cuda/profile"



def share(x):
    return f"{100 * x:.1f} %"


def grade(x):
    """The colour of an efficiency or of ideal by actual wavefronts."""
    return "good" if x > 0.95 else "fair" if x > 0.45 else "bad"


def number(x):
    return f"{x:,}"


def of_bytes(x):
    for unit in ("B", "kB", "MB", "GB"):
        if x < 999.5 or unit == "GB":
            return f"{x:.0f} B" if unit == "B" else f"{x:.3g} {unit}"
        x /= 1000


def of_seconds(x):
    return f"{x * 1e6:.3g} µs" if x < 1e-3 else f"{x * 1e3:.3g} ms"


def total(kernel, room, kind):
    """The sum of a kernel's lines of one kind."""
    keys = ("requests", "lanes", "bytes", "sectors", "fewest_sectors", "wavefronts", "ideal_wavefronts")
    lines = [line for line in kernel["lines"] if line["room"] == room and line["kind"] == kind]
    return {key: sum(line[key] for line in lines) for key in keys}


def totals(kernel):
    rows = [["", "requests", "bytes asked for", "active lanes", "a request", "at best", "efficiency"]]
    for room, unit, best in (("global", "sectors", "fewest_sectors"), ("shared", "wavefronts", "ideal_wavefronts")):
        for kind in ("load", "store", "atomic"):
            t = total(kernel, room, kind)
            if t["requests"]:
                ratio = t[best] / t[unit]
                rows.append([f"{room} {kind}s", number(t["requests"]), of_bytes(t["bytes"]),
                             f"{t['lanes'] / t['requests']:.1f}", f"{t[unit] / t['requests']:.2f} {unit}",
                             f"{t[best] / t['requests']:.2f}", f'<span class="{grade(ratio)}">{share(ratio)}</span>'])
    return table(rows)


def resources(kernel):
    if not kernel["resources"]:
        return "<p><small>Registers and occupancy are not known of this kernel.</small></p>"
    rows = [["", "registers", "spilled", "shared memory", "blocks a multiprocessor", "occupancy", "limited by"]]
    for name, r in kernel["resources"].items():
        spilled = f'<span class="{"bad" if r["spill_bytes"] else "good"}">{number(r["spill_bytes"])} B</span>'
        rows.append([name, r["registers"], spilled, of_bytes(r["shared_bytes"] + kernel["dynamic_shared"]), r["blocks"],
                     share(r["occupancy"]), r["limiter"]])
    return table(rows)


def counts_of(line):
    unit, best = ("sectors", "fewest_sectors") if line["room"] == "global" else ("wavefronts", "ideal_wavefronts")
    ratio = line[best] / line[unit] if line[unit] else 1
    return (f"{line['kind']} {line['size']} B, {line['room']} <b>{html.escape(line['array'])}</b>: "
            f"{number(line['requests'])} requests of {line['lanes'] / line['requests']:.1f} lanes, "
            f'<span class="{grade(ratio)}">{line[unit] / line["requests"]:.2f} {unit}</span> each '
            f"(at best {line[best] / line['requests']:.2f}; worst {line['worst']})")


def source(kernel, file, root):
    """The lines of a file from the first to the last that the kernel touches memory on, with some around them."""
    path = root / file
    if not path.is_file():
        return f"<p><small>{html.escape(file)} is not there.</small></p>"
    text = path.read_text(encoding="utf-8").split("\n")
    by_line = {}
    for line in kernel["lines"]:
        if line["file"] == file:
            by_line.setdefault(line["line"], []).append(line)
    around = 8
    first, last = max(1, min(by_line) - around), min(len(text), max(by_line) + around)
    rows = []
    for i in range(first, last + 1):
        hot = ' class="hot"' if i in by_line else ""
        rows.append(f'<tr{hot}><td class="number">{i}</td><td class="code">{html.escape(text[i - 1])}</td></tr>')
        rows += [f'<tr class="counts hot"><td></td><td>{counts_of(line)}</td></tr>' for line in by_line.get(i, [])]
    return f'<p><small>{html.escape(file)}</small></p><div class="source scroll"><table>{"".join(rows)}</table></div>'


def page(operation, rung, root=ROOT):
    """The page of one rung. operation: its name; rung: its entry in the profile."""
    title = f"{operation}/cuda/{rung['rung']}"
    bounds = [["", *(bound["gpu"] for bound in rung["bounds"].values())],
              ["time at least", *(of_seconds(bound["seconds"]) for bound in rung["bounds"].values())],
              ["because of", *(bound["limiter"] for bound in rung["bounds"].values())]]
    parts = [f"<h1>{html.escape(title)}</h1>", f'<p class="idea">{html.escape(rung["idea"])}</p>',
             f"<p>{html.escape(rung['problem'])}, {rung['precision']}: {rung['flops'] / 1e6:.4g} Mflop, at least "
             f"{of_bytes(rung['bytes'])} to move; {rung['flops'] / rung['memory_bytes']:.3g} flop for each byte that its "
             "launches must exchange with memory.</p>", table(bounds),
             "<p><small>Counted in the emulator, from the source as written; nothing here was measured on hardware. The "
             "bound is arithmetic at the data sheet's peak, distinct sectors at its bandwidth, or 128 bytes a clock through "
             "each multiprocessor's data path, whichever takes longest.</small></p>"]
    for kernel in rung["kernels"]:
        size = ", ".join(f"{what} {'×'.join(map(str, kernel[what]))}" for what in ("grid", "block"))
        sampled = kernel["watched_blocks"] < kernel["blocks"]
        launches = f", launched {kernel['launches']} times" if kernel["launches"] > 1 else ""
        parts += [f"<h2>{html.escape(kernel['kernel'])}</h2>",
                  f"<p>{size}{launches}; {number(kernel['barriers'])} block barriers, "
                  f"{number(kernel['warp_meetings'])} meetings of a warp; distinct sectors: "
                  f"{of_bytes(kernel['bytes_read'])} read, {of_bytes(kernel['bytes_written'])} written"
                  + (f"; {number(kernel['watched_blocks'])} of {number(kernel['blocks'])} blocks counted" if sampled else "")
                  + ".</p>", totals(kernel), resources(kernel)]
        files = dict.fromkeys(line["file"] for line in kernel["lines"] if line["line"])
        parts += [source(kernel, file, root) for file in files]
    return style.document(title, parts)


def write_pages(profile, target, root=ROOT):
    """Write the pages of a profile; returns their paths. target: a folder, or FILE.html for the one rung."""
    rungs = [(operation, rung) for operation, entry in profile.items() for rung in entry["rungs"]]
    if target.suffix == ".html" and len(rungs) != 1:
        raise ValueError(f"{target} holds one rung, not {len(rungs)}; give a folder")
    written = []
    for operation, rung in rungs:
        path = target if target.suffix == ".html" else target / f"{operation}_{rung['rung']}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(operation, rung, root), encoding="utf-8")
        written.append(path)
    return written


def checksum(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else ""


def save(profile, root=ROOT):
    """Keep the profile of whole ladders, with checksums of the sources that it counts lines of, and their pages."""
    folder = root / SAVED
    folder.mkdir(parents=True, exist_ok=True)
    for operation, entry in profile.items():
        files = {line["file"] for rung in entry["rungs"] for kernel in rung["kernels"] for line in kernel["lines"]}
        sources = {file: checksum(root / file) for file in sorted(files) if (root / file).is_file()}
        kept = {"operation": operation, "size": entry["size"], "sources": sources, "rungs": entry["rungs"]}
        (folder / f"{operation}.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        for old in folder.glob(f"{operation}_*.html"):
            if old.stem in {f"{operation}_{rung['rung']}" for rung in entry["rungs"]}:
                old.unlink()
    return [folder / f"{operation}.json" for operation in profile] + write_pages(profile, folder, root)


def stale(root=ROOT):
    """What was kept of sources that look different now."""
    found = []
    for path in sorted((root / SAVED).glob("*.json")):
        kept = json.loads(path.read_text(encoding="utf-8"))
        changed = [file for file, old in kept["sources"].items() if checksum(root / file) != old]
        if changed:
            found.append(f"{path.relative_to(root)}: {', '.join(changed)} changed; ./course profile {path.stem} --save")
    return found


def main(words):
    if words == ["--check"]:
        lines = stale()
        print("\n".join(lines))
        return 1 if lines else 0
    if len(words) != 2:
        print(__doc__)
        return 2
    profile = json.loads(Path(words[1] if words[0] == "--save" else words[0]).read_text(encoding="utf-8"))
    for path in save(profile) if words[0] == "--save" else write_pages(profile, Path(words[1])):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
