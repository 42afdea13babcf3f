"""The emulator and CPU rungs on AArch64: compile them and their tests with the cross compiler, run them under qemu-user.

    aarch64.py SOURCE BUILD

Exits with 77 ("skipped") where Debian's g++-aarch64-linux-gnu or qemu-user is missing.
"""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

COMPILER, ARCHIVER, EMULATOR = "aarch64-linux-gnu-g++", "aarch64-linux-gnu-gcc-ar", "qemu-aarch64"
FLAGS = ["-std=c++20", "-O2", "-g1", "-fopenmp", "-DFMT_HEADER_ONLY", "-Wall", "-Wextra", "-Wno-unknown-pragmas"]
TESTS = ["emulator_test", "emulator_mistakes_test", "emulator_numbers_test"]
# Operations whose rungs need no library: their vectors are NEON's here, and their CUDA rungs run in the emulator.
OPERATIONS = ["activation", "softmax"]
HEADERS = ["fmt", "doctest", "Random123", "xsimd"]  # no code of their own, so that this machine's are as good


def main() -> int:
    source, build = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    for tool, package in ((COMPILER, "g++-aarch64-linux-gnu"), (EMULATOR, "qemu-user")):
        if not shutil.which(tool):
            print(f"skipped: {tool} not found (package {package})")
            return 77

    # The rest of /usr/include belongs to this machine's own processor.
    include = build / "include"
    include.mkdir(parents=True, exist_ok=True)
    for name in HEADERS:
        link = include / name
        if not link.exists():
            link.symlink_to(Path("/usr/include") / name)
    compile_it = [*([shutil.which("ccache")] if shutil.which("ccache") else []), COMPILER, *FLAGS,
                  f'-DKBK_SOURCE="{source}"', '-DKBK_FLAGS="-O2"', f"-I{source}", f"-I{include}", "-x", "c++", "-c"]

    def compiled(path: Path) -> str:
        target = build / ("_".join(path.relative_to(source).parts) + ".o")
        subprocess.run([*compile_it, str(path), "-o", str(target)], check=True)
        return str(target)

    folders = {folder: sorted((source / folder).glob("*.cpp"))
               for folder in ("common/cuda/emulator", "common/base", "common/tensor", "common/ladder")}
    support = [source / "tests/support" / f"{name}.cpp" for name in ("close", "cuda_run_plain", "data", "require_close")]
    library = [*sum(folders.values(), []), *support]
    rungs = {operation: [path for path in sorted((source / "kernels" / operation).glob("*.c*"))
                         if path.suffix in (".cpp", ".cu") and path.stem != "mine"] for operation in OPERATIONS}
    tests = {name: [source / "tests/cuda" / f"{name}.cu"] for name in TESTS}
    tests |= {f"{operation}_test": [source / "tests/kernels" / f"{operation}_test.cpp"] for operation in OPERATIONS}
    start = source / "tests/doctest_main.cpp"
    sources = [start, *library, *sum(rungs.values(), []), *sum(tests.values(), [])]
    with ThreadPoolExecutor(max_workers=2) as pool:
        objects = dict(zip(sources, pool.map(compiled, sources)))
    archive = build / "libproject.a"
    archive.unlink(missing_ok=True)
    members = [objects[path] for path in [*library, *sum(rungs.values(), [])]]
    subprocess.run([ARCHIVER, "rcs", str(archive), *members], check=True)

    # Line numbers are read by the cross tool chain's addr2line.
    environment = os.environ | {"ADDR2LINE": "aarch64-linux-gnu-addr2line"}
    failed = 0
    for name, paths in tests.items():
        program = build / name
        subprocess.run([COMPILER, *FLAGS, *(objects[path] for path in [*paths, start]), str(archive), "-o", str(program)],
                       check=True)
        print(f"== {name}", flush=True)
        failed += subprocess.run([EMULATOR, "-L", "/usr/aarch64-linux-gnu", str(program)], env=environment).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
