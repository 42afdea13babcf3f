"""D1's training step in PyTorch, to be compared with ours by run.py:

    python d1_step.py THREADS STEPS FOLDER

starts from the weights and batches that d1_step wrote to FOLDER, trains, and prints what it found as JSON: the losses
of the first steps, and the milliseconds of each later one, with PyTorch's SGD as D1 calls it and with its fused one.
"""

import json
import sys
import time
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")  # that NumPy is not installed, which nothing here needs
import torch

BATCH, BATCHES, SIZES = 100, 20, [784, 512, 256, 128, 10]


def load(folder, name, dtype, count):
    """Numbers of a file, as a tensor in memory."""
    return torch.from_file(str(folder / name), size=count, dtype=dtype).clone()


def make_model(weights):
    """D1's network, with these weights."""
    layers = []
    for inputs, outputs in zip(SIZES, SIZES[1:]):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    torch.nn.utils.vector_to_parameters(weights.clone(), model.parameters())
    return model


def main():
    threads, steps, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    torch.set_num_threads(threads)
    x = load(folder, "x.f32", torch.float32, BATCHES * BATCH * SIZES[0]).view(BATCHES, BATCH, SIZES[0])
    labels = load(folder, "labels.i32", torch.int32, BATCHES * BATCH).long().view(BATCHES, BATCH)
    count = sum((inputs + 1) * outputs for inputs, outputs in zip(SIZES, SIZES[1:]))
    weights = load(folder, "weights.f32", torch.float32, count)
    criterion = torch.nn.CrossEntropyLoss()

    def trainer(**options):
        model = make_model(weights)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9, **options)

        def step(batch):
            optimizer.zero_grad()
            loss = criterion(model(x[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            return loss.item()

        return step

    steppers = {"as in D1": trainer(), "fused SGD": trainer(fused=True)}
    found = {"version": torch.__version__, "threads": threads, "step_ms": {name: [] for name in steppers}}
    for step in steppers.values():
        found["losses"] = [step(batch) for batch in range(BATCHES)]

    # Blocks of steps take turns.
    for begin in range(0, steps, 10):
        for name, step in steppers.items():
            for i in range(begin, min(begin + 10, steps)):
                start = time.perf_counter()
                step(i % BATCHES)
                found["step_ms"][name].append(1e3 * (time.perf_counter() - start))
    print(json.dumps(found))


main()
