"""include_rules.py accepts a right tree, and finds each kind of wrong include where it is planted."""

import tempfile
import unittest
from pathlib import Path

from include_rules import read_includes, violations

ROOT = Path(__file__).resolve().parents[1]

# A small project that keeps every rule: one file a room, with all that it may include.
RIGHT = {
    "common/base/error.hpp": "#include <string>",
    "common/cuda/cuda.hpp": '#include "common/base/error.hpp"\n#include <cuda_runtime.h>\n#include <mma.h>',
    "common/tensor/tensor.hpp": '#include "common/base/error.hpp"\n#include "common/cuda/cuda.hpp"',
    "common/tensor/xtensor.hpp": '#include <xtensor/xadapt.hpp>\n#include "common/tensor/tensor.hpp"',
    "common/ladder/ladder.hpp": '#include "common/tensor/tensor.hpp"',
    "common/data/data.hpp": '#include "common/base/error.hpp"\n#include "common/tensor/tensor.hpp"',
    "common/report/report.hpp": '#include "common/base/error.hpp"',
    "common/nn/nn.hpp": '#include "common/data/data.hpp"\n#include "common/report/report.hpp"\n'
                        '#include "kernels/matmul/matmul.hpp"',
    "common/app/app.cpp": '#include "common/nn/nn.hpp"\n#include "kernels/ladders.hpp"',
    "kernels/ladders.hpp": '#include "kernels/matmul/matmul.hpp"',
    "kernels/activation/activation.hpp": '#include "common/ladder/ladder.hpp"',
    "kernels/matmul/matmul.hpp": '#include "kernels/activation/activation.hpp"',
    "kernels/matmul/openblas.cpp": '#include <cblas.h>\n#include "kernels/matmul/matmul.hpp"',
    "kernels/matmul/xtensor.cpp": '#include <xtensor-blas/xlinalg.hpp>\n#include "common/tensor/xtensor.hpp"',
    "kernels/matmul/naive.cu": '#include "common/cuda/cuda.hpp"',
    "chapters/01_one/main.cpp": '#include "chapters/01_one/model.hpp"\n#include "common/nn/nn.hpp"',
    "chapters/01_one/model.hpp": '// #include "no/such/file.hpp"',
    "chapters/02_two/main.cpp": "",
    "tests/support/close.hpp": "",
    "tests/kernels/matmul_test.cpp": '#include "tests/support/close.hpp"\n#include "chapters/01_one/model.hpp"',
    "benchmarks/matmul_bench.cpp": '#include "tests/support/close.hpp"\n#include "common/app/app.cpp"',
}


class IncludeRulesTest(unittest.TestCase):
    def errors_with(self, changes):
        """What is found in the right tree with some files replaced or added."""
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {**RIGHT, **changes}.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return violations(Path(folder))

    def assert_found(self, name, text, *words):
        """A file of that text is the one thing wrong."""
        errors = self.errors_with({name: text})
        self.assertEqual(len(errors), 1, errors)
        for word in (name, *words):
            self.assertIn(word, errors[0])

    def test_a_right_tree_is_accepted(self):
        self.assertEqual(self.errors_with({}), [])

    def test_the_project_is_read(self):
        # The rules hold vacuously where nothing is read.
        includes = read_includes(ROOT)
        self.assertGreater(len(includes), 50)
        self.assertTrue(any(entry.quoted for entry in includes["common/nn/trainer.cpp"]))

    def test_lower_rooms_do_not_include_higher_ones(self):
        for name, used in (
            ("common/base/error.hpp", "common/tensor/tensor.hpp"),
            ("common/base/new.cpp", "common/report/report.hpp"),
            ("common/cuda/new.hpp", "common/tensor/tensor.hpp"),
            ("common/tensor/new.hpp", "common/ladder/ladder.hpp"),
            ("common/ladder/new.cpp", "kernels/matmul/matmul.hpp"),
            ("kernels/activation/new.cpp", "common/nn/nn.hpp"),
            ("kernels/activation/new.cpp", "common/data/data.hpp"),
            ("common/data/new.cpp", "common/report/report.hpp"),
            ("common/data/new.cpp", "common/ladder/ladder.hpp"),
            ("common/report/new.cpp", "common/tensor/tensor.hpp"),
            ("common/nn/new.cpp", "common/app/app.cpp"),
            ("common/app/new.cpp", "chapters/01_one/model.hpp"),
            ("kernels/matmul/new.cpp", "chapters/01_one/model.hpp"),
            ("kernels/matmul/new.cpp", "tests/support/close.hpp"),
            ("common/nn/new.cpp", "benchmarks/matmul_bench.cpp"),
        ):
            with self.subTest(name=name, used=used):
                self.assert_found(name, f'#include "{used}"', f":1: includes {used}, but ")

    def test_chapters_do_not_include_each_other(self):
        self.assert_found("chapters/02_two/main.cpp", '\n#include "chapters/01_one/model.hpp"',
                          ":2: ", "chapters do not include each other")

    def test_a_room_without_a_place_is_named(self):
        self.assert_found("common/zoo/new.cpp", '#include "common/base/error.hpp"', "common/zoo is no room")

    def test_kernels_do_not_include_in_a_circle(self):
        errors = self.errors_with({
            "kernels/activation/other.hpp": '#include "kernels/bias/bias.hpp"',
            "kernels/bias/bias.hpp": '#include "kernels/matmul/matmul.hpp"',
        })
        self.assertEqual(len(errors), 1, errors)
        self.assertIn("in a circle: activation -> bias -> matmul -> activation", errors[0])

    def test_xtensor_stays_in_cpp_files(self):
        for name, text in (
            ("kernels/matmul/new.hpp", "#include <xtensor/xtensor.hpp>"),
            ("common/nn/new.hpp", "  #  include <xtensor-blas/xlinalg.hpp>"),
            ("chapters/01_one/new.hpp", '#include "common/tensor/xtensor.hpp"'),
            ("kernels/matmul/new.cu", '#include "common/tensor/xtensor.hpp"'),
            ("tests/support/new.hpp", "#include <xtensor/xview.hpp>"),
        ):
            with self.subTest(name=name):
                self.assert_found(name, text, "xtensor belongs in .cpp files")

    def test_cblas_and_xtensor_blas_do_not_meet(self):
        self.assert_found("kernels/matmul/new.cpp", "#include <cblas.h>\n#include <xtensor-blas/xlinalg.hpp>",
                          "both cblas.h and xtensor-blas")

        # Nor through headers.
        errors = self.errors_with({
            "tests/support/blas.hpp": "#include <cblas.h>",
            "tests/support/more.hpp": '#include "tests/support/blas.hpp"',
            "tests/new_test.cpp": '#include "tests/support/more.hpp"\n#include <xtensor-blas/xblas.hpp>',
        })
        self.assertEqual(len(errors), 1, errors)
        self.assertIn("tests/new_test.cpp", errors[0])

    def test_nvidia_headers_stay_in_common_cuda(self):
        for header in ("cuda.h", "cuda_runtime.h", "cuda_fp16.h", "cuda/std/atomic", "cublas_v2.h", "cublasLt.h", "cudnn.h",
                       "mma.h", "cooperative_groups.h", "thrust/sort.h", "cub/cub.cuh", "curand_kernel.h"):
            with self.subTest(header=header):
                self.assert_found("kernels/matmul/new.cu", f"#include <{header}>", "NVIDIA's headers")
        self.assertEqual(self.errors_with({"kernels/matmul/new.cu": "#include <cubic.h>\n#include <crt.h>"}), [])

    def test_includes_are_written_from_the_root(self):
        for used in ("matmul.hpp", "../activation/activation.hpp", "kernels/matmul/no_such.hpp", "./matmul.hpp"):
            with self.subTest(used=used):
                self.assert_found("kernels/matmul/new.cpp", f'#include "{used}"', f"there is no {used}")


if __name__ == "__main__":
    unittest.main()
