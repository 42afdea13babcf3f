#!/usr/bin/env python3
"""Fill the woven parts of the pages: listings, values and tables come from files, never from memory.

    docs/weave.py            write every woven part of every page anew
    docs/weave.py --check    change nothing; list every part that is stale, and fail if there is one

A page holds two kinds of woven parts, which GitHub does not show as such:

    <!-- weave KIND ARGUMENTS -->    a block; both markers stand alone on their lines
    ...
    <!-- /weave -->

    <!-- v NAME [FORMAT] -->0.88<!-- /v -->    a value, within one line

Block kinds: `code FILE TAG` is the part of FILE (a path from the project's root) between its two lines
`// [TAG]` (or `# [TAG]`); `chapters [FIRST-LAST]` is the table of chapters; `ladder OP` is the table of a
kernel's rungs as they were measured (`ladder matmul n=512 threads=1` on that problem, with so many threads;
`ladder matmul n=4096 device=cuda` on the GPU that benchmarks/results/book_gpu.txt names);
`counts` is what callgrind counted for the rungs of matmul, `counts loop` the disassembly of their inner loop;
`profile OP` is the table of its CUDA rungs as the emulator's profiler counted them; `counters OP...` lays those counts
beside a GPU's own; `report` is all that was measured on the book's first machine.
TABLES lists them all.

A value NAME belongs to the folder of its page: it is looked up in that folder's expected.txt, then in
benchmarks/results/MACHINE/FOLDER.json, where MACHINE is the first line of benchmarks/results/book.txt that has such a
file; a name such as `date` or `machine.cpu` is a fact about that run. From another page it is called FOLDER:NAME. FORMAT is a
format of Python, such as `.1%`; without one the text stands as it does in the file.
"""

import argparse
import json
import os
import re
import shlex
import sys
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))
import report

SKIPPED_FOLDERS = {"build", "fixture", "__pycache__"}
LANGUAGES = {".hpp": "cpp", ".cpp": "cpp", ".cu": "cpp", ".cuh": "cpp", ".h": "cpp", ".py": "python",
             ".cmake": "cmake", ".json": "json", ".sh": "sh"}

FENCE = re.compile(r"\s*(?:>\s*)*(```+|~~~+)(.*)")
BLOCK_START = re.compile(r"\s*<!-- weave (.*?)\s*-->\s*$")
BLOCK_END = re.compile(r"\s*<!-- /weave -->\s*$")
BLOCK_ANY = re.compile(r"<!--\s*/?weave\b")
VALUE = re.compile(r"<!-- v (\S+)(?: (\S+))? -->(.*?)<!-- /v -->")
VALUE_ANY = re.compile(r"<!--\s*/?v\b")
CODE_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
TAG = re.compile(r"\s*(?://|#) \[([\w./:-]+)\]\s*$")


class WeaveError(Exception):
    """A woven part that cannot be filled; says what is wrong and what would be right."""


def find_pages(root):
    """All Markdown pages below root, in order, without build folders and the tests' fixtures."""
    pages = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS and not f.startswith("."))
        pages += [Path(folder, name) for name in sorted(files) if name.endswith(".md")]
    return pages


def read_committed(root, name):
    """Lines of a project file, named from the root; never one outside the project or out of a build."""
    path = Path(name)
    if path.is_absolute() or ".." in path.parts or path.parts[:1] == ("build",):
        raise WeaveError(f"{name}: only files of the project itself can be woven, named from its root")
    if not (root / path).is_file():
        raise WeaveError(f"{name}: no such file (paths start at the project's root)")
    return (root / path).read_text(encoding="utf-8").splitlines()


# --- Listings ---------------------------------------------------------------------------------------


def cut_snippet(lines, tag, name):
    """The lines between the two lines that hold the tag, dedented, without the tag lines of others."""
    marking = f"two lines '// [{tag}]' mark a listing"
    marks = [i for i, line in enumerate(lines) if (m := TAG.match(line)) and m[1] == tag]
    if not marks:
        raise WeaveError(f"{name}: no tag [{tag}]; {marking}")
    if len(marks) == 1:
        raise WeaveError(f"{name}:{marks[0] + 1}: tag [{tag}] is never closed; {marking}")
    if len(marks) > 2:
        raise WeaveError(f"{name}:{marks[2] + 1}: tag [{tag}] stands here for the third time; {marking}")
    snippet = [line.rstrip() for line in lines[marks[0] + 1:marks[1]] if not TAG.match(line)]
    text = textwrap.dedent("\n".join(snippet)).strip("\n")
    if not text:
        raise WeaveError(f"{name}:{marks[0] + 1}: nothing stands between the two lines of tag [{tag}]")
    return text.split("\n")


def language_of(name, lines):
    """The word behind the fence that makes GitHub colour a listing of this file."""
    if Path(name).name == "CMakeLists.txt":
        return "cmake"
    if not Path(name).suffix and lines and lines[0].startswith("#!"):
        return "python" if "python" in lines[0] else "sh"
    return LANGUAGES.get(Path(name).suffix, "text")


def weave_code(root, page, arguments):
    """`code FILE TAG`: a fenced listing, and a small link to the file that it was cut from."""
    if len(arguments) != 2:
        raise WeaveError("write 'weave code FILE TAG'")
    name, tag = arguments
    lines = read_committed(root, name)
    snippet = cut_snippet(lines, tag, name)
    longest = max((len(m[0]) for line in snippet for m in re.finditer("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    link = Path(os.path.relpath(root / name, page.parent)).as_posix()
    return [fence + language_of(name, lines), *snippet, fence, "", f"<sub>[{name}]({link})</sub>"]


# --- Tables -----------------------------------------------------------------------------------------


def plain_title(heading):
    """A chapter's title without its number, which its folder gives."""
    return re.sub(r"^Chapter \d+[:.] ", "", heading.strip())


def chapter_of(folder):
    """Title and question of a chapter: the heading of its README.md and the first paragraph below it."""
    readme = folder / "README.md"
    lines = readme.read_text(encoding="utf-8").splitlines() if readme.is_file() else []
    if not lines or not lines[0].startswith("# "):
        raise WeaveError(f"chapters/{folder.name}/README.md: the first line must be '# Title'")
    paragraph = "\n".join(lines[1:]).strip().split("\n\n")[0]
    question = " ".join(paragraph.split()).strip("*_")
    question = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", question).replace("|", r"\|")
    return plain_title(lines[0][2:]), question


def weave_chapters(root, page, arguments):
    """`chapters [FIRST-LAST]`: number, title and question of each chapter, or of one part's chapters."""
    chosen = re.fullmatch(r"(\d+)-(\d+)", arguments[0]) if len(arguments) == 1 else None
    if arguments and not chosen:
        raise WeaveError("write 'weave chapters' or 'weave chapters FIRST-LAST', with two numbers")
    first, last = (int(chosen[1]), int(chosen[2])) if chosen else (0, 99)
    table = ["", "| | Chapter | Its question |", "|--:|---|---|"]
    for folder in sorted((root / "chapters").glob("[0-9][0-9]_*")):
        if first <= int(folder.name[:2]) <= last:
            title, question = chapter_of(folder)
            link = Path(os.path.relpath(folder, page.parent)).as_posix() + "/README.md"
            table.append(f"| {int(folder.name[:2])} | [{title}]({link}) | {question} |")
    if len(table) == 3:
        raise WeaveError(f"no chapter with a number from {first} to {last} exists")
    return [*table, ""]


def find_ladder(root, page, name, book="book.txt"):
    """The results that hold a ladder, and the ladder: from those of its page's folder, or else its own."""
    folder, _, operation = name.rpartition("/")
    for source in [folder] if folder else [page.parent.name, operation]:
        results, path = load_results(root, source, book)
        if operation in (results or {}).get("ladders", {}):
            return results, results["ladders"][operation]
    raise WeaveError(f"{path} has no ladder {operation}: './course bench {source} --save' measures it")


def of_one(rows, key, percent=True):
    """A column of shares: as text, with a dash where nothing was measured."""
    shares = [row.get(key) for row in rows]
    return ["–" if x is None else f"{x:.0%}".replace("%", " %") if percent else three_digits(x) for x in shares]


def three_digits(x):
    """More digits do not repeat from run to run."""
    return f"{x:.{2 if x < 9.995 else 1 if x < 99.95 else 0}f}"


def weave_ladder(root, page, arguments):
    """`ladder [FOLDER/]OP [PROBLEM] [threads=N | device=cuda]`: a ladder as it was measured, rung by rung.

    Without PROBLEM, on the one that the benchmark chose; without threads=N, with each number of threads; with
    device=cuda, on the book's GPU, where there are results of one."""
    threads = [a for a in arguments if a.startswith(("threads=", "device="))]
    words = [a for a in arguments if a not in threads]
    if not words or len(threads) > 1:
        raise WeaveError("write 'weave ladder OP', 'weave ladder OP PROBLEM', '... threads=N' or '... device=cuda'")
    on_gpu = threads == ["device=cuda"]
    if on_gpu and not (root / "benchmarks/results/book_gpu.txt").is_file():
        return ["", "*Not measured on hardware.*", ""]
    results, ladder = find_ladder(root, page, words[0], "book_gpu.txt" if on_gpu else "book.txt")
    problem = ",".join(words[1:]) or ladder["headline"]
    if problem not in ladder["problems"]:
        raise WeaveError(f"{words[0]} was not measured on {problem}; there is: {', '.join(ladder['problems'])}")
    measured = ladder["problems"][problem]
    counts = [key for key in measured if key.startswith(("threads=", "device="))]
    if threads and threads[0] not in counts:
        raise WeaveError(f"{words[0]} was not measured with {threads[0]}; there is: {', '.join(counts)}")

    # One row a rung, in the order of the ladder; for each number of threads its columns.
    names = [name for name in ladder["rungs"] if any(name in measured[count] for count in counts)]
    columns = [["Rung", *(f"**{name}**" for name in names)],
               ["Idea", *(ladder["rungs"][name]["idea"].replace("|", r"\|") for name in names)]]
    for count in threads or counts:
        rows = [measured[count].get(name, {}) for name in names]
        number = count.removeprefix("threads=")
        title = ladder["unit"] if threads else f"{ladder['unit']}, {number} thread{'s' * (number != '1')}"
        rates = of_one(rows, "rate", percent=False)
        if threads:
            spreads = of_one(rows, "spread")
            rates = [rate if spread == "–" else f"{rate} ± {spread}" for rate, spread in zip(rates, spreads)]
            first = f"× {next(iter(ladder['rungs']))}"
        columns += [[title, *rates], [f"of {ladder['roof']}", *of_one(rows, "of_peak")]]
        if threads:
            columns.append([first, *of_one(rows, "of_first", percent=False)])
        if any("of_library" in row for row in rows):
            columns.append(["of best library", *of_one(rows, "of_library")])
    lines = ["| " + " | ".join(cells) + " |" for cells in zip(*columns)]
    lines.insert(1, "|---|---|" + "--:|" * (len(columns) - 2))

    limits = []
    for count in threads or counts:
        fastest = max((p for p in results["peak"][count].values() if p["unit"] == ladder["unit"]),
                      key=lambda p: p["rate"])
        limits.append(f"{three_digits(fastest['rate'])} {ladder['unit']}" + ("" if on_gpu else f" with {count}"))
    machine = results["machine"]
    caption = (f"{words[0].rpartition('/')[2]} {problem} on {machine.get('gpu', machine['cpu'])}, {machine['compiler']}; "
               f"{ladder['roof']} in the same run: {', '.join(limits)}; medians; "
               f"{results['date']}, commit {results['commit']}")
    return ["", *lines, "", f"<sub>{caption}</sub>", ""]


def weave_profile(root, page, arguments):
    """`profile OP`: a ladder's CUDA rungs as the emulator's profiler counted them; each links its annotated source."""
    if len(arguments) != 1:
        raise WeaveError("write 'weave profile OP'")
    folder = "benchmarks/results/cuda/profile"
    path = root / folder / f"{arguments[0]}.json"
    if not path.is_file():
        raise WeaveError(f"{path.relative_to(root)} does not exist: './course profile {arguments[0]} --save' writes it")
    kept = json.loads(path.read_text(encoding="utf-8"))
    gpus = {"sm_80": "A100", "sm_90": "H100"}
    lines = ["| Rung | Coalescing | Sectors a request | Wavefronts by ideal | Registers | Spilled "
             + "".join(f"| Occupancy, {gpu} " for gpu in gpus.values())
             + "".join(f"| At least, {gpu} " for gpu in gpus.values()) + "|",
             "|---|" + "--:|" * (5 + 2 * len(gpus))]
    for rung in kept["rungs"]:
        kernels = rung["kernels"]
        count = {room: {key: sum(k[room][key] for k in kernels) for key in kernels[0][room]}
                 for room in ("global", "shared")}
        wide, near = count["global"], count["shared"]
        link = Path(os.path.relpath(root / folder / f"{arguments[0]}_{rung['rung']}.html", page.parent)).as_posix()
        cells = [f"[**{rung['rung']}**]({link})",
                 f"{wide['fewest_sectors'] / wide['sectors']:.0%}".replace("%", " %") if wide["sectors"] else "–",
                 f"{wide['sectors'] / wide['requests']:.1f}" if wide["requests"] else "–",
                 f"{near['wavefronts'] / near['ideal_wavefronts']:.2f}" if near["requests"] else "–"]
        # Of several kernels the one that takes most.
        known = [k["resources"] for k in kernels if k["resources"]]
        used = [r["sm_80"] for r in known if "sm_80" in r]
        cells += [str(max(r["registers"] for r in used)), f"{max(r['spill_bytes'] for r in used)} B"] if used else ["–", "–"]
        for name in gpus:
            shares = [r[name]["occupancy"] for r in known if name in r]
            cells.append(f"{min(shares):.0%}".replace("%", " %") if shares else "–")
        for name in gpus:
            bound = rung["bounds"].get(name)
            cells.append(f"{three_digits(bound['seconds'] * 1e6)} µs" if bound else "–")
        lines.append("| " + " | ".join(cells) + " |")
    caption = (f"{arguments[0]} on {kept['rungs'][0]['problem']}, counted in the emulator; registers as nvcc uses them for "
               "sm_80. No time was measured: the bound is what arithmetic, memory or the multiprocessors' data path "
               "takes at least")
    return ["", *lines, "", f"<sub>{caption}</sub>", ""]


def weave_counters(root, page, arguments):
    """`counters OP...`: the emulator's counts beside those of a GPU's own counters, a row for each rung of these ladders."""
    if not arguments:
        raise WeaveError("write 'weave counters OP...'")
    rows, path = load_results(root, "counters", "book_gpu.txt")
    if rows is None:
        raise WeaveError(f"{path} does not exist: benchmarks/profile/compare_hardware.py --save writes it")
    columns = ["load sectors", "store sectors", "shared load wavefronts", "shared store wavefronts"]
    kept = {}
    for row in rows:
        kept.setdefault(row["rung"], {})[row["counter"]] = (row["emulator"], row["hardware"])

    def cell(counts):
        if counts is None:
            return "–"
        ours, theirs = (f"{x:,.0f}" for x in counts)
        return ours if ours == theirs else f"{ours} / **{theirs}**"

    lines = ["| Rung | " + " | ".join(column.capitalize() for column in columns) + " |", "|---|" + "--:|" * len(columns)]
    for name, counts in kept.items():
        if name.split("/")[0] in arguments:
            lines.append(f"| {name} | " + " | ".join(cell(counts.get(column)) for column in columns) + " |")
    equal = sum(row["emulator"] == row["hardware"] for row in rows)
    machine = path.split("/")[-2]
    caption = (f"one number where emulator and {machine} agree, else the emulator's and then the **GPU's**; of all "
               f"{len(rows)} counts of {len(kept)} rungs, {equal} agree to the last digit")
    return ["", *lines, "", f"<sub>{caption}</sub>", ""]


# Every kind of block: name -> function(root, page, arguments) that returns the block's lines.
def weave_counts(root, page, arguments):
    """What callgrind counted for each rung of matmul, or (`counts loop`) the micro-kernel's innermost loop."""
    path = "chapters/05_matmul/counts.json"
    if not (root / path).is_file() or arguments not in ([], ["loop"]):
        raise WeaveError(f"counts [loop] needs {path}, which benchmarks/counts.py writes")
    kept = json.loads((root / path).read_text(encoding="utf-8"))
    source = f"{kept['machine']['cpu']}, {kept['machine']['compiler']}"
    if arguments:
        loop = kept["loop"]
        return ["```asm", *loop["code"], "```", "",
                f"<sub>One of {loop['steps']} steps of the loop of a {loop['rows']} x {loop['vectors']} tile, which has "
                f"{loop['instructions']} instructions for {loop['multiply_adds']} multiply-adds, {loop['loads']} of them with "
                f"a load, {loop['stack']} that touch the stack. {source}</sub>"]
    lines = ["| rung | instructions | loads | stores | L1 misses |", "|---|--:|--:|--:|--:|"]
    for rung, counts in kept["rungs"].items():
        lines.append(f"| {rung} | " + " | ".join(f"{counts[key]:.4f}" for key in ("instructions", "loads", "stores", "misses")) + " |")
    return [*lines, "", f"<sub>For each multiply-add of a product of {kept['size']} x {kept['size']} matrices; callgrind, "
            f"compiled for AVX2, with a simulated L1 of 32 KiB and 8 ways. {source}</sub>"]


def weave_report(root, page, arguments):
    """`report`: all that was measured on the book's first machine; figures stand in the folder beside the results."""
    if arguments:
        raise WeaveError("write 'weave report'")
    found = [block for machine in machines(root)[:1] for block in report.blocks(root / "benchmarks/results" / machine)]
    if not found:
        raise WeaveError("no results of the book's machine: './course bench --save' measures them")
    return report.as_markdown(found, page.parent)


TABLES = {"code": weave_code, "chapters": weave_chapters, "ladder": weave_ladder, "profile": weave_profile,
          "counters": weave_counters, "counts": weave_counts, "report": weave_report}


# --- Values -----------------------------------------------------------------------------------------


def machines(root, which="book.txt"):
    """The names of the book's machines, in the order in which their results count."""
    book = root / "benchmarks/results" / which
    return book.read_text(encoding="utf-8").split() if book.is_file() else []


def load_results(root, name, which="book.txt"):
    """The committed results NAME.json of the first of the book's machines that has them, or None."""
    paths = [f"benchmarks/results/{machine}/{name}.json" for machine in machines(root, which)]
    for path in paths:
        if (root / path).is_file():
            try:
                return json.loads((root / path).read_text(encoding="utf-8")), path
            except json.JSONDecodeError as error:
                raise WeaveError(f"{path}:{error.lineno}: not valid JSON: {error.msg}") from None
    return None, paths[0] if paths else f"benchmarks/results/{which}"


def look_up(root, folder, name):
    """The number and the text of a value: from folder's expected.txt, else from its saved results."""
    expected = f"{folder}/expected.txt"
    if (root / expected).is_file():
        for line in read_committed(root, expected):
            words = shlex.split(line, comments=True)
            if words[:1] == [name] and len(words) > 1 and words[1] != "-":
                return words[1], words[1]
    results, path = load_results(root, Path(folder).name)
    entry = (results or {}).get("values", {}).get(name)
    if entry is not None:
        return entry["value"], entry.get("text", str(entry["value"]))
    fact = results
    for word in name.split("."):
        fact = fact.get(word) if isinstance(fact, dict) else None
    if fact is None or isinstance(fact, dict):
        raise WeaveError(f"unknown value {name}: neither {expected} nor {path} has it")
    return fact, str(fact)


def weave_value(root, page, name, form):
    """The text of one value, formatted; a percent sign is set off by a space."""
    folder = page.parent.relative_to(root).as_posix()
    if ":" in name:
        other, name = name.split(":", 1)
        folders = [f"{room}/{other}" for room in ("chapters", "kernels") if (root / room / other).is_dir()]
        if not folders:
            raise WeaveError(f"{other}:{name}: neither chapters/{other} nor kernels/{other} exists")
        folder = folders[0]
    value, text = look_up(root, folder, name)
    if not form:
        return text
    try:
        shown = format(int(value) if form[-1] in "dxb" else float(value), form)
    except ValueError as error:
        raise WeaveError(f"the format '{form}' cannot show value {name}, {value!r}: {error}") from None
    return re.sub(r"(?<=\d)%", " %", shown)


# --- Pages ------------------------------------------------------------------------------------------


class Weaver:
    """Weaves one page: the new lines, and every change and error with its place."""

    def __init__(self, root, page):
        self.root, self.page = root, page
        self.name = page.relative_to(root).as_posix()
        self.stale, self.errors = [], []

    def weave(self, lines):
        """The lines of the page with all of its woven parts filled anew."""
        woven, i, fence = [], 0, ""
        while i < len(lines):
            # Leave fenced blocks of the author's own alone: a page may show what a marker looks like.
            if mark := FENCE.match(lines[i]):
                if not fence:
                    fence = mark[1]
                elif mark[1].startswith(fence) and not mark[2].strip():
                    fence = ""
            if not fence and (start := BLOCK_START.match(lines[i])):
                end = self.find_end(lines, i)
                new = self.block(i, start[1].split())
                if end and new is not None:
                    self.compare(i, lines[i + 1:end], new)
                    woven += [lines[i], *new, lines[end]]
                else:
                    woven += lines[i:(end or i) + 1]
                i = (end or i) + 1
                continue
            if not fence and BLOCK_ANY.search(CODE_SPAN.sub("", lines[i])):
                self.error(i, "stray or misspelt marker; blocks stand between '<!-- weave KIND ... -->' and "
                              "'<!-- /weave -->', each alone on its line")
            woven.append(lines[i] if fence else self.values(i, lines[i]))
            i += 1
        return woven

    def find_end(self, lines, start):
        """The line that closes the block, or None, with the error, where none comes before the next block."""
        for i in range(start + 1, len(lines)):
            if BLOCK_END.match(lines[i]):
                return i
            if BLOCK_START.match(lines[i]):
                break
        self.error(start, "this block is never closed; '<!-- /weave -->' is missing")
        return None

    def block(self, i, words):
        if not words or words[0] not in TABLES:
            return self.error(i, f"unknown block '{' '.join(words)}'; there are: {', '.join(TABLES)}")
        try:
            return TABLES[words[0]](self.root, self.page, words[1:])
        except WeaveError as error:
            return self.error(i, str(error))

    def values(self, i, line):
        """The line with its values filled; markers within code spans are text."""
        spans = [m.span() for m in CODE_SPAN.finditer(VALUE.sub(lambda m: "\0" * len(m[0]), line))]

        def quoted(at):
            return any(a <= at < b for a, b in spans)

        def fill(match):
            if quoted(match.start()):
                return match[0]
            try:
                new = weave_value(self.root, self.page, match[1], match[2])
            except WeaveError as error:
                self.error(i, str(error))
                return match[0]
            if new != match[3]:
                self.stale.append(f"{self.name}:{i + 1}: stale value {match[1]}: "
                                  f"the page says '{match[3]}', the results say '{new}'")
            start, end = match.span(3)
            return match[0][:start - match.start()] + new + match[0][end - match.start():]

        if re.match(r"[\s>]*(?:[-*+]|\d+[.)])?\s*<!-- v ", line):
            self.error(i, "a value cannot open a line, which GitHub would take for HTML; put a word before it")
        if any(not quoted(m.start()) for m in VALUE_ANY.finditer(VALUE.sub(lambda m: " " * len(m[0]), line))):
            self.error(i, "unclosed or misspelt value; write '<!-- v NAME -->text<!-- /v -->' in one line")
        return VALUE.sub(fill, line)

    def compare(self, start, old, new):
        """Note the first line in which a block differs from its source."""
        if old == new:
            return
        at = next((k for k, (a, b) in enumerate(zip(old, new)) if a != b), min(len(old), len(new)))
        shown = [repr(lines[at]) if at < len(lines) else "nothing more" for lines in (old, new)]
        self.stale.append(f"{self.name}:{start + 2 + at}: stale block: "
                          f"the page has {shown[0]}, the source {shown[1]}")

    def error(self, i, message):
        self.errors.append(f"{self.name}:{i + 1}: error: {message}")


def weave_all(root, check):
    """Weave all pages below root; returns the lists of stale places and of errors."""
    stale, errors = [], []
    for page in find_pages(root):
        text = page.read_text(encoding="utf-8")
        weaver = Weaver(root, page)
        woven = "\n".join(weaver.weave(text.split("\n")))
        stale += weaver.stale
        errors += weaver.errors
        if woven != text and not check:
            page.write_text(woven, encoding="utf-8")
    return stale, errors


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Fill the woven parts of all pages.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a part is stale")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent,
                        help="the project's root (default: the project that holds this script)")
    options = parser.parse_args(arguments)
    stale, errors = weave_all(options.root.resolve(), options.check)
    if not options.check:
        stale = []
    for line in errors + stale:
        print(line)
    if stale:
        print(f"{len(stale)} stale; run docs/weave.py and commit what it changes")
    return 1 if errors or stale else 0


if __name__ == "__main__":
    sys.exit(main())
