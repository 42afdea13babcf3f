#!/usr/bin/env python3
"""Turn the Markdown pages of the project into the pages of the Doxygen book.

    docs/build_pages.py --out DIR    write DIR/md/*.md, in the book's order; docs/book.py goes on from there

The pages are written for GitHub. Doxygen's own Markdown differs from GitHub's in many small ways, and gives
no warning where it loses text. So a CommonMark parser (markdown-it) reads each page here, and Doxygen gets
only what it is good at: titles, which make the tree of the book, and listings, which it colours and links.
All else arrives as finished HTML. What cannot be shown is an error with its place.

The order of the book: book.md, the parts (headings of book.md whose lists or tables link pages) with their
chapters, the pages of the kernels, all other pages, and the source files that pages link to.
"""

import argparse
import html
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parent))
from weave import find_pages, plain_title  # noqa: E402

try:
    from markdown_it import MarkdownIt
except ImportError:
    # A Python of the reader's own does not see Debian's package; the system's Python does.
    if Path(sys.executable) != Path("/usr/bin/python3") and os.access("/usr/bin/python3", os.X_OK):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.orig_argv[1:]])
    print("The book needs the Python package markdown-it: sudo apt install python3-markdown-it")
    sys.exit(77)

API_ROOMS, API_SUFFIXES = {"common", "kernels"}, {".hpp", ".cpp", ".cu", ".cuh"}
READERS_OWN = {"mine.cpp", "mine.cu"}
ALERTS = {"NOTE": "Note", "TIP": "Tip", "IMPORTANT": "Important", "WARNING": "Warning", "CAUTION": "Caution"}
HIGHLIGHTED = {"cpp": "cpp", "c++": "cpp", "c": "cpp", "cuda": "cpp", "python": "py", "py": "py"}
SUFFIXES = {".cpp": "cpp", ".hpp": "cpp", ".cu": "cpp", ".cuh": "cpp", ".h": "cpp", ".py": "py"}
HTML_TAGS = {"details", "summary", "br", "sub", "sup", "kbd", "a"}
TAG = re.compile(r"</?([a-zA-Z][\w-]*)[^>]*>")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


# --- Formulas ---------------------------------------------------------------------------------------

DELIMITER = re.compile(r"[()\[\]|./<>]|\\[{}|]|"
                       r"\\([lr](vert|Vert|brace|brack|angle|floor|ceil|group)|[vV]ert|\w*arrow)")


def check_tex(tex, known=None):
    """What is wrong with a formula, or None: what a reader would see in red, found without a browser.

    known: the commands of the installed MathJax, where it is at hand (see known_commands).
    """
    tokens = [t for t in re.findall(r"\\[A-Za-z]+|\\.|\s+|.", tex, re.DOTALL) if not t.isspace()]
    # Open groups, innermost last: what closes each, and the scripts that its newest symbol already has.
    groups, scripts, in_script = [""], [set()], False
    for i, token in enumerate(tokens):
        rest = "".join(tokens[i + 1:i + 30])
        delimited = DELIMITER.fullmatch("".join(tokens[i + 1:i + 2]))
        environment = re.match(r"\{([a-zA-Z*]+)\}", rest)
        if token in ("%", "#", "$"):
            return rf"'{token}' must be written '\{token}' in a formula"
        if token == "&" and not any(group.startswith("\\end") for group in groups):
            return "'&' stands outside of an environment such as aligned"
        if known is not None and len(token) > 1 and token[1].isalpha() and token[1:] not in known:
            return f"MathJax knows no command '{token}'"
        if token in ("_", "^"):
            if token in scripts[-1]:
                return f"two '{token}' on one symbol; braces say what belongs together"
            if not rest or rest[0] in "}_^&":
                return f"nothing follows '{token}'"
            scripts[-1].add(token)
            in_script = True
            continue
        # A new symbol starts without scripts, unless it is itself a script.
        if not in_script and token not in ("}", "'"):
            scripts[-1] = set()
        in_script = False
        if token in ("{", r"\left", r"\begin"):
            if token == r"\left" and not delimited:
                return r"'\left' needs a delimiter, or '.' for none"
            if token == r"\begin" and not environment:
                return r"'\begin' needs the name of an environment in braces"
            groups.append({"{": "}", r"\left": r"\right"}.get(token) or r"\end" + environment[0])
            scripts.append(set())
        elif token in ("}", r"\right", r"\end"):
            closing = token + (environment[0] if token == r"\end" and environment else "")
            if groups[-1] != closing:
                due = f"'{groups[-1]}' is due" if groups[-1] else "nothing is open"
                return f"'{closing}' stands where {due}"
            if token == r"\right" and not delimited:
                return r"'\right' needs a delimiter, or '.' for none"
            groups.pop()
            scripts.pop()
    if len(groups) > 1:
        return f"'{groups[-1]}' is missing"
    if text := re.search(r"\\(text\w*|mbox)\{[^{}]*(?<!\\)[_^&]", tex):
        return rf"'\{text[1]}' holds '{text[0][-1]}'; write it outside, or '\{text[0][-1]}'"
    return None


def known_commands(mathjax):
    """The commands of the installed MathJax: every word in the tables of its TeX reader."""
    words = set()
    for name in ("jax/input/TeX/jax.js", "extensions/TeX/AMSmath.js", "extensions/TeX/AMSsymbols.js"):
        source = (mathjax / name).read_text(encoding="utf-8")
        words.update(re.findall(r"""\b([A-Za-z]+)["']?\s*:""", source))
    return words


def math_inline(state, silent):
    """A rule for markdown-it: `$...$`, `` $`...`$ ``, and `$$...$$` within a paragraph."""
    src, pos = state.src, state.pos
    if src[pos] != "$":
        return False
    mark = next(m for m in ("$$", "$`", "$") if src.startswith(m, pos))
    closing = mark[::-1]
    start = end = pos + len(mark)
    while end < len(src) and not src.startswith(closing, end):
        end += 2 if src[end] == "\\" and mark != "$`" else 1
    tex, after = src[start:end], end + len(closing)
    if not silent:
        token, error = state.push("math", "", 0), None
        touched = (pos and src[pos - 1].isalnum()) or src[after:after + 1].isalnum()
        if end >= len(src):
            error = f"this '{mark}' opens a formula that is never closed; a dollar sign is written '\\$'"
        elif mark == "$" and (tex != tex.strip() or touched):
            error = (f"GitHub does not show ${tex}$: no space may stand just inside of the dollar signs, "
                     "no letter or digit just outside")
        token.content, token.markup, token.meta = tex.strip(), mark, {"source": src[pos:after], "error": error}
    state.pos = min(after, len(src))
    return True


def math_block(state, start, end, silent):
    """A rule for markdown-it: the lines from one that starts with `$$` to one that ends with `$$`."""
    def line(i):
        return state.src[state.bMarks[i] + state.tShift[i]:state.eMarks[i]].strip()

    if not line(start).startswith("$$") or re.match(r"\$\$.+\$\$.", line(start)):
        return False
    if silent:
        return True
    last, text = start, line(start)
    while not (text.endswith("$$") and len(text) > 3) and last + 1 < end and line(last + 1):
        last += 1
        text += "\n" + line(last)
    token, closed = state.push("math_block", "", 0), text.endswith("$$") and len(text) > 3
    token.content, token.map = text.strip("$").strip(), [start, last + 1]
    error = None if closed else "this '$$' opens a formula that is never closed"
    token.meta = {"source": text, "error": error}
    state.line = last + 1
    return True


def parser(formulas):
    """GitHub's Markdown, with its formulas or as if there were none."""
    md = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    if formulas:
        md.inline.ruler.before("escape", "math", math_inline)
        md.block.ruler.before("fence", "math_block", math_block, {"alt": ["paragraph", "blockquote", "list"]})
    return md


MARKDOWN, WITHOUT_FORMULAS = parser(True), parser(False)


def is_mangled(source):
    """True where Markdown changes a formula before it is typeset, as happens on GitHub to `\\,` and `<b`."""
    seen = []
    for block in WITHOUT_FORMULAS.parse(source):
        if block.type == "inline":
            seen += [t.content if t.type == "text" else "\n" if t.type == "softbreak" else "\0"
                     for t in block.children]
        elif block.type not in ("paragraph_open", "paragraph_close"):
            return True
    return "".join(seen) != source


# --- Pages ------------------------------------------------------------------------------------------


def escape(text):
    return html.escape(text, quote=True).replace("$", "&#36;").replace("endhtmlonly", "endhtml&#111;nly")


def title_text(text):
    """A title as Doxygen's Markdown wants it."""
    return re.sub(r"([_*`<\[\]])", r"\\\1", text)


def number_apart(title):
    """A title for lists: of a chapter with its number before it, of kernels their names alone."""
    return re.sub(r"^The kernels? (?=\w)", "", re.sub(r"^Chapter (\d+): ", r"<b>\1</b> ", escape(title)))


def html_only(text):
    return f"\\htmlonly[block]\n{text}\n\\endhtmlonly\n\n"


def mangle(path):
    return re.sub(r"\W", "_", path)


def slug(heading):
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def plain_text(token):
    """The text of an inline token, without its marks."""
    return "".join(plain_text(t) if t.type == "image" else " " if t.type == "softbreak" else t.content
                   for t in token.children or [] if t.type != "html_inline")


class Page:
    """One Markdown page: where it is, what it is called in the book, its tokens, its anchors."""

    def __init__(self, root, path):
        self.path, self.folder = path.relative_to(root).as_posix(), path.parent
        self.lines = path.read_text(encoding="utf-8").split("\n")
        self.tokens = MARKDOWN.parse("\n".join(self.lines))
        room, *middle, name = self.path.split("/") if "/" in self.path else ("", self.path)
        is_readme = len(middle) == 1 and name == "README.md"
        number = re.match(r"(\d+)_\w", middle[0]) if is_readme and room == "chapters" else None
        self.number = int(number[1]) if number else None
        self.is_kernel = is_readme and room == "kernels"
        self.label = ("index" if self.path == "book.md" else f"ch_{middle[0]}" if number
                      else f"kernel_{middle[0]}" if self.is_kernel else "page_" + mangle(self.path[:-3]))
        self.title, self.anchors = "", {}
        self.find_headings()
        self.find_notes()

    def find_headings(self):
        """Take the first heading as the title, and give each one GitHub's anchor and a name in the book."""
        for i, token in enumerate(self.tokens):
            if token.type != "heading_open":
                continue
            text = plain_text(self.tokens[i + 1])
            if token.map[0] == 0 and token.tag == "h1":
                self.title = text if self.number is None else f"Chapter {self.number}: {plain_title(text)}"
            anchor = first = slug(text)
            n = 0
            while anchor in self.anchors:
                n += 1
                anchor = f"{first}-{n}"
            name = anchor.encode("ascii", "ignore").decode() or f"section-{len(self.anchors)}"
            self.anchors[anchor] = f"{self.label}__{name}"
            token.meta = {"id": self.anchors[anchor], "text": text}


    def find_notes(self):
        """Mark the quotations that GitHub shows as notes: their first line is [!NOTE], or another kind."""
        for quote, inline in zip(self.tokens, self.tokens[2:]):
            if quote.type == "blockquote_open" and inline.type == "inline":
                if note := re.fullmatch(r"\[!(\w+)\]", inline.children[0].content):
                    quote.meta = {"note": note[1]}
                    inline.children = inline.children[2:]


class Book:
    """All pages of the project in the order they are read, and every error met on the way."""

    def __init__(self, root, out, mathjax=None):
        self.root, self.out = root.resolve(), out.resolve()
        self.known = known_commands(mathjax) if mathjax else None
        self.errors, self.parts, self.pages = [], [], {}
        self.sources, self.images, self.listings, self.figures = {}, {}, {}, 0
        for path in find_pages(self.root):
            page = Page(self.root, path)
            self.pages[page.path] = page
            if not page.title:
                self.error(page.path, 1, "a page starts with its title, '# Title'")
        # The project's front page on GitHub has the book's in its place, but must be as sound as all others.
        self.readme = self.pages.pop("README.md", None)
        if "book.md" not in self.pages:
            self.error("book.md", 1, "no such page; it opens the book and gives its order")

    def error(self, path, line, message):
        """Note an error once; some text is shown on two pages."""
        if (text := f"{path}:{line}: error: {message}") not in self.errors:
            self.errors.append(text)

    # The order of the book.

    def read_parts(self):
        """The parts of book.md with their pages, then the pages that it does not link."""
        front, placed = self.pages["book.md"], {"book.md"}
        starts = [i for i, t in enumerate(front.tokens) if t.type == "heading_open"] + [len(front.tokens)]
        for start, end in zip(starts, starts[1:]):
            part, depth = [], 0
            for token in front.tokens[start:end]:
                if token.type in ("bullet_list_open", "ordered_list_open", "tbody_open"):
                    depth += 1
                elif token.type in ("bullet_list_close", "ordered_list_close", "tbody_close"):
                    depth -= 1
                links = [t for t in token.children or [] if t.type == "link_open"] if depth else []
                page = self.pages.get(self.target_of(front, links[0].attrs["href"])[0]) if links else None
                if page and page.path not in placed:
                    placed.add(page.path)
                    part.append(page)
            if part:
                self.parts.append((front.tokens[start].meta["text"], part))
        left = [page for page in self.pages.values() if page.path not in placed]
        for page in left:
            if page.number is not None:
                self.error("book.md", 1, f"no list links {page.path}; each chapter has its place in the book")
        kernels = [p for p in left if p.is_kernel]
        others = [p for p in left if not p.is_kernel and p.number is None]
        self.parts += [part for part in (("The kernels", kernels), ("The project", others)) if part[1]]

    # Links.

    def target_of(self, page, href):
        """The path from the root and the anchor that a relative link means; a folder means its README.md."""
        target, _, anchor = unquote(href).partition("#")
        path = os.path.relpath(page.folder / target, self.root) if target else page.path
        if (self.root / path / "README.md").is_file():
            path = os.path.join(path, "README.md")
        return Path(os.path.normpath(path)).as_posix(), anchor

    def resolve(self, page, href, line):
        """Where a link of a page leads in the book."""
        if re.match(r"(https?|mailto):", href):
            return href
        path, anchor = self.target_of(page, href)
        if path.startswith("../") or not (self.root / path).exists():
            self.error(page.path, line, f"broken link '{href}': there is no {path}")
        elif path == "README.md":
            if not anchor or anchor in self.readme.anchors:
                return "index.html"
            self.error(page.path, line, f"broken link '{href}': {path} has no heading '#{anchor}'")
        elif path in self.pages:
            target = self.pages[path]
            if not anchor:
                return f"{target.label}.html"
            if anchor in target.anchors:
                return f"{target.label}.html#{target.anchors[anchor]}"
            self.error(page.path, line, f"broken link '{href}': {path} has no heading '#{anchor}'")
        elif anchor:
            self.error(page.path, line, f"link '{href}': link the file alone; lines move when it is edited")
        else:
            return self.source_link(path)
        return "#"

    def source_link(self, path):
        """Of a file that Doxygen reads, book.py finds the page; another file or folder gets a text page."""
        name = Path(path)
        if name.parts[0] in API_ROOMS and name.suffix in API_SUFFIXES and name.name not in READERS_OWN:
            return f"source:{path}"
        if name.suffix == ".html":  # a page of its own, such as a profile: the book holds a copy
            copied = f"images/{mangle(path[:-5])}.html"
            self.images[copied] = self.root / path
            return copied
        label = self.sources.setdefault(path, "source_" + mangle(path))
        return f"{label}.html"

    # Writing.

    def write(self):
        """Write all pages to out/md and return their files."""
        shutil.rmtree(self.out / "md", ignore_errors=True)
        (self.out / "md").mkdir(parents=True)
        if "book.md" not in self.pages:
            return []
        self.read_parts()
        if self.readme:
            Renderer(self, self.readme, "readme").render()
            self.sources, self.images, self.listings = {}, {}, {}
        order = [self.pages["book.md"], *(page for _, pages in self.parts for page in pages)]
        texts = [(page.label, page.title, self.page_text(page, order)) for page in order]
        texts += self.source_texts()
        files = []
        for label, title, text in texts:
            files.append(self.out / "md" / f"{label}.md")
            name = "mainpage" if label == "index" else label
            files[-1].write_text(f"# {title_text(title)} {{#{name}}}\n\n{text}", encoding="utf-8")
        return files

    def sidebar(self):
        """The way through the book, as it stands beside every page."""
        out = ""
        for title, pages in self.parts:
            items = "".join(f'<li><a href="{page.label}.html">{number_apart(page.title)}</a></li>\n'
                            for page in pages)
            out += f"<section><h2>{escape(title)}</h2>\n<ul>\n{items}</ul></section>\n"
        return out

    def page_text(self, page, order):
        """A page with its table of contents before and the way to its neighbours behind."""
        at = order.index(page)
        neighbours = [("previous", order[at - 1])] if at else []
        neighbours += [("next", order[at + 1])] if at + 1 < len(order) else []
        links = "".join(f'<a class="{kind}" rel="{kind[:4]}" href="{other.label}.html">'
                        f"<small>{kind.capitalize()}</small><span>{escape(other.title)}</span></a>"
                        for kind, other in neighbours)
        sections = [t for t in page.tokens if t.type == "heading_open" and t.tag in ("h2", "h3")]
        entries = "".join(f'<li class="{t.tag}"><a href="#{t.meta["id"]}">{escape(t.meta["text"])}</a></li>\n'
                          for t in sections)
        contents = html_only('<details class="page-toc" open="open"><summary>On this page</summary>\n'
                             f"<ul>\n{entries}</ul></details>") if at and len(sections) > 1 else ""
        text = Renderer(self, page, page.label).render()
        return contents + text + html_only(f'<nav class="book-nav">{links}</nav>')

    def source_texts(self):
        """The text pages of the linked files and folders: (label, path, text)."""
        texts = {}
        while set(self.sources) - set(texts):
            for path in set(self.sources) - set(texts):
                texts[path] = self.source_text(self.root / path, self.sources[path])
        return [(self.sources[path], path, texts[path]) for path in sorted(texts)]

    def source_text(self, path, label):
        """A file as it is, or the list of a folder's files."""
        if path.is_dir():
            files = sorted(f for f in path.iterdir() if f.is_file() and f.name not in READERS_OWN)
            links = [(self.source_link(f.relative_to(self.root).as_posix()), f.name) for f in files]
            items = "".join(f'<li><a href="{href}">{escape(name)}</a></li>\n' for href, name in links)
            return html_only(f'<ul class="pages">\n{items}</ul>')
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return html_only("<p>This file is not text.</p>")
        is_python = text.startswith("#!") and "python" in text.split("\n", 1)[0]
        return self.listing(text, SUFFIXES.get(path.suffix) or ("py" if is_python else ""), label)

    def listing(self, text, language, label):
        """A listing, coloured by Doxygen where it knows the language; noted, for book.py's check."""
        text = text.strip("\n")
        self.listings.setdefault(label, []).append(text)
        fence = next((f for f in ("```", "~~~") if f not in text), None)
        if language and fence and not re.search(r"[\\@](end|f[$\[\]{}])", text):
            return f"{fence}{{.{language}}}\n{text}\n{fence}\n\n"
        lines = "".join(f'<div class="line">{escape(line)}</div>\n' for line in text.split("\n"))
        return html_only(f'<div class="fragment">{lines}</div><!-- fragment -->')


class Renderer:
    """Writes one page: listings for Doxygen, HTML for all else."""

    def __init__(self, book, page, label):
        self.book, self.page, self.label = book, page, label
        self.out, self.line, self.open_quotes, self.opening = [], 1, [], False

    def error(self, message):
        self.book.error(self.page.path, self.line, message)

    def add(self, kind, text):
        """Add a piece; neighbouring pieces of HTML share one block."""
        if self.out and self.out[-1][0] == kind == "html":
            self.out[-1][1] += text
        else:
            self.out.append([kind, text])

    def render(self, tokens=None):
        tokens = self.page.tokens if tokens is None else tokens
        i = 0
        while i < len(tokens):
            if tokens[i].map:
                self.line = tokens[i].map[0] + 1
            i += self.block(tokens, i)
        return "".join(html_only(text) if kind == "html" else text for kind, text in self.out)

    def block(self, tokens, i):
        """Write the block token at i; returns how many tokens that took."""
        token, kind = tokens[i], tokens[i].type
        if kind == "heading_open":
            self.heading(token, tokens[i + 1])
            return 3
        if kind == "paragraph_open":
            self.paragraph(token, tokens[i + 1])
            return 3
        if kind == "inline":
            self.add("html", self.inline(token.children))
        elif kind == "fence":
            self.fence(token)
        elif kind == "code_block":
            self.add("text", self.book.listing(token.content, "", self.label))
        elif kind == "math_block":
            self.add("html", self.math(token, display=True))
        elif kind == "html_block":
            self.add("html", self.raw_html(token.content))
        elif kind == "blockquote_open":
            self.quote(token.meta.get("note"))
        elif kind == "blockquote_close":
            self.add("html", self.open_quotes.pop())
        elif kind in ("table_open", "table_close"):
            # A wide table scrolls by itself, not with the page.
            is_open = kind == "table_open"
            self.add("html", '<div class="table"><table class="data">\n' if is_open else "</table></div>\n")
        elif kind == "hr":
            self.add("html", "<hr/>\n")
        elif kind.endswith("_open"):
            attributes = "".join(f' {name}="{escape(str(value))}"' for name, value in token.attrs.items())
            self.add("html", f"<{token.tag}{attributes}>")
        else:
            self.add("html", f"</{token.tag}>\n")
        return 1

    def heading(self, token, inline):
        """A section's heading; the title, which Doxygen writes, must be plain text."""
        if token.tag != "h1":
            text = self.inline(inline.children)
            self.add("html", f'<{token.tag} id="{token.meta["id"]}">{text}</{token.tag}>\n')
        elif self.line > 1:
            self.error("a page has one title; its sections start with '##'")
        elif any(t.type == "math" for t in inline.children) or re.search(r"[\\@]\w", token.meta["text"]):
            self.error("a title cannot hold a formula, nor '\\' or '@' before a word")
        self.opening = token.tag == "h1" and self.page.number is not None

    def paragraph(self, token, inline):
        tokens = [t for t in inline.children if t.type != "html_inline" or not COMMENT.fullmatch(t.content)]
        shown = [t for t in tokens if t.type != "softbreak" and (t.type != "text" or t.content.strip())]
        if shown and all(t.type == "image" for t in shown):
            self.add("html", "".join(self.figure(t) for t in shown))
        elif token.hidden:
            self.add("html", self.inline(tokens))
        elif shown and shown[0].content == "<sub>" and shown[-1].content == "</sub>":
            # Small print: the link below a listing to its file, and what a table stands on.
            print_of = "listing-source" if shown[1].type == "link_open" and shown[-2].type == "link_close" else "small-print"
            inner = tokens[tokens.index(shown[0]) + 1:tokens.index(shown[-1])]
            self.add("html", f'<p class="{print_of}">{self.inline(inner)}</p>\n')
        else:
            # A chapter opens with its question.
            start = '<p class="question">' if self.opening else "<p>"
            self.add("html", f"{start}{self.inline(tokens)}</p>\n")
        self.opening = False

    def fence(self, token):
        language = (token.info.split() or [""])[0].lower()
        first, end = token.map
        if end - first < 2 or not self.page.lines[end - 1].rstrip().endswith(token.markup):
            self.error(f"this '{token.markup}' opens a listing that is never closed")
        elif language == "math":
            self.add("html", self.math(token, display=True))
        elif language == "dot":
            self.add("html", self.graph(token.content))
        elif language == "mermaid":
            self.error("the book cannot draw mermaid; use a 'dot' block")
        else:
            self.add("text", self.book.listing(token.content, HIGHLIGHTED.get(language, ""), self.label))

    def quote(self, kind):
        """A quotation, or one of GitHub's notes."""
        if kind and kind not in ALERTS:
            self.error(f"unknown note '[!{kind}]'; there are: {', '.join(ALERTS)}")
        if kind:
            self.add("html", f'<dl class="section {kind.lower()}"><dt>{ALERTS.get(kind)}</dt><dd>\n')
        else:
            self.add("html", "<blockquote>\n")
        self.open_quotes.append("</dd></dl>\n" if kind else "</blockquote>\n")

    # Inline text.

    def inline(self, tokens):
        """HTML of a paragraph's content."""
        out, mark = "", ""
        for i, token in enumerate(tokens):
            kind = token.type
            if kind == "text":
                text = token.content.removeprefix(mark)
                out += self.text(text, i == 0, i > 0 and tokens[i - 1].type == "link_open")
                mark = ""
            elif kind == "code_inline":
                out += f"<code>{escape(token.content)}</code>"
            elif kind == "softbreak":
                out += "\n"
                self.line += 1
            elif kind == "hardbreak":
                out += "<br/>\n"
                self.line += 1
            elif kind == "math":
                # The comma behind a formula does not begin a line.
                following = tokens[i + 1].content if i + 1 < len(tokens) and tokens[i + 1].type == "text" else ""
                mark = re.match(r"[.,:;!?)\]]*", following)[0] if token.markup != "$$" else ""
                formula = self.math(token, display=token.markup == "$$")
                out += f'<span class="nobr">{formula}{mark}</span>' if mark else formula
            elif kind == "image":
                self.error("an image stands alone in its paragraph, where it becomes a figure")
            elif kind == "link_open":
                out += f'<a href="{escape(self.book.resolve(self.page, token.attrs["href"], self.line))}">'
            elif kind == "html_inline":
                out += self.raw_html(token.content)
            else:
                out += f"</{token.tag}>" if kind.endswith("_close") else f"<{token.tag}>"
        return out

    def text(self, text, first, linked):
        if re.search(r"\[\^\w+\]", text):
            self.error("the book has no footnotes; say it in the text or under further reading")
        out = escape(text)
        if first and (task := re.match(r"\[([ xX])\] ", out)):
            out = f'<span class="task">{"☐" if task[1] == " " else "☑"}</span> ' + out[4:]
        if not linked:
            out = re.sub(r"https?://[^\s<>()]*[^\s<>().,;:!?]", r'<a href="\g<0>">\g<0></a>', out)
        # A number and its percent sign stay on one line.
        return re.sub(r"(?<=\d) (?=%)", "&#160;", out)

    def math(self, token, display):
        message = (token.meta or {}).get("error")
        if not message and (problem := check_tex(token.content, self.book.known)):
            message = f"formula '{token.content[:60]}': {problem}"
        if not message and token.meta and token.markup != "$`" and is_mangled(token.meta["source"]):
            message = (f"GitHub changes the formula '{token.content[:60]}' (it drops a backslash before "
                       "punctuation, and may see emphasis or a tag); write it as $`...`$ or in a ```math block")
        if message:
            self.error(" ".join(message.split()))
        tex = html.escape(token.content).replace("$", "&#36;")
        return f'<p class="formulaDsp">\\[{tex}\\]</p>\n' if display else f"\\({tex}\\)"

    def raw_html(self, text):
        """The few tags that a page may use; comments are left out."""
        text = COMMENT.sub("", text).strip("\n")
        for tag in TAG.finditer(text):
            if tag[1].lower() not in HTML_TAGS:
                self.error(f"the tag <{tag[1]}> cannot be used here; there are: {', '.join(sorted(HTML_TAGS))}")
        return text.replace("endhtmlonly", "endhtml&#111;nly")

    # Figures.

    def figure(self, token):
        """An SVG becomes part of the page and so follows light and dark; another image is copied beside it."""
        source, caption = token.attrs["src"], self.inline(token.children or [])
        path, _ = self.book.target_of(self.page, source)
        if not caption.strip():
            self.error(f"the figure '{source}' needs a caption: ![caption](file)")
        if not (self.book.root / path).is_file():
            self.error(f"missing image '{source}': there is no {path}")
            return ""
        if path.endswith(".svg"):
            picture = self.svg((self.book.root / path).read_text(encoding="utf-8"), source)
        else:
            stem, suffix = os.path.splitext(path)
            name = f"images/{mangle(stem)}{suffix}"
            self.book.images[name] = self.book.root / path
            picture = f'<img src="{name}" alt="{escape(plain_text(token))}"/>'
        return f"<figure>{picture}<figcaption>{caption}</figcaption></figure>\n"

    def svg(self, text, source):
        """An SVG as part of a page: without prologue, with names that no other figure uses."""
        try:
            ElementTree.fromstring(text)
        except ElementTree.ParseError as error:
            self.error(f"'{source}' is not well-formed SVG: {error}")
            return ""
        if re.search(r"<script|@import|href=[\"'](?!#|data:)|url\((?![\"']?(#|data:))", text):
            self.error(f"'{source}' loads something from elsewhere; a figure must stand alone")
        self.book.figures += 1
        names = set(re.findall(r'\bid="([^"]+)"', text))
        text = COMMENT.sub("", text[text.index("<svg"):]).strip()
        for name in names:
            new = f"f{self.book.figures}-{name}"
            text = text.replace(f'id="{name}"', f'id="{new}"')
            text = re.sub(rf'((?:href=|labelledby=|describedby=)"|url\()(#?){re.escape(name)}(["\)])',
                          rf"\1\2{new}\3", text)
        return text

    def graph(self, text):
        """A graph in Graphviz's language, drawn now; the style sheet gives it the colours of the page."""
        try:
            drawn = subprocess.run(["dot", "-Tsvg", "-Gbgcolor=transparent", "-Nfontname=sans-serif",
                                    "-Efontname=sans-serif"],
                                   input=text, capture_output=True, text=True, timeout=60, check=False)
        except FileNotFoundError:
            self.error("a 'dot' block needs Graphviz: sudo apt install graphviz")
            return ""
        if drawn.returncode or drawn.stderr.strip():
            self.error(f"Graphviz cannot draw this: {' '.join(drawn.stderr.split())}")
            return ""
        svg = re.sub(r"<title>.*?</title>\n?", "", drawn.stdout, flags=re.DOTALL)
        svg = re.sub(r'<svg width="(\d+)pt" height="(\d+)pt"', r'<svg class="dot" width="\1" height="\2"', svg)
        return f'<figure>{self.svg(svg, "dot")}</figure>\n'


def main(arguments=None):
    cli = argparse.ArgumentParser(description="Turn the Markdown pages into the pages of the Doxygen book.")
    cli.add_argument("--out", type=Path, required=True, help="folder to write md/ to")
    cli.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent,
                     help="the project's root")
    options = cli.parse_args(arguments)
    book = Book(options.root, options.out)
    files = book.write()
    print("\n".join(book.errors or [f"{len(files)} pages in {options.out}/md"]))
    return 1 if book.errors else 0


if __name__ == "__main__":
    sys.exit(main())
