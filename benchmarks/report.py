#!/usr/bin/env python3
"""One page over all that was measured: the machine and its limits, every ladder with its share of the roofline and of
the best library, and the comparisons with PyTorch.

    report.py FOLDER FILE.html    from the results in FOLDER and its figures, as one file without anything to load

docs/weave.py makes the book's page from the same blocks.
"""

import html
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import style


def read_results(folder):
    """The saved results of a folder: those of benchmarks, and those of comparisons with PyTorch."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    return [one for one in found if "ladders" in one], [one for one in found if "works" in one]


def digits(x):
    """Three significant digits: more do not repeat from run to run."""
    return "–" if x is None else f"{x:.{2 if x < 9.995 else 1 if x < 99.95 else 0}f}"


def share(x):
    return "–" if x is None else f"{x:.0%}".replace("%", " %")


def threads_text(column):
    name, _, count = column.partition("=")
    return "GPU" if name == "device" else count


def best_own(rungs, measured):
    """The fastest rung that is no library's: its name and its row; None where none was timed."""
    own = [(name, row) for name, row in measured.items() if row.get("rate") and not rungs[name]["library"]]
    return max(own, key=lambda entry: entry[1]["rate"], default=None)


def roof(results, ladder, problem, column):
    """The rate that arithmetic and memory allow this problem, in the ladder's unit."""
    limits = {"GFLOP/s": 0, "GB/s": 0}
    for limit in results["peak"][column].values():
        limits[limit["unit"]] = max(limits[limit["unit"]], limit["rate"])
    seconds = max(problem["flops"] / limits["GFLOP/s"], problem["bytes"] / limits["GB/s"])
    return problem["flops" if ladder["unit"] == "GFLOP/s" else "bytes"] / seconds


def columns_of(problem):
    return [column for column in problem if column.startswith(("threads=", "device="))]


def cells(results, ladder, problem, column):
    """Best rung, speed, share of the roofline, gain over the first rung, share of the best library."""
    best = best_own(ladder["rungs"], problem[column])
    if not best:
        return None
    name, row = best
    library = row.get("of_library")
    return [name, f"{digits(row['rate'])} {ladder['unit']}", share(row["rate"] / roof(results, ladder, problem, column)),
            f"{digits(row.get('of_first'))}", share(library)]


def limits_block(all_results):
    """The machine's limits as each run found them."""
    columns = sorted({column for results in all_results for column in results["peak"]})
    rows = [["Run", *(f"{what}, {threads_text(column)} thread{'s' * (threads_text(column) != '1')}" for column in columns
                      for what in ("GFLOP/s", "GB/s")), "Date", "Commit"]]
    for results in all_results:
        row = [results["title"]]
        for column in columns:
            for unit in ("GFLOP/s", "GB/s"):
                rates = [limit["rate"] for limit in results["peak"].get(column, {}).values() if limit["unit"] == unit]
                row.append(digits(max(rates, default=None)))
        rows.append([*row, results["date"], results["commit"]])
    return ("table", rows)


def blocks(folder):
    """The page as blocks: ("h2" or "p", text), ("table", rows), ("figure", file, description)."""
    all_results, peers = read_results(folder)
    if not all_results:
        return []
    machine = all_results[0]["machine"]
    page = [("p", f"Measured on {machine.get('gpu', machine['cpu'])}"
                  + ("" if "gpu" in machine else f", {machine['cores']} cores")
                  + f", with {machine['compiler']}."),
            ("h2", "The machine"), ("p", "What a loop of multiply-adds and the faster of two copies reached, in the same runs "
                                         "as the ladders:"), limits_block(all_results),
            ("h2", "All ladders"), ("p", "The fastest rung of the book's own on the problem that stands for its ladder, on all "
                                         "threads. The *roof* is what arithmetic and memory allow that problem; problems that "
                                         "fit a cache can pass it.")]
    rows = [["Ladder", "Problem", "Best rung", "Speed", "of roof", "× first rung", "of best library"]]
    for results in all_results:
        for name, ladder in results["ladders"].items():
            problem = ladder["problems"][ladder["headline"]]
            found = cells(results, ladder, problem, columns_of(problem)[-1])
            if found:
                rows.append([name, ladder["headline"], *found])
    page.append(("table", rows))
    for results in all_results:
        suffix = "_cuda_ladder" if "gpu" in machine else "_ladder"
        page.append(("h2", results["title"]))
        for name, ladder in results["ladders"].items():
            page.append(("h3", name))
            figure = folder / "figures" / f"{name}{suffix}.svg"
            if figure.is_file():
                page.append(("figure", figure, f"Speed of each rung of {name} on {ladder['headline']}"))
            rows = [["Problem", "Threads", "Best rung", "Speed", "of roof", "× first rung", "of best library"]]
            for key, problem in ladder["problems"].items():
                for column in columns_of(problem):
                    found = cells(results, ladder, problem, column)
                    if found:
                        rows.append([key, threads_text(column), *found])
            page.append(("table", rows))
    if peers:
        page += [("h2", "Against PyTorch"), ("p", f"PyTorch {peers[0]['pytorch']}; each side with the best of its threads and "
                  "ways to wait. A ratio above 1 says that ours is faster.")]
        for found in peers:
            rows = [["Work", "ours", "PyTorch", "Ratio", "of peak", "of copy"]]
            for work, entry in found["works"].items():
                best = entry["best"]["best"]
                rows.append([work, f"{best['ours_ms']:.3g} ms", f"{best['pytorch_ms']:.3g} ms", f"{best['ratio']:.2f}",
                             share(best["of_peak"]) if entry["gflop"] else "–",
                             share(best["of_copy"]) if entry["gbyte"] else "–"])
            page += [("h3", found["title"]), ("table", rows)]
    return page


def as_markdown(page, beside):
    """Lines of GitHub Markdown; figures are linked from the folder `beside`."""
    lines = [""]
    for kind, what, *more in page:
        if kind == "table":
            head, *body = [[cell.replace("|", r"\|") for cell in row] for row in what]
            lines += ["| " + " | ".join(head) + " |", "|" + "|".join("---" if i < 2 else "--:" for i in range(len(head))) + "|",
                      *("| " + " | ".join(row) + " |" for row in body)]
        elif kind == "figure":
            lines.append(f"![{more[0]}]({what.relative_to(beside).as_posix()})")
        else:
            lines.append({"h2": "## ", "h3": "### ", "p": ""}[kind] + what)
        lines.append("")
    return lines


def as_html(page, title):
    """One page of HTML, light and dark, with its figures inside."""
    parts = [f"<h1>{html.escape(title)}</h1>"]
    for kind, what, *more in page:
        if kind == "table":
            parts.append(style.table([[html.escape(cell) for cell in row] for row in what]))
        elif kind == "figure":
            parts.append(f"<figure>{what.read_text(encoding='utf-8')}</figure>")
        else:
            text = re.sub(r"\*([^*]+)\*", r"<em>\1</em>", html.escape(what))
            parts.append(f"<{kind}>{text}</{kind}>")
    return style.document(title, parts)


def main(words):
    if len(words) != 2:
        print(__doc__)
        return 2
    page = blocks(Path(words[0]))
    if not page:
        print(f"report: {words[0]} has no saved results")
        return 1
    Path(words[1]).write_text(as_html(page, "Benchmarks"), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
