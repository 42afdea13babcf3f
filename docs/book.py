#!/usr/bin/env python3
"""Build the book: the pages, Doxygen over them and the sources, then a check of all that came out.

    docs/book.py [--out DIR]    the book is DIR/html/index.html (default: build/docs/html/index.html)

The book works from a file, without a network. Exit status: 0 the book is whole, 1 something is wrong with it
(each error on a line of its own), 77 a tool that it needs is not installed.
"""

import argparse
import html
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parent))
from build_pages import Book  # noqa: E402

DOCS = Path(__file__).resolve().parent
AWESOME = Path("/usr/share/doxygen-awesome-css")
MATHJAX = Path("/usr/share/javascript/mathjax")
# What typesetting TeX as SVG loads, of the 54 MB that MathJax has.
MATHJAX_PARTS = ["MathJax.js", "config/TeX-AMS_SVG-full.js", "jax/element", "jax/input/TeX",
                 "jax/output/SVG/jax.js", "jax/output/SVG/config.js", "jax/output/SVG/autoload",
                 "jax/output/SVG/fonts/TeX", "extensions/TeX", "extensions/MathEvents.js"]


def missing_tools():
    """Debian packages of the tools that are not there."""
    needed = {"doxygen": shutil.which("doxygen"), "doxygen-awesome-css": AWESOME.is_dir(),
              "libjs-mathjax": MATHJAX.is_dir(), "graphviz": shutil.which("dot")}
    return [package for package, found in needed.items() if not found]


# --- Doxygen ----------------------------------------------------------------------------------------


def run_doxygen(book, files):
    """Run Doxygen over the pages and the sources; returns its warnings that are errors."""
    sources = sorted(p for room in ("common", "kernels") for p in (book.root / room).rglob("*")
                     if book.source_link(p.relative_to(book.root).as_posix()).startswith("source:"))
    # Every page opens with the same header, and the way through the book in it.
    header = (DOCS / "theme/header.html").read_text(encoding="utf-8").replace("@SIDEBAR@", book.sidebar())
    (book.out / "header.html").write_text(header, encoding="utf-8")
    inputs = " \\\n    ".join(f'"{path}"' for path in [*files, DOCS / "theme/namespaces.dox", *sources])
    values = {"TITLE": book.pages["book.md"].title, "INPUT": inputs, "OUT": book.out, "ROOT": book.root,
              "THEME": DOCS / "theme", "AWESOME": AWESOME}
    settings = (DOCS / "Doxyfile.in").read_text(encoding="utf-8")
    settings = re.sub(r"@([A-Z]+)@", lambda m: str(values[m[1]]), settings)
    (book.out / "Doxyfile").write_text(settings, encoding="utf-8")
    done = subprocess.run(["doxygen", "Doxyfile"], cwd=book.out, capture_output=True, text=True, check=False)
    if done.returncode:
        return [f"Doxygen stopped: {' '.join(done.stderr.split()[-60:])}"]
    log = (book.out / "warnings.txt").read_text(encoding="utf-8")
    return judge_warnings(log.replace(f"{book.root}/", "").replace(f"{book.out}/", ""))


NEED_NO_COMMENT = {"variable", "enumvalue", "typedef", "friend", "define", "macro definition"}


def judge_warnings(log):
    """Doxygen's warnings that are errors: all of them, but for comments that nobody would miss.

    What a public header declares needs a comment, if it is a type or a function. Fields, enumerators,
    aliases, macros, and special members that the compiler writes may do without, as may all that lives in a
    source file; nor need Doxygen find the declaration of every definition there, for it does not see through
    aliases.
    """
    errors = []
    for warning in re.split(r"\n(?=\S+:\d+: )", log.strip()):
        text = " ".join(warning.split())
        if re.match(r"\S+\.(cpp|cu):\d+: warning: no matching (class|file) member found", text):
            continue
        undocumented = re.match(r"(\S+?):\d+: warning: (?:Member (.*) \(([\w ]+)\) of|Compound) .*"
                                r"is not documented\.", text)
        if undocumented:
            path, member, kind = undocumented.groups()
            special = member and re.search(r"^~|= ?(default|delete)$", member)
            if not path.endswith((".hpp", ".cuh")) or special or kind in NEED_NO_COMMENT:
                continue
        if text:
            errors.append(text.replace("warning: ", "error: ", 1))
    return list(dict.fromkeys(errors))


# --- After Doxygen ----------------------------------------------------------------------------------


# What Doxygen should have turned into something else, and a reader should not see.
STRAY = re.compile(r"\\f[$\[\]{}]|[@\\](?:ref|subpage|param|brief|return)\b|\$[^$]*\$")


class HtmlPage(HTMLParser):
    """What the checks and the search need to know of one page."""

    VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"}

    def __init__(self, text):
        super().__init__(convert_charrefs=False)
        self.ids, self.references, self.sections, self.listings = set(), [], [["", "", ""]], []
        self.stray, self.open = [], []
        self.feed(text)

    def inside(self, *classes):
        return any(name in classes for _, names in self.open for name in names)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids.update(v for k, v in attrs.items() if k in ("id", "name") and v)
        self.references += [(tag, attrs[k]) for k in ("href", "src") if attrs.get(k)]
        classes = (attrs.get("class") or "").split()
        if tag not in self.VOID:
            self.open.append((tag, [*classes, tag]))
        if tag in ("h1", "h2", "h3") and self.inside("contents") and not self.inside("page-toc"):
            self.sections.append([attrs.get("id", ""), "", ""])
        if "fragment" in classes:
            self.listings.append("")
        if self.inside("textblock") and tag in ("p", "li", "td", "br", "dt", "dd"):
            self.sections[-1][2] += " "

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        for i in range(len(self.open) - 1, -1, -1):
            if self.open[i][0] == tag:
                if self.listings and "line" in self.open[i][1]:
                    self.listings[-1] += "\n"
                del self.open[i:]
                return

    def take(self, text, is_raw=False):
        if self.inside("script", "style", "svg", "page-toc", "ttc", "lineno", "book-nav", "aside"):
            return
        if self.inside("fragment"):
            self.listings[-1] += text if self.inside("line") else ""
        elif self.inside("h1", "h2", "h3") and self.inside("contents"):
            self.sections[-1][1] += text
        elif self.inside("contents", "memdoc"):
            self.sections[-1][2] += text
            if is_raw and not self.inside("code", "tt"):
                self.stray += STRAY.findall(text)

    def handle_data(self, data):
        self.take(data, is_raw=True)

    def handle_entityref(self, name):
        self.take(html.unescape(f"&{name};"))

    def handle_charref(self, name):
        self.take(html.unescape(f"&#{name};"))


def source_pages(folder):
    """The page that Doxygen gave each source file: path from the root -> name of the page.

    Of a header one wants to read what it promises, where its comments say so; of a source file, what it does.
    """
    pages = {}
    for path in folder.glob("*_source.html"):
        text = path.read_text(encoding="utf-8")
        folders = re.findall(r'<li class="navelem"><a class="el" href="dir_\w+\.html">([^<]+)</a>', text)
        name = html.unescape(re.search(r'<div class="title">(.*?)</div>', text)[1])
        promises = path.with_name(path.name.replace("_source.html", ".html"))
        is_header = name.endswith((".hpp", ".cuh")) and promises.is_file()
        pages["/".join([*folders, name])] = promises.name if is_header else path.name
    return pages


def finish_pages(book):
    """Set right in Doxygen's pages what could not be known, or said, before it ran."""
    sources = source_pages(book.out / "html")
    written = {page.label for page in book.pages.values()} | set(book.sources.values())
    for path in (book.out / "html").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        new = re.sub(r'href="source:([^"]+)"', lambda m: f'href="{sources.get(m[1], m[1])}"', text)
        # The number of a chapter stands above its title.
        new = re.sub(r'(<div class="title">)(Chapter \d+): ', r'\1<span class="number">\2</span> ', new)
        # In a listing without its file Doxygen takes a local name for any namesake; only types are safe.
        if path.stem in written:
            new = re.sub(r'<a class="code hl_(?!class|struct|union)\w+" href="[^"]*">(.*?)</a>', r"\1", new)
        if new != text:
            path.write_text(new, encoding="utf-8")


def read_pages(folder):
    return {path.name: HtmlPage(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.html"))}


def check_links(folder, pages):
    """Every link, image, script and style sheet leads somewhere, and nothing but a link leaves the book."""
    errors = []
    for name, page in pages.items():
        for tag, reference in page.references:
            target, _, anchor = html.unescape(reference).partition("#")
            target = target.partition("?")[0]
            if re.match(r"https?:|//", target):
                if tag != "a":
                    errors.append(f"{name}: error: <{tag}> loads {target} from the network")
            elif re.match(r"(javascript|mailto|data):", target):
                continue
            elif target and not (folder / target).is_file():
                errors.append(f"{name}: error: broken link to {target}")
            elif anchor and (target or name) in pages and anchor not in pages[target or name].ids:
                errors.append(f"{name}: error: broken link to {target}#{anchor}")
        errors += [f"{name}: error: Doxygen left '{text}' as it was" for text in page.stray]
    return sorted(set(errors))


def check_pages(book, pages):
    """Every page of the book has arrived whole: all of its headings, and its listings to the letter."""
    errors = []
    for page in book.pages.values():
        shown = pages.get(f"{page.label}.html")
        if not shown:
            errors.append(f"{page.path}:1: error: the book has no {page.label}.html")
            continue
        for heading, name in list(page.anchors.items())[1:]:
            if name not in shown.ids:
                errors.append(f"{page.path}:1: error: the heading '#{heading}' is not in {page.label}.html")

    def normal(text):
        return [line.expandtabs(4).rstrip() for line in text.rstrip().split("\n")]

    for label, listings in book.listings.items():
        shown = [normal(text) for text in pages[f"{label}.html"].listings] if f"{label}.html" in pages else []
        for text in listings:
            if normal(text) not in shown:
                first = text.splitlines()[0]
                errors.append(f"{label}.html: error: Doxygen changed the listing that starts '{first}'")
    return errors


def write_search_index(book, pages):
    """The text of every section of the book and the names of the API, for theme/search.js."""
    entries = []
    for page in book.pages.values():
        if shown := pages.get(f"{page.label}.html"):
            for anchor, heading, text in shown.sections:
                # Of the formulas only those are words that need no TeX.
                text = re.sub(r"\\\[.*?\\\]|\\\([^)]*\\[^)].*?\\\)", " ", text, flags=re.DOTALL)
                text = " ".join(re.sub(r"\\[()]", "", text).split())
                if heading.strip() or text:
                    url = f"{page.label}.html" + (f"#{anchor}" if anchor else "")
                    entries.append({"p": page.title, "t": " ".join(heading.split()), "u": url, "x": text})
    for compound in ElementTree.parse(book.out / "tags.xml").iterfind("compound"):
        scope, kind = compound.findtext("name"), compound.get("kind")
        if kind in ("class", "struct"):
            entries.append({"p": "API reference", "t": scope, "u": compound.findtext("filename"), "x": kind})
        if kind in ("class", "struct", "namespace"):
            for member in compound.iterfind("member"):
                if member.get("kind") in ("function", "enumeration", "typedef", "variable"):
                    name = member.findtext("name")
                    url = f"{member.findtext('anchorfile')}#{member.findtext('anchor')}"
                    entries.append({"p": "API reference", "t": f"{scope}::{name}", "u": url,
                                    "x": member.findtext("arglist") or member.get("kind")})
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    (book.out / "html/search-index.js").write_text(f"window.BOOK_INDEX={text};\n", encoding="utf-8")


# --- All of it --------------------------------------------------------------------------------------


def copy_assets(book):
    """Put beside the pages what they load: MathJax, and the images that are not drawings."""
    folder = book.out / "html"
    shutil.rmtree(folder, ignore_errors=True)
    for part in MATHJAX_PARTS:
        target = folder / "mathjax" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (MATHJAX / part).is_dir() else shutil.copy)(MATHJAX / part, target)
    for name, source in book.images.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder / name)


def build(root, out):
    """Build the book of the project at root below out; returns all errors and a line to close with."""
    book = Book(root, out, MATHJAX)
    files = book.write()
    if book.errors:
        return book.errors, ""
    copy_assets(book)
    errors = run_doxygen(book, files)
    finish_pages(book)
    pages = read_pages(book.out / "html")
    errors += check_pages(book, pages) + check_links(book.out / "html", pages)
    write_search_index(book, pages)
    return errors, f"{len(book.pages)} pages: {book.out}/html/index.html"


def main(arguments=None):
    cli = argparse.ArgumentParser(description="Build the book and check it.")
    cli.add_argument("--root", type=Path, default=DOCS.parent, help="the project's root")
    cli.add_argument("--out", type=Path, help="where to build (default: build/docs below the root)")
    options = cli.parse_args(arguments)
    if missing := missing_tools():
        print(f"The book needs packages that are not installed: sudo apt install {' '.join(missing)}")
        return 77
    errors, summary = build(options.root, options.out or options.root / "build/docs")
    print("\n".join(errors or [summary]))
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
