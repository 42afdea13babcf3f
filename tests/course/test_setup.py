"""./course on machines that lack something: Python, packages, the right to install them."""

import os
import pty
import shutil
import subprocess
import sys
import unittest
from unittest import mock

from support import SCRIPT, CourseTest, ProjectTest, fake_packages, write


SHELLS = [path for path in ("/bin/sh", "/bin/dash", "/bin/bash") if os.access(path, os.X_OK)]


class PackagesTest(CourseTest):
    """install_packages() with a dpkg-query and an apt-get that answer as told."""

    def setUp(self):
        super().setUp()
        self.bin = fake_packages(self.folder / "bin")
        for tool in ("sh", "env", "dirname", "grep", "rm"):
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.environment(PATH=self.bin)
        self.patch(self.course, "ROOT", self.folder)
        self.patch(self.course, "APT_LISTS", self.folder / "lists")
        write(self.folder / "lists" / "debian_main_Packages.lz4", "")
        self.patch(sys, "stdin", open(os.devnull))
        self.addCleanup(sys.stdin.close)
        self.become(0)

    def become(self, user):
        self.patch(os, "geteuid", lambda: user)

    def missing(self, *packages):
        write(self.bin / "missing", "\n".join(packages) + "\n")

    def install(self, *groups):
        with mock.patch("sys.stdout"):
            return self.course.install_packages(mock.Mock(yes=False), groups or ("build",))

    def apt_calls(self):
        log = self.bin / "apt.log"
        return log.read_text().splitlines() if log.exists() else []

    def test_nothing_is_missing(self):
        self.assertFalse(self.install("build", "docs"))
        self.assertEqual(self.apt_calls(), [])

    def test_root_installs_exactly_what_is_missing(self):
        self.missing("ninja-build", "libfmt-dev", "graphviz")
        self.assertTrue(self.install())
        calls = self.apt_calls()
        self.assertEqual(len(calls), 1)
        self.assertTrue(calls[0].endswith("install -y --no-install-recommends ninja-build libfmt-dev"), calls)

    def test_groups(self):
        self.missing("graphviz")
        self.assertFalse(self.install("build"))
        self.assertTrue(self.install("build", "docs"))

    def test_without_lists_it_updates_first(self):
        self.patch(self.course, "APT_LISTS", self.folder / "nowhere")
        self.missing("g++")
        self.assertTrue(self.install())
        self.assertEqual([call.split(" ")[3] for call in self.apt_calls()], ["update", "install"])

    def test_old_lists_are_renewed_when_an_installation_fails(self):
        self.missing("g++")
        write(self.bin / "apt.mode", "fail-first\n")
        self.assertTrue(self.install())
        self.assertEqual([call.split(" ")[3] for call in self.apt_calls()], ["install", "update", "install"])

    def test_failure(self):
        self.missing("g++")
        write(self.bin / "apt.mode", "fail\n")
        with mock.patch("sys.stderr") as err, self.assertRaises(self.course.Stop) as stop:
            self.install()
        shown = "".join(str(call.args[0]) for call in err.write.call_args_list)
        self.assertIn("E: Unable to locate package", shown)
        self.assertIn("apt-get install --no-install-recommends g++", str(stop.exception))

    def test_neither_root_nor_sudo(self):
        self.become(1000)
        self.missing("g++", "libfmt-dev")
        with self.assertRaises(self.course.Stop) as stop:
            self.install()
        self.assertEqual(stop.exception.status, 1)
        self.assertIn("missing packages: g++, libfmt-dev.", str(stop.exception))
        self.assertIn("apt-get install --no-install-recommends g++ libfmt-dev", str(stop.exception))
        self.assertEqual(self.apt_calls(), [])

    def test_sudo(self):
        self.become(1000)
        self.missing("g++")
        write(self.bin / "sudo", f'#!/bin/sh\necho "$@" >> {self.bin}/sudo.log\n"$@"\n', 0o755)
        self.assertTrue(self.install())
        self.assertIn("apt-get", (self.bin / "sudo.log").read_text())
        self.assertEqual(len(self.apt_calls()), 1)

    def test_no_debian(self):
        (self.bin / "apt-get").unlink()
        self.missing("g++")
        self.assertFalse(self.install())


class SetUpTest(ProjectTest):
    """Setting up through the verbs, in a project."""

    def missing(self, *packages):
        write(self.bin / "missing", "\n".join(packages) + "\n")

    @unittest.skipIf(os.geteuid() != 0, "only root installs without asking anybody")
    def test_run_installs_configures_builds_and_runs(self):
        self.missing("libfmt-dev")
        status, out, err = self.run_course("run", "07")
        self.assertEqual((status, err), (0, ""))
        self.assertIn("libfmt-dev", (self.bin / "apt.log").read_text())
        self.assertIn("configuring build/default", out)
        self.assertTrue(out.endswith("this is 07_mlp\n"))

        # The second time there is nothing to do but to run.
        status, out, err = self.run_course("run", "07")
        self.assertEqual((status, out, err), (0, "this is 07_mlp\n", ""))

        # A package that is new may be one that CMake looked for in vain.
        self.missing("libdnnl-dev")
        self.assertIn("configuring build/default", self.run_course("run", "07")[1])

    def test_documents_are_needed_by_docs_and_test_only(self):
        self.missing("doxygen")
        self.run_course("run", "07")
        self.run_course("test", "toy")
        self.assertFalse((self.bin / "apt.log").exists())
        if os.geteuid() == 0:
            self.run_course("docs")
            self.assertIn("doxygen", (self.bin / "apt.log").read_text())

    def test_cmake_fails(self):
        write(self.root / "CMakeLists.txt",
              "cmake_minimum_required(VERSION 3.25)\nproject(x LANGUAGES NONE)\n"
              'message(STATUS "chatter")\nmessage(FATAL_ERROR "fmt not found: install libfmt-dev")\n')
        status, out, err = self.run_course("run", "07")
        self.assertEqual(status, 1)
        self.assertIn("fmt not found: install libfmt-dev", err)
        self.assertTrue(err.startswith("CMake Error"), err)

        # Without apt-get it is not for this script to install; it names the packages, and stops only now.
        (self.bin / "apt-get").unlink()
        (self.bin / "dpkg-query").unlink()
        tools = self.folder / "tools"
        tools.mkdir()
        for tool in ("sh", "env", "python3", "cmake", "ninja"):
            (tools / tool).symlink_to(shutil.which(tool) if tool != "python3" else sys.executable)
        self.environment(PATH=tools)
        status, out, err = self.run_course("run", "07")
        self.assertEqual(status, 1)
        self.assertIn("libopenblas-openmp-dev (the matrix product", err)
        self.assertNotIn("doxygen", err)

    def test_moved_project(self):
        self.run_course("run", "07")
        self.root = self.root.rename(self.folder / "moved")
        status, out, err = self.run_course("run", "07")
        self.assertEqual((status, err), (0, ""))
        self.assertIn("this is 07_mlp", out)

    def test_presets(self):
        status, out, _ = self.run_course("run", "--preset", "debug", "07")
        self.assertEqual(status, 0)
        self.assertTrue((self.root / "build/debug/chapters/07_mlp/07_mlp").exists())
        status, _, err = self.run_course("run", "07", "--preset", "nonsense")
        self.assertEqual(status, 2)
        self.assertIn("default, debug", err)

    def test_a_terminal_is_asked(self):
        for answer, expected_calls in ((b"n\n", 0), (b"\n", 1)):
            with self.subTest(answer=answer):
                self.missing("libfmt-dev")
                write(self.bin / "sudo", '#!/bin/sh\ncase $1 in -*) exit ;; esac\nexec "$@"\n', 0o755)
                terminal, end = pty.openpty()
                process = subprocess.Popen(["./course", "run", "07"], cwd=self.root, env=self.path(),
                                           stdin=end, stdout=end, stderr=end)
                os.close(end)
                os.write(terminal, answer)
                shown = b""
                while True:
                    try:
                        block = os.read(terminal, 4096)
                    except OSError:  # Linux's way to say that the other end is closed
                        break
                    if not block:
                        break
                    shown += block
                os.close(terminal)
                self.assertEqual(process.wait(60), 0 if expected_calls else 1)
                self.assertIn(b"Missing packages: libfmt-dev", shown)
                log = self.bin / "apt.log"
                self.assertEqual(len(log.read_text().splitlines()) if log.exists() else 0, expected_calls)

    def test_two_at_once(self):
        """The second waits until the first has built, then finds everything built."""
        write(self.root / "compile.sh", "sleep 1\n" + (self.root / "compile.sh").read_text())
        processes = [self.start("run", "07") for _ in range(2)]
        outs = [process.communicate(timeout=60)[0] for process in processes]
        self.assertEqual([process.returncode for process in processes], [0, 0])
        self.assertEqual(sorted("waiting for another" in out for out in outs), [False, True])
        self.assertEqual(sorted("building 07_mlp" in out for out in outs), [False, True])
        self.assertTrue(all("this is 07_mlp" in out for out in outs))


class ShellHeadTest(CourseTest):
    """The first lines, which are sh, where python3 is missing."""

    def setUp(self):
        super().setUp()
        self.bin = self.folder / "bin"
        self.script = self.folder / "course"
        shutil.copy(SCRIPT, self.script)
        # apt-get install puts a python3 into the folder; before that there is none.
        write(self.bin / "apt-get", f'#!/bin/sh\necho "$@" >> {self.folder}/apt.log\n'
              f'case $1 in install) ln -sf {sys.executable} {self.bin}/python3 ;; esac\n', 0o755)
        write(self.bin / "id", "#!/bin/sh\necho 0\n", 0o755)
        (self.bin / "sh").symlink_to(shutil.which("sh"))
        (self.bin / "ln").symlink_to(shutil.which("ln"))

    def run_head(self, *words, shell="/bin/sh"):
        done = subprocess.run(
            [*shell.split(), str(self.script), *words], env={"PATH": str(self.bin)}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return done.returncode, done.stdout, done.stderr

    def test_python_is_there(self):
        (self.bin / "python3").symlink_to(sys.executable)
        for shell in SHELLS:
            with self.subTest(shell):
                status, out, err = self.run_head("help", shell=shell)
                self.assertEqual((status, err), (0, ""))
                self.assertIn("./course run", out)
        self.assertFalse((self.folder / "apt.log").exists())

    def test_root_installs_python(self):
        for shell in SHELLS:
            with self.subTest(shell):
                status, out, err = self.run_head("help", "--yes", shell=shell)
                self.assertEqual((status, err), (0, ""))
                self.assertTrue(out.startswith("course: installing python3\nKernel by Kernel"))
                self.assertEqual((self.folder / "apt.log").read_text().splitlines(),
                                 ["update", "install -y --no-install-recommends python3"])
                (self.folder / "apt.log").unlink()
                (self.bin / "python3").unlink()

    def test_sudo_installs_python(self):
        write(self.bin / "id", "#!/bin/sh\necho 1000\n", 0o755)
        write(self.bin / "sudo", f'#!/bin/sh\necho "$@" >> {self.folder}/sudo.log\n"$@"\n', 0o755)
        self.assertEqual(self.run_head("help")[0], 0)
        self.assertEqual(len((self.folder / "sudo.log").read_text().splitlines()), 2)

    def test_neither_root_nor_sudo(self):
        write(self.bin / "id", "#!/bin/sh\necho 1000\n", 0o755)
        status, out, err = self.run_head("help")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("As root: apt-get install -y --no-install-recommends python3", err)
        self.assertFalse((self.folder / "apt.log").exists())

    def test_no_apt(self):
        (self.bin / "apt-get").unlink()
        status, _, err = self.run_head("help")
        self.assertEqual(status, 1)
        self.assertIn("needs python3, version 3.9 or newer", err)

    def test_a_python_that_is_too_old_or_has_no_library(self):
        write(self.bin / "python3", "#!/bin/sh\nexit 1\n", 0o755)
        self.assertEqual(self.run_head("help")[0], 0)
        self.assertTrue((self.folder / "apt.log").exists())

    def test_installation_fails(self):
        write(self.bin / "apt-get", "#!/bin/sh\necho no network >&2\nexit 100\n", 0o755)
        status, _, err = self.run_head("help")
        self.assertEqual(status, 1)
        self.assertIn("no network", err)
        self.assertIn("could not be installed", err)


if __name__ == "__main__":
    unittest.main()
