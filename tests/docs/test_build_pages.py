"""The page builder shows each thing that a page may hold, and refuses what it cannot show, with the place."""

import unittest

from support import FixtureTest

try:
    import build_pages
except SystemExit:
    raise unittest.SkipTest("python3-markdown-it is not installed") from None


class TexTest(unittest.TestCase):
    def test_right(self):
        for tex in (r"a_b^c", r"x'_i", r"\sum_{i=1}^{n} x_i^2", r"\left( \frac{a}{b} \right]",
                    r"\left. x \right|_{0}", r"\left\| v \right\|", r"\left\lvert x \right\rvert", r"50\,\%",
                    r"\text{a b} x_i", r"{a_b}_c", r"\{a\}", r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
                    r"\mathbf{W}^\top", r"a_{b_{c}}", r"x_i y_i", r"\hat{y}_i^{(t)}",
                    r"\begin{cases} 1 & x > 0 \\ 0 & \text{else} \end{cases}", r"\text{loss\_1}"):
            self.assertIsNone(build_pages.check_tex(tex), tex)

    def test_wrong(self):
        cases = {
            r"\frac{a}{b": "'}' is missing", r"a}": "'}' stands where nothing is open",
            r"{\left( a} \right)": "where '\\right' is due", r"\left( a": "'\\right' is missing",
            r"\left a \right)": "'\\left' needs a delimiter", r"\left( a \right": "'\\right' needs a delimiter",
            r"\right)": "nothing is open", r"\begin{aligned} a": r"'\end{aligned}' is missing",
            r"\begin{a} b \end{c}": "where '\\end{a}' is due", r"\begin a": "name",
            r"50%": "'%' must be written", r"a # b": "'#' must be written",
            r"a & b": "outside of an environment", r"a_b_c": "two '_'", r"x^2^3": "two '^'",
            r"a_": "nothing follows '_'", r"{a_}": "nothing follows '_'",
            r"\text{a_b}": r"write it outside, or '\_'", r"\sum_i_j": "two '_'"
        }
        for tex, words in cases.items():
            self.assertIn(words, build_pages.check_tex(tex) or "accepted", tex)

    def test_commands_of_mathjax(self):
        self.assertIn("no command '\\softmx'", build_pages.check_tex(r"\softmx x", {"frac"}))
        self.assertIsNone(build_pages.check_tex(r"\frac ab", {"frac"}))

    def test_what_github_changes(self):
        for source in (r"$a\,b$", r"$\{a\}$", "$a <b> c$", r"$a \\ b$", "$x_*y* z$", "$$\na\n=\nb\n$$",
                       "$$\na\n+ b\n$$"):
            self.assertTrue(build_pages.is_mangled(source), source)
        for source in ("$y = w x + b$", r"$\frac{a}{b}$", "$x_i y_j$", r"$\mathbf{W}_1 x$",
                       "$$\na + b\n= c\n$$", "$a < b$"):
            self.assertFalse(build_pages.is_mangled(source), source)


class PageTest(FixtureTest):
    def build(self, page=None, path="docs/page.md"):
        """The built text of a page, and all errors of the book."""
        if page is not None:
            self.write(path, page)
        book = build_pages.Book(self.root, self.root / "build/docs")
        files = {file.stem: file.read_text(encoding="utf-8") for file in book.write()}
        self.book = book
        return files.get("page_docs_page", ""), book.errors, files

    def shown(self, markdown):
        """What a page with this text shows; it must be without error."""
        text, errors, _ = self.build(f"# Page\n\n{markdown}\n")
        self.assertEqual(errors, [])
        return text

    def refused(self, markdown, line, words):
        _, errors, _ = self.build(f"# Page\n\n{markdown}\n")
        self.assert_error(errors, f"docs/page.md:{line}: error:", words)


class TextTest(PageTest):
    def test_formulas(self):
        self.assertIn(r"<p>Let \(a_i &lt; b\) or \(c\) be.</p>", self.shown("Let $a_i < b$ or $`c`$ be."))
        self.assertIn(r'(<span class="nobr">\(a\)),</span> b', self.shown("($a$), b"))
        self.assertIn(r'<p class="formulaDsp">\[a\]</p>', self.shown("$$\na\n$$"))
        self.assertIn(r'<p class="formulaDsp">\[a\]</p>', self.shown("Text:\n$$ a $$\nmore."))
        self.assertIn(
            "\\[a &amp;= b",
            self.shown("```math\n\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}\n```").replace(
                "\\begin{aligned} ", ""))
        self.assertIn(r"<li>\(x\)", self.shown("- $x$ in a list"))

    def test_dollars_that_are_none(self):
        text = self.shown("It costs \\$5, `$HOME` and\n\n```sh\necho $HOME $PATH\n```")
        self.assertIn("costs &#36;5, <code>&#36;HOME</code>", text)
        self.assertIn("echo &#36;HOME &#36;PATH", text)
        self.assertNotIn(r"\(", text)

    def test_text_is_safe_from_doxygen(self):
        text = self.shown(r"A \@param b, \\n, `\endhtmlonly`, snake_case_word, 3 < 4 & 5, #include, 100 %, --.")
        self.assertIn(
            "A @param b, \\n, <code>\\endhtml&#111;nly</code>, snake_case_word, 3 &lt; 4 &amp; 5, #include, 100&#160;%, --.",
            text)

    def test_inline_marks(self):
        text = self.shown(
            "*a* **b** ~~c~~ `d` <kbd>e</kbd> H<sub>2</sub>O\n<https://a.org/x_y> https://b.org/z.")
        for part in ("<em>a</em>", "<strong>b</strong>", "<s>c</s>", "<code>d</code>", "<kbd>e</kbd>",
                     "H<sub>2</sub>O", '<a href="https://a.org/x_y">',
                     '<a href="https://b.org/z">https://b.org/z</a>.'):
            self.assertIn(part, text)

    def test_comments_and_markers_vanish(self):
        text = self.shown("Value <!-- v a -->1<!-- /v -->.\n\n<!-- a note -->\n\nEnd.")
        self.assertIn("<p>Value 1.</p>", text)
        self.assertNotIn("<!-- ", text.replace("<!-- fragment -->", ""))

    def test_headings_keep_githubs_anchors(self):
        text = self.shown(
            "## The `x` of *all*: C++ & you\n\n## Twice\n\n### Twice\n\n[a](#the-x-of-all-c--you) [b](#twice-1)"
        )
        self.assertIn(
            '<h2 id="page_docs_page__the-x-of-all-c--you">The <code>x</code> of <em>all</em>: C++ &amp; you</h2>',
            text)
        self.assertIn('<h3 id="page_docs_page__twice-1">', text)
        self.assertIn('href="page_docs_page.html#page_docs_page__twice-1"', text)

    def test_notes(self):
        text = self.shown("> [!WARNING]\n> Mind $x$ now.\n>\n> Twice.\n\n> quoted")
        self.assertIn(
            '<dl class="section warning"><dt>Warning</dt><dd>\n<p>Mind \\(x\\) now.</p>\n<p>Twice.</p>\n</dd></dl>',
            text)
        self.assertIn("<blockquote>\n<p>quoted</p>\n</blockquote>", text)

    def test_lists_tables_and_tasks(self):
        text = self.shown(
            "1. a\n\n   ```cpp\n   int x;\n   ```\n\n2. b\n\n- [ ] c\n- [x] d\n\n| e | f |\n|--:|---|\n| $a$ | `g\\|h` |\n"
        )
        self.assertIn("```{.cpp}\nint x;\n```", text)
        self.assertIn('<li><span class="task">☐</span> c</li>', text)
        self.assertIn('<td style="text-align:right">\\(a\\)</td>', text)
        self.assertIn("<code>g|h</code>", text)

    def test_listings(self):
        self.assertIn("```{.py}\nx = 1\n```", self.shown("```python\nx = 1\n```"))
        self.assertIn("~~~{.cpp}\n// ```\n~~~", self.shown("````cpp\n// ```\n````"))
        # Doxygen would end the listing here; it arrives as it is.
        self.assertIn('<div class="line">/// \\endcode</div>', self.shown("```cpp\n/// \\endcode\n```"))
        self.assertIn('<div class="line">a &lt; b</div>', self.shown("```text\na < b\n```"))

    def test_details(self):
        text = self.shown("<details>\n<summary>Hint</summary>\n\nHidden *text*.\n\n</details>")
        self.assertIn("<details>\n<summary>Hint</summary><p>Hidden <em>text</em>.</p>\n</details>", text)


class FigureTest(PageTest):
    def test_svg_is_part_of_the_page(self):
        text = self.shown("![The line, $e_i$ and `x`](../chapters/01_line/figures/line.svg)\n\n"
                          "![Again](../chapters/01_line/figures/line.svg)")
        self.assertEqual(text.count("<figure><svg "), 2)
        self.assertIn("<figcaption>The line, \\(e_i\\) and <code>x</code></figcaption>", text)
        self.assertNotIn("<?xml", text)
        ids = [part.split('"')[0] for part in text.split(' id="')[1:]]
        self.assertEqual(len(ids), len(set(ids)), "two figures share a name")
        self.assertIn(f'clip-path="url(#{[i for i in ids if "box" in i][0]})"', text)

    def test_image_is_copied(self):
        text = self.shown("![Grid](../chapters/02_grid/figures/grid.png)")
        self.assertIn('<img src="images/chapters_02_grid_figures_grid.png" alt="Grid"/>', text)
        self.assertEqual(list(self.book.images), ["images/chapters_02_grid_figures_grid.png"])

    def test_graph(self):
        try:
            text = self.shown("```dot\ndigraph { a -> b }\n```")
        except AssertionError as error:
            if "not installed" in str(error) or "needs Graphviz" in str(error):
                self.skipTest("graphviz is not installed")
            raise
        self.assertIn('<figure><svg class="dot"', text)

    def test_refused(self):
        self.refused("![x](none.svg)", 3, "missing image 'none.svg': there is no docs/none.svg")
        self.refused("![](../chapters/01_line/figures/line.svg)", 3, "needs a caption")
        self.refused("Text ![x](../chapters/01_line/figures/line.svg) more.", 3,
                     "stands alone in its paragraph")
        self.write("docs/bad.svg", "<svg><g></svg>")
        self.refused("![x](bad.svg)", 3, "not well-formed")
        self.write("docs/far.svg",
                   '<svg xmlns="http://www.w3.org/2000/svg"><image href="http://a.org/b.png"/></svg>')
        self.refused("![x](far.svg)", 3, "loads something from elsewhere")
        self.refused("```dot\ndigraph { a -> }\n```", 3, "raphviz")


class LinkTest(PageTest):
    def test_pages_sources_and_folders(self):
        text = self.shown(
            "[a](../chapters/01_line/README.md) [b](../chapters/01_line/README.md#the-idea) [c](../kernels/matmul/)\n"
            "[d](../README.md) [e](../book.md) [f](../kernels/matmul/naive.cpp) [g](../chapters/01_line/main.cpp)\n"
            "[h](../chapters/01_line/exercises) [i](#page)")
        for href in ("ch_01_line.html", "ch_01_line.html#ch_01_line__the-idea", "kernel_matmul.html",
                     "index.html", "source:kernels/matmul/naive.cpp", "source_chapters_01_line_main_cpp.html",
                     "source_chapters_01_line_exercises.html", "page_docs_page.html#page_docs_page__page"):
            self.assertIn(f'href="{href}"', text)

    def test_text_pages(self):
        _, errors, files = self.build()
        self.assertEqual(errors, [])
        self.assertIn("double loss(double w", files["source_chapters_01_line_main_cpp"])
        self.assertIn('href="source_chapters_01_line_exercises_slope_cpp.html">slope.cpp',
                      files["source_chapters_01_line_exercises"])
        self.assertIn("return 0 * (x0", files["source_chapters_01_line_exercises_slope_cpp"])

    def test_refused(self):
        self.refused("Text.\n\nMore text and\n[x](none.md).", 6,
                     "broken link 'none.md': there is no docs/none.md")
        self.refused("[x](../chapters/01_line/README.md#none)", 3,
                     "chapters/01_line/README.md has no heading '#none'")
        self.refused("[x](#none)", 3, "has no heading '#none'")
        self.refused("[x](../README.md#none)", 3, "README.md has no heading '#none'")
        self.refused("[x](../../outside.md)", 3, "broken link")
        self.refused("[x](../kernels/matmul/naive.cpp#L3)", 3, "link the file alone")
        self.refused("| a |\n|---|\n| b |\n| [x](none.md) |", 6, "broken link 'none.md'")


class RefusedTest(PageTest):
    def test_formulas(self):
        self.refused("One $a and two.", 3, "'$' opens a formula that is never closed")
        self.refused("Text\n\n$$\na\n\nb", 5, "'$$' opens a formula that is never closed")
        self.refused("Two\nlines of $\\frac{a}{b$ text.", 4, "'}' is missing")
        self.refused("```math\na_b_c\n```", 3, "two '_'")
        self.refused("A $ a$ b.", 3, "GitHub does not show $ a$")
        self.refused("The $k$th.", 3, "GitHub does not show $k$")
        self.refused("So $a\\,b$.", 3, "GitHub changes the formula")
        self.refused("# Another", 3, "one title")

    def test_listings_and_tags(self):
        self.refused("```cpp\nint x;\n", 3, "a listing that is never closed")
        self.refused("Text\n\n- a\n\n  ```cpp\n  int x;\n", 7, "a listing that is never closed")
        self.refused("```mermaid\ngraph\n```", 3, "mermaid")
        self.refused('<p align="center">x</p>', 3, "the tag <p> cannot be used here")
        self.refused("A <b>bold</b> word.", 3, "the tag <b>")
        self.refused("> [!HINT]\n> x", 3, "unknown note '[!HINT]'")
        self.refused("A claim.[^1]", 3, "no footnotes")

    def test_titles(self):
        self.assert_error(self.build("Text.\n")[1], "docs/page.md:1:", "starts with its title")
        self.assert_error(self.build("# A $x$\n")[1], "docs/page.md:1:", "cannot hold a formula")
        self.assert_error(self.build("# A \\\\n b\n")[1], "docs/page.md:1:", "cannot hold a formula, nor")


class OrderTest(PageTest):
    def test_parts_and_neighbours(self):
        _, errors, files = self.build()
        self.assertEqual(errors, [])
        self.assertEqual([(title, [p.label for p in pages]) for title, pages in self.book.parts],
                         [("Part I: Lines", ["ch_01_line", "ch_02_grid"]), ("The kernels", ["kernel_matmul"]),
                          ("The project", ["page_docs_style"])])
        self.assertTrue(files["index"].startswith("# A small book {#mainpage}\n"))
        self.assertTrue(files["ch_01_line"].startswith("# Chapter 1: A straight line {#ch_01_line}\n"))
        self.assertTrue(files["ch_02_grid"].startswith("# Chapter 2: A grid {#ch_02_grid}\n"))
        self.assertIn('rel="prev" href="ch_01_line.html"', files["ch_02_grid"])
        self.assertIn('rel="next" href="kernel_matmul.html"', files["ch_02_grid"])
        self.assertNotIn('rel="prev"', files["index"])
        self.assertNotIn('rel="next"', files["page_docs_style"])

    def test_book_gives_the_order(self):
        self.replace("book.md",
                     "| 1 | [A straight line](chapters/01_line/README.md) | What does a slope do? |\n", "")
        self.replace("book.md", "Two chapters, and a warm-up.",
                     "Two.\n\n## Last\n\n- [Line](chapters/01_line/README.md)\n\n## First")
        self.build()
        self.assertEqual([title for title, _ in self.book.parts][:2], ["Last", "First"])

    def test_forgotten_chapter(self):
        self.replace("book.md",
                     "| 2 | [A grid](chapters/02_grid/README.md) | What does a second dimension add? |\n", "")
        self.assert_error(self.build()[1], "book.md:1:", "no list links chapters/02_grid/README.md")

    def test_readme_is_checked_though_not_shown(self):
        self.replace("README.md", "(book.md)", "(buch.md)")
        self.assert_error(self.build()[1], "README.md:3:", "broken link 'buch.md'")

    def test_no_front_page(self):
        (self.root / "book.md").unlink()
        self.assert_error(self.build()[1], "book.md:1:", "no such page")

    def test_sidebar_has_every_page(self):
        self.build()
        for label in ("ch_01_line", "ch_02_grid", "kernel_matmul", "page_docs_style"):
            self.assertIn(f'<a href="{label}.html">', self.book.sidebar())
        self.assertIn("<b>2</b> A grid", self.book.sidebar())


if __name__ == "__main__":
    unittest.main()
