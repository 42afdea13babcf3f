"""The weaver fills pages from sources and results, and notices every difference."""

import contextlib
import io
import unittest

from support import FixtureTest
import weave

PAGE = "chapters/01_line/README.md"
MAIN = "chapters/01_line/main.cpp"


class WeaveTest(FixtureTest):
    def check(self):
        return weave.weave_all(self.root, check=True)

    def place(self, text, page=PAGE):
        """The place of the page's only line that holds the text, as messages name it."""
        lines = (self.root / page).read_text(encoding="utf-8").split("\n")
        found = [i for i, line in enumerate(lines, 1) if text in line]
        self.assertEqual(len(found), 1, f"{text!r} in {page}")
        return f"{page}:{found[0]}:"

    def run_main(self, *arguments):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = weave.main(["--root", str(self.root), *arguments])
        return status, out.getvalue()

    def weave_page(self, text):
        """Errors, and the text of a page woven in place, in the folder of the fixture's first chapter."""
        self.write("chapters/01_line/page.md", text)
        _, errors = weave.weave_all(self.root, check=False)
        return errors, (self.root / "chapters/01_line/page.md").read_text(encoding="utf-8")


class CheckTest(WeaveTest):
    def test_fixture_is_woven(self):
        self.assertEqual(self.check(), ([], []))
        self.assertEqual(self.run_main("--check"), (0, ""))

    def test_one_changed_character_of_a_snippet(self):
        self.replace(MAIN, "sum += e * e;", "sum += e + e;")
        stale, errors = self.check()
        self.assertEqual(errors, [])
        self.assert_error(stale, self.place("sum += e * e;"), "'        sum += e + e;'")
        self.assertEqual(self.run_main("--check")[0], 1)

    def test_one_changed_character_of_the_page(self):
        self.replace(PAGE, "double sum = 0;", "double sum = 1;")
        self.assert_error(self.check()[0], self.place("double sum = 1;"), "double sum = 1;")

    def test_one_changed_digit_of_a_value(self):
        self.replace(PAGE, "0.125<!-- /v -->", "0.126<!-- /v -->")
        self.assert_error(self.check()[0], self.place("<!-- v error"),
                          "the page says '0.126', the results say '0.125'")

    def test_one_changed_digit_of_the_results(self):
        self.replace("chapters/01_line/expected.txt", "share 0.875", "share 0.874")
        self.assert_error(self.check()[0], self.place("<!-- v share"), "'87.4 %'")
        self.replace("benchmarks/results/laptop-2cores/01_line.json", '"0.031"', '"0.032"')
        self.assert_error(self.check()[0], self.place("<!-- v full.error"), "'0.032'")

    def test_changed_question_of_a_chapter(self):
        self.replace(PAGE, "*How far does", "*How near does")
        self.assert_error(self.check()[0], self.place("How far does", "README.md"), "How near does")

    def test_check_changes_nothing_and_weave_heals(self):
        self.replace(MAIN, "sum += e * e;", "sum += e + e;")
        before = (self.root / PAGE).read_text(encoding="utf-8")
        self.run_main("--check")
        self.assertEqual((self.root / PAGE).read_text(encoding="utf-8"), before)
        self.assertEqual(self.run_main()[0], 0)
        self.assertEqual(self.check(), ([], []))
        self.assertIn("sum += e + e;", (self.root / PAGE).read_text(encoding="utf-8"))


class SnippetTest(WeaveTest):
    def cut(self, text, tag="t"):
        return weave.cut_snippet(text.split("\n"), tag, "file.cpp")

    def test_dedented_without_the_tags_of_others(self):
        self.assertEqual(
            self.cut("x\n    // [t]\n    /// Doc.\n    if (a) {\n        // [u]\n        b();\n"
                     "        // [u]\n    }\n    // [t]\ny"), ["/// Doc.", "if (a) {", "    b();", "}"])

    def test_python_tags(self):
        self.assertEqual(self.cut("# [t]\nx = 1\n# [t]"), ["x = 1"])

    def test_a_tag_is_a_whole_line(self):
        with self.assertRaises(weave.WeaveError):
            self.cut("a();  // [t]\nb();\n//! [t]\nc();")

    def test_languages(self):
        names = {
            "a/b.cu": "cpp", "b.hpp": "cpp", "CMakeLists.txt": "cmake", "x.py": "python", "notes.txt": "text"
        }
        for name, language in names.items():
            self.assertEqual(weave.language_of(name, []), language)
        self.assertEqual(weave.language_of("course", ["#!/usr/bin/env python3"]), "python")
        self.assertEqual(weave.language_of("course", ["#!/bin/sh"]), "sh")

    def test_block_and_link(self):
        errors, text = self.weave_page(
            "# P\n\n<!-- weave code kernels/matmul/naive.cpp naive -->\n<!-- /weave -->\n")
        self.assertEqual(errors, [])
        self.assertIn("```cpp\nfor (std::int64_t i", text)
        self.assertIn(
            "\n```\n\n<sub>[kernels/matmul/naive.cpp](../../kernels/matmul/naive.cpp)</sub>\n<!-- /weave -->",
            text)

    def test_fence_outgrows_the_listing(self):
        self.write("a.txt", "// [t]\n```\n// [t]\n")
        self.assertIn("````text\n```\n````\n",
                      self.weave_page("# P\n\n<!-- weave code a.txt t -->\n<!-- /weave -->\n")[1])


class ValueTest(WeaveTest):
    def woven(self, marker):
        errors, text = self.weave_page(f"# P\n\nIt is <!-- v {marker} -->?<!-- /v -->.\n")
        self.assertEqual(errors, [])
        return text.split("-->")[1].split("<!--")[0]

    def test_sources_and_formats(self):
        cases = {
            "error": "0.125", "error .2f": "0.12", "share .1%": "87.5 %", "full.error": "0.031",
            "full.error .4f": "0.0312", "01_line:error": "0.125", "date": "2026-11-22",
            "matmul:best.share": "91 %"
        }
        self.write("benchmarks/results/laptop-2cores/matmul.json",
                   '{"values": {"best.share": {"value": 0.91, "text": "91 %"}}}')
        for marker, text in cases.items():
            self.assertEqual(self.woven(marker), text, marker)

    def test_expected_comes_before_the_results(self):
        self.replace("benchmarks/results/laptop-2cores/01_line.json", '"values": {',
                     '"values": {"error": {"value": 9, "text": "9"}, ')
        self.assertEqual(self.woven("error"), "0.125")

    def test_the_first_machine_with_results_counts(self):
        self.write("benchmarks/results/book.txt", "tower-64cores\nlaptop-2cores\n")
        self.assertEqual(self.woven("full.error"), "0.031")
        self.write("benchmarks/results/tower-64cores/01_line.json",
                   '{"values": {"full.error": {"value": 0.5, "text": "0.5"}}}')
        self.assertEqual(self.woven("full.error"), "0.5")

    def test_whole_numbers(self):
        self.replace("chapters/01_line/expected.txt", "error 0.125", "images 10000 0 exact\nerror 0.125")
        self.assertEqual(self.woven("images ,d"), "10,000")

    def test_several_in_a_line_and_in_a_table(self):
        errors, text = self.weave_page(
            "# P\n\n| a | b |\n|---|---|\n| <!-- v error -->?<!-- /v --> | **<!-- v share -->?<!-- /v -->** |\n"
        )
        self.assertEqual(errors, [])
        self.assertIn("| <!-- v error -->0.125<!-- /v --> | **<!-- v share -->0.875<!-- /v -->** |", text)

    def test_code_is_left_alone(self):
        text = (
            "# P\n\nWrite `<!-- v NAME -->text<!-- /v -->` so.\n\n```\n<!-- v NAME -->x<!-- /v -->\n<!-- weave code a b -->\n"
            "```\n\n- `<!-- weave code FILE TAG -->` so.\n")
        self.assertEqual(self.weave_page(text), ([], text))


class ErrorTest(WeaveTest):
    def expect(self, page, line, words):
        """The page must be refused at the line, when weaving and when checking."""
        place = f"chapters/01_line/page.md:{line}:"
        self.assert_error(self.weave_page(page)[0], place, words)
        self.assert_error(self.check()[1], place, words)
        self.assertEqual(self.run_main("--check")[0], 1)
        self.assertEqual(self.run_main()[0], 1)

    def block(self, marker):
        return f"# P\n\n<!-- weave {marker} -->\n<!-- /weave -->\n"

    def test_blocks(self):
        self.write("a.cpp", "// [open]\nx\n// [empty]\n// [empty]\n// [three]\n1\n// [three]\n2\n// [three]\n")
        cases = {
            "code a.cpp none": "no tag [none]", "code a.cpp open": "a.cpp:1: tag [open] is never closed",
            "code a.cpp empty": "nothing stands between", "code a.cpp three": "for the third time",
            "code none.cpp t": "none.cpp: no such file", "code ../a.cpp t": "only files of the project",
            "code build/a.cpp t": "only files of the project", "code /a.cpp t": "only files of the project",
            "code a.cpp": "write 'weave code FILE TAG'",
            "table x": "unknown block 'table x'; there are: code, chapters", "chapters one": "FIRST-LAST",
            "chapters 50-60": "no chapter with a number from 50 to 60"
        }
        for marker, words in cases.items():
            with self.subTest(marker):
                self.expect(self.block(marker), 3, words)

    def test_unclosed_and_stray_markers(self):
        self.expect("# P\n\n<!-- weave chapters -->\n\nText.\n", 3, "never closed")
        self.expect("# P\n\n<!-- weave chapters -->\n<!-- weave chapters -->\n<!-- /weave -->\n", 3,
                    "never closed")
        self.expect("# P\n\nText.\n<!-- /weave -->\n", 4, "stray or misspelt")
        self.expect("# P\n\nText <!-- weave chapters -->\n", 3, "stray or misspelt")
        self.expect("# P\n\n<!--weave chapters-->\n", 3, "stray or misspelt")

    def test_values(self):
        cases = {
            "It is <!-- v none -->x<!-- /v -->.": "unknown value none",
            "It is <!-- v figures/line.csv -->x<!-- /v -->.": "unknown value",
            "It is <!-- v 99_none:error -->x<!-- /v -->.": "neither chapters/99_none nor kernels/99_none",
            "It is <!-- v error .1z -->x<!-- /v -->.": "the format '.1z' cannot show",
            "It is <!-- v error -->x.": "unclosed or misspelt value",
            "It is <!-- v error --> x <!--/v-->.": "unclosed or misspelt value",
            "It is x<!-- /v -->.": "unclosed or misspelt value",
            "<!-- v error -->x<!-- /v --> is it.": "a value cannot open a line",
            "- <!-- v error -->x<!-- /v --> is it.": "a value cannot open a line"
        }
        for text, words in cases.items():
            with self.subTest(text):
                self.expect(f"# P\n\n{text}\n", 3, words)

    def test_unreadable_results(self):
        self.write("benchmarks/results/laptop-2cores/01_line.json", '{"values":\n oops}')
        self.expect("# P\n\nIt is <!-- v full.error -->x<!-- /v -->.\n", 3, "01_line.json:2: not valid JSON")
        (self.root / "benchmarks/results/book.txt").unlink()
        self.expect("# P\n\nIt is <!-- v full.error -->x<!-- /v -->.\n", 3, "benchmarks/results/book.txt")


if __name__ == "__main__":
    unittest.main()
