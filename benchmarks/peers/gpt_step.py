"""Training steps of chapter 14's GPTs in PyTorch, from the same numbers as gpt_step: with AdamW as it comes, and with its
fused one."""

import torch
from peer import Peer, filled
from torch.nn import functional as F


def make_weights(vocabulary, context, layers, channels):
    """GPT-2's parameters, by name, in our order and with our numbers."""
    shapes = {"wte.weight": (vocabulary, channels), "wpe.weight": (context, channels)}
    for i in range(layers):
        h = f"h.{i}"
        shapes[f"{h}.ln_1.weight"] = shapes[f"{h}.ln_1.bias"] = (channels,)
        shapes[f"{h}.attn.c_attn.weight"], shapes[f"{h}.attn.c_attn.bias"] = (3 * channels, channels), (3 * channels,)
        shapes[f"{h}.attn.c_proj.weight"], shapes[f"{h}.attn.c_proj.bias"] = (channels, channels), (channels,)
        shapes[f"{h}.ln_2.weight"] = shapes[f"{h}.ln_2.bias"] = (channels,)
        shapes[f"{h}.mlp.c_fc.weight"], shapes[f"{h}.mlp.c_fc.bias"] = (4 * channels, channels), (4 * channels,)
        shapes[f"{h}.mlp.c_proj.weight"], shapes[f"{h}.mlp.c_proj.bias"] = (channels, 4 * channels), (channels,)
    shapes["ln_f.weight"] = shapes["ln_f.bias"] = (channels,)
    weights = {}
    for seed, (name, shape) in enumerate(shapes.items(), 1):
        numbers = filled(shape, seed)
        scale = "ln_" in name and name.endswith(".weight")
        weights[name] = 1 + 0.1 * numbers if scale else 0.03 * numbers
    return weights


def loss_of(w, layers, heads, x, following):
    """Mean loss of a batch of windows."""
    batch, time = x.shape
    h = F.embedding(x, w["wte.weight"]) + w["wpe.weight"][:time]
    channels = h.shape[-1]

    def norm(name, h):
        return F.layer_norm(h, (channels,), w[name + ".weight"], w[name + ".bias"])

    def linear(name, h):
        return F.linear(h, w[name + ".weight"], w[name + ".bias"])

    for i in range(layers):
        qkv = linear(f"h.{i}.attn.c_attn", norm(f"h.{i}.ln_1", h)).split(channels, dim=2)
        q, k, v = (part.view(batch, time, heads, -1).transpose(1, 2) for part in qkv)
        found = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(batch, time, channels)
        h = h + linear(f"h.{i}.attn.c_proj", found)
        hidden = F.gelu(linear(f"h.{i}.mlp.c_fc", norm(f"h.{i}.ln_2", h)), approximate="tanh")
        h = h + linear(f"h.{i}.mlp.c_proj", hidden)
    logits = F.linear(norm("ln_f", h), w["wte.weight"])
    return F.cross_entropy(logits.view(-1, logits.shape[-1]), following)


def measure(peer, name, vocabulary, context, layers, heads, channels, batch, time, losses):
    i = torch.arange(batch * time)
    x, following = (i * 7919 % vocabulary).view(batch, time), (i + 1) * 7919 % vocabulary

    first = make_weights(vocabulary, context, layers, channels)

    def stepper(**options):
        weights = {name: numbers.clone().requires_grad_() for name, numbers in first.items()}
        matrices = [p for p in weights.values() if p.dim() >= 2]
        others = [p for p in weights.values() if p.dim() < 2]
        optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0}],
                                      lr=1e-3, betas=(0.9, 0.99), **options)

        def step():
            optimizer.zero_grad()
            loss = loss_of(weights, layers, heads, x, following)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights.values(), 1)
            optimizer.step()
            return loss.item()

        return step

    variants = {"AdamW": stepper(), "fused AdamW": stepper(fused=True)}
    for step in variants.values():
        found = [step() for _ in range(losses)]
    peer.work(name, found, variants)


def main():
    peer = Peer()
    measure(peer, "small GPT step", 65, 64, 4, 4, 128, 12, 64, 10)
    measure(peer, "GPT-2 step", 50257, 1024, 12, 12, 768, 4, 64, 2)
    peer.print()


main()
