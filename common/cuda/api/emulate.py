"""Compiles a reader's CUDA program for the emulator and runs it: the work behind `./course emulate`.

    python3 emulate.py --build FOLDER [OPTIONS] FILE.cu... [COMPILER OPTIONS] [--] [ARGUMENTS OF THE PROGRAM]

FOLDER is the project's build folder; the target kbk_cuda_api leaves there what a program is linked with, in
emulate/link.txt. Compiled programs are kept in FOLDER/emulate, and used again while nothing that they were made of has
changed."""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from translate import Translator  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SOURCES = {".cu", ".cpp", ".cc", ".cxx", ".c"}
ARCHITECTURES = ("sm_75", "sm_80", "sm_86", "sm_89", "sm_90")

ALWAYS = ["-fno-math-errno", "-fno-trapping-math", "-Wno-unknown-pragmas", "-Wno-attributes", "-Wno-tsan",
          # What C++20 calls deprecated, and nvcc's front end takes without a word.
          "-Wno-volatile", "-Wno-deprecated-enum-enum-conversion", "-Wno-deprecated-enum-float-conversion",
          "-Wno-comma-subscript", "-Wno-narrowing", "-pthread"]

# Calls before the accesses to volatile variables: see lockstep.cpp.
LOCKSTEP = ["-fsanitize=thread", "--param=tsan-distinguish-volatile=1", "--param=tsan-instrument-func-entry-exit=0",
            "-O1", "-fno-reorder-blocks", "-fno-reorder-blocks-and-partition"]

# What only --check and --profile need; its functions would take the place of lockstep.cpp's.
WATCHING = ("libkbk_cuda_watch", "libkbk_cuda_profiler")

# Options of nvcc that mean nothing here (those that end in = or : take a value in the same word or the next).
IGNORED = re.compile(
    r"-(lineinfo|G|dc|rdc=\w+|-relocatable-device-code=\w+|-?use_fast_math|-?expt-\S+|-?extended-lambda|restrict"
    r"|-?keep|-resource-usage|res-usage|t=?\d+|-threads=?\d*|cudart=?\w*|-ptxas-options=\S+|Xptxas=\S+"
    r"|-?maxrregcount=\d+|-Werror=\S+|-?diag-suppress=\S+|arch=\S*(native|all)\S*"
    r"|gencode=\S+|-generate-code=\S+|m64|ccbin=\S+|lcudart|lcudart_static|lcuda|lcudadevrt|ldl|lrt|lnvToolsExt)$")
IGNORED_WITH_VALUE = {"-gencode", "--generate-code", "-Xptxas", "--ptxas-options", "-maxrregcount",
                      "--maxrregcount", "-ccbin", "-diag-suppress", "-t", "-Xcudafe", "-Xnvlink"}
LIBRARIES = re.compile(r"-l(cublas|cublasLt|cudnn|curand|cufft|cusparse|cusolver|nccl|nvrtc|npp\w*|nvml|nvidia-ml)$")
COMPILER = re.compile(r"-([IDULWfm]\S*|isystem|include|O[0-3sg]?|Ofast|g\d?|ggdb\S*|w|std=\S+|l\S+|x|pthread|fopenmp)$")
TAKES_VALUE = {"-I", "-D", "-U", "-L", "-isystem", "-include", "-l", "-Xcompiler", "-x", "-Xlinker"}

USAGE = """./course emulate [OPTIONS] FILE.cu [MORE SOURCES] [COMPILER OPTIONS] [--] [ARGUMENTS OF THE PROGRAM]
  --check          find mistakes: races, reads of memory never written, out of bounds, ... with their file and line
  --profile        count what each line of the kernels asks of the memory, and print it at the end
  --page FILE      write the profile as a page with the annotated source (implies --profile)
  --arch NAME      play this GPU's limits: sm_75 (T4), sm_80 (A100), sm_86, sm_89 (RTX 4090), sm_90 (H100)
  --reverse        run blocks and threads from the last to the first: a missing barrier often shows in the results
  --lenient        let barriers go as hardware happens to do where threads have left or stand at different ones
  --threads N      run blocks on N cores (all; 1 where a kernel prints, so that its lines keep their order)
  --build-only     compile, and say where the program is
Compiler options are those of g++ and nvcc: -I DIR, -DNAME, -lm, -O0, -g, ... The first word that is neither
an option, a source nor a value begins the program's own arguments; -- does so in any case."""


class Stop(Exception):
    """Ends with a message and an exit status."""

    def __init__(self, message: str, status: int = 1):
        super().__init__(message)
        self.status = status


class Settings:
    """The command line, taken apart."""

    def __init__(self, words: list[str]):
        self.build = self.page = None
        self.arch = "sm_80"
        self.threads = 0
        self.check = self.profile = self.reverse = self.lenient = self.debugger = self.build_only = self.verbose = False
        self.sources: list[Path] = []
        self.compile: list[str] = []
        self.link: list[str] = []
        self.standard = "20"
        self.arguments: list[str] = []
        self.read(list(words))

    def value(self, option: str, words: list[str]) -> str:
        if not words:
            raise Stop(f"{option} needs a value.\nUsage: {USAGE.splitlines()[0]}", 2)
        return words.pop(0)

    def read(self, words: list[str]) -> None:
        while words:
            word = words.pop(0)
            name, has_value, value = word.partition("=")
            if word == "--":
                self.arguments = words
                break
            elif word in ("--check", "--profile", "--reverse", "--lenient", "--debugger", "--build-only", "--verbose"):
                setattr(self, word[2:].replace("-", "_"), True)
            elif name in ("--build", "--page", "--arch", "-arch", "--threads", "--gpu-architecture"):
                value = value if has_value else self.value(name, words)
                self.option(name, value)
            elif Path(word).suffix in SOURCES and (Path(word).is_file() or not self.sources):
                if not Path(word).is_file():
                    raise Stop(f"there is no file '{word}'.", 2)
                self.sources.append(Path(word))
            elif not self.compiler_option(word, words):
                if not self.sources:
                    raise Stop(f"'{word}' is neither an option nor a source file (.cu, .cpp, .c).\n"
                               f"Usage: {USAGE.splitlines()[0]}", 2)
                self.arguments = [word, *words]
                break
        if not self.sources:
            raise Stop(f"which program?\nUsage: {USAGE.splitlines()[0]}", 2)

    def option(self, name: str, value: str) -> None:
        if name == "--build":
            self.build = Path(value).resolve()
        elif name == "--page":
            self.page, self.profile = str(Path(value).resolve()), True
        elif name == "--threads":
            if not value.isdigit() or int(value) < 1:
                raise Stop(f"--threads '{value}' is not a number of cores: 1 or more.", 2)
            self.threads = int(value)
        elif re.fullmatch(r"(native|all\S*)", value):
            pass  # nvcc's names for "whatever there is"
        else:
            arch = re.sub(r"^(compute|lto|sm)_(\d+)a?$", r"sm_\2", value)
            if arch not in ARCHITECTURES:
                raise Stop(f"the emulator does not play '{value}': choose one of {', '.join(ARCHITECTURES)}.", 2)
            self.arch = arch

    def compiler_option(self, word: str, words: list[str]) -> bool:
        """Take an option of g++ or nvcc; return whether it was one."""
        if word in IGNORED_WITH_VALUE:
            self.value(word, words)
        elif word == "-o" or IGNORED.match(word):
            if word == "-o":
                self.value(word, words)
        elif word.startswith(("-Xcompiler=", "--compiler-options=")):
            self.compile += word.split("=", 1)[1].split(",")
        elif word in ("-Xcompiler", "--compiler-options"):
            self.compile += self.value(word, words).replace(",", " ").split()
        elif LIBRARIES.match(word):
            raise Stop(f"{word}: device libraries do not run in the emulator; write the kernel yourself.")
        elif word.startswith(("-std=", "--std=")):
            # The emulator is written in C++20: older standards are raised to it, which few programs notice.
            number = re.sub(r"\D", "", word.split("=")[1].replace("2a", "20").replace("2b", "23"))
            self.standard = number if number in ("20", "23", "26") else "20"
        elif word in TAKES_VALUE:
            value = self.value(word, words)
            (self.link if word in ("-L", "-l", "-Xlinker") else self.compile).extend([word, value])
        elif COMPILER.match(word):
            (self.link if word.startswith(("-l", "-L", "-Wl,")) else self.compile).append(word)
        else:
            return False
        return True

    def search(self) -> list[str]:
        """The folders of -I."""
        pairs = zip(self.compile, [*self.compile[1:], ""])
        return [option[2:] or following for option, following in pairs if option.startswith("-I")]


def stamp(path: str) -> list[int] | None:
    """What changes when a file does."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return [status.st_mtime_ns, status.st_size]


class Program:
    """A reader's program: what it is made of, where its compiled form lies."""

    def __init__(self, settings: Settings):
        self.settings = settings
        link = settings.build / "emulate" / "link.txt"
        if not link.is_file():
            raise Stop(f"{settings.build} holds no emulator: build the target kbk_cuda_api first.")
        self.libraries = link.read_text().split()
        self.instrumented = (link.parent / "checked_flags.txt").read_text().split()
        self.flags = self.compiler_flags()
        description = json.dumps([[str(s.resolve()) for s in settings.sources], self.flags, settings.link,
                                  self.libraries, os.getcwd()])
        name = f"{settings.sources[0].stem}-{hashlib.sha256(description.encode()).hexdigest()[:12]}"
        self.folder = settings.build / "emulate" / name
        self.binary = self.folder / settings.sources[0].stem
        self.manifest = self.folder / "manifest.json"
        self.prints = False

    def compiler_flags(self) -> list[str]:
        settings = self.settings
        mode = ["-O2", "-g1", "-gdwarf-4"]  # addr2line gets the file of a #line wrong in DWARF 5
        if settings.check or settings.profile:
            # As KbkCuda.cmake says; the program is linked without a sanitizer.
            mode = [*self.instrumented, "-DKBK_CUDA_CHECKED"]
        elif settings.debugger:
            mode = ["-O0", "-g", "-gdwarf-4"]
        # A program's own -O and -g come last, and win, except where the instrumentation needs its own.
        own = [o for o in settings.compile if not (settings.check or settings.profile) or not re.match(r"-(O|g)", o)]
        return [f"-std=gnu++{settings.standard}", *ALWAYS, *mode, f"-DKBK_EMULATED_ARCH={settings.arch[3:]}0",
                "-isystem", str(HERE / "include"), "-isystem", str(ROOT), *own]

    def current(self) -> bool:
        """Whether the compiled program is as new as everything that it was made of."""
        try:
            known = json.loads(self.manifest.read_text())
        except (OSError, ValueError):
            return False
        self.prints = known["prints"]
        return self.binary.is_file() and all(stamp(path) == was for path, was in known["files"].items())

    def build(self) -> None:
        """Translate, preprocess, refuse what must be refused, compile, link."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        translator = Translator(self.folder / "translated", self.settings.search())
        sources = [(source, self.translation(translator, source)) for source in self.settings.sources]
        if translator.volatile and not (self.settings.check or self.settings.profile):
            self.flags += LOCKSTEP
            if not translator.syncwarp:
                place = "{}:{}".format(*translator.volatile[0])
                print(f"note: {place}: a warp's lanes keep in step at volatile shared memory here, as before 2017. GPUs "
                      "since Volta\n    need __syncwarp() between such accesses; --check says where.", file=sys.stderr)
        with ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as pool:
            preprocessed = list(pool.map(lambda pair: self.preprocess(*pair), sources))
            self.refuse(translator, preprocessed)
            objects = list(pool.map(self.compile, preprocessed))
        self.link(objects)

        files = {str(path) for path in translator.files} | {__file__, str(HERE / "translate.py")}
        files |= {path for path in self.libraries if path.startswith("/")}
        for path in preprocessed:
            files |= set(re.findall(r'^# \d+ "([^"<\n]+)"', path.read_text(errors="replace"), re.M))
        translated = str(self.folder)
        files = {os.path.abspath(f) for f in files if not os.path.abspath(f).startswith(translated)}
        self.prints = translator.prints
        known = {"prints": self.prints, "files": {f: stamp(f) for f in sorted(files) if stamp(f)}}
        self.manifest.write_text(json.dumps(known))

    def translation(self, translator: Translator, source: Path) -> Path:
        try:
            return source if source.suffix == ".c" else translator.translate(source)
        except OSError as error:
            raise Stop(f"{error.filename}: {error.strerror}")

    def preprocess(self, source: Path, translation: Path) -> Path:
        result = self.folder / f"{translation.stem}.{'i' if source.suffix == '.c' else 'ii'}"
        # Headers beside the source are found there, not beside its translation.
        command = [*self.compiler(source), "-E", "-iquote", str(source.parent), str(translation), "-o", str(result)]
        if source.suffix in (".cu", ".cuh"):
            command += ["-DKBK_CUDA_SOURCE", "-include", "cuda_runtime.h"]  # as nvcc does
        self.call(command, f"{source} could not be preprocessed")
        return result

    def compiler(self, source: Path) -> list[str]:
        if source.suffix == ".c":
            return ["gcc", *(f for f in self.flags if not f.startswith("-std="))]
        return ["g++", *self.flags]

    def refuse(self, translator: Translator, preprocessed: list[Path]) -> None:
        refused = translator.refused("".join(path.read_text(errors="replace") for path in preprocessed))
        if not refused:
            return
        shown = "\n".join(str(r) for r in refused[:10])
        more = f"\n... and {len(refused) - 10} more." if len(refused) > 10 else ""
        raise Stop(f"this program needs what the emulator does not have:\n{shown}{more}")

    def compile(self, preprocessed: Path) -> Path:
        result = preprocessed.with_suffix(".o")
        compiler = self.compiler(preprocessed.with_suffix(".c") if preprocessed.suffix == ".i" else preprocessed)
        # Preprocessed files carry the reader's file names; options about macros and headers have had their effect.
        self.call([*compiler, "-fpreprocessed", "-c", str(preprocessed), "-o", str(result)],
                  "the program does not compile (above)")
        return result

    def link(self, objects: list[Path]) -> None:
        checked = self.settings.check or self.settings.profile
        draft = self.binary.with_suffix(".part")
        command = ["g++", "-pthread", *(["-fopenmp"] if "-fopenmp" in self.flags else []), *map(str, objects),
                   *(["-Wl,-u,kbk_cuda_api_watch"] if checked else []),
                   *(library for library in self.libraries if checked or Path(library).stem not in WATCHING),
                   *self.settings.link, "-o", str(draft)]
        self.call(command, "the program does not link (above)")
        os.replace(draft, self.binary)

    def call(self, command: list[str], complaint: str) -> None:
        if self.settings.verbose:
            print(" ".join(command), file=sys.stderr)
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace")
        if done.stdout:
            sys.stderr.write(without_macros(done.stdout))
        if done.returncode != 0:
            raise Stop(complaint + ".")

    def environment(self) -> dict[str, str]:
        settings = self.settings
        result = {**os.environ, "KBK_EMU_ARCH": settings.arch}
        if settings.reverse:
            result["KBK_EMU_REVERSE"] = "1"
        if settings.lenient:
            result["KBK_EMU_LENIENT"] = "1"
        if not settings.check:
            result["KBK_EMU_TOLERANT"] = "1"
        threads = settings.threads or (1 if self.prints or settings.debugger else 0)
        if threads:
            result["KBK_EMU_THREADS"] = str(threads)
        if settings.check or settings.profile:
            result["KBK_EMU_WATCH"] = "+".join(["check"] * settings.check + ["profile"] * settings.profile)
        return result


def without_macros(messages: str) -> str:
    """Compiler messages as the reader knows the program: a launch is called a launch."""
    messages = re.sub(r"kbk::cuda::api::Launcher<([^<>]*(?:<[^<>]*>[^<>]*)*)>", r"launch of kernel(\1)", messages)
    return messages


def main(words: list[str]) -> int:
    try:
        if not words or words[0] in ("-h", "--help") or words[0] == "--build" and len(words) < 3:
            print(USAGE)
            return 0
        settings = Settings(words)
        if settings.build is None:
            raise Stop("--build FOLDER is missing", 2)
        if not shutil.which("g++"):
            raise Stop("g++ is not installed; ./course run installs what the project needs.")
        program = Program(settings)
        if not program.current():
            program.build()
    except Stop as stop:
        print(f"emulate: {stop}", file=sys.stderr)
        return stop.status
    if settings.build_only:
        print(program.binary)
        return 0
    sys.stdout.flush()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and programs would inherit that.
    command = [str(program.binary), *settings.arguments]
    if settings.page:
        return run_with_page(program, command)
    if settings.debugger:
        command = ["gdb", "-q", "-x", str(HERE / "gdb_commands.py"), *gdb_options(), "--args", *command]
    os.execvpe(command[0], command, program.environment())


def run_with_page(program: Program, command: list[str]) -> int:
    """Run a program that is profiled, and write what was counted beside its source as a page."""
    counts = program.folder / "profile.json"
    counts.unlink(missing_ok=True)
    code = subprocess.call(command, env={**program.environment(), "KBK_EMU_PROFILE_JSON": str(counts)})
    if counts.is_file():
        sys.path.insert(0, str(ROOT / "benchmarks" / "profile"))
        import page as pages

        parts = [f"<h1>{html.escape(program.settings.sources[0].name)}</h1>",
                 "<p><small>Counted in the emulator, from the source as written, not measured on hardware.</small></p>"]
        for kernel in json.loads(counts.read_text()):
            size = ", ".join(f"{what} {'×'.join(map(str, kernel[what]))}" for what in ("grid", "block"))
            parts += [f"<h2>{html.escape(kernel['kernel'])}</h2>",
                      f"<p>{size}, launched {kernel['launches']} times</p>", pages.totals(kernel)]
            files = dict.fromkeys(line["file"] for line in kernel["lines"] if line["line"])
            parts += [pages.source(kernel, file, ROOT) for file in files]
        page = pages.style.document(Path(command[0]).name, parts)
        Path(program.settings.page).write_text(page, encoding="utf-8")
        print(f"emulate: the page is {program.settings.page}", file=sys.stderr)
    return code if code >= 0 else 128 - code  # as a shell reports a program that a signal ended


def gdb_options() -> list[str]:
    """More options for gdb, one a line: how tests drive it."""
    return os.environ.get("KBK_GDB_OPTIONS", "").splitlines()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
