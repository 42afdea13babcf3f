"""The map of the folders in README.md is the tree as it is."""

import re
import subprocess
import unittest

from support import ROOT


def top_level_folders(root):
    """Folders that belong to the project: what git knows, else all that are neither hidden nor built."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"], capture_output=True,
        text=True, check=False)
    names = {line.split("/")[0] for line in listed.stdout.splitlines() if "/" in line
            } if listed.returncode == 0 else {
                path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith("build")
            }
    return {name for name in names if not name.startswith((".", "__"))}


def mapped_folders(text):
    """Folders that open a line of the page: `kernels/`, [kernels](kernels); in a table, a list or a plain map."""
    return {
        match[1] for match in re.finditer(r"^[\s|*-]*[\[`]*([A-Za-z]\w*)(?:/|`?\]\(\1/?\))", text, re.MULTILINE)
    }


class MapTest(unittest.TestCase):
    def test_forms_of_a_map(self):
        text = "| `kernels/` | x |\n- [common/](common/): y\n- [docs](docs)\nchapters/NN_name/   z\n\nSee tests/.\n"
        self.assertEqual(mapped_folders(text), {"kernels", "common", "docs", "chapters"})

    def test_readme_names_every_folder(self):
        folders, mapped = top_level_folders(ROOT), mapped_folders(
            (ROOT / "README.md").read_text(encoding="utf-8"))
        self.assertEqual(sorted(folders - mapped), [], "README.md does not explain these folders")
        self.assertEqual(sorted(name for name in mapped if not (ROOT / name).is_dir()), [],
                         "README.md names folders that do not exist")


if __name__ == "__main__":
    unittest.main()
