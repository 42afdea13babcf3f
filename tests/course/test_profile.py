"""The data behind `./course profile`: what nvcc said of the kernels, saved profiles, and their pages."""

import json
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "benchmarks/profile"), str(ROOT / "docs")]
import compare_hardware  # noqa: E402
import page  # noqa: E402
import resources  # noqa: E402
import weave  # noqa: E402

REPORT = """ptxas info    : Compiling entry function '_ZN3kbk3gpu5tiledILi16EEEvPKfPf' for 'sm_80'
ptxas info    : Function properties for _ZN3kbk3gpu5tiledILi16EEEvPKfPf
    0 bytes stack frame, 12 bytes spill stores, 8 bytes spill loads
ptxas info    : Used 40 registers, used 1 barriers, 2048 bytes smem, 368 bytes cmem[0]
ptxas info    : Compiling entry function '_ZN3kbk3gpu5tiledILi16EEEvPKfPf' for 'sm_90a'
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 42 registers, used 0 barriers, 352 bytes cmem[0]
"""


class Resources(unittest.TestCase):
    def test_the_committed_data_fits_the_sources(self):
        self.assertEqual(resources.stale(resources.load()), [], "run benchmarks/profile/resources.py where nvcc is")

    def test_every_kernel_of_a_saved_profile_has_resources(self):
        for path in sorted((ROOT / page.SAVED).glob("*.json")):
            for rung in json.loads(path.read_text())["rungs"]:
                for kernel in rung["kernels"]:
                    with self.subTest(kernel=kernel["kernel"], rung=rung["rung"]):
                        self.assertIn("sm_80", kernel["resources"])
                        self.assertIn("sm_90", kernel["resources"])

    def test_the_compilers_report_is_read(self):
        self.assertEqual(resources.parse(REPORT), {"tiled<16>": {
            "sm_80": {"registers": 40, "spill_bytes": 20, "shared_bytes": 2048},
            "sm_90": {"registers": 42, "spill_bytes": 0, "shared_bytes": 0}}})

    def test_names_of_both_compilers_meet(self):
        for name in ("void kbk::gpu::(anonymous namespace)::run<kbk::gpu::Update<kbk::Rule<float>, 2> >(float*)",
                     "kbk::gpu::run<Update<kbk::Rule<float>, 2> >", "kbk::gpu::{anonymous}::run<Update<Rule<float>,2>>"):
            self.assertEqual(resources.plain_name(name), "run<Update<Rule<float>,2>>")

    def test_comments_and_spaces_do_not_count(self):
        def sum_of(text):
            path = Path(self.folder.name, "kernels/a/b.cu")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            return resources.checksum(Path(self.folder.name), "kernels/a/b.cu")

        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        first = sum_of("__global__ void k() { x = 1; }\n")
        self.assertEqual(first, sum_of("// what it is\n__global__ void k()\n{\n    x = 1; }"))
        self.assertNotEqual(first, sum_of("__global__ void k() { x = 2; }\n"))


class Pages(unittest.TestCase):
    def counts(self, **values):
        keys = ("requests", "lanes", "bytes", "sectors", "fewest_sectors", "wavefronts", "ideal_wavefronts", "worst")
        return {**dict.fromkeys(keys, 0), **values}

    def rung(self):
        line = {"file": "kernels/a/b.cu", "line": 2, "array": "x<y", "room": "global", "kind": "load", "size": 4,
                **self.counts(requests=2, lanes=64, bytes=256, sectors=64, fewest_sectors=8, worst=32)}
        resource = {"registers": 30, "spill_bytes": 0, "shared_bytes": 0, "blocks": 8, "warps": 64, "occupancy": 1.0,
                    "limiter": "warps"}
        kernel = {"kernel": "k<16>", "grid": [2, 1, 1], "block": [32, 1, 1], "launches": 1, "blocks": 2, "watched_blocks": 2,
                  "static_shared": 0, "dynamic_shared": 0, "barriers": 0, "warp_meetings": 0, "bytes_read": 128,
                  "bytes_written": 0, "resources": {"sm_80": resource}, "lines": [line]}
        return {"rung": "b", "idea": "an idea", "problem": "n=64", "precision": "float32", "flops": 64.0, "bytes": 512.0,
                "memory_bytes": 128.0, "sectors": 64, "wavefronts": 0, "kernels": [kernel],
                "bounds": {"sm_80": {"gpu": "A100", "seconds": 2.5e-6, "limiter": "memory"}}}

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)
        source = self.root / "kernels/a/b.cu"
        source.parent.mkdir(parents=True)
        source.write_text("// first\nsum += a < b ? x[i * n] : 0;\n")

    def test_a_page_shows_source_counts_and_occupancy(self):
        text = page.page("a", self.rung(), self.root)
        for wanted in ("sum += a &lt; b ? x[i * n] : 0;", "32.00 sectors", "12.5 %", "k&lt;16&gt;", "x&lt;y", "2.5 µs",
                       "limited by", "prefers-color-scheme: dark", "nothing here was measured on hardware"):
            self.assertIn(wanted, text)
        self.assertNotIn("http", text)

    def test_saving_keeps_checksums_and_notices_changes(self):
        written = page.save({"a": {"size": 64, "rungs": [self.rung()]}}, self.root)
        self.assertEqual([p.name for p in written], ["a.json", "a_b.html"])
        self.assertEqual(page.stale(self.root), [])
        (self.root / "kernels/a/b.cu").write_text("// another first line\n\n")
        self.assertEqual(len(page.stale(self.root)), 1)
        self.assertIn("./course profile a --save", page.stale(self.root)[0])

    def test_the_book_weaves_what_is_saved(self):
        rung = self.rung()
        rung["kernels"][0].update({"global": self.counts(requests=2, sectors=64, fewest_sectors=8), "shared": self.counts()})
        page.save({"a": {"size": 64, "rungs": [rung]}}, self.root)
        table = weave.weave_profile(self.root, self.root / "kernels/a/README.md", ["a"])
        self.assertIn("| [**b**](../../benchmarks/results/cuda/profile/a_b.html) | 12 % | 32.0 | – | 30 | 0 B | 100 % | – | "
                      "2.50 µs | – |", table)
        with self.assertRaisesRegex(weave.WeaveError, "./course profile other --save"):
            weave.weave_profile(self.root, self.root / "kernels/a/README.md", ["other"])

    def test_what_is_saved_fits_the_sources(self):
        self.assertEqual(page.stale(ROOT), [])


class Hardware(unittest.TestCase):
    SECTORS = "l1tex__t_sectors_pipe_lsu_mem_global_op_ld.sum"
    HEAD = '"ID","Process ID","Kernel Name","Metric Name","Metric Unit","Metric Value"'

    def printed(self, *values):
        return ["== a/cuda/b", "==PROF== Connected", "== a/cuda/c", self.HEAD,
                *(f'"{i}","1","k","{self.SECTORS}","sector","{value}"' for i, value in enumerate(values))]

    @staticmethod
    def saved(rung, launches, sectors):
        line = {"room": "global", "kind": "load", "requests": 0, "sectors": sectors, "wavefronts": 0}
        return {"rung": rung, "kernels": [{"kernel": "k", "launches": launches, "lines": [line]}]}

    def test_launches_are_assigned_to_rungs_by_their_order(self):
        profiles = {"a": {"rungs": [self.saved("b", 2, 1048), self.saved("c", 1, 8)]}}
        rows = compare_hardware.compare(*compare_hardware.read_hardware(self.printed("1,024", "24", "9")), profiles)
        self.assertEqual(rows, [("a/cuda/b", "load sectors", 1048, 1048), ("a/cuda/c", "load sectors", 8, 9)])

    def test_what_does_not_fit_is_refused(self):
        with self.assertRaisesRegex(ValueError, "no output of ncu"):
            compare_hardware.read_hardware(["nothing"])
        profiles = {"a": {"rungs": [self.saved("b", 1, 1), self.saved("c", 1, 1)]}}
        read = compare_hardware.read_hardware(self.printed("1", "1", "1"))
        with self.assertRaisesRegex(ValueError, "make 2 launches, but ncu counted 3"):
            compare_hardware.compare(*read, profiles)
        with self.assertRaisesRegex(ValueError, "a/cuda/c has no saved profile"):
            compare_hardware.compare(*read, {"a": {"rungs": [self.saved("b", 3, 1)]}})


if __name__ == "__main__":
    unittest.main()
