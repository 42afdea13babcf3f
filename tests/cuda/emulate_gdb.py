"""./course gdb emulate: gdb's cuda commands on a program that stops in the middle of a block.

    emulate_gdb.py BUILD

Skipped, with exit status 77, where there is no gdb."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "common" / "cuda" / "api" / "emulate.py"
BUILD = Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
PROGRAM = """\
__device__ int square(int v) {
    int result = v * v;
    return result;
}
__global__ void work(int* x) {
    __shared__ int tile[64];
    int mine = square(threadIdx.x);
    tile[threadIdx.x] = mine;
    __syncthreads();
    int other = tile[63 - threadIdx.x];
    if (threadIdx.x < 32) other += __shfl_xor_sync(0xffffffffu, mine, 1);
    x[blockIdx.x * 64 + threadIdx.x] = other;
}
int main() {
    int* x;
    cudaMalloc(&x, 128 * sizeof(int));
    work<<<2, dim3(8, 8)>>>(x);
    return 0;
}
""".replace("threadIdx.x", "(threadIdx.x + 8 * threadIdx.y)")


class GdbTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="emulate-gdb-")).resolve()
        self.addCleanup(shutil.rmtree, self.folder)
        for leftover in (BUILD / "emulate").glob("scratch*"):
            self.addCleanup(shutil.rmtree, leftover, True)
        (self.folder / "scratch_gdb.cu").write_text(PROGRAM)

    def gdb(self, *commands):
        """Run commands in a batch; return what gdb says between one command and the next."""
        options = ["-batch", "-nx"]
        for number, command in enumerate(commands):
            options += ["-ex", f"echo \\n[[{number}]]\\n", "-ex", command]
        environment = {**os.environ, "KBK_GDB_OPTIONS": "\n".join(options), "DEBUGINFOD_URLS": ""}
        done = subprocess.run([sys.executable, str(SCRIPT), "--build", str(BUILD), "--debugger", "scratch_gdb.cu"], cwd=self.folder,
                              env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=300)
        if "Operation not permitted" in done.stdout or "Cannot PTRACE" in done.stdout:
            self.skipTest("this machine does not let gdb trace programs")
        return re.split(r"\n\[\[\d+\]\]\n", done.stdout)[1:]

    def test_a_session(self):
        commands = [
            "break scratch_gdb.cu:7 if threadIdx.y == 5 && threadIdx.x == 0 && blockIdx.x == 1",
            "run", "print threadIdx", "cuda block", "cuda threads", "cuda thread 3", "print mine", "print tile[2]", "cuda thread 7 4",
            "print mine", "cuda thread 50", "cuda thread 64", "cuda thread", "next", "next", "next", "print mine", "cuda threads",
            "delete", "continue"]
        said = dict(zip(range(len(commands)), self.gdb(*commands)))
        shown = "\n".join(f"{commands[i]}: {text}" for i, text in said.items())
        self.assertIn("scratch_gdb.cu:7", said[1], shown)
        self.assertIn("x = 0, y = 5, z = 0", said[2], shown)
        self.assertIn("kernel work, grid (2, 1, 1), block (8, 8, 1)", said[3], shown)
        self.assertIn("running: block (1, 0, 0), thread (0, 5, 0); 41 of 64 threads have started", said[3], shown)
        self.assertRegex(said[4], r"40 threads wait in __syncthreads at scratch_gdb.cu:9: 0-39", shown)
        self.assertRegex(said[4], r"23 threads not started: 41-63", shown)
        self.assertIn("[thread 3, (3, 0, 0): wait in __syncthreads at scratch_gdb.cu:9]", said[5], shown)
        self.assertIn("__syncthreads();", said[5], shown)
        self.assertIn("= 9", said[6], shown)
        self.assertIn("= 4", said[7], shown)
        self.assertIn("(7, 4, 0)", said[8], shown)
        self.assertIn("= 1521", said[9], shown)
        self.assertIn("thread 50: not started", said[10], shown)
        self.assertIn("the block has 64 threads", said[11], shown)
        self.assertIn("scratch_gdb.cu:7", said[12], shown)
        # Over the barrier, and still the same thread.
        self.assertIn("tile[63 -", said[15], shown)
        self.assertIn("= 1600", said[16], shown)
        self.assertRegex(said[17], r"1 thread  running: 40", shown)
        self.assertIn("exited normally", said[19], shown)

    def test_no_kernel_runs(self):
        said = self.gdb("break main", "run", "cuda threads")
        self.assertIn("no kernel", said[2] + said[1])


if __name__ == "__main__":
    if BUILD is None:
        sys.exit("usage: emulate_gdb.py BUILD")
    if not shutil.which("gdb"):
        print("skipped: no gdb")
        sys.exit(77)
    unittest.main()
