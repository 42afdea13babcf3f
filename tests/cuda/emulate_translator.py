"""The translator of ./course emulate: launches, dynamic shared memory, includes, refusals, lines."""

import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "common" / "cuda" / "api"))

from translate import Translator  # noqa: E402


def translated(text: str, translator=None) -> str:
    """The translation of a text without the #line at its head."""
    result = (translator or Translator(Path("/nowhere"))).translate_text(text, Path("k.cu"))
    head, _, rest = result.partition("\n")
    assert head == '#line 1 "k.cu"', head
    return rest


class LaunchTest(unittest.TestCase):
    def check(self, source, want):
        self.assertEqual(translated(source), want)

    def unchanged(self, source):
        self.check(source, source)

    def test_plain(self):
        self.check("k<<<1, 2>>>(x);", "KBK_KERNEL(k).configure(1, 2)(x);")
        self.check("k <<< g , b, 0, s >>> (x, y);", "KBK_KERNEL(k ).configure( g , b, 0, s ) (x, y);")

    def test_kernel_expressions(self):
        for kernel in ("a::b::k", "::k", "k<float>", "k<float, 3>", "k<A<B<3>>>", "k<(1 > 2)>", "k<3 << 1>", "k<sizeof(T)>",
                       "t[i]", "t[f(x)][2]", "p->k", "o.k", "this->k", "(*p)", "(c ? k1 : k2)", "get(1)", "get<int>(1, 2)",
                       "o.template k<3>", "T::template k<U>", "k ## _fast", "N::k<N::X>"):
            self.check(f"{kernel}<<<1, 2>>>(x);", f"KBK_KERNEL({kernel}).configure(1, 2)(x);")

    def test_what_stands_before_the_kernel_stays(self):
        for before in ("if (a) ", "else ", "return ", "x = 3; ", "{", "for (;;) ", "a, ", "CHECK(", "c ? x : ", "case 3: ",
                       "while (f(x) > 2) ", "do ", "a = b < c; ", "label: ", "}"):
            self.check(f"{before}k<<<1, 2>>>(x);", f"{before}KBK_KERNEL(k).configure(1, 2)(x);")

    def test_configurations(self):
        for configuration in ("dim3(1, 2), dim3(3)", "n >> 3, 256", "(n + 255) / 256, B<C<D<2>>>::v", "f<g<h<1>>>(2), 3",
                              "1, 2, sizeof(float) * (a > b), s", "x[i >> 1], {1, 2}", "128>>6, 32"):
            self.check(f"k<<<{configuration}>>>(x);", f"KBK_KERNEL(k).configure({configuration})(x);")

    def test_comments_and_strings_stay(self):
        for text in ('"k<<<1, 2>>>(x)"', "// k<<<1, 2>>>(x)", "/* k<<<1,\n 2>>>(x) */", 'R"(k<<<1, 2>>>(x))"',
                     'R"mark(k<<<1, 2>>>(x) )" )mark"', "// continued \\\n k<<<1, 2>>>(x)", '"a\\"k<<<1, 2>>>(x)"',
                     "std::cout << '\"' << \"k<<<1, 2>>>(x)\" << '\\''"):
            self.unchanged(text + "\n")
        self.check("k<<<1 /* >>> ( */, 2 // >>>(\n>>>(x);", "KBK_KERNEL(k).configure(1 /* >>> ( */, 2 // >>>(\n)(x);")

    def test_other_angles_stay(self):
        for text in ("x << 3 >> 2;", "std::vector<std::vector<std::vector<int>>> v(3);", "a < b; c >>= 3;", "cout << x << y;",
                     "template <class T> std::ostream& operator<< <T>(int);", "f<A<B<C<1>>>>(x);", "1'000 << 2;"):
            self.unchanged(text)

    def test_lines_stay(self):
        source = "a\nk\n  <<<\n 1,\n 2\n  >>>\n (\n x)\n;\nb\n"
        result = translated(source)
        self.assertEqual(result.count("\n"), source.count("\n"))
        self.assertEqual(result.splitlines()[9], "b")

    def test_macros(self):
        self.check("#define L(k, n) \\\n  k<<<(n) / 2, \\\n  2>>>(x)\n", "#define L(k, n) \\\n  KBK_KERNEL(k).configure((n) / 2, \\\n  2)(x)\n")
        self.check("#define L(k, n) k<<<n, 2>>>\nL(f, 1)(x);", "#define L(k, n) KBK_KERNEL(k).configure(n, 2)\nL(f, 1)(x);")
        self.check("CHECK((k<<<1, 2>>>(x)));", "CHECK((KBK_KERNEL(k).configure(1, 2)(x)));")
        self.check("#define A(n) (n)\n(f)<<<1, 2>>>(x);", "#define A(n) (n)\nKBK_KERNEL((f)).configure(1, 2)(x);")

    def test_conditional_sources(self):
        self.check("#if A\nk<<<1, 2>>>(x,\n#else\nk<<<1, 3>>>(x,\n#endif\ny);",
                   "#if A\nKBK_KERNEL(k).configure(1, 2)(x,\n#else\nKBK_KERNEL(k).configure(1, 3)(x,\n#endif\ny);")
        self.unchanged("#if __CUDA_ARCH__ >= 700 && (1 <<< 2)\n#error it's 'wrong\n#endif\n")

    def test_noinline(self):
        self.check("__noinline__ void f();", "__attribute__((noinline)) void f();")
        self.unchanged("__attribute__((__noinline__)) void f();")

    def test_launch_kernel_without_its_cast(self):
        self.check("cudaLaunchKernel((void*)k, g);", "cudaLaunchKernel(k, g);")
        self.check("cudaLaunchKernel((const void *)&k<int>, g);", "cudaLaunchKernel(&k<int>, g);")
        self.check("cudaLaunchKernel(reinterpret_cast<void*>(k), g);", "cudaLaunchKernel((k), g);")
        self.unchanged("cudaLaunchKernel(k, g);")


class SharedMemoryTest(unittest.TestCase):
    def declared(self, source):
        """The pointer in the body of a kernel that declares dynamic shared memory so."""
        result = translated("__global__ void k() { " + source + " }")
        self.assertTrue(result.startswith("__global__ void k() { ") and result.endswith(" }"))
        return result[len("__global__ void k() { ") : -2]

    def test_forms(self):
        pointer = "__attribute__((unused)) float * const s = ::kbk::cuda::dynamic_shared<float>();"
        for source in ("extern __shared__ float s[];", "extern __shared__ __align__(16) float s[];",
                       "__shared__ extern float s[];", "extern __shared__ float s[1024];", "extern __shared__\nfloat\ns[];",
                       "extern __shared__ alignas(float4) float s[];", "extern __shared__ __attribute__((aligned(16))) float s[];"):
            self.assertEqual(self.declared(source).strip("\n"), pointer)

    def test_types(self):
        self.assertIn("volatile unsigned char * const s =", self.declared("extern __shared__ volatile unsigned char s[];"))
        self.assertIn("float (*const s)[ 32 ] = ::kbk::cuda::dynamic_shared<float[ 32 ]>();",
                      self.declared("extern __shared__ float s[][32];"))
        self.assertIn("typename A < T > :: type * const s", self.declared("extern __shared__ typename A<T>::type s[];"))
        both = self.declared("extern __shared__ int a[], b[];")
        self.assertIn("int * const a", both)
        self.assertIn("int * const b", both)

    def test_static_arrays_stay(self):
        for source in ("__shared__ float s[32];", "static __shared__ int t;", "extern int x[];", "__shared__ float a[2], b[3];"):
            self.assertEqual(self.declared(source), source)

    def test_outside_of_functions(self):
        result = translated("extern __shared__ int s[];\n"
                            "__device__ int f(int i) { return s[i]; }\n"
                            "template <int N> __global__ void __launch_bounds__(N) k(int* x)\n{ x[0] = s[1]; }\n"
                            "__global__ void parameter(int* s) { s[0] = 1; }\n"
                            "__global__ void own() { extern __shared__ int s[]; s[0] = 1; }\n"
                            "__global__ void other() { p.s = 1; }\n"
                            "struct S { __device__ int g() const { return s[2]; } };\n")
        lines = result.splitlines()
        pointer = "{ __attribute__((unused)) int * const s = ::kbk::cuda::dynamic_shared<int>();"
        self.assertEqual(lines[0], ";")
        self.assertIn("f(int i) " + pointer + " return s[i]; }", lines[1])
        self.assertEqual(lines[3], pointer + " x[0] = s[1]; }")
        self.assertEqual(lines[4], "__global__ void parameter(int* s) { s[0] = 1; }")
        self.assertEqual(lines[5].count("dynamic_shared"), 1)
        self.assertEqual(lines[6], "__global__ void other() { p.s = 1; }")
        self.assertIn("g() const " + pointer, lines[7])


class IncludeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="emulate-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def test_own_headers_are_translated(self):
        self.write("kernels/k.cuh", "#pragma once\nextern __shared__ int s[];\ninline void run() { k<<<1, 2>>>(x); }\n")
        self.write("common/names.h", '#include "../kernels/k.cuh"\n')
        source = self.write("main.cu", '#include <vector>\n#include "kernels/k.cuh"\n#include <names.h>\n'
                                       "__global__ void k() { s[0] = 1; }\n")
        translator = Translator(self.folder / "out", [self.folder / "common"])
        result = translator.translate(source).read_text()
        header = translator.files[(self.folder / "kernels/k.cuh").resolve()]
        self.assertIn("#include <vector>\n", result)
        self.assertIn(f'#include "{header}"', result)
        self.assertIn("KBK_KERNEL(k)", header.read_text())
        self.assertIn(f'#line 1 "{self.folder / "kernels/k.cuh"}"', header.read_text())
        self.assertIn("dynamic_shared<int>", result, "a header's shared memory is not known in the source")
        self.assertEqual(len(translator.files), 3)

    def test_a_header_that_includes_itself(self):
        source = self.write("a.cu", '#include "a.cu"\nint x;\n')
        self.assertIn("int x;", Translator(self.folder / "out").translate(source).read_text())

    def test_line_of_an_include_stays(self):
        self.write("h.h", "")
        source = self.write("a.cu", '\n#include "h.h"   // why\nint x;\n')
        self.assertRegex(Translator(self.folder / "out").translate(source).read_text(), r'^#line.*\n\n#include "[^"]*"   // why\nint x;')


class RefusalTest(unittest.TestCase):
    def refused(self, source):
        """What is refused of a source: [(line, what)], by the marks that stand in its translation."""
        translator = Translator(Path("/nowhere"))
        return [(r.line, r.what, r.remedy) for r in translator.refused(translated(source, translator))]

    def test_each_with_its_line(self):
        for source, what in (
            ("asm volatile(\"mov.u32 %0, %%laneid;\" : \"=r\"(x));", "inline PTX"),
            ("asm(\"cp.async.ca.shared.global [%0], [%1], 4;\" :: \"r\"(a), \"l\"(b));", "inline PTX"),
            ("__asm__ __volatile__ (\"membar.gl;\");", "inline PTX"),
            ("#include <thrust/device_vector.h>", "Thrust"),
            ("#include <cub/cub.cuh>", "CUB"),
            ("#include <cublas_v2.h>", "cuBLAS"),
            ('#include "cudnn.h"', "cuDNN"),
            ("#include <curand_kernel.h>", "cuRAND"),
            ("#include <cufft.h>", "cuFFT"),
            ("#include <cuda/barrier>", "libcu++"),
            ("#include <cutlass/gemm.h>", "CUTLASS"),
            ("#include <cuda_fp8.h>", "8-bit floats"),
            ("#include <cuda_gl_interop.h>", "graphics"),
            ("float v = tex2D<float>(t, x, y);", "textures"),
            ("texture<float, 2> t;", "textures"),
            ("cudaTextureObject_t t;", "textures"),
            ("surf2Dwrite(v, s, x, y);", "surfaces"),
            ("cudaArray_t a;", "CUDA arrays"),
            ("cudaGraph_t g;", "CUDA graphs"),
            ("cudaStreamBeginCapture(s, m);", "CUDA graphs"),
            ("cudaLaunchCooperativeKernel(f, g, b, a);", "grid-wide"),
            ("auto c = cg::this_cluster();", "clusters"),
            ("__global__ void __cluster_dims__(2, 1, 1) k();", "clusters"),
            ("cuLaunchKernel(f, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0);", "driver API"),
            ("x = __shfl_down(x, 1);", "__shfl_down without a mask"),
            ("__global__ void k() { child<<<1, 2>>>(); }", "dynamic parallelism"),
            ("__device__ void f() { if (x) { child<<<1, 2>>>(); } }", "dynamic parallelism"),
            ("cudaIpcMemHandle_t h;", "other processes"),
        ):
            with self.subTest(source):
                found = self.refused("\n\n" + source + "\n")
                self.assertEqual([line for line, _, _ in found], [3])
                self.assertIn(what, found[0][1])
                self.assertGreater(len(found[0][2]), 10, "no remedy")

    def test_remedies_for_ptx(self):
        self.assertIn("threadIdx.x % 32", self.refused('asm("mov.u32 %0, %%laneid;" : "=r"(x));')[0][2])
        self.assertIn("nvcuda::wmma", self.refused('asm("mma.sync.aligned.m16n8k16.row.col ...");')[0][2])

    def test_what_is_not_refused(self):
        for source in ("asm volatile(\"\" ::: \"memory\");", "asm volatile(\"rdtsc\" : \"=a\"(x));", "// tex2D(t, x)",
                       "const char* s = \"cudaGraph_t\";", "int texture = 3;", "o.tex2D(x);", "p->cudaArray();",
                       "void f() { k<<<1, 2>>>(); }", "__host__ __device__ void f() { k<<<1, 2>>>(); }",
                       "#include <cuda_fp16.h>", "#include <cooperative_groups.h>", "#include <stdio.h>"):
            self.assertEqual(self.refused(source + "\n"), [], source)

    def test_functions_after_braces_that_a_condition_doubles(self):
        source = "__global__ void a() {\n#if X\nif (p) {\n#else\nif (q) {\n#endif\n} }\nvoid host() {\n k<<<1, 2>>>();\n}\n"
        self.assertEqual(self.refused(source), [])

    def test_launches_hidden_in_macros(self):
        source = "#define ARGS(g, b) <<<g, b>>>\nvoid f() {\n k<int> ARGS(1, 2) (x);\n}\n"
        self.assertIn("#define ARGS(g, b) .configure(g, b)\n", translated(source))
        self.assertIn("KBK_KERNEL(k<int> ) ARGS(1, 2) (x);", translated(source))

    def test_volatile(self):
        for source, found in (("__shared__ volatile int s[4];", [1]), ("asm volatile(\"\");", [])):
            translator = Translator(Path("/nowhere"))
            translated(source, translator)
            self.assertEqual([line for _, line in translator.volatile], found, source)

    def test_prints(self):
        for source, prints in (("__global__ void k() { printf(\"x\"); }", True), ("int main() { printf(\"x\"); }", False)):
            translator = Translator(Path("/nowhere"))
            translated(source, translator)
            self.assertEqual(translator.prints, prints)


if __name__ == "__main__":
    unittest.main()
