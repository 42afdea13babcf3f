"""Every chapter's program, treated as a reader might: wrong options, missing data, Ctrl-C."""
import os
import pathlib
import signal
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("KBK_BUILD", ROOT / "build/default"))
CHAPTERS = sorted(p.name for p in (ROOT / "chapters").glob("[0-9][0-9]_*") if (p / "main.cpp").exists())
TRAINED = "07_mlp"  # a chapter whose default run trains for some seconds


def run(chapter, *arguments, **environment):
    """Run a program; return its exit status and everything that it printed."""
    done = subprocess.run([BUILD / "chapters" / chapter / chapter, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=300, env={**os.environ, **environment})
    return done.returncode, done.stdout


class WrongInput(unittest.TestCase):
    def refuse(self, status, words, *arguments, **environment):
        """Every chapter must refuse, in few lines that hold the words, and never crash."""
        for chapter in CHAPTERS:
            with self.subTest(chapter=chapter, arguments=arguments):
                code, output = run(chapter, *arguments, **environment)
                self.assertEqual(code, status, output)
                # What was printed before the error is the report; the error is its end.
                error = "\n".join(output.strip().splitlines()[-3:])
                for word in words:
                    self.assertIn(word, error)

    def test_unknown_option(self):
        self.refuse(2, ["--nonsense", "--help"], "--nonsense")

    def test_option_without_its_value(self):
        self.refuse(2, ["--seed"], "--seed")
        self.refuse(2, ["--threads"], "--threads", "many")

    def test_unknown_device(self):
        self.refuse(1, ["tpu", "cpu", "cuda"], "--device", "tpu")

    def test_unknown_operation_and_rung(self):
        self.refuse(1, ["matmull", "matmul"], "--kernels", "matmull=naive")
        self.refuse(1, ["fastest", "packed"], "--kernels", "matmul=fastest")
        self.refuse(1, ["quickest", "best"], "--kernels", "quickest")
        self.refuse(1, ["OPERATION=RUNG"], "--kernels", "matmul=,bias=naive")

    def test_number_of_threads(self):
        self.refuse(1, ["0 threads", "1 to 1024"], "--threads", "0")

    def test_expectations_that_are_not_there(self):
        self.refuse(1, ["no-such-file.txt"], "--expect", "/tmp/no-such-file.txt")

    def test_help(self):
        for chapter in CHAPTERS:
            code, output = run(chapter, "--help")
            self.assertEqual(code, 0)
            for option in ["--device", "--kernels", "--seed", "--threads", "--full", "--expect", "--figures", "--save"]:
                self.assertIn(option, output)


class MissingData(unittest.TestCase):
    def test_unknown_data_set(self):
        code, output = run(TRAINED, "--dataset", "imagenet")
        self.assertEqual(code, 1, output)
        self.assertIn("imagenet", output)
        self.assertIn("fashion-mnist", output)

    def test_folder_without_data(self):
        with tempfile.TemporaryDirectory() as empty:
            code, output = run(TRAINED, "--data", empty)
            self.assertEqual(code, 1, output)
            self.assertIn(empty, output)

    def test_weights_that_are_not_there(self):
        code, output = run("14_transformer", "--dataset", "gpt2")
        self.assertEqual(code, 1, output)
        self.assertIn("--dataset gpt2 needs --data DIR", output)
        with tempfile.TemporaryDirectory() as empty:
            code, output = run("14_transformer", "--dataset", "gpt2", "--data", empty)
            self.assertEqual(code, 1, output)
            self.assertIn(f"{empty}/gpt2 has no model.safetensors", output)

    def test_time_that_is_none(self):
        code, output = run("14_transformer", "--minutes", "-1")
        self.assertEqual(code, 1, output)
        self.assertIn("--minutes -1", output)

    def test_data_set_that_nobody_downloaded(self):
        with tempfile.TemporaryDirectory() as empty:
            code, output = run(TRAINED, "--dataset", "mnist", KBK_DATA=empty, XDG_CACHE_HOME=empty)
            self.assertEqual(code, 1, output)
            self.assertIn("./course data mnist", output)


class Interrupted(unittest.TestCase):
    def test_ctrl_c_saves_and_resume_finds_the_expected_values(self):
        with tempfile.TemporaryDirectory() as folder:
            command = [BUILD / "chapters" / TRAINED / TRAINED, "--checkpoints", folder]
            process = subprocess.Popen(["stdbuf", "-oL", *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                       text=True)
            for line in process.stdout:
                if line.startswith("epoch  3/"):
                    process.send_signal(signal.SIGINT)
                    break
            rest, _ = process.communicate()
            self.assertEqual(process.returncode, 130, rest)
            self.assertIn(folder, rest)
            self.assertIn("--resume", rest)

            expected = ROOT / "chapters" / TRAINED / "expected.txt"
            code, output = run(TRAINED, "--checkpoints", folder, "--resume", "--expect", str(expected))
            self.assertEqual(code, 0, output)
            self.assertIn("resumed after", output)

            # Another seed is another run, and must not go on from this one's weights.
            code, output = run(TRAINED, "--checkpoints", folder, "--resume", "--seed", "2")
            self.assertEqual(code, 1, output)
            self.assertIn("another run", output)

    def test_nothing_to_resume(self):
        with tempfile.TemporaryDirectory() as folder:
            code, output = run(TRAINED, "--checkpoints", folder, "--resume")
            self.assertEqual(code, 1, output)
            self.assertIn("no checkpoint", output)
            self.assertIn(folder, output)


class Expectations(unittest.TestCase):
    def test_a_changed_value_and_a_changed_figure_are_named(self):
        with tempfile.TemporaryDirectory() as folder:
            changed = pathlib.Path(folder) / "expected.txt"
            source = ROOT / "chapters" / TRAINED
            changed.write_text((source / "expected.txt").read_text().replace("0.0900305732", "0.0900306732"))
            figures = pathlib.Path(folder) / "figures"
            figures.mkdir()
            for file in (source / "figures").iterdir():
                text = file.read_text()
                (figures / file.name).write_text(text.replace(">epoch<", ">Epoch<") if file.name == "curves.svg" else text)
            code, output = run(TRAINED, "--expect", str(changed))
            self.assertEqual(code, 1, output)
            tail = output[output.rfind("GFLOP/s"):]
            self.assertIn("hand.p2", tail)
            self.assertIn("hand.d2", tail)
            self.assertIn("curves.svg", tail)
            self.assertNotIn("hand.p1", tail)


if __name__ == "__main__":
    unittest.main()
