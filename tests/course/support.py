"""What the tests of ./course share: the script as a module, a little project to run it in, a web server."""

import contextlib
import http.server
import importlib.machinery
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

SCRIPT = Path(__file__).resolve().parents[2] / "course"


def load_course():
    """Import ./course, which has no .py at its end, as a new module."""
    loader = importlib.machinery.SourceFileLoader("course", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("course", loader))
    with mock.patch.object(sys, "dont_write_bytecode", True):
        loader.exec_module(module)
    return module


def write(path: Path, text: str, mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


class CourseTest(unittest.TestCase):
    """Gives each test an empty folder, and calls the script in this process."""

    def setUp(self):
        self.folder = Path(self.use(tempfile.TemporaryDirectory(prefix="course-test-"))).resolve()
        self.course = load_course()

    def use(self, manager):
        value = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return value

    def patch(self, target, name, value):
        self.use(mock.patch.object(target, name, value))

    def environment(self, **values):
        """Set (or, with None, remove) environment variables for this test."""
        self.use(mock.patch.dict(os.environ))
        for name, value in values.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = str(value)

    def call(self, *words):
        """Call the script's main(); return its exit status, standard output and standard error."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = self.course.main([str(word) for word in words])
        return status, out.getvalue(), err.getvalue()


# --- A project that builds in no time: every "program" is a shell script ------------------------------------

CMAKELISTS = r"""
cmake_minimum_required(VERSION 3.25)
project(fake LANGUAGES NONE)
enable_testing()

# "Compile": copy a script, unless it says that it is wrong.
function(program target source folder)
    set(binary ${CMAKE_BINARY_DIR}/${folder}/${target})
    add_custom_command(OUTPUT ${binary} DEPENDS ${source}
        COMMAND sh ${CMAKE_SOURCE_DIR}/compile.sh ${CMAKE_SOURCE_DIR}/${source} ${binary})
    add_custom_target(${target} ALL DEPENDS ${binary})
endfunction()

file(GLOB mains RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS chapters/*/main.cpp)
foreach(main IN LISTS mains)
    get_filename_component(folder ${main} DIRECTORY)
    get_filename_component(chapter ${folder} NAME)
    program(${chapter} ${main} ${folder})
    add_test(NAME chapter.${chapter}.expected COMMAND sh -c "echo tested ${chapter}")
    file(GLOB checks RELATIVE ${CMAKE_SOURCE_DIR} ${folder}/exercises/*_check.cpp)
    foreach(check IN LISTS checks)
        string(REGEX REPLACE ".*/(.*)_check.cpp" "\\1" name ${check})
        program(check_${chapter}_${name} ${folder}/exercises/${name}.cpp ${folder})
        program(solution_${chapter}_${name} ${folder}/exercises/solutions/${name}.cpp ${folder})
    endforeach()
endforeach()
file(GLOB tests RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS tests/*_test.cpp)
foreach(test IN LISTS tests)
    get_filename_component(target ${test} NAME_WE)
    string(REPLACE "_test" "" name ${target})
    program(${target} ${test} tests)
    add_test(NAME "${name}.works" COMMAND ${CMAKE_BINARY_DIR}/tests/${target})
endforeach()
file(GLOB benches RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS benchmarks/*_bench.cpp benchmarks/draw.cpp)
foreach(bench IN LISTS benches)
    get_filename_component(target ${bench} NAME_WE)
    program(${target} ${bench} benchmarks)
endforeach()
add_test(NAME docs.links COMMAND sh -c "echo links checked")
add_custom_target(docs COMMAND ${CMAKE_COMMAND} -E make_directory docs/html
                       COMMAND ${CMAKE_COMMAND} -E touch docs/html/index.html)
"""
PRESETS = """{"version": 6, "configurePresets": [
    {"name": "default", "generator": "Ninja", "binaryDir": "${sourceDir}/build/${presetName}"},
    {"name": "debug", "inherits": "default"}]}
"""
COMPILE = """\
if grep -q WRONG "$1"; then
    echo "$1: In function 'f':"
    echo "$1:3:14: error: expected ';' before '}' token"
    echo "$1:9:1: error: a second error"
    exit 1
fi
mkdir -p "$(dirname "$2")" && cp "$1" "$2" && chmod +x "$2"
"""
# A chapter's program: notes its arguments beside itself and saves one headline, one other value.
CHAPTER = """\
#!/bin/sh
echo "$@" > "$0.arguments"
while [ $# -gt 0 ]; do
    if [ "$1" = --save ]; then
        echo '{"values": {"d1.test_accuracy": {"value": 0.94, "text": "94.0 %%", "headline": true},' > "$2"
        echo '            "loss": {"value": 0.2, "text": "0.2"}}}' >> "$2"
    fi
    shift
done
echo "this is %s"
"""
FAILED_CHECK = """\
#!/bin/sh
echo "[doctest] doctest version is 2.4.9"
echo "==============================================================================="
echo "here/relu_check.cpp:7:"
echo "TEST CASE:  relu of a negative number"
echo
echo "here/relu_check.cpp:12: ERROR: CHECK( y == 0 ) is NOT correct!"
echo "  values: CHECK( -1 == 0 )"
echo
echo "here/relu_check.cpp:13: ERROR: CHECK( z == 0 ) is NOT correct!"
exit 1
"""
# dpkg-query knows every package but those named in the file "missing" beside it; apt-get notes its arguments
# and installs them all, or fails, as the file "apt.mode" says.
DPKG_QUERY = """\
#!/bin/sh
here=$(dirname "$0")
status=0
for package in "$@"; do
    case $package in -*) continue ;; esac
    if grep -qx "$package" "$here/missing" 2>/dev/null; then status=1; else echo "$package installed"; fi
done
exit $status
"""
APT_GET = """\
#!/bin/sh
here=$(dirname "$0")
echo "$@" >> "$here/apt.log"
if grep -q "^fail-first$" "$here/apt.mode" 2>/dev/null; then
    rm "$here/apt.mode"
    echo "E: Unable to locate package" >&2
    exit 100
fi
if grep -q "^fail$" "$here/apt.mode" 2>/dev/null; then
    echo "E: Unable to locate package libxtensor-dev" >&2
    exit 100
fi
case " $* " in *" install "*) rm -f "$here/missing" ;; esac
"""


def fake_packages(folder: Path) -> Path:
    """A folder for the front of PATH with a package system that answers as told."""
    write(folder / "dpkg-query", DPKG_QUERY, 0o755)
    write(folder / "apt-get", APT_GET, 0o755)
    return folder


class ProjectTest(CourseTest):
    """Gives each test a copy of the script in a project of its own, with two chapters and one kernel."""

    def setUp(self):
        super().setUp()
        self.bin = fake_packages(self.folder / "bin")
        self.root = self.folder / "project"
        write(self.root / "CMakeLists.txt", CMAKELISTS)
        write(self.root / "CMakePresets.json", PRESETS)
        write(self.root / "compile.sh", COMPILE)
        shutil.copy(SCRIPT, self.root / "course")
        for name, title in (("01_one", "Chapter 1: One"), ("07_mlp", "Chapter 7: Layers")):
            chapter = self.root / "chapters" / name
            write(chapter / "README.md", f"<!-- note -->\n# {title}\n\ntext\n# another\n")
            write(chapter / "main.cpp", CHAPTER % name)
        write(self.root / "kernels/toy/ladder.cpp", "")
        write(self.root / "kernels/toy/README.md", "# Toy: nothing, fast\n")
        write(self.root / "tests/toy_test.cpp", "#!/bin/sh\necho toy was tested\n")

    def exercise(self, name, stub, solution="#!/bin/sh\n"):
        exercises = self.root / "chapters/07_mlp/exercises"
        write(exercises / f"{name}.cpp", stub)
        write(exercises / f"{name}_check.cpp", "")
        write(exercises / "solutions" / f"{name}.cpp", solution)

    def start(self, *words, **options):
        return subprocess.Popen(
            ["./course", *words], cwd=self.root, env=self.path(), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def path(self):
        """The environment in which the project's package system is found first."""
        return {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}"}

    def run_course(self, *words):
        """Run the project's ./course; return exit status, standard output and standard error."""
        process = self.start(*words)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err


# --- A web server with bad habits ---------------------------------------------------------------------------


class Server:
    """Serves files from a dictionary of paths on 127.0.0.1, and remembers what was asked for.

    break_after[path] is a list: each request of the path takes one number off it, and the answer breaks off
    after that many bytes. With ranges = False it ignores the header Range."""

    def __init__(self, files):
        self.files, self.ranges, self.break_after, self.requests = dict(files), True, {}, []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                wanted = self.headers.get("Range")
                server.requests.append((self.path, wanted))
                body = server.files.get(self.path)
                if body is None:
                    self.send_error(404)
                    return
                first = int(re.match(r"bytes=(\d+)-$", wanted)[1]) if wanted and server.ranges else 0
                if first >= len(body) > 0:
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{len(body)}")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(206 if first else 200)
                if first:
                    self.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
                self.send_header("Content-Length", str(len(body) - first))
                self.end_headers()
                breaks = server.break_after.get(self.path)
                self.wfile.write(body[first : first + breaks.pop(0)] if breaks else body[first:])
                self.close_connection = True

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()
