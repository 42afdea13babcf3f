"""Comparing two saved results: what changed, and what is noise."""

import copy
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def results():
    shares = (("naive", 0.01, 0.01), ("fast", 0.8, 0.02), ("noisy", 0.5, 0.3), ("once", 0.5, None))
    rows = {name: {"rate": 1.0, "of_peak": share, "spread": spread} for name, share, spread in shares}
    rows["slow"] = {"not_timed": "not timed: a call would take about 9 s"}
    return {"machine": {"name": "laptop"}, "commit": "aaa",
            "ladders": {"toy": {"problems": {"n=8": {"flops": 1, "bytes": 1, "threads=1": rows}}}}}


class CompareTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.before, self.after = results(), copy.deepcopy(results())
        self.after["commit"] = "bbb"
        self.rows = self.after["ladders"]["toy"]["problems"]["n=8"]["threads=1"]

    def compare(self):
        for name in ("before", "after"):
            (self.folder / f"{name}.json").write_text(json.dumps(getattr(self, name)))
        return self.run_script(self.folder / "before.json", self.folder / "after.json")

    def run_script(self, *paths):
        command = [sys.executable, ROOT / "benchmarks/compare.py", *paths]
        done = subprocess.run(command, capture_output=True, text=True)
        return done.stdout.splitlines() if done.returncode == 0 else [done.stderr.strip()]

    def test_nothing_changed(self):
        self.assertEqual(self.compare(), ["0 of 4 changed from aaa to bbb"])

    def test_changes_beyond_the_noise(self):
        self.rows["naive"]["of_peak"] *= 1.04  # below the smallest change that counts
        self.rows["fast"]["of_peak"] *= 0.9
        self.rows["noisy"]["of_peak"] *= 1.4  # below twice the spread
        self.rows["once"]["of_peak"] *= 2
        self.assertEqual(self.compare(), [
            "slower   0.90 x  (noise   6%)  toy n=8 threads=1 fast",
            "faster   2.00 x  (noise  28%)  toy n=8 threads=1 once",
            "2 of 4 changed from aaa to bbb",
        ])

    def test_other_rows_and_machines(self):
        del self.rows["fast"]
        self.after["machine"]["name"] = "desktop"
        self.assertEqual(self.compare(), [
            "Two machines: laptop and desktop", "0 of 3 changed from aaa to bbb",
            "1 are in one of the two only, such as toy n=8 threads=1 fast",
        ])

    def test_wrong_files(self):
        self.compare()
        before, wrong = self.folder / "before.json", self.folder / "wrong.json"
        self.assertEqual(self.run_script(before, wrong), [f"compare: {wrong}: No such file or directory"])
        for text in ("oops", "[]", "{}", '{"ladders": {"toy": 3}}'):
            wrong.write_text(text)
            self.assertEqual(self.run_script(before, wrong),
                             [f"compare: {wrong} is no saved result of a benchmark"])


if __name__ == "__main__":
    unittest.main()
