"""./course emulate, from the reader's file to its exit status: programs of many styles, mistakes, refusals, the cache.

    emulate_programs.py BUILD [--all] [NAME...]

By default a choice of the programs runs; with --all, every one. Each program in programs/ says in its own comments
what it prints (`// expect: line`), and with what options and arguments it is called (`// options:`, `// arguments:`).
They are ordinary CUDA: nvcc compiles them too."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAMS = HERE / "programs"
SCRIPT = HERE.parents[1] / "common" / "cuda" / "api" / "emulate.py"
# The choice: launches in every shape, shared memory, groups, managed memory, errors, classes, a sample, several files.
CHOICE = {"launch_syntax", "kernels_as_values", "dynamic_shared", "cooperative_groups", "managed", "error_handling", "sample_style",
          "compiler_macros", "printing", "multi", "parameters", "before_volta"}
ALL = "--all" in sys.argv and not sys.argv.remove("--all")
BUILD = Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 and Path(sys.argv[1]).is_dir() else None
CORES = min(2, len(os.sched_getaffinity(0)))


def emulate(*words, cwd=PROGRAMS):
    """Call the script; return exit status, standard output, standard error."""
    done = subprocess.run([sys.executable, str(SCRIPT), "--build", str(BUILD), *map(str, words)], cwd=cwd,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
    return done.returncode, done.stdout, done.stderr


def notes(text: str, name: str) -> list:
    """What a program's comments say: the rest of each line `// name: rest`."""
    return re.findall(rf"^// {name}: ?(.*)$", text, re.M)


class CorpusTest(unittest.TestCase):
    """The programs, each compiled and run as it stands."""

    def test_programs(self):
        calls = {}
        for source in sorted(PROGRAMS.glob("*.cu")):
            text = source.read_text()
            options, arguments = " ".join(notes(text, "options")), " ".join(notes(text, "arguments"))
            calls[source.stem] = ([*options.split(), source.name, "--", *arguments.split()], notes(text, "expect"))
        multi = PROGRAMS / "multi"
        calls["multi"] = ([multi / "main.cu", multi / "scale.cu", multi / "host.cpp", multi / "plain.c", f"-I{multi}/include",
                           "-DFACTOR=3", "-std=c++17", "-O3", "-arch=sm_86", "-lm", "a", "b c"], notes(
                               (multi / "main.cu").read_text(), "expect"))
        self.assertGreaterEqual(len(calls), 30)
        calls = {name: call for name, call in calls.items() if ALL or name in CHOICE}
        with ThreadPoolExecutor(CORES) as pool:
            results = dict(zip(calls, pool.map(lambda call: emulate(*call[0]), calls.values())))
        for name, (status, out, err) in results.items():
            with self.subTest(name):
                self.assertEqual(out.splitlines(), calls[name][1], err)
                self.assertEqual(status, 0, err)

    def test_reverse_order_changes_nothing_that_is_right(self):
        for name in ("dynamic_shared", "cooperative_groups", "before_volta"):
            with self.subTest(name):
                status, out, err = emulate("--reverse", f"{name}.cu")
                self.assertEqual((status, out.splitlines()), (0, notes((PROGRAMS / f"{name}.cu").read_text(), "expect")), err)

    def test_right_programs_have_no_findings(self):
        for name in ("cooperative_groups", "dynamic_shared", "reduce_template") if ALL else ("cooperative_groups",):
            with self.subTest(name):
                status, out, err = emulate("--check", f"{name}.cu")
                self.assertIn("check: no mistakes found", err)
                self.assertEqual(status, 0)


class ScratchTest(unittest.TestCase):
    """Programs that the tests write, in a folder of their own."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="emulate-")).resolve()
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"))
        return path

    def emulate(self, *words):
        status, out, err = emulate(*words, cwd=self.folder)
        # Scratch programs would fill the build folder.
        for leftover in (BUILD / "emulate").glob("scratch*"):
            self.addCleanup(shutil.rmtree, leftover, True)
        return status, out, err


class MistakeTest(ScratchTest):
    def test_out_of_bounds_ends_the_kernel_and_is_every_later_answer(self):
        self.write("scratch_far.cu", """
            #include <cstdio>
            template <class T> __global__ void far(T* x) {
                x[threadIdx.x + 1] = 1;
            }
            int main() {
                int* numbers;
                cudaMalloc((void**)&numbers, 32 * sizeof(int));
                far<<<1, 32>>>(numbers);
                printf("%d %d %d %d\\n", cudaGetLastError(), cudaGetLastError(), cudaDeviceSynchronize(), cudaFree(numbers));
                cudaDeviceReset();
                printf("%d\\n", cudaDeviceSynchronize());
            }
            """)
        status, out, err = self.emulate("scratch_far.cu")
        self.assertEqual(out, "700 700 700 700\n0\n")
        self.assertEqual(status, 1, "a program whose kernel failed must not look well")
        self.assertIn("scratch_far.cu:3", err)
        self.assertIn("'numbers' (128 bytes)", err)
        self.assertIn("thread (31,0,0)", err)
        self.assertIn("launched at scratch_far.cu:8", err)

    def test_exit_status_is_the_programs_own(self):
        self.write("scratch_status.cu", "#include <cstdlib>\nint main(int n, char**) { if (n > 1) abort(); return 42; }\n")
        self.assertEqual(self.emulate("scratch_status.cu"), (42, "", ""))
        self.assertLess(self.emulate("scratch_status.cu", "x")[0], 0)

    def test_host_reads_device_memory(self):
        self.write("scratch_host.cu", """
            #include <cstdio>
            #include <cstring>
            int main(int argc, char**) {
                float *gain, copy[4000];
                cudaMalloc(&gain, sizeof copy);
                if (argc > 1) memcpy(copy, gain, sizeof copy);
                printf("%g\\n", argc > 1 ? copy[7] : gain[2]);
            }
            """)
        for arguments, line, byte in (((), 7, 8), (("x",), 6, 0)):
            status, out, err = self.emulate("scratch_host.cu", *arguments)
            self.assertNotEqual(status, 0)
            self.assertIn(f"scratch_host.cu:{line}: host code reads or writes device memory: byte {byte} of 'gain' (16000 bytes)", err)
            self.assertIn("cudaMemcpy", err)

    def test_assertion(self):
        self.write("scratch_assert.cu", """
            #include <cassert>
            #include <cstdio>
            __global__ void k(int n) { assert(threadIdx.x < n); }
            int main(int argc, char**) {
                k<<<1, 32>>>(8);
                printf("%s\\n", cudaGetErrorName(cudaDeviceSynchronize()));
            }
            """)
        status, out, err = self.emulate("scratch_assert.cu")
        self.assertEqual((status, out), (1, "cudaErrorAssert\n"))
        self.assertRegex(err, r"thread \(8,0,0\), .*scratch_assert.cu:3: assertion 'threadIdx.x < n' failed")

    def test_host_pointer_in_a_kernel(self):
        self.write("scratch_pointer.cu", """
            #include <cstdio>
            __global__ void k(int* x) { *x = 1; }
            int main() {
                int local = 0;
                k<<<1, 1>>>(&local);
                printf("%s\\n", cudaGetErrorName(cudaDeviceSynchronize()));
            }
            """)
        status, out, err = self.emulate("scratch_pointer.cu")
        self.assertEqual((status, out), (1, "cudaErrorIllegalAddress\n"))
        self.assertIn("host memory", err)

    def test_warp_synchronous_code_without_syncwarp(self):
        # What lectures taught before Volta: one warp needs no barrier. It does.
        self.write("scratch_volatile.cu", """
            #include <cstdio>
            __global__ void sum(const int* x, int* out) {
                __shared__ volatile int s[64];
                int t = threadIdx.x;
                s[t] = x[t];
                if (t < 16) {
                    s[t] += s[t + 16];
                    s[t] += s[t + 8];
                }
                if (t == 0) *out = s[0];
            }
            int main() {
                int *x, *out;
                cudaMalloc(&x, 128);
                cudaMalloc(&out, 4);
                cudaMemset(x, 0, 128);
                sum<<<1, 32>>>(x, out);
            }
            """)
        status, _, err = self.emulate("--check", "scratch_volatile.cu")
        self.assertEqual(status, 1)
        self.assertRegex(err, r"race: kernel sum.* s\[\d+\] .*scratch_volatile.cu:7")
        self.assertIn("__syncwarp", err)

    def test_threads_that_left_before_a_barrier(self):
        # Undefined, but what GPUs since Volta do is known: a warning, and with --check a mistake.
        self.write("scratch_left.cu", """
            #include <cstdio>
            __global__ void k(int* x, int n) {
                if (threadIdx.x >= n) return;
                __syncthreads();
                x[threadIdx.x] = 1;
            }
            int main() {
                int* x;
                cudaMalloc(&x, 256);
                k<<<1, 64>>>(x, 50);
                printf("%d\\n", cudaDeviceSynchronize());
            }
            """)
        status, out, err = self.emulate("scratch_left.cu")
        self.assertEqual((status, out), (0, "0\n"), err)
        self.assertRegex(err, r"warning: .*scratch_left.cu:4: .* goes without block \(0,0,0\) thread \(50,0,0\)")
        status, out, err = self.emulate("--check", "scratch_left.cu")
        self.assertEqual((status, out), (1, "719\n"), err)
        self.assertIn("scratch_left.cu:4", err)

    def test_check_knows_stores_without_hooks_and_loops_of_wide_compare_and_swap(self):
        self.write("scratch_right.cu", """
            #include <cstring>
            struct alignas(16) Pack { unsigned short v[8]; };
            __device__ __attribute__((noinline)) Pack load(const unsigned short* from) {
                Pack pack;
                memcpy(&pack, from, sizeof pack);
                return pack;
            }
            __global__ void reversed(const unsigned short* in, unsigned short* out) {
                __shared__ Pack s[32];
                s[threadIdx.x] = load(in + 8 * threadIdx.x);
                __syncthreads();
                for (int i = 0; i < 8; ++i) out[8 * threadIdx.x + i] = s[31 - threadIdx.x].v[i];
            }
            __global__ void sum(double* to) {
                unsigned long long* bits = (unsigned long long*)to;
                unsigned long long old = *bits, assumed;
                do {
                    assumed = old;
                    old = atomicCAS(bits, assumed, __double_as_longlong(0.5 + __longlong_as_double(assumed)));
                } while (assumed != old);
            }
            int main() {
                unsigned short *in, *out;
                double* total;
                cudaMalloc(&in, 512); cudaMalloc(&out, 512); cudaMalloc(&total, 8);
                cudaMemset(in, 0, 512); cudaMemset(total, 0, 8);
                reversed<<<1, 32>>>(in, out);
                sum<<<1, 64>>>(total);
                return cudaDeviceSynchronize();
            }
            """)
        status, _, err = self.emulate("--check", "scratch_right.cu")
        self.assertIn("check: no mistakes found", err)
        self.assertEqual(status, 0)

    def test_check_finds_planted_mistakes(self):
        program = """
            #include <cstdio>
            __global__ void race(float* x) {
                __shared__ float s[64];
                s[threadIdx.x] = x[threadIdx.x];
                x[threadIdx.x] = s[63 - threadIdx.x];
            }
            __global__ void unwritten(const float* x, float* y) {
                y[threadIdx.x] = x[threadIdx.x] + 1;
            }
            __global__ void far(float* x) {
                x[threadIdx.x * 2] = 0;
            }
            int main(int, char** argv) {
                float *x, *y;
                cudaMalloc(&x, 64 * sizeof(float)); cudaMalloc(&y, 64 * sizeof(float));
                if (*argv[1] != 'u') cudaMemset(x, 0, 64 * sizeof(float));
                if (*argv[1] == 'r') race<<<1, 64>>>(x);
                if (*argv[1] == 'u') unwritten<<<1, 64>>>(x, y);
                if (*argv[1] == 'f') far<<<1, 64>>>(x);
                if (*argv[1] == 'n') unwritten<<<1, 64>>>(x, y);
                cudaFree(x); cudaFree(y);
            }
            """
        self.write("scratch_planted.cu", program)
        for letter, pattern in (("r", r"race: kernel race.*s\[\d+\].*scratch_planted.cu:4.*scratch_planted.cu:5"),
                                ("u", r"uninitialised read: kernel unwritten.*x\[\d+\].*scratch_planted.cu:8"),
                                ("f", r"out of bounds: kernel far.*'x' \(256 bytes\).*scratch_planted.cu:11")):
            with self.subTest(letter):
                status, _, err = self.emulate("--check", "scratch_planted.cu", letter)
                self.assertEqual(status, 1)
                self.assertRegex(err, pattern)
                self.assertIn("check: 1 mistake found", err)
        status, _, err = self.emulate("--check", "scratch_planted.cu", "none")
        self.assertEqual((status, "check: no mistakes found" in err), (0, True), err)

    def test_missing_barrier_shows_in_reverse(self):
        self.write("scratch_order.cu", """
            #include <cstdio>
            __global__ void shift(int* y) {
                __shared__ int s[32];
                int t = threadIdx.x;
                s[t] = t;
                y[t] = t ? s[t - 1] : 0;
            }
            int main() {
                int *y, h[32], wrong = 0;
                cudaMalloc(&y, sizeof h);
                shift<<<1, 32>>>(y);
                cudaMemcpy(h, y, sizeof h, cudaMemcpyDeviceToHost);
                for (int i = 1; i < 32; i++) wrong += h[i] != i - 1;
                printf("%d wrong\\n", wrong);
            }
            """)
        self.assertEqual(self.emulate("scratch_order.cu")[1], "0 wrong\n")
        self.assertEqual(self.emulate("--reverse", "scratch_order.cu")[1], "31 wrong\n")

    def test_profile(self):
        self.write("scratch_profile.cu", """
            __global__ void strided(const float* x, float* y) {
                y[threadIdx.x] = x[8 * threadIdx.x];
            }
            int main() {
                float *x, *y;
                cudaMalloc(&x, 32 * 32); cudaMalloc(&y, 32 * 4);
                strided<<<1, 32>>>(x, y);
            }
            """)
        status, _, err = self.emulate("--page", "profile.html", "scratch_profile.cu")
        self.assertEqual(status, 0)
        page = (self.folder / "profile.html").read_text()
        self.assertIn("y[threadIdx.x] = x[8 * threadIdx.x];", page)
        self.assertIn("32.00 sectors", page)
        self.assertRegex(err, r"load +4 B +x .*32\.00 sectors.*12\.5 %")
        self.assertRegex(err, r"store +4 B +y .*4\.00 sectors.*100\.0 %")


class CommandLineTest(ScratchTest):
    def test_compiler_messages_name_the_readers_line(self):
        self.write("scratch_wrong.cu", """
            __global__ void k(float* x, int n) {}
            int main() {
                int* d = nullptr;
                k<<<1, 2>>>(d,
                            3);
            }
            """)
        status, _, err = self.emulate("scratch_wrong.cu")
        self.assertEqual(status, 1)
        self.assertRegex(err, r"scratch_wrong\.cu:[45]:.*error: .*launch of kernel\(.*float\*, int\)")
        self.assertNotIn("translated", err)
        self.assertIn("does not compile", err)

    def test_refusals_come_before_compilation(self):
        self.write("include/helper.cuh", "// 1\n// 2\nstatic __device__ int lane() { int x; asm(\"mov.u32 %0, %%laneid;\" : \"=r\"(x)); return x; }\n")
        self.write("scratch_refused.cu", """
            #include <thrust/sort.h>
            #include "include/helper.cuh"
            #if 0
            cudaGraph_t not_here;
            #endif
            #define UNUSED asm("trap;")
            int main() { syntax error }
            """)
        status, out, err = self.emulate("scratch_refused.cu")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("scratch_refused.cu:1: the emulator does not support Thrust", err)
        self.assertIn("include/helper.cuh:3: the emulator does not support inline PTX", err)
        self.assertIn("threadIdx.x % 32", err)
        self.assertNotIn("graphs", err)
        self.assertNotIn("syntax", err)
        self.assertNotIn(":6:", err)

    def test_mistakes_on_the_command_line(self):
        self.write("scratch_empty.cu", "int main() {}\n")
        for words, status, answer in (
            (("nothing.cu",), 2, "there is no file 'nothing.cu'"),
            (("--arch", "sm_99", "scratch_empty.cu"), 2, "choose one of sm_75"),
            (("--threads", "0", "scratch_empty.cu"), 2, "1 or more"),
            (("--nonsense", "scratch_empty.cu"), 2, "'--nonsense' is neither"),
            (("scratch_empty.cu", "-lcublas"), 1, "device libraries"),
            (("scratch_empty.cu", "-lnosuchlibrary"), 1, "does not link"),
        ):
            with self.subTest(words):
                code, out, err = self.emulate(*words)
                self.assertEqual((code, out), (status, ""))
                self.assertIn(answer, err)

    def test_arguments_go_to_the_program(self):
        self.write("scratch_arguments.cu", "#include <cstdio>\nint main(int n, char** v) { for (int i = 1; i < n; i++) puts(v[i]); }\n")
        for words, want in ((("a.txt", "--check", "-O0"), ["a.txt", "--check", "-O0"]), (("--", "-DX", "--", "b"), ["-DX", "--", "b"]),
                            (("-O1", "7", "-x"), ["7", "-x"])):
            status, out, err = self.emulate("scratch_arguments.cu", *words)
            self.assertEqual((status, out.splitlines()), (0, want), err)

    def test_cache(self):
        header = self.write("value.h", "#define VALUE 1\n")
        source = self.write("scratch_cached.cu", '#include <cstdio>\n#include "value.h"\nint main() { printf("%d\\n", VALUE); }\n')
        self.assertEqual(self.emulate(source)[1], "1\n")
        started = time.monotonic()
        self.assertEqual(self.emulate(source)[1], "1\n")
        binary = Path(self.emulate("--build-only", source)[1].strip())
        made = binary.stat().st_mtime_ns
        self.assertLess(time.monotonic() - started, 20)
        self.assertEqual(binary.stat().st_mtime_ns, made, "compiled again without need")
        header.write_text("#define VALUE 2222\n")
        self.assertEqual(self.emulate(source)[1], "2222\n")
        self.assertNotEqual(binary.stat().st_mtime_ns, made)


if __name__ == "__main__":
    if BUILD is None:
        sys.exit("usage: emulate_programs.py BUILD [NAME...]")
    unittest.main()
