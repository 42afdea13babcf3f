"""The book is built whole from the fixture; its checks see what Doxygen, or an author, broke."""

import json
import unittest

from support import FixtureTest

try:
    import book
    from build_pages import known_commands
except SystemExit:
    raise unittest.SkipTest("python3-markdown-it is not installed") from None


class WarningsTest(unittest.TestCase):
    def judge(self, text, path="common/a.hpp"):
        return book.judge_warnings(f"{path}:3: warning: {text}\n")

    def test_what_needs_a_comment(self):
        for text in ("Member run(int n) (function) of namespace kbk is not documented.",
                     "Member rows() const (function) of struct kbk::A is not documented.",
                     "Member Device (enumeration) of namespace kbk is not documented.",
                     "Compound kbk::A is not documented."):
            self.assertEqual(len(self.judge(text)), 1, text)
            self.assertEqual(self.judge(text, "kernels/matmul/naive.cpp"), [], text)

    def test_what_may_do_without(self):
        for text in ("Member m (variable) of struct kbk::A is not documented.",
                     "Member cpu (enumvalue) of namespace kbk is not documented.",
                     "Member F (typedef) of namespace kbk is not documented.",
                     "Member ~A() (function) of class kbk::A is not documented.",
                     "Member A(A &&)=default (function) of struct kbk::A is not documented.",
                     "Member operator=(const A &)=delete (function) of struct kbk::A is not documented."):
            self.assertEqual(self.judge(text), [], text)

    def test_everything_else_is_an_error(self):
        log = (
            "common/a.hpp:3: warning: argument 'b' of command @param is not found in the argument list of kbk::f(int a)\n"
            "kernels/a.cpp:4: warning: The following parameter of kbk::f(int a) is not documented:\n  parameter 'a'\n"
            "common/a.cpp:5: warning: no matching class member found for\n  kbk::A::A(fs::path p)\nPossible candidates:\n  'kbk::A'\n"
            "common/a.hpp:3: warning: argument 'b' of command @param is not found in the argument list of kbk::f(int a)\n"
        )
        errors = book.judge_warnings(log)
        self.assertEqual(len(errors), 2, errors)
        self.assertTrue(errors[0].startswith("common/a.hpp:3: error: argument 'b'"))
        self.assertTrue(errors[1].endswith("is not documented: parameter 'a'"))
        self.assertEqual(book.judge_warnings(""), [])


class LinkTest(FixtureTest):
    def errors(self, body):
        folder = self.root / "html"
        self.write(
            "html/a.html",
            f'<html><body><div class="contents"><div class="textblock">{body}</div></div></body></html>')
        self.write("html/b.html", '<h2 id="there">x</h2>')
        self.write("html/x.png", "")
        return book.check_links(folder, book.read_pages(folder))

    def test_right(self):
        self.assertEqual(
            self.errors('<a href="b.html#there">x</a><a href="#here" id="here">y</a><img src="x.png"/>'
                        '<a href="https://example.org">z</a><code>@ref $a$</code> \\(a\\) &#36;5 and &#36;6'
                        '<a href="b.html?x=1">q</a>'), [])

    def test_broken(self):
        for body, words in {
                '<a href="none.html">x</a>': "broken link to none.html",
                '<a href="b.html#no">x</a>': "b.html#no", '<a href="#no">x</a>': "broken link to #no",
                '<img src="none.png"/>': "none.png",
                '<script src="https://cdn.org/x.js"></script>': "<script> loads https://cdn.org/x.js from the network",
                '<link href="//cdn.org/x.css"/>': "from the network", "see @ref there": "left '@ref'",
                r"see \ref there": r"left '\ref'", "so $x_1$ is": "left '$x_1$'", r"so \f$ x \f$": r"left '\f$'"
        }.items():
            self.assertIn(words, "\n".join(self.errors(body)), body)


@unittest.skipIf(book.missing_tools(), f"not installed: {' '.join(book.missing_tools())}")
class BookTest(FixtureTest):
    def setUp(self):
        super().setUp()
        self.out = self.root / "build/docs"

    def build(self):
        return book.build(self.root, self.out)[0]

    def page(self, name):
        return (self.out / "html" / name).read_text(encoding="utf-8")

    def test_whole_book(self):
        self.assertEqual(self.build(), [])
        line = self.page("ch_01_line.html")
        self.assertIn('<span class="number">Chapter 1</span> A straight line', line)
        self.assertIn('<span class="keywordtype">double</span> loss', line)
        self.assertIn('href="naive_8cpp_source.html"', line)
        self.assertIn('href="matmul_8hpp.html"', line)
        self.assertIn('<a href="ch_02_grid.html"><b>2</b> A grid</a>', self.page("matmul_8hpp.html"))
        for name in ("mathjax/MathJax.js", "images/chapters_02_grid_figures_grid.png", "book.js"):
            self.assertTrue((self.out / "html" / name).is_file(), name)

    def test_search_index(self):
        self.build()
        text = self.page("search-index.js")
        entries = json.loads(text[text.index("["):text.rindex(";")])
        by_url = {entry["u"]: entry for entry in entries}
        idea = by_url["ch_01_line.html#ch_01_line__the-idea"]
        self.assertEqual((idea["p"], idea["t"]), ("Chapter 1: A straight line", "The idea"))
        self.assertIn("no mystery", idea["x"])
        self.assertTrue(any(entry["t"] == "kbk::cpu::naive" for entry in entries))

    def test_commands_of_the_installed_mathjax(self):
        known = known_commands(book.MATHJAX)
        for name in ("frac", "lVert", "lbrace", "operatorname", "mathbf", "aligned", "odot", "bigl"):
            self.assertIn(name, known)
        for name in ("softmx", "fracc", "argmax"):
            self.assertNotIn(name, known)

    def test_undocumented_function(self):
        self.replace("kernels/matmul/matmul.hpp", "}  // namespace kbk\n",
                     "int forgotten(int a);\n}  // namespace kbk\n")
        self.assert_error(self.build(), "kernels/matmul/matmul.hpp:", "Member forgotten(int a) (function)")

    def test_wrong_parameter(self):
        self.replace("kernels/matmul/matmul.hpp", "@param p", "@param q")
        self.assert_error(self.build(), "kernels/matmul/matmul.hpp:", "argument 'q' of command @param")

    def test_formula_that_doxygen_leaves(self):
        self.replace("kernels/matmul/matmul.hpp", "/// The three loops", "/// The $x_1$ three loops")
        self.assert_error(self.build(), "namespacekbk_1_1cpu.html:", "left '$x_1$'")

    def test_links_to_sources(self):
        """A file without a comment has its text; of two files with one name each link finds its own."""
        self.replace("kernels/matmul/naive.cpp", "/// @file\n", "")
        self.write("kernels/relu/naive.cpp", "namespace kbk::cpu {\nvoid relu() {}\n}\n")
        self.write("docs/page.md",
                   "# Page\n\n[a](../kernels/matmul/naive.cpp) [b](../kernels/relu/naive.cpp)\n")
        self.assertEqual(self.build(), [])
        self.assertIn('href="matmul_2naive_8cpp_source.html">a<', self.page("page_docs_page.html"))
        self.assertIn('href="relu_2naive_8cpp_source.html">b<', self.page("page_docs_page.html"))

    def test_only_types_are_linked_from_listings(self):
        """Doxygen takes a name in a listing for any namesake of the project's, such as a local variable for a function."""
        self.write("docs/page.md", "# Page\n\n```cpp\nkbk::Matmul p;\nkbk::cpu::naive(p);\n```\n")
        self.assertEqual(self.build(), [])
        self.assertIn('<a class="code hl_struct" href="structkbk_1_1Matmul.html">kbk::Matmul</a>',
                      self.page("page_docs_page.html"))
        self.assertNotIn("hl_function", self.page("page_docs_page.html"))

    def test_lost_text(self):
        """A heading or a listing that does not arrive is noticed."""
        self.build()
        made = book.Book(self.root, self.out)
        made.write()
        pages = book.read_pages(self.out / "html")
        self.assertEqual(book.check_pages(made, pages), [])
        self.write(
            "build/docs/html/ch_01_line.html",
            self.page("ch_01_line.html").replace('id="ch_01_line__summary"',
                                                 "").replace("sum += e * e", "sum += e"))
        errors = book.check_pages(made, book.read_pages(self.out / "html"))
        self.assert_error(errors, "chapters/01_line/README.md:1:", "'#summary'")
        self.assert_error(errors, "ch_01_line.html:", "changed the listing")
        (self.out / "html/ch_02_grid.html").unlink()
        self.assert_error(book.check_pages(made, book.read_pages(self.out / "html")),
                          "chapters/02_grid/README.md:1:", "no ch_02_grid.html")

    def test_error_of_a_page_stops_before_doxygen(self):
        self.replace("chapters/01_line/README.md", "(figures/line.svg)", "(figures/gone.svg)")
        self.assert_error(self.build(), "chapters/01_line/README.md:", "missing image")
        self.assertFalse((self.out / "html").exists())


if __name__ == "__main__":
    unittest.main()
