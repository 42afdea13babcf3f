"""D1's training step in PyTorch, from the weights and batches that d1_step wrote: with its SGD as D1 calls it, and with
its fused one."""

import torch
from peer import Peer

BATCH, BATCHES, SIZES = 100, 20, [784, 512, 256, 128, 10]


def make_model(weights):
    """D1's network, with these weights."""
    layers = []
    for inputs, outputs in zip(SIZES, SIZES[1:]):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    torch.nn.utils.vector_to_parameters(weights.clone(), model.parameters())
    return model


def main():
    peer = Peer()
    x = peer.load("x.f32", torch.float32, BATCHES, BATCH, SIZES[0])
    labels = peer.load("labels.i32", torch.int32, BATCHES, BATCH).long()
    weights = peer.load("weights.f32", torch.float32, sum((a + 1) * b for a, b in zip(SIZES, SIZES[1:])))
    criterion = torch.nn.CrossEntropyLoss()

    def stepper(**options):
        model = make_model(weights)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9, **options)
        count = 0

        def step():
            nonlocal count
            batch, count = count % BATCHES, count + 1
            optimizer.zero_grad()
            loss = criterion(model(x[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            return loss.item()

        return step

    variants = {"as in D1": stepper(), "fused SGD": stepper(fused=True)}
    for step in variants.values():
        losses = [step() for _ in range(BATCHES)]
    peer.work("step", losses, variants)
    peer.print()


main()
