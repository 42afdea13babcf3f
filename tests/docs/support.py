"""What the tests of the book share: a copy of the fixture that a test may spoil."""

import shutil
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIXTURE = Path(__file__).resolve().parent / "fixture"
sys.path.insert(0, str(ROOT / "docs"))


class FixtureTest(unittest.TestCase):
    """A test with a small book of its own, in self.root."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve() / "project"
        shutil.copytree(FIXTURE, self.root)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def replace(self, name, old, new):
        text = (self.root / name).read_text(encoding="utf-8")
        self.assertEqual(text.count(old), 1, f"{old!r} in {name}")
        self.write(name, text.replace(old, new))

    def assert_error(self, errors, place, words):
        """One of the errors stands at place and contains the words."""
        self.assertTrue(any(e.startswith(place) and words in e for e in errors),
                        f"no error at {place} says '{words}':\n" + "\n".join(errors))
