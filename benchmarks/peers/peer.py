"""What PyTorch's side of a comparison has in common: each script is called by run.py as

    python SCRIPT.py THREADS MILLISECONDS FOLDER [PATTERN]

and prints one line of JSON: for each piece of work some of its numbers, and the time of each call in each variant.
"""

import json
import re
import sys
import time
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")  # that NumPy is not installed, which nothing here needs
import torch


class Peer:
    def __init__(self):
        threads, milliseconds, folder, *pattern = sys.argv[1:]
        torch.set_num_threads(int(threads))
        self.pattern = pattern[0] if pattern else ""
        self.milliseconds, self.folder = float(milliseconds), Path(folder)
        self.found = {"version": torch.__version__, "threads": int(threads), "works": {}}

    def load(self, name, dtype, *shape):
        """Numbers that our side wrote to the folder, as a tensor in memory."""
        count = torch.Size(shape).numel()
        return torch.from_file(str(self.folder / name), size=count, dtype=dtype).clone().view(shape)

    def work(self, name, check, variants):
        """Time a piece of work in each variant, {name: function}; their calls take turns in short blocks."""
        if not re.search(self.pattern, name):
            return
        times = {variant: [] for variant in variants}
        for run in variants.values():
            run()
        parts, fewest = 3, 2
        for _ in range(parts):
            for variant, run in variants.items():
                run()
                begin, calls = time.perf_counter(), 0
                while calls < fewest or 1e3 * (time.perf_counter() - begin) < self.milliseconds / parts:
                    start = time.perf_counter()
                    run()
                    times[variant].append(1e3 * (time.perf_counter() - start))
                    calls += 1
        self.found["works"][name] = {"check": check, "ms": times}

    def print(self):
        print(json.dumps(self.found))


def filled(shape, seed):
    """The same numbers as `filled` on our side."""
    count = torch.Size(shape).numel()
    word = ((torch.arange(count, dtype=torch.int64) + seed * 40503) % 2**32 * 2654435761) % 2**32
    return (word.double() * 2.0**-31 - 1).float().view(shape)


def samples(tensor):
    """The same sixteen numbers as `samples` on our side."""
    flat = tensor.detach().reshape(-1)
    return [float(flat[i * flat.numel() // 16]) for i in range(16)]
