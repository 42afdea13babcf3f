"""The tables of ladders say what the saved results of benchmarks say."""

import json
import unittest

from support import FixtureTest

import weave


def results():
    """What toy_bench would save: two ladders, the first on two problems."""
    rows = {
        "naive": {"rate": 2.0, "spread": 0.011, "of_peak": 0.02, "of_first": 1.0, "of_library": 0.0211},
        "fast": {"rate": 91.26, "spread": 0.3, "of_peak": 0.904, "of_first": 45.63, "of_library": 0.961},
        "lib": {"rate": 94.96, "spread": None, "of_peak": 0.94, "of_first": 47.48, "of_library": 1.0},
    }
    fallen = {**rows, "naive": {"not_timed": "not timed: a call would take about 9 s"}}
    del fallen["fast"]
    double = {name: {**row, "rate": 2 * row["rate"]} for name, row in rows.items()}
    peak = {"multiply_add": {"rate": 101.0, "unit": "GFLOP/s"}, "copy": {"rate": 11.0, "unit": "GB/s"},
            "streaming_copy": {"rate": 20.5, "unit": "GB/s"}}
    return {
        "date": "2026-11-22", "commit": "abc1234",
        "machine": {"name": "laptop-2cores", "cpu": "Toy 3", "compiler": "gcc 12.2.0"},
        "peak": {"threads=1": peak, "threads=2": peak},
        "ladders": {
            "toy": {
                "unit": "GFLOP/s", "roof": "peak", "headline": "n=64",
                "rungs": {"naive": {"idea": "a | b"}, "fast": {"idea": "tiles"}, "lib": {"idea": "a library"}},
                "problems": {
                    "n=64": {"flops": 1, "bytes": 1, "threads=1": rows, "threads=2": double},
                    "layer=8-4,pass=input": {"flops": 1, "bytes": 1, "threads=1": fallen},
                },
            },
            "toy_gradient": {
                "unit": "GB/s", "roof": "copy", "headline": "n=8", "rungs": {"naive": {"idea": "one loop"}},
                "problems": {"n=8": {"threads=1": {"naive": {"rate": 5.0, "of_peak": 0.25, "spread": 0.1}}}},
            },
        },
    }


class LadderTest(FixtureTest):
    def setUp(self):
        super().setUp()
        self.save(results())

    def save(self, found):
        self.write("benchmarks/results/laptop-2cores/toy.json", json.dumps(found))

    def weave(self, arguments, page="kernels/toy/README.md"):
        self.write(page, f"# Toy\n\n<!-- weave ladder {arguments} -->\n<!-- /weave -->\n")
        errors = weave.weave_all(self.root, check=False)[1]
        lines = (self.root / page).read_text(encoding="utf-8").split("\n")
        return errors, lines[3:-2]

    def test_every_number_of_threads(self):
        errors, lines = self.weave("toy")
        self.assertEqual(errors, [])
        self.assertEqual(lines, [
            "",
            "| Rung | Idea | GFLOP/s, 1 thread | of peak | of best library "
            "| GFLOP/s, 2 threads | of peak | of best library |",
            "|---|---|--:|--:|--:|--:|--:|--:|",
            r"| **naive** | a \| b | 2.00 | 2 % | 2 % | 4.00 | 2 % | 2 % |",
            "| **fast** | tiles | 91.3 | 90 % | 96 % | 183 | 90 % | 96 % |",
            "| **lib** | a library | 95.0 | 94 % | 100 % | 190 | 94 % | 100 % |",
            "",
            "<sub>toy n=64 on Toy 3, gcc 12.2.0; peak in the same run: 101 GFLOP/s with threads=1, "
            "101 GFLOP/s with threads=2; medians; 2026-11-22, commit abc1234</sub>",
            "",
        ])

    def test_one_number_of_threads(self):
        errors, lines = self.weave("toy n=64 threads=1")
        self.assertEqual(errors, [])
        self.assertEqual(lines[1:6], [
            "| Rung | Idea | GFLOP/s | of peak | × naive | of best library |",
            "|---|---|--:|--:|--:|--:|",
            r"| **naive** | a \| b | 2.00 ± 1 % | 2 % | 1.00 | 2 % |",
            "| **fast** | tiles | 91.3 ± 30 % | 90 % | 45.6 | 96 % |",
            "| **lib** | a library | 95.0 | 94 % | 47.5 | 100 % |",
        ])

    def test_what_was_refused_or_too_slow(self):
        errors, lines = self.weave("toy layer=8-4 pass=input threads=1")
        self.assertEqual(errors, [])
        self.assertEqual(lines[3:5], [r"| **naive** | a \| b | – | – | – | – |",
                                      "| **lib** | a library | 95.0 | 94 % | 47.5 | 100 % |"])

    def test_second_ladder_of_a_folder_and_from_another_page(self):
        wanted = ["| Rung | Idea | GB/s, 1 thread | of copy |", "|---|---|--:|--:|",
                  "| **naive** | one loop | 5.00 | 25 % |"]
        for arguments, page in (("toy_gradient", "kernels/toy/README.md"),
                                ("toy/toy_gradient", "chapters/01_line/page.md")):
            errors, lines = self.weave(arguments, page)
            self.assertEqual((errors, lines[1:4]), ([], wanted))
            self.assertIn("copy in the same run: 20.5 GB/s with threads=1;", lines[5])

    def test_a_changed_digit_is_noticed(self):
        self.weave("toy")
        found = results()
        found["ladders"]["toy"]["problems"]["n=64"]["threads=2"]["fast"]["rate"] = 184
        self.save(found)
        stale, errors = weave.weave_all(self.root, check=True)
        self.assertEqual(errors, [])
        self.assert_error(stale, "kernels/toy/README.md:8:", "stale block")

    def test_values(self):
        self.write("chapters/01_line/page.md", "# P\n\nIt has <!-- v toy:ladders.toy.problems.n=64.threads=1."
                                               "fast.of_library .0% -->?<!-- /v --> of it.\n")
        self.write("kernels/toy/README.md", "# Toy\n")
        self.assertEqual(weave.weave_all(self.root, check=False)[1], [])
        self.assertIn("-->96 %<!-- /v --> of it.", (self.root / "chapters/01_line/page.md").read_text("utf-8"))

    def test_mistakes(self):
        for arguments, words in (
            ("", "write 'weave ladder OP'"),
            ("toy threads=1 threads=2", "write 'weave ladder OP'"),
            ("toy n=65", "toy was not measured on n=65; there is: n=64, layer=8-4,pass=input"),
            ("toy threads=3", "was not measured with threads=3; there is: threads=1, threads=2"),
            ("other", "laptop-2cores/other.json has no ladder other: './course bench other --save'"),
            ("toy/other", "laptop-2cores/toy.json has no ladder other: './course bench toy --save'"),
        ):
            with self.subTest(arguments):
                self.assert_error(self.weave(arguments)[0], "kernels/toy/README.md:3:", words)


if __name__ == "__main__":
    unittest.main()
