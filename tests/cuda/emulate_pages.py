"""What a page shows of ./course emulate is what it prints.

    emulate_pages.py BUILD

Every ```text block that begins with `$ ./course emulate` is such a session: the command, and below it all of its output."""

import re
import shlex
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "chapters" / "06_gpu" / "README.md"]
BUILD = Path(sys.argv.pop(1)).resolve()


class PagesTest(unittest.TestCase):
    def test_sessions(self):
        sessions = [(page, *found) for page in PAGES
                    for found in re.findall(r"^```text\n\$ \./course emulate (.*)\n((?:.*\n)*?)```$", page.read_text(), re.M)]
        self.assertGreaterEqual(len(sessions), 3)
        for page, words, shown in sessions:
            with self.subTest(page=page.parent.name, command=words):
                done = subprocess.run([sys.executable, str(ROOT / "common/cuda/api/emulate.py"), "--build", str(BUILD),
                                       *shlex.split(words)], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                      timeout=300)
                self.assertEqual((done.stdout + done.stderr).strip().splitlines(), shown.strip().splitlines())


if __name__ == "__main__":
    unittest.main()
