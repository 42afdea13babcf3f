"""./course list, run, test, check, bench, docs and help in a little project."""

import os
import signal
import subprocess
import time
import unittest

from support import FAILED_CHECK, CourseTest, ProjectTest, write


class CommandLineTest(CourseTest):
    """What needs no project: names, help, mistakes."""

    def test_help(self):
        for words in ((), ("help",), ("--help",), ("-h",)):
            status, out, err = self.call(*words)
            self.assertEqual((status, err), (0, ""))
            for verb in ("list", "run", "test", "bench", "check", "docs", "data", "help"):
                self.assertIn(f"./course {verb}", out)
        for words in (("help", "check"), ("check", "--help"), ("check", "-h", "--yes")):
            status, out, _ = self.call(*words)
            self.assertEqual(status, 0)
            self.assertIn("--solutions", out)
            self.assertNotIn("./course run", out)

    def test_mistakes_are_answered_in_two_lines(self):
        for words, answer in (
            (("runn",), "Did you mean run?"),
            (("--nonsense",), "no option '--nonsense'"),
            (("help", "nonsense"), "no verb 'nonsense'"),
            (("list", "--all"), "--all"),
            (("check",), "Usage: ./course check CHAPTER"),
            (("test", "a", "b"), "Usage: ./course test"),
            (("docs", "--opne"), "--opne"),
            (("run", "--preset"), "--preset"),
        ):
            with self.subTest(words):
                status, out, err = self.call(*words)
                self.assertEqual((status, out), (2, ""))
                self.assertIn(answer, err)
                self.assertLessEqual(len(err.splitlines()), 2)

    def test_chapter_names(self):
        for name in ("01_intro", "07_mlp", "10_cnn", "70_end"):
            write(self.folder / "chapters" / name / "main.cpp", "")
        write(self.folder / "chapters" / "11_notes" / "README.md", "a chapter without a program")
        self.patch(self.course, "ROOT", self.folder)
        for word in ("7", "07", "mlp", "07_mlp", "chapters/07_mlp", "chapters/07_mlp/", "./chapters/07_mlp"):
            self.assertEqual(self.course.find_chapter(word).name, "07_mlp", word)
        self.assertEqual(self.course.find_chapter("70").name, "70_end")
        for word in ("", "0", "2", "11", "ml", "notes", "chapters", "_"):
            self.assertIsNone(self.course.find_chapter(word), word)
        with self.assertRaises(self.course.Stop) as stop:
            self.course.need_chapter("07_mpl")
        self.assertIn("Did you mean 07_mlp?", str(stop.exception))
        self.assertIn("01_intro, 07_mlp, 10_cnn, 70_end", str(stop.exception))


class VerbsTest(ProjectTest):
    def test_list(self):
        self.exercise("relu", "#!/bin/sh\n")
        status, out, _ = self.run_course("list")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"07_mlp +Chapter 7: Layers +1")
        self.assertRegex(out, r"01_one +Chapter 1: One *\n")
        self.assertRegex(out, r"toy +Toy: nothing, fast +kernels/toy")

    # --- run

    def test_run_passes_options_on_and_takes_its_own(self):
        status, out, _ = self.run_course(
            "run", "--yes", "mlp", "--full", "--seed", "-3", "--preset=default", "--help")
        self.assertEqual(status, 0)
        self.assertIn("this is 07_mlp", out)
        arguments = self.root / "build/default/chapters/07_mlp/07_mlp.arguments"
        self.assertEqual(arguments.read_text(), "--full --seed -3 --help\n")
        other = self.root / "build/default/chapters/01_one/01_one"
        self.assertFalse(other.exists(), "built more than it needs")

    def test_run_runs_where_the_reader_is(self):
        write(self.root / "chapters/07_mlp/main.cpp", "#!/bin/sh\npwd\n")
        out = subprocess.run([self.root / "course", "run", "7"], cwd=self.folder, env=self.path(),
                             stdout=subprocess.PIPE, text=True).stdout
        self.assertEqual(out.splitlines()[-1], str(self.folder))

    def test_run_returns_the_programs_exit_status(self):
        write(self.root / "chapters/07_mlp/main.cpp", "#!/bin/sh\nexit 7\n")
        self.assertEqual(self.run_course("run", "07")[0], 7)

    def test_run_unknown_chapter(self):
        status, out, err = self.run_course("run", "99")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("There is: 01_one, 07_mlp.", err)

    def test_run_what_does_not_compile(self):
        write(self.root / "chapters/07_mlp/main.cpp", "WRONG")
        status, out, err = self.run_course("run", "07")
        self.assertEqual(status, 1)
        self.assertIn("07_mlp/main.cpp:3:14: error: expected ';'", out)
        self.assertNotIn("compile.sh", out, "the compiler's command hides its message")
        self.assertIn("07_mlp did not build", err)

    def test_run_all(self):
        status, out, err = self.run_course("run", "--seed", "3")
        self.assertEqual((status, err), (0, ""))
        self.assertLess(out.index("Chapter 1: One"), out.index("Chapter 7: Layers"))
        table = out[out.rindex("chapter "):]
        self.assertRegex(table, r"01_one +d1 test accuracy: 94.0 % +\d+\.\d s\n")
        self.assertRegex(table, r"07_mlp +d1 test accuracy: 94.0 %")
        self.assertNotIn("loss", table)
        arguments = (self.root / "build/default/chapters/01_one/01_one.arguments").read_text()
        self.assertTrue(arguments.startswith("--seed 3 --save "))

    def test_run_all_shows_failures_and_goes_on(self):
        write(self.root / "chapters/01_one/main.cpp", "#!/bin/sh\nexit 3\n")
        write(self.root / "chapters/02_two/main.cpp", "WRONG")
        write(self.root / "chapters/03_three/main.cpp", "#!/bin/sh\nkill -SEGV $$\n")
        write(self.root / "chapters/04_four/main.cpp", "#!/bin/sh\n")
        status, out, _ = self.run_course("run")
        self.assertEqual(status, 1)
        self.assertRegex(out, r"01_one +failed with exit status 3 ")
        self.assertRegex(out, r"02_two +did not build ")
        self.assertRegex(out, r"03_three +failed with exit status 139 ")
        self.assertRegex(out, r"04_four +ran, but saved no results ")
        self.assertRegex(out, r"07_mlp +d1 test accuracy: 94.0 % ")

    def test_run_all_does_not_show_old_results(self):
        self.run_course("run")
        write(self.root / "chapters/01_one/main.cpp", "#!/bin/sh\n")
        self.assertRegex(self.run_course("run")[1], r"01_one +ran, but saved no results ")

    def test_ctrl_c_waits_for_the_program(self):
        ready, saved = self.folder / "ready", self.folder / "saved"
        write(self.root / "chapters/01_one/main.cpp",
              f"#!/bin/sh\ntrap 'sleep 1; echo checkpoint > {saved}; exit 0' INT\n"
              f"touch {ready}\nwhile :; do sleep 0.1; done\n")
        process = self.start("run", start_new_session=True)
        for _ in range(300):
            if ready.exists():
                break
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
        self.assertTrue(saved.exists(), "the program was not given the time to save")
        self.assertEqual(process.returncode, 130)
        self.assertRegex(out, r"01_one +stopped by Ctrl-C")
        self.assertNotIn("this is 07_mlp", out)
        self.assertNotIn("Traceback", err)

    # --- test

    def test_test_all(self):
        status, out, err = self.run_course("test")
        self.assertEqual((status, err), (0, ""))
        self.assertIn("100% tests passed, 0 tests failed out of 4", out)
        self.assertRegex(out.splitlines()[-1], r"^Total Test time \(real\) = .* sec$")
        self.assertTrue((self.root / "build/default/tests/toy_test").exists())

    def test_test_fails(self):
        write(self.root / "tests/toy_test.cpp", "#!/bin/sh\necho the reason\nexit 1\n")
        status, out, err = self.run_course("test")
        self.assertEqual(status, 8)
        self.assertIn("the reason", out)
        self.assertRegex((out + err).rstrip(), r"(toy\.works \(Failed\)|Errors while running CTest.*)$")

    def test_test_by_name(self):
        for name, tests, built in (
            ("toy", ["toy.works"], ["toy_test"]),
            ("kernels/toy", ["toy.works"], ["toy_test"]),
            ("07", ["chapter.07_mlp.expected"], ["07_mlp", "check_07_mlp_relu"]),
            ("mlp", ["chapter.07_mlp.expected"], ["07_mlp", "solution_07_mlp_relu"]),
            ("docs", ["docs.links"], []),
        ):
            with self.subTest(name):
                self.exercise("relu", "#!/bin/sh\n")
                subprocess.run(["rm", "-rf", self.root / "build"])
                status, out, err = self.run_course("test", name)
                self.assertEqual((status, err), (0, ""))
                for test in tests:
                    self.assertIn(test, out)
                self.assertIn(f"out of {len(tests)}", out)
                files = (self.root / "build").rglob("*")
                programs = {file.name for file in files if os.access(file, os.X_OK)}
                self.assertLessEqual(set(built), programs)
                self.assertEqual("toy_test" in programs, "toy" in name)

    def test_test_sees_a_new_test(self):
        self.run_course("test", "toy")
        write(self.root / "tests/new_test.cpp", "#!/bin/sh\n")
        status, out, _ = self.run_course("test", "new")
        self.assertEqual(status, 0)
        self.assertIn("new.works", out)

    def test_test_unknown_name(self):
        status, _, err = self.run_course("test", "tpy")
        self.assertEqual(status, 2)
        self.assertIn("Did you mean toy?", err)
        self.assertIn("docs, toy, 01_one, 07_mlp", err)

    def test_tests_wait_passively(self):
        write(self.root / "tests/toy_test.cpp", '#!/bin/sh\necho "policy: $OMP_WAIT_POLICY"\nexit 1\n')
        self.environment(OMP_WAIT_POLICY=None)
        self.assertIn("policy: passive", self.run_course("test", "toy")[1])

    # --- check

    def test_check(self):
        self.exercise("relu", FAILED_CHECK)
        self.exercise("softmax", "WRONG")
        self.exercise("linear", "#!/bin/sh\necho score: 64 sectors, possible 64\necho Status: SUCCESS\n")
        self.exercise("crash", "#!/bin/sh\necho about to crash\nkill -SEGV $$\n")
        status, out, _ = self.run_course("check", "07")
        self.assertEqual(status, 1)
        self.assertEqual(out[out.index("not yet  crash"):].splitlines(), [
            "not yet  crash",
            "         ended with exit status -11",
            "         about to crash",
            "passed   linear",
            "         score: 64 sectors, possible 64",
            "not yet  relu",
            "         here/relu_check.cpp:12: ERROR: CHECK( y == 0 ) is NOT correct!",
            "         values: CHECK( -1 == 0 )",
            "not yet  softmax",
            "         does not build: chapters/07_mlp/exercises/softmax.cpp:3:14: "
            "error: expected ';' before '}' token",
            "",
            "1 of 4 passed.",
        ])

    def test_check_solutions_and_one_exercise(self):
        self.exercise("relu", FAILED_CHECK)
        self.exercise("softmax", "WRONG")
        status, out, _ = self.run_course("check", "mlp", "--solutions")
        self.assertEqual(status, 0)
        self.assertIn("2 of 2 passed.", out)
        self.exercise("relu", "#!/bin/sh\n")
        status, out, _ = self.run_course("check", "07", "relu")
        self.assertEqual(status, 0)
        self.assertNotIn("softmax", out)

    def test_check_a_stale_program_does_not_count(self):
        self.exercise("relu", "#!/bin/sh\n")
        self.assertEqual(self.run_course("check", "07")[0], 0)
        self.exercise("relu", "WRONG")
        status, out, _ = self.run_course("check", "07")
        self.assertEqual(status, 1)
        self.assertIn("does not build", out)

    def test_check_endless_loop(self):
        program = write(self.folder / "endless", "#!/bin/sh\nexec sleep 60\n", 0o755)
        self.assertEqual(self.course.check_error(program, 1), (["ran for more than 1 seconds"], []))

    def test_check_mistakes(self):
        self.exercise("relu", FAILED_CHECK)
        for words, expected, answer in (
            (("check", "99"), 2, "07_mlp"),
            (("check", "07", "rleu"), 2, "Did you mean relu?"),
            (("check", "01"), 1, "no exercises"),
        ):
            status, _, err = self.run_course(*words)
            self.assertEqual(status, expected)
            self.assertIn(answer, err)

    # --- bench, docs

    def test_bench(self):
        results = '{"machine": {"name": "some-cpu-2cores"}, "ladders": {}}'
        write(self.root / "benchmarks/toy_bench.cpp",
              "#!/bin/sh\necho \"$@\" > $0.arguments\nshift $(($# - 1))\n"
              f"echo '{results}' > $1\necho the ladder\n")
        write(self.root / "benchmarks/draw.cpp", "#!/bin/sh\nmkdir -p $1\nfor name in toy_ladder toy_threads_1\n"
              "do echo \"$2\" > $1/$name.svg; echo $name; done\n")
        write(self.root / "benchmarks/report.py", "import pathlib, sys\npathlib.Path(sys.argv[2]).write_text('page')\n")
        status, out, _ = self.run_course("bench", "toy", "--threads", "2", "--filter=naive")
        self.assertEqual(status, 0)
        build = self.root / "build/default/benchmarks"
        self.assertIn("the ladder\ncourse: all that was measured here, on one page", out)
        self.assertEqual((build / "report.html").read_text(), "page")
        self.assertEqual((build / "toy_bench.arguments").read_text(),
                         f"--threads 2 --filter=naive --figures {build}/figures --save {build}/toy.json\n")
        self.assertFalse((self.root / "benchmarks/results").exists())

        self.assertEqual(self.run_course("bench", "--save", "--quick")[0], 0)
        saved = self.root / "benchmarks/results/some-cpu-2cores/toy.json"
        self.assertEqual(saved.read_text(), results + "\n")
        figures = saved.parent / "figures"
        self.assertEqual([figure.name for figure in figures.iterdir()], ["toy_ladder.svg"])
        self.assertEqual((figures / "toy_ladder.svg").read_text(), f"{saved}\n")
        self.assertEqual((build / "toy_bench.arguments").read_text(),
                         f"--quick --figures {build}/figures --save {build}/toy.json\n")
        write(self.root / "benchmarks/compare.py", "import sys\nprint('compare', *sys.argv[1:])\n")
        self.assertEqual(self.run_course("bench", "--compare", "a.json", "b.json")[1], "compare a.json b.json\n")

        write(self.root / "benchmarks/toy_bench.cpp", "#!/bin/sh\nexit 1\n")
        self.assertEqual(self.run_course("bench", "toy")[0], 1)
        status, _, err = self.run_course("bench", "nonsense")
        self.assertEqual(status, 2)
        self.assertIn("There is: toy.", err)

    def test_docs(self):
        status, out, _ = self.run_course("docs")
        self.assertEqual(status, 0)
        self.assertIn(str(self.root / "build/default/docs/html/index.html"), out)

    def test_output_cut_off(self):
        done = subprocess.run("./course help | true; ./course help | head -1", shell=True, cwd=self.root,
                              env=self.path(), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.stderr, "")


if __name__ == "__main__":
    unittest.main()
