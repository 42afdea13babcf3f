"""D0's training step in PyTorch, from the weights that d0_step wrote: with its Adam as it comes and with its fused one,
and with pictures whose channels lie together."""

import torch
from peer import Peer, filled

BATCH = 64


def make_model(weights):
    """D0's network, with these weights."""
    nn = torch.nn
    model = nn.Sequential(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
                          nn.MaxPool2d(2), nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(), nn.Linear(1024, 64),
                          nn.ReLU(), nn.Linear(64, 10))
    torch.nn.utils.vector_to_parameters(weights.clone(), model.parameters())
    return model


def main():
    peer = Peer()
    count = sum(p.numel() for p in make_model(torch.zeros(122570)).parameters())
    weights = peer.load("weights.f32", torch.float32, count)
    x, labels = filled((BATCH, 3, 32, 32), 1), torch.arange(BATCH) % 10
    criterion = torch.nn.CrossEntropyLoss()

    def stepper(memory_format=torch.contiguous_format, **options):
        model = make_model(weights).to(memory_format=memory_format)
        pictures = x.to(memory_format=memory_format)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7, **options)

        def step():
            optimizer.zero_grad()
            loss = criterion(model(pictures), labels)
            loss.backward()
            optimizer.step()
            return loss.item()

        return step

    variants = {"Adam": stepper(), "fused Adam": stepper(fused=True),
                "fused Adam, channels last": stepper(torch.channels_last, fused=True)}
    for step in variants.values():
        losses = [step() for _ in range(10)]
    peer.work("step", losses, variants)
    peer.print()


main()
