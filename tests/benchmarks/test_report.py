"""The page over all that was measured: the right rung, the right shares, and both ways to write it."""

import importlib.util
import json
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
import report


def results(unit="GFLOP/s"):
    rungs = {"naive": {"idea": "a loop", "library": False}, "fast": {"idea": "a | better loop", "library": False},
             "lib": {"idea": "a library", "library": True}}
    rows = {"naive": {"rate": 2.0, "of_first": 1.0, "of_library": 0.04}, "fast": {"rate": 40.0, "of_first": 20.0, "of_library": 0.8},
            "lib": {"rate": 50.0, "of_first": 25.0, "of_library": 1.0}}
    untimed = {"naive": {"not_timed": "too slow"}, "lib": {"rate": 60.0, "of_library": 1.0}}
    peak = {"multiply_add": {"rate": 100.0, "unit": "GFLOP/s"}, "copy": {"rate": 8.0, "unit": "GB/s"},
            "streaming_copy": {"rate": 10.0, "unit": "GB/s"}}
    return {"title": "Toy", "date": "2026-01-02", "commit": "abc", "peak": {"threads=1": peak},
            "machine": {"name": "laptop", "cpu": "Some processor", "cores": 2, "compiler": "gcc"},
            "ladders": {"toy": {"unit": unit, "roof": "peak", "headline": "n=8", "rungs": rungs, "problems": {
                "n=8": {"flops": 800.0, "bytes": 100.0, "threads=1": rows},
                "n=9": {"flops": 900.0, "bytes": 10.0, "threads=1": untimed}}}}}


def peer():
    entry = {"ours_ms": 2.0, "pytorch_ms": 3.0, "ratio": 1.5, "of_peak": 0.5, "of_copy": 0.0}
    return {"title": "A step", "pytorch": "2.0", "works": {"step": {"gflop": 1.0, "gbyte": 0, "best": {"best": entry}}}}


class ReportTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def blocks(self, *files):
        for i, one in enumerate(files):
            (self.folder / f"{i}.json").write_text(json.dumps(one))
        return report.blocks(self.folder)

    def tables(self, page):
        return [what for kind, what, *_ in page if kind == "table"]

    def test_best_own_rung_against_the_roof(self):
        _, summary, ladder = self.tables(self.blocks(results()))
        # 800 operations and 100 bytes: memory allows 80 GFLOP/s, arithmetic 100.
        self.assertEqual(summary[1], ["toy", "n=8", "fast", "40.0 GFLOP/s", "50 %", "20.0", "80 %"])
        # Where no rung of the book's own was timed there is no row.
        self.assertEqual([row[0] for row in ladder[1:]], ["n=8"])

    def test_bytes_are_counted_where_memory_is_the_unit(self):
        _, summary, _ = self.tables(self.blocks(results("GB/s")))
        self.assertEqual(summary[1][3:5], ["40.0 GB/s", "400 %"])

    def test_peers(self):
        self.assertEqual(self.tables(self.blocks(results(), peer()))[-1][1],
                         ["step", "2 ms", "3 ms", "1.50", "50 %", "–"])

    def test_figures_and_markdown(self):
        (self.folder / "figures").mkdir()
        (self.folder / "figures" / "toy_ladder.svg").write_text("<svg>bars</svg>")
        page = self.blocks(results())
        text = "\n".join(report.as_markdown(page, self.folder))
        self.assertIn("\n### toy\n\n![Speed of each rung of toy on n=8](figures/toy_ladder.svg)\n", text)
        self.assertIn("| toy | n=8 | fast |", text)
        whole = report.as_html(page, "All <of> it")
        self.assertIn("<figure><svg>bars</svg></figure>", whole)
        self.assertIn("<title>All &lt;of&gt; it</title>", whole)
        self.assertIn("The <em>roof</em> is", whole)

    def test_an_empty_folder_has_no_page(self):
        self.assertEqual(self.blocks(), [])
        self.assertEqual(report.main([str(self.folder), str(self.folder / "page.html")]), 1)
        self.assertFalse((self.folder / "page.html").exists())

    def test_the_books_own_results_make_a_page(self):
        book = ROOT / "benchmarks/results" / (ROOT / "benchmarks/results/book.txt").read_text().split()[0]
        page = report.blocks(book)
        ladders = {what for kind, what, *_ in page if kind == "h3"}
        self.assertIn("matmul", ladders)
        self.assertEqual(len({row[0] for row in self.tables(page)[1][1:]} - ladders), 0)


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks/peers" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class PeersTest(unittest.TestCase):
    def setUp(self):
        self.run = load("run")

    def side(self, **works):
        return {"works": {name: {"check": check} for name, check in works.items()}}

    def test_different_work_is_refused(self):
        self.run.check("x", self.side(a=[1, -2]), self.side(a=[1.0001, -2]))
        for theirs, message in ((self.side(a=[1.001, -2]), "number 1 is 1 in ours, 1.001 in PyTorch"),
                                (self.side(a=[float("nan"), -2]), "number 1"),
                                (self.side(a=[1, -2], b=[1]), "only one side does b")):
            with self.assertRaises(SystemExit) as stopped:
                self.run.check("x", self.side(a=[1, -2]), theirs)
            self.assertIn(message, str(stopped.exception))

    def test_the_best_of_each_side_counts(self):
        times = {"w": {("ours", 1, "passive"): [4.0, 6.0, 5.0], ("plain", 1, "passive"): [20.0], ("fused", 1, "passive"): [10.0],
                       ("ours", 2, "active"): [2.0], ("plain", 2, "active"): [8.0], ("fused", 2, "active"): [9.0]}}
        limits = {1: {"peak_gflops": 100, "copy_gbs": 10}, 2: {"peak_gflops": 200, "copy_gbs": 20}}
        found = self.run.summary(times, limits, {"works": {"w": {"gflop": 0.2, "gbyte": 0.01}}})["w"]["best"]
        self.assertEqual(found["threads=1"], {"ours_ms": 5.0, "pytorch_ms": 10.0, "pytorch_variant": "fused", "ratio": 2.0,
                                              "of_peak": 0.4, "of_copy": 0.2})
        self.assertEqual(found["best"]["ratio"], 4.0)
        self.assertEqual(found["best"]["pytorch_variant"], "plain")
        self.assertEqual(found["best"]["of_peak"], 0.5)

    def test_each_comparison_has_both_sides(self):
        listed = (ROOT / "benchmarks/peers/CMakeLists.txt").read_text()
        self.assertIn("d1_step", self.run.peers())
        for name in self.run.peers():
            self.assertIn(f"kbk_peer({name} ", listed)


if __name__ == "__main__":
    unittest.main()
