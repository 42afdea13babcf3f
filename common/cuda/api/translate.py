"""Translates a CUDA program, line for line, into C++ that g++ compiles for the emulator.

g++ reads almost all of CUDA as it stands: `__global__` and its kin are macros of the emulator. It rewrites only

- launches: `kernel<<<grid, block>>>(x)` becomes `KBK_KERNEL(kernel).configure(grid, block)(x)`,
- `extern __shared__ T name[];` becomes a pointer to the launch's dynamic shared memory,
- `#include` of the reader's own files, which become their translations,
- what the emulator cannot do becomes a mark. Marks that survive the preprocessor, which takes out what stands in
  inactive `#if` branches and unused macros, are refused with their file and line.

A translation keeps each line where it was, and names the reader's file by `#line`: messages, profiles and the debugger
show what the reader wrote.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

# --- What is refused ----------------------------------------------------------------------------------------

# Headers by the beginning of their name: what they are, and what the reader can do.
HEADERS = {
    "thrust/": ("Thrust", "write the loop as a kernel, or use the C++ standard library on the host"),
    "cub/": ("CUB", "write the reduction or scan with __shfl_down_sync and shared memory"),
    "cuda/": ("libcu++ (the header <{name}>)", "use CUDA's built-in barriers and atomics: __syncthreads, atomicAdd"),
    "nv/": ("libcu++ (the header <{name}>)", "test __CUDA_ARCH__ instead"),
    "cublas": ("the library cuBLAS", "call a kernel of your own"),
    "cudnn": ("the library cuDNN", "call a kernel of your own"),
    "curand": ("the library cuRAND", "compute random numbers in the kernel (Philox, xorshift) or on the host"),
    "cufft": ("the library cuFFT", "compute the transform in a kernel of your own, or on the host"),
    "cusparse": ("the library cuSPARSE", "call a kernel of your own"),
    "cusolver": ("the library cuSOLVER", "call a kernel of your own"),
    "cutlass/": ("CUTLASS", "use <mma.h> (nvcuda::wmma) for tensor cores"),
    "cute/": ("CuTe", "use <mma.h> (nvcuda::wmma) for tensor cores"),
    "npp": ("the library NPP", "call a kernel of your own"),
    "nvml": ("the library NVML", "leave it out: there is no hardware to ask"),
    "nvrtc": ("compilation at run time (NVRTC)", "compile the kernel with the program"),
    "nccl": ("several GPUs (NCCL)", "run on one device"),
    "nvshmem": ("several GPUs (NVSHMEM)", "run on one device"),
    "optix": ("OptiX", "leave it out"),
    "cupti": ("the profiling interface CUPTI", "use ./course emulate --profile"),
    "cuda_awbarrier": ("asynchronous barriers", "use __syncthreads()"),
    "cuda_fp8": ("8-bit floats", "use half or __nv_bfloat16"),
    "cuda_fp6": ("6-bit floats", "use half or __nv_bfloat16"),
    "cuda_fp4": ("4-bit floats", "use half or __nv_bfloat16"),
    "cuda_gl_interop": ("graphics interoperation", "leave the window out: compute, and print or save the result"),
    "cuda_egl_interop": ("graphics interoperation", "leave the window out: compute, and print or save the result"),
    "cuda_vdpau_interop": ("graphics interoperation", "leave the window out: compute, and print or save the result"),
    "cuda_texture_types": ("textures", "read the array through a pointer (const __restrict__, or __ldg)"),
    "texture_": ("textures", "read the array through a pointer (const __restrict__, or __ldg)"),
    "surface_": ("surfaces", "write the array through a pointer"),
    "cuda_d3d": ("graphics interoperation", "leave the window out: compute, and print or save the result"),
    "cuda_": ("the header <{name}>", "leave it out, or write what you need of it"),
    "crt/": ("the header <{name}>", "leave it out, or write what you need of it"),
    "drvapi_error_string.h": ("the driver API", "use the runtime API (cudaMalloc, <<<...>>>)"),
    "helper_cuda_drvapi.h": ("the driver API", "use the runtime API (cudaMalloc, <<<...>>>)"),
    "helper_gl.h": ("graphics interoperation", "leave the window out: compute, and print or save the result"),
}

TEXTURES = ("textures", "read the array through a pointer (const __restrict__, or __ldg)")
SURFACES = ("surfaces", "write the array through a pointer")
ARRAYS = ("CUDA arrays, the memory of textures", "allocate with cudaMalloc or cudaMallocPitch")
GRAPHS = ("CUDA graphs", "launch the kernels one after the other")
CLUSTERS = ("thread block clusters", "exchange data between blocks through global memory and a second launch")
GRID_WIDE = ("grid-wide synchronisation: blocks of a launch are not all resident here",
             "end the kernel where the grid must meet, and launch a second one")
DRIVER = ("the driver API", "use the runtime API (cudaMalloc, <<<...>>>)")
GRAPHICS = ("graphics interoperation", "leave the window out: compute, and print or save the result")
IPC = ("memory shared with other processes", "use one process")

# Names by pattern. A name counts wherever it survives the preprocessor; a reader's own `tex2D` would be refused too.
NAMES = [(re.compile(pattern), what) for pattern, what in (
    (r"tex(1D|2D|3D|Cubemap)(Layered)?(fetch|Lod|Grad|gather)?", TEXTURES),
    (r"(texture|textureReference|cudaTextureObject_t|cuda(Create|Destroy)TextureObject|cudaBindTexture\w*"
     r"|cudaUnbindTexture|cudaGetTexture\w+|cudaTextureDesc|cudaResourceDesc|cuda(Create|Get)ChannelDesc"
     r"|cudaChannelFormat\w+|cudaResourceView\w+|cudaDeviceGetTexture1DLinearMaxWidth)", TEXTURES),
    (r"surf(1D|2D|3D|Cubemap)(Layered)?(read|write)", SURFACES),
    (r"(surfaceReference|cudaSurfaceObject_t|cuda(Create|Destroy)SurfaceObject|cudaBindSurface\w*)", SURFACES),
    (r"(cudaArray|cudaArray_t|cudaMalloc(3D)?Array|cudaFreeArray|cudaMemcpy(2D)?(To|From)Array(Async)?"
     r"|cudaMemcpy3DPeer\w*|cudaMipmappedArray\w*|cuda(Malloc|Free)MipmappedArray|cudaGetMipmappedArrayLevel"
     r"|cudaArray_const_t|cudaArrayGet\w+|cudaMemcpy(2D)?ArrayToArray)", ARRAYS),
    (r"(cudaGraph\w*|cudaStream(Begin|End)Capture\w*|cudaStreamIsCapturing|cudaStream\w*Capture\w*|cudaUserObject\w*"
     r"|cudaDevice\w*GraphMem\w*|cudaThreadExchangeStreamCaptureMode)", GRAPHS),
    (r"(__cluster_dims__|this_cluster|cluster_group|cudaLaunchKernelEx\w*|cudaLaunchConfig_t"
     r"|cudaOccupancyMaxActiveClusters|cudaOccupancyMaxPotentialClusterSize|__cluster\w+|__threadfence_cluster)",
     CLUSTERS),
    (r"cudaLaunchAttribute\w*", ("launch attributes", "launch with <<<grid, block, shared_bytes, stream>>>")),
    (r"(cudaStream(Set|Get|Copy)Attributes?|cudaStreamAttr\w+|cudaAccessPolicyWindow|cudaAccessProperty\w*)",
     ("attributes of streams", "leave them out: the emulator has no caches")),
    (r"cudaMemPool(Create|Destroy|Props|SetAccess|GetAccess|Export\w+|Import\w+)",
     ("memory pools of one's own", "allocate from the device's pool: cudaMallocAsync")),
    (r"(cudaMem(cpy|Discard|Prefetch|DiscardAndPrefetch)BatchAsync)", ("copies in batches", "call cudaMemcpyAsync in a loop")),
    (r"(this_multi_grid|multi_grid_group|cudaLaunchCooperativeKernel\w*)", GRID_WIDE),
    (r"cu(Init|Ctx\w+|Device(Get|GetCount|GetName|GetAttribute|TotalMem)|Module\w+|LaunchKernel\w*|Mem[A-Z]\w+"
     r"|Stream[A-Z]\w+|Event[A-Z]\w+|FuncSet\w+|FuncGet\w+|Link[A-Z]\w+|Library[A-Z]\w+|TensorMap\w+)", DRIVER),
    (r"cudaGraphics\w+|cudaGL\w+", GRAPHICS),
    (r"cudaIpc\w+", IPC),
    (r"cuda(External(Memory|Semaphore)|(Import|Destroy|Signal|Wait)External)\w*", GRAPHICS),
    (r"(cudaLibrary\w+|cudaGetDriverEntryPoint\w*|cudaGetKernel|cudaGetFuncBySymbol|cudaGetExportTable"
     r"|cudaKernel_t|cudaFunction_t)", DRIVER),
    (r"(__mbarrier_\w+|__barrier_sync\w*)", ("asynchronous barriers", "use __syncthreads()")),
    (r"(__shfl|__shfl_up|__shfl_down|__shfl_xor|__any|__all|__ballot)",
     ("{name} without a mask, which CUDA removed with Volta",
      "write {name}_sync and name the lanes: {name}_sync(0xffffffff, ...)")),
)]
DYNAMIC_PARALLELISM = ("a kernel launched by a kernel (dynamic parallelism)", "launch it from the host")

# Inline PTX by what it does: the first pattern found in the instruction decides what the reader is told.
PTX = [(re.compile(pattern), remedy) for pattern, remedy in (
    (r"%laneid", "the lane is threadIdx.x % 32"),
    (r"%lanemask_lt", "the lower lanes are (1u << threadIdx.x % 32) - 1"),
    (r"%warpid", "the warp is threadIdx.x / 32"),
    (r"%smid|%nsmid", "blocks have no multiprocessor here: leave it out"),
    (r"%clock|%globaltimer", "call clock64()"),
    (r"cp\.async|cp\.reduce", "copy with ordinary assignments and __syncthreads()"),
    (r"ldmatrix|\bmma\.|wgmma|tcgen05", "use nvcuda::wmma (#include <mma.h>)"),
    (r"mbarrier|bar\.|barrier", "use __syncthreads()"),
    (r"\bld\.|\bst\.", "load and store through the pointer, or with __ldg, __ldcs, __stcs"),
    (r"fma\.", "call fmaf()"),
    (r"\bred\.|\batom\.", "use atomicAdd and its kin"),
    (r"shfl\.", "use __shfl_sync and its kin"),
    (r"bfe\.|bfi\.|lop3|prmt|shf\.", "write it with shifts and masks, or __byte_perm, __funnelshift_l"),
    (r"ex2|lg2|rcp|rsqrt|sqrt|tanh", "call the function of CUDA's math library: exp2f, log2f, tanhf, __frcp_rn, rsqrtf"),
    (r"trap|exit", "use __trap(), or return"),
)]
PTX_REMEDY = "write it in CUDA C++"


class Refusal(NamedTuple):
    file: str
    line: int
    what: str
    remedy: str

    def __str__(self):
        return f"{self.file}:{self.line}: the emulator does not support {self.what}.\n    Instead: {self.remedy}."


# --- Tokens -------------------------------------------------------------------------------------------------

LEXER = re.compile(
    r"""
      (?P<space>  (?: [ \t\r\f\v] | \\\r?\n )+ )
    | (?P<newline> \n )
    | (?P<comment> //(?: \\\r?\n | [^\n] )*? (?=\n|\Z) | /\*.*?(?:\*/|\Z) )
    | (?P<string> (?:u8|[uUL])?R"(?P<delimiter>[^\s()\\]{0,16})\(.*?\)(?P=delimiter)" | (?:u8|[uUL])?"(?: \\. | [^"\\\n] )*"?
                 | (?:u8|[uUL])?'(?: \\. | [^'\\\n] )*'? )
    | (?P<number> \.?[0-9](?: '[0-9A-Za-z_] | [eEpP][+-] | [0-9A-Za-z_.] )* )
    | (?P<word>   [A-Za-z_$][A-Za-z_0-9$]* )
    | (?P<mark>   :: | -> | \#\# | . )
    """,
    re.X | re.S)


class Token(NamedTuple):
    kind: str  # word, number, string, mark
    text: str
    start: int
    end: int
    line: int
    macro: int  # the number of the #define that it is part of; 0 for none


class Directive(NamedTuple):
    name: str
    start: int  # of the #
    end: int  # of the line, before the newline
    line: int
    before: int  # how many tokens stand before it


def tokens_of(text: str) -> tuple[list[Token], list[Directive]]:
    """Split a source into its tokens, without comments, and its preprocessor directives."""
    tokens, directives, line, macros = [], [], 1, 0
    line_start, directive = True, None  # directive: [name, start, line, tokens before it]
    header = ""  # within the name and parameters of a #define: the part that comes next
    for match in LEXER.finditer(text):
        kind, found, position = match.lastgroup, match.group(), match.start()
        if kind == "newline":
            if directive:
                directives.append(Directive(directive[0], directive[1], position, directive[2], directive[3]))
            line_start, directive = True, None
        elif kind in ("space", "comment"):
            pass
        elif found == "#" and line_start:
            directive = ["", position, line, len(tokens)]
            line_start = False
        elif directive and not directive[0]:
            directive[0] = found
            macros += found == "define"
            header = "name"
        elif directive and directive[0] == "define" and header:
            # The parameters' parenthesis follows the name without a space.
            follows = header == "name" and text[match.end() : match.end() + 1] == "("
            header = "parameters" if follows or header == "parameters" and found != ")" else ""
        elif directive and directive[0] != "define":
            pass  # conditions, includes, pragmas: nothing to rewrite
        else:
            line_start = False
            tokens.append(Token(kind, found, position, match.end(), line, macros if directive else 0))
        line += found.count("\n")
    if directive:
        directives.append(Directive(directive[0], directive[1], len(text), directive[2], directive[3]))
    return tokens, directives


OPEN, CLOSE = {"(": ")", "[": "]", "{": "}"}, {")": "(", "]": "[", "}": "{"}


def is_mark(tokens: list[Token], index: int, text: str) -> bool:
    """Whether the characters of text stand at a token, one after the other without a space."""
    found = tokens[index : index + len(text)]
    return (len(found) == len(text) and all(t.text == c for t, c in zip(found, text))
            and found[-1].start - found[0].start == len(text) - 1)


def group_start(tokens: list[Token], index: int) -> int:
    """The token that opens the group which the token at index closes; -1 where there is none."""
    depth = 0
    while index >= 0:
        depth += tokens[index].text in CLOSE and tokens[index].kind == "mark"
        depth -= tokens[index].text in OPEN and tokens[index].kind == "mark"
        if depth == 0:
            return index
        index -= 1
    return -1


# --- Launches -----------------------------------------------------------------------------------------------

NOT_CALLED = {"if", "while", "for", "switch", "return", "else", "do", "sizeof", "case", "co_return", "throw", "and",
              "or", "not"}


def angle_start(tokens: list[Token], index: int) -> int:
    """The `<` that opens the template arguments which the `>` at index closes; -1 where there is none."""
    depth = 0
    while index >= 0:
        text = tokens[index].text
        if tokens[index].kind == "mark" and text in CLOSE:
            index = group_start(tokens, index)
        elif text == ">":
            depth += 1
        elif text == "<" and index and is_mark(tokens, index - 1, "<<"):
            index -= 1  # a shift
        elif text == "<":
            depth -= 1
            if depth == 0:
                return index
        elif text in (";", "{", "}", "(", "["):
            return -1
        index -= 1
    return -1


def kernel_start(tokens: list[Token], end: int) -> int:
    """The first token of the kernel's expression that ends before token `end`; -1 where none is found.

    It reads backwards: name, template arguments, call or index, then `::`, `.`, `->` or `##` and the same again."""
    index = end - 1
    while index >= 0 and tokens[index].macro == tokens[end].macro:
        token = tokens[index]
        if token.text == ">":
            index = angle_start(tokens, index) - 1
            if index < 0 or tokens[index].kind != "word":
                return -1
        elif token.kind == "mark" and token.text in (")", "]"):
            start = group_start(tokens, index)
            if start < 0:
                return -1
            before = tokens[start - 1] if start else None
            callee = before and (before.kind == "word" and before.text not in NOT_CALLED or before.text == "]"
                                 or before.text == ">" and angle_start(tokens, start - 1) > 0)
            if not callee or before.macro != token.macro:
                return start
            index = start - 1
            continue
        elif token.kind != "word" or token.text in NOT_CALLED:
            return -1
        # Now a name stands at index. See what it belongs to.
        if index >= 1 and tokens[index - 1].text == "template":
            index -= 1
        if index >= 1 and tokens[index - 1].text == "::":
            before = tokens[index - 2] if index >= 2 else None
            if before is None or not (before.kind == "word" and before.text not in NOT_CALLED or before.text == ">"):
                return index - 1
            index -= 2
        elif index >= 2 and tokens[index - 1].text in (".", "->", "##"):
            index -= 2
        else:
            return index
    return -1


def configuration_end(tokens: list[Token], index: int) -> int:
    """The first token of the `>>>` that ends the configuration which begins at token index; -1 for none.

    `>>>` can also close three template argument lists, so the one that ends a launch stands after at least one comma
    and before `(`."""
    depth, commas, macro = 0, 0, tokens[index - 1].macro
    while index < len(tokens) and tokens[index].macro == macro:
        token = tokens[index]
        if token.kind == "mark":
            if token.text in OPEN:
                depth += 1
            elif token.text in CLOSE:
                depth -= 1
                if depth < 0:
                    return -1
            elif depth == 0 and token.text == ",":
                commas += 1
            elif depth == 0 and token.text == ";":
                return -1
            elif depth == 0 and commas and is_mark(tokens, index, ">>>"):
                # Of more than three, the last three: `<<<1, B<2>>>>(x)`.
                while is_mark(tokens, index + 1, ">>>"):
                    index += 1
                following = tokens[index + 3] if index + 3 < len(tokens) else None
                if following and following.text == "(" or macro and (not following or following.macro != macro):
                    return index  # a macro may end here: its user writes the arguments
        index += 1
    return -1


# --- Functions ----------------------------------------------------------------------------------------------


class Function(NamedTuple):
    head: tuple[int, int]  # tokens from the declaration's first to the {
    body: tuple[int, int]  # tokens within the braces
    device: bool  # runs on the device only


def scopes(tokens: list[Token], directives: list[Directive]) -> list[Function]:
    """The functions of a file that stand in namespaces and classes, not those within functions."""
    functions, stack, head = [], [], 0  # stack of [kind, index of {, head]
    saved, conditions = [], iter([*directives, Directive("", 0, 0, 0, len(tokens) + 1)])
    condition = next(conditions)
    for index, token in enumerate(tokens):
        # Where #else gives a second version of an opening brace, count the first version as not there.
        while condition.before <= index:
            if condition.name.startswith("if"):
                saved.append((list(stack), head))
            elif condition.name in ("else", "elif") and saved:
                stack, head = list(saved[-1][0]), saved[-1][1]
            elif condition.name == "endif" and saved:
                saved.pop()
            condition = next(conditions)
        if token.macro or token.kind != "mark":
            continue
        inside = stack[-1][0] if stack else "namespace"
        if token.text == "{":
            kind = inside
            if inside in ("namespace", "class"):
                kind = scope_kind([t for t in tokens[head:index] if not t.macro])
            elif inside == "function":
                kind = "block"
            stack.append((kind, index, head))
            head = index + 1
        elif token.text == "}":
            if stack:
                kind, opened, function_head = stack.pop()
                if kind == "function":
                    words = {t.text for t in tokens[function_head:opened] if not t.macro}
                    device = "__global__" in words or "__device__" in words and "__host__" not in words
                    functions.append(Function((function_head, opened), (opened + 1, index), device))
            head = index + 1
        elif token.text == ";" and inside in ("namespace", "class"):
            head = index + 1
    return functions


def scope_kind(head: list[Token]) -> str:
    """What a `{` opens in a namespace or class, by the tokens since the last statement."""
    words = [t.text for t in head]
    if "namespace" in words or words[:1] == ["extern"] and len(words) == 2:
        return "namespace"
    if words and "=" in words and words[-1] in ("=", "]"):
        return "other"
    last = words[-1] if words else ""
    types = {"class", "struct", "union", "enum"} & set(words)
    if last == ")" or last in ("const", "noexcept", "override", "final", "mutable", "try"):
        return "function"
    if "(" in words and "->" in words or "(" in words and ":" in words and not types:
        return "function"
    if types:
        return "other" if "enum" in types else "class"
    return "function" if "(" in words else "other"


# --- extern __shared__ --------------------------------------------------------------------------------------


class Shared(NamedTuple):
    """A declaration `extern __shared__ T name[];` that stands outside of functions."""
    name: str
    definition: str


def shared_declaration(tokens: list[Token], first: int) -> tuple[int, list[Shared]]:
    """Read a declaration of dynamic shared memory that begins at token `first`.

    Returns the token after its `;` and, per name, the pointer that takes its place; none where it is another kind of
    declaration."""
    last = first
    while last < len(tokens) and tokens[last].text != ";" and tokens[last].macro == tokens[first].macro:
        last += 1
    words, shared, index, depth = [], [], first, 0
    while index < last:
        text = tokens[index].text
        if text in ("extern", "__shared__", "static"):
            pass
        elif text in ("__align__", "alignas", "__attribute__", "__declspec") and tokens[index + 1].text == "(":
            index = group_end(tokens, index + 1)
        else:
            words.append(tokens[index])
        index += 1
    parts, start = [], 0
    for index, token in enumerate(words):
        depth += (token.text in OPEN or token.text == "<") - (token.text in CLOSE or token.text == ">")
        if token.text == "," and depth == 0:
            parts.append(words[start:index])
            start = index + 1
    parts.append(words[start:])
    element = ""
    for part in parts:
        bracket = next((i for i, token in enumerate(part) if token.text == "["), None)
        if not bracket:
            return first + 1, []
        if not shared:
            element = joined(part[: bracket - 1])
        stars = "*" if not shared else joined(part[: bracket - 1]) + "*"
        close = bracket
        while close < len(part) and part[close].text != "]":
            close += 1
        rest = joined(part[close + 1 :])
        name = part[bracket - 1].text
        pointer = f"({stars}const {name}){rest}" if rest else f"{stars} const {name}"
        shared.append(Shared(name, f"__attribute__((unused)) {element} {pointer} = "
                                   f"::kbk::cuda::dynamic_shared<{element}{rest}>();"))
    return last + 1, shared


def joined(tokens: list[Token]) -> str:
    return " ".join(token.text for token in tokens)


def group_end(tokens: list[Token], index: int) -> int:
    """The token that closes the group which the token at index opens; the last token where there is none."""
    depth = 0
    while index < len(tokens):
        depth += tokens[index].text in OPEN and tokens[index].kind == "mark"
        depth -= tokens[index].text in CLOSE and tokens[index].kind == "mark"
        if depth == 0:
            return index
        index += 1
    return len(tokens) - 1


# --- Translation --------------------------------------------------------------------------------------------

INCLUDES = Path(__file__).resolve().parent / "include"  # CUDA's headers, as the emulator has them
INCLUDE = re.compile(r"#\s*include\s*(?:\"([^\"\n]+)\"|<([^>\n]+)>)")
TRANSLATED = {".cu", ".cuh", ".h", ".hpp", ".hh", ".hxx", ".inl", ".inc", ".c", ".cc", ".cpp", ".cxx", ".cuinl", ""}
MARK = "KBK_REFUSED_{}_"


class Translator:
    """Translates sources and the reader's own headers that they include into a folder.

    @param folder where translations are written
    @param search folders of -I options, in order"""

    def __init__(self, folder: Path, search=()):
        self.folder, self.search = folder, [Path(path) for path in search]
        self.refusals: list[Refusal] = []
        self.files: dict[Path, Path] = {}  # the reader's file and its translation
        self.shared: dict[str, str] = {}  # dynamic shared memory declared outside of functions: its pointer
        self.configurations: set[str] = set()  # macros that are `<<<...>>>` and nothing before it
        self.prints = False  # whether a kernel calls printf
        self.volatile: list[tuple[str, int]] = []  # where volatile memory is declared that a warp's lanes may share
        self.syncwarp = False  # whether lanes ever meet without a shuffle

    def translate(self, source: Path) -> Path:
        """Translate a file, and what it includes; return the translation. OSError where it cannot be read."""
        source = Path(source)
        key = source.resolve()
        if key in self.files:
            return self.files[key]
        suffix = source.suffix if source.suffix in (".cuh", ".h", ".hpp") else ".cpp"
        name = hashlib.sha256(str(key).encode()).hexdigest()[:12]
        target = self.folder / f"{source.stem}-{name}{suffix}"
        self.files[key] = target  # set first: a file that includes itself ends here
        text = source.read_text(encoding="utf-8", errors="surrogateescape").lstrip("\ufeff")
        translated = self.translate_text(text, source)
        self.folder.mkdir(parents=True, exist_ok=True)
        target.write_text(translated, encoding="utf-8", errors="surrogateescape")
        return target

    def translate_text(self, text: str, source: Path) -> str:
        """The translation of a source's text; `source` is where it stands, for messages and includes."""
        tokens, directives = tokens_of(text)
        edits: list[tuple[int, int, str]] = []  # from, to, the new text
        functions = scopes(tokens, directives)
        # Functions by their first token, so that a file's declarations come before the functions that use them.
        for directive in directives:
            if directive.name in ("include", "include_next"):
                self.include(text, directive, source, edits)
        self.configuration_macros(text, tokens, directives, edits)
        bodies = [(f.body[0], f.body[1]) for f in functions]
        device = [(f.body[0], f.body[1]) for f in functions if f.device]
        within = lambda index, ranges: any(first <= index < last for first, last in ranges)

        index = 0
        while index < len(tokens):
            token = tokens[index]
            if token.kind == "word":
                if token.text in ("extern", "__shared__"):
                    following = self.shared_memory(tokens, index, within(index, bodies) or token.macro, edits)
                    if following:
                        index = following
                        continue
                else:
                    self.word(tokens, index, text, source, within(index, device), edits)
            elif token.text == "<" and is_mark(tokens, index, "<<<"):
                self.launch(tokens, index, source, within(index, device), edits)
            index += 1
        self.shared_memory_in_functions(tokens, functions, edits)

        pieces, position = [f'#line 1 "{quoted(str(source))}"\n'], 0
        for first, last, new in sorted(edits, key=lambda edit: (edit[0], edit[1])):
            # Keep the lines where they are, whatever was taken out.
            lost = text.count("\n", first, last) - new.count("\n")
            pieces += [text[position:first], new, "\\\n" * lost if new.startswith("#") else "\n" * lost]
            position = last
        return "".join(pieces) + text[position:]

    def refuse(self, source: Path, line: int, what, **names) -> str:
        self.refusals.append(Refusal(str(source), line, *(text.format(**names) for text in what)))
        return MARK.format(len(self.refusals) - 1)

    def refused(self, preprocessed: str) -> list[Refusal]:
        """What of the refusals is still there after preprocessing, each once."""
        numbers = {int(n) for n in re.findall(MARK.format(r"(\d+)"), preprocessed)}
        return sorted({self.refusals[n] for n in numbers})

    # --- The parts

    def include(self, text: str, directive: Directive, source: Path, edits) -> None:
        """Lead an #include to the translation of the reader's file; mark what cannot be included."""
        match = INCLUDE.match(text, directive.start)
        if not match:
            return
        name = match[1] or match[2]
        for folder in ([source.parent] if match[1] else []) + self.search:
            file = folder / name
            if file.is_file():
                if file.suffix in TRANSLATED:
                    edits.append((directive.start, match.end(), f'#include "{quoted(str(self.translate(file)))}"'))
                return
        if (INCLUDES / name).is_file():
            return
        for beginning, what in HEADERS.items():
            if name.startswith(beginning):
                edits.append((directive.start, match.end(), self.refuse(source, directive.line, what, name=name)))
                return

    def launch(self, tokens, index: int, source: Path, on_device: bool, edits) -> None:
        """kernel<<<grid, block>>>(x): open at the kernel's first token, close at the `<<<`."""
        first = kernel_start(tokens, index)
        if first < 0 or tokens[first - 1].text == "operator" and first:
            return
        last = configuration_end(tokens, index + 3)
        if last < 0:
            return
        mark = self.refuse(source, tokens[index].line, DYNAMIC_PARALLELISM) + " " if on_device else ""
        edits.append((tokens[first].start, tokens[first].start, mark + "KBK_KERNEL("))
        edits.append((tokens[index].start, tokens[index + 2].end, ").configure("))
        edits.append((tokens[last].start, tokens[last + 2].end, ")"))

    def configuration_macros(self, text: str, tokens, directives, edits) -> None:
        """#define ARGS(grid, block) <<<grid, block>>>: what users of editors that do not know CUDA hide launches in."""
        for index, token in enumerate(tokens):
            begins = token.macro and (index == 0 or tokens[index - 1].macro != token.macro)
            last = configuration_end(tokens, index + 3) if begins and is_mark(tokens, index, "<<<") else -1
            if last < 0:
                continue
            define = next(d for d in directives if d.start < token.start <= d.end)
            self.configurations.add(re.match(r"#\s*define\s+(\w+)", text[define.start :])[1])
            edits.append((token.start, tokens[index + 2].end, ".configure("))
            edits.append((tokens[last].start, tokens[last + 2].end, ")"))

    def word(self, tokens, index: int, text: str, source: Path, on_device: bool, edits) -> None:
        token = tokens[index]
        before = tokens[index - 1].text if index else ""
        if token.text in self.configurations:
            first = kernel_start(tokens, index)
            if first >= 0:
                edits.append((tokens[first].start, tokens[first].start, "KBK_KERNEL("))
                edits.append((token.start, token.start, ") "))
            return
        if token.text == "__noinline__" and before != "(" and before != ",":
            edits.append((token.start, token.end, "__attribute__((noinline))"))  # libstdc++ uses the word itself
        elif token.text == "printf" and on_device:
            self.prints = True
        elif token.text == "volatile" and before not in ("asm", "__asm__", "__asm") and source.suffix != ".cpp":
            self.volatile.append((str(source), token.line))
        elif token.text == "__syncwarp":
            self.syncwarp = True
        elif token.text in ("asm", "__asm__", "__asm"):
            following = next((i for i in range(index + 1, min(index + 5, len(tokens))) if tokens[i].text == "("), None)
            if following is None:
                return
            strings = [t.text for t in tokens[following : group_end(tokens, following)] if t.kind in ("string", "mark")]
            code = "".join(strings[1 : strings.index(":")] if ":" in strings else strings)
            if not re.search(r"\w", code) or re.search(r"rdtsc|cpuid|\bpause\b|mfence", code):
                return  # an empty one orders the compiler; others are for the host's processor
            remedy = next((remedy for pattern, remedy in PTX if pattern.search(code)), PTX_REMEDY)
            mark = self.refuse(source, token.line, ("inline PTX", remedy))
            edits.append((token.start, token.end, mark))
        elif token.text == "cudaLaunchKernel":
            # A kernel as void* would not tell its parameters.
            ahead = " ".join(t.text for t in tokens[index + 1 : index + 8])
            cast = re.match(r"\( (\( (?:const )?void \* \)|\w+_cast < (?:const )?void \* >)", ahead)
            if cast:
                first, last = tokens[index + 2], tokens[index + 1 + len(cast[1].split())]
                edits.append((first.start, last.end, ""))
        elif before not in (".", "->") and not (before == "::" and token.text == "texture"):
            for pattern, what in NAMES:
                if pattern.fullmatch(token.text):
                    if token.text == "texture" and not is_mark(tokens, index + 1, "<"):
                        continue  # an ordinary name
                    mark = self.refuse(source, token.line, what, name=token.text)
                    edits.append((token.start, token.end, mark))
                    return

    def shared_memory(self, tokens, index: int, in_function: bool, edits) -> int:
        """extern __shared__ T name[]; returns the token after it, or 0 when it is something else."""
        ahead = [token.text for token in tokens[index : index + 6]]
        if not {"extern", "__shared__"} <= set(ahead[: ahead.index(";")] if ";" in ahead else ahead):
            return 0
        following, shared = shared_declaration(tokens, index)
        if not shared:
            return 0
        new = " ".join(s.definition for s in shared) if in_function else ""
        if not in_function:
            self.shared.update(shared)
        end = tokens[min(following, len(tokens)) - 1].end
        # Within a macro the definition may stand before a `;` of its user's.
        edits.append((tokens[index].start, end, new if new else ";"))
        return following

    def shared_memory_in_functions(self, tokens, functions: list[Function], edits) -> None:
        """Give each function that uses dynamic shared memory declared outside of it a pointer of its own."""
        if not self.shared:
            return
        for function in functions:
            parameters = {t.text for t in tokens[slice(*function.head)] if t.kind == "word"}
            body = [t for t in tokens[slice(*function.body)] if not t.macro]
            used = []
            for place, token in enumerate(body):
                if token.kind == "word" and token.text in self.shared and token.text not in parameters:
                    if place == 0 or body[place - 1].text not in (".", "->", "::"):
                        used.append(token.text)
            own = set()  # declared again within the function
            for place, token in enumerate(body):
                if token.text == "__shared__":
                    own |= {t.text for t in body[place : place + 12] if t.kind == "word"}
            new = "".join(" " + self.shared[name] for name in dict.fromkeys(used) if name not in own)
            if new:
                opening = tokens[function.body[0] - 1].end
                edits.append((opening, opening, new))


def quoted(path: str) -> str:
    return path.replace("\\", "\\\\").replace('"', '\\"')
