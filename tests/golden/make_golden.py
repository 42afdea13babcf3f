#!/usr/bin/env python3
"""Write the golden files: what PyTorch computes for the layers and for a few steps of training.

    python3 -m venv venv && venv/bin/pip install torch==2.15.0 && venv/bin/python tests/golden/make_golden.py

The files are committed; golden_test.cpp compares our layers and optimisers with them, so neither PyTorch nor this
script is needed to run the tests. A file holds blocks of a line `name size size ...` and a line of as many numbers,
which read back to the same float (training, in float32) or double (layers, in float64).
"""

import pathlib

import torch
import torch.nn.functional as F

FOLDER = pathlib.Path(__file__).resolve().parent


class Golden:
    """A golden file in the making."""

    def __init__(self, name, what):
        self.path = FOLDER / f"{name}.txt"
        self.lines = [f"# {what}", f"# Written by make_golden.py with PyTorch {torch.__version__.split('+')[0]}."]

    def add(self, name, tensor):
        digits = 17 if tensor.dtype == torch.float64 else 9
        values = " ".join(f"{v:.{digits}g}" for v in tensor.detach().reshape(-1).tolist())
        self.lines += [" ".join([name, *map(str, tensor.shape)]), values]

    def write(self):
        self.path.write_text("\n".join(self.lines) + "\n")


def layers():
    """Forward and backward of each layer, in double precision."""
    out = Golden("layers", "Layers in float64: inputs, outputs, and gradients of the sum of outputs times dy.")

    def uniform(*shape):
        return 2 * torch.rand(shape, dtype=torch.float64) - 1

    # A fully connected layer.
    x, weight, bias, dy = uniform(5, 7), uniform(3, 7), uniform(3), uniform(5, 3)
    leaves = [t.requires_grad_() for t in (x, weight, bias)]
    y = F.linear(x, weight, bias)
    y.backward(dy)
    for name, tensor in (("x", x), ("weight", weight), ("bias", bias), ("dy", dy), ("y", y)):
        out.add(f"linear.{name}", tensor)
    for name, leaf in zip(("dx", "dweight", "dbias"), leaves):
        out.add(f"linear.{name}", leaf.grad)

    # The rectified linear unit, also at 0 and -0.
    x, dy = uniform(4, 6), uniform(4, 6)
    x[0, 0], x[1, 3] = 0.0, -0.0
    x.requires_grad_()
    y = F.relu(x)
    y.backward(dy)
    for name, tensor in (("x", x), ("dy", dy), ("y", y), ("dx", x.grad)):
        out.add(f"relu.{name}", tensor)

    # Cross-entropy: each row's loss, and the gradient of their mean.
    rows = [
        [0.5, -1.25, 2.0, 0.0], [88.0, -88.0, 0.0, 87.0], [-88.0, 88.0, 88.0, -88.0], [1e4, -1e4, 9999.0, 0.0],
        [-1e4, 1e4, 0.0, 5.0], [3.0, 3.0, 3.0, 3.0], [0.0, 0.0, 0.0, 0.0], [-1000.0, -1001.0, -1002.0, -1000.5],
        [float("-inf"), 1.0, 2.0, float("-inf")], [float("-inf"), float("-inf"), -7.0, float("-inf")],
        [20.0, 0.0, 0.0, 0.0], [0.0, 1e-7, -1e-7, 0.0],
    ]
    labels = torch.tensor([2, 3, 0, 1, 1, 2, 0, 2, 1, 2, 0, 1])
    logits = torch.tensor(rows, dtype=torch.float64, requires_grad=True)
    losses = F.cross_entropy(logits, labels, reduction="none")
    losses.mean().backward()
    for name, tensor in (("logits", logits), ("labels", labels), ("losses", losses), ("gradient", logits.grad)):
        out.add(f"cross_entropy.{name}", tensor)
    out.write()


def images():
    """Forward and backward of the layers for images, in double precision."""
    out = Golden("images", "Layers for images in float64: inputs, outputs, and gradients of the sum of outputs times dy.")

    def uniform(*shape):
        return 2 * torch.rand(shape, dtype=torch.float64) - 1

    def add(name, x, parameters, forward):
        leaves = [t.requires_grad_() for t in (x, *parameters.values())]
        y = forward()
        dy = uniform(*y.shape)
        y.backward(dy)
        for part, tensor in (("x", x), *parameters.items(), ("dy", dy), ("y", y)):
            out.add(f"{name}.{part}", tensor)
        for part, leaf in zip(("dx", *(f"d{p}" for p in parameters)), leaves):
            out.add(f"{name}.{part}", leaf.grad)

    # Convolutions: plain, and with every flag.
    for name, options in (("conv", {}), ("conv_flags", {"stride": 2, "padding": 2, "dilation": 2, "groups": 2})):
        x, weight, bias = uniform(2, 4, 7, 6), uniform(6, 4 // options.get("groups", 1), 3, 3), uniform(6)
        add(name, x, {"weight": weight, "bias": bias}, lambda: F.conv2d(x, weight, bias, **options))

    # Poolings; a mean leaves the padding out.
    for name, pool in (("max_pool", lambda t: F.max_pool2d(t, 2)), ("max_pool_flags", lambda t: F.max_pool2d(t, 3, 2, 1)),
                       ("average_pool", lambda t: F.avg_pool2d(t, 2)),
                       ("average_pool_flags", lambda t: F.avg_pool2d(t, 3, 2, 1, count_include_pad=False))):
        x = uniform(2, 3, 7, 6)
        add(name, x, {}, lambda: pool(x))

    # Batch normalisation: a step of training, then judging by what it left.
    x, weight, bias = uniform(4, 3, 2, 3), uniform(3), uniform(3)
    mean, variance = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
    add("batch_norm", x, {"weight": weight, "bias": bias}, lambda: F.batch_norm(x, mean, variance, weight, bias, True))
    out.add("batch_norm.running_mean", mean)
    out.add("batch_norm.running_var", variance)
    out.add("batch_norm.judged", F.batch_norm(x, mean, variance, weight, bias, False))
    out.write()


def training():
    """Five steps of each optimiser on the same small network and data, in single precision."""
    sizes, batch, steps = (12, 9, 7, 5, 4), 6, 5
    out = Golden("training", "A perceptron 12-9-7-5-4 in float32: first values, five batches, losses and last values.")
    linear = [torch.nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])]
    begin = [p.detach().clone() for layer in linear for p in layer.parameters()]
    x = 2 * torch.rand(steps, batch, sizes[0]) - 1
    labels = torch.randint(sizes[-1], (steps, batch))
    names = [f"fc{i + 1}.{kind}" for i in range(len(linear)) for kind in ("weight", "bias")]
    for name, value in zip(names, begin):
        out.add(name, value)
    out.add("x", x)
    out.add("labels", labels)

    optimisers = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.05),
        "momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
        "decay": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.1),
        "nesterov": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.1, nesterov=True),
        "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.02, weight_decay=0.1),
        "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.005, alpha=0.95, eps=1e-6, weight_decay=0.1),
        "adam": lambda p: torch.optim.Adam(p, lr=0.01),
        "adam_l2": lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1),
        "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1),
    }
    for kind, make in optimisers.items():
        parameters = [p for layer in linear for p in layer.parameters()]
        with torch.no_grad():
            for p, value in zip(parameters, begin):
                p.copy_(value)
        optimiser = make(parameters)
        losses = []
        for i in range(steps):
            h = x[i]
            for layer in linear[:-1]:
                h = F.relu(layer(h))
            loss = F.cross_entropy(linear[-1](h), labels[i])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.detach())
        out.add(f"{kind}.losses", torch.stack(losses))
        for name, p in zip(names, parameters):
            out.add(f"{kind}.{name}", p)
    out.write()


def functions():
    """Values and gradients of activation functions, of softmax and of the losses, in double precision."""
    out = Golden("functions", "Functions in float64: inputs, values, and gradients of the sum of values times dy.")
    torch.manual_seed(11)

    def leaf(tensor):
        return tensor.to(torch.float64).requires_grad_()

    def record(name, x, y, dy):
        x.grad = None
        y.backward(dy)
        for key, tensor in (("y", y), ("dx", x.grad)):
            out.add(f"{name}.{key}", tensor)

    # Activation functions, also at 0 and where they saturate.
    x = leaf(torch.cat([torch.linspace(-6, 6, 25), torch.tensor([0.0, -0.0, 20.0, -20.0, 90.0, -90.0])]))
    dy = 2 * torch.rand(x.shape, dtype=torch.float64) - 1
    out.add("activation.x", x)
    out.add("activation.dy", dy)
    kinds = {"identity": lambda v: v * 1, "relu": F.relu, "leaky_relu": F.leaky_relu, "sigmoid": torch.sigmoid,
             "tanh": torch.tanh, "gelu": F.gelu, "gelu_tanh": lambda v: F.gelu(v, approximate="tanh"), "silu": F.silu}
    for kind, function in kinds.items():
        record(f"activation.{kind}", x, function(x), dy)

    # Softmax of rows, also of large logits and of one that cannot be.
    rows = [[0.5, -1.25, 2.0, 0.0], [88.0, -88.0, 0.0, 87.0], [1e4, -1e4, 9999.0, 0.0], [3.0, 3.0, 3.0, 3.0],
            [-1000.0, -1001.0, -1002.0, -1000.5], [0.0, float("-inf"), 1.0, 0.0]]
    x = leaf(torch.tensor(rows))
    dy = 2 * torch.rand(x.shape, dtype=torch.float64) - 1
    out.add("softmax.x", x)
    out.add("softmax.dy", dy)
    record("softmax", x, F.softmax(x, dim=1), dy)

    # Losses: means, and their gradients by the first argument.
    prediction, target = leaf(4 * torch.rand(20) - 2), 4 * torch.rand(20, dtype=torch.float64) - 2
    out.add("loss.prediction", prediction)
    out.add("loss.target", target)
    one = torch.ones((), dtype=torch.float64)
    record("loss.mse", prediction, F.mse_loss(prediction, target), one)
    record("loss.mae", prediction, F.l1_loss(prediction, target), one)
    record("loss.huber", prediction, F.huber_loss(prediction, target, delta=0.75), one)
    logits = leaf(torch.cat([8 * torch.rand(16) - 4, torch.tensor([30.0, -30.0, 100.0, -100.0])]))
    truth = torch.cat([torch.randint(2, (16,)), torch.tensor([1, 0, 0, 1])]).to(torch.float64)
    probability = leaf(torch.sigmoid(logits.detach()).clamp(0.01, 0.99))
    out.add("loss.logits", logits)
    out.add("loss.truth", truth)
    out.add("loss.probability", probability)
    record("loss.bce_logits", logits, F.binary_cross_entropy_with_logits(logits, truth), one)
    record("loss.bce", probability, F.binary_cross_entropy(probability, truth), one)
    p, q = torch.softmax(torch.randn(5, 4, dtype=torch.float64), 1), leaf(torch.softmax(torch.randn(5, 4), 1))
    out.add("loss.p", p)
    out.add("loss.q", q)
    record("loss.kl", q, F.kl_div(q.log(), p, reduction="batchmean"), one)
    out.write()


def attention():
    """Scaled dot-product attention and its gradients, in double precision."""
    out = Golden("attention", "Attention in float64: inputs, output, and gradients of the sum of outputs times d_out.")
    torch.manual_seed(13)

    def uniform(*shape):
        return 2 * torch.rand(shape, dtype=torch.float64) - 1

    # Queries at the end of more keys have a mask of their own: PyTorch's is_causal lines up the beginnings.
    for name, queries, keys, causal in (("causal", 7, 7, True), ("full", 5, 6, False), ("cached", 3, 8, True)):
        leaves = [3 * uniform(1, 2, rows, 4) for rows in (queries, keys, keys)]
        q, k, v = (x.requires_grad_() for x in leaves)
        mask = torch.ones(queries, keys, dtype=torch.bool)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask.tril(keys - queries) if causal else mask)
        d_out = uniform(*y.shape)
        y.backward(d_out)
        for part, tensor in (("q", q), ("k", k), ("v", v), ("d_out", d_out), ("out", y), ("dq", q.grad), ("dk", k.grad),
                             ("dv", v.grad)):
            out.add(f"{name}.{part}", tensor)
    out.write()


def gpt():
    """Twenty steps of a small GPT in single precision: losses, and norms of the gradients before they are clipped."""
    vocabulary, context, layers, heads, channels, batch, steps = 65, 16, 2, 2, 32, 4, 20
    out = Golden("gpt", "A GPT of 2 layers, 2 heads and 32 channels in float32: what twenty steps find. Weights and tokens "
                        "are those of `hashed` in make_golden.py.")

    def hashed(count, seed):
        """Numbers that both sides make for themselves, in [-1, 1)."""
        word = ((torch.arange(count, dtype=torch.int64) + seed * 40503) % 2**32 * 2654435761) % 2**32
        return word.double() * 2.0**-31 - 1

    shapes = {"wte.weight": (vocabulary, channels), "wpe.weight": (context, channels)}
    for i in range(layers):
        shapes |= {f"h.{i}.ln_1.weight": (channels,), f"h.{i}.ln_1.bias": (channels,),
                   f"h.{i}.attn.c_attn.weight": (3 * channels, channels), f"h.{i}.attn.c_attn.bias": (3 * channels,),
                   f"h.{i}.attn.c_proj.weight": (channels, channels), f"h.{i}.attn.c_proj.bias": (channels,),
                   f"h.{i}.ln_2.weight": (channels,), f"h.{i}.ln_2.bias": (channels,),
                   f"h.{i}.mlp.c_fc.weight": (4 * channels, channels), f"h.{i}.mlp.c_fc.bias": (4 * channels,),
                   f"h.{i}.mlp.c_proj.weight": (channels, 4 * channels), f"h.{i}.mlp.c_proj.bias": (channels,)}
    shapes |= {"ln_f.weight": (channels,), "ln_f.bias": (channels,)}
    p = {}
    for seed, (name, shape) in enumerate(shapes.items()):
        values = 0.1 * hashed(torch.Size(shape).numel(), seed).view(shape)
        if ".ln_" in name or name.startswith("ln_f"):
            values += 1.0 if name.endswith(".weight") else 0.0
        p[name] = values.float().requires_grad_()

    def logits(ids):
        time = ids.shape[1]
        x = p["wte.weight"][ids] + p["wpe.weight"][:time]
        for i in range(layers):
            h = F.layer_norm(x, (channels,), p[f"h.{i}.ln_1.weight"], p[f"h.{i}.ln_1.bias"])
            h = F.linear(h, p[f"h.{i}.attn.c_attn.weight"], p[f"h.{i}.attn.c_attn.bias"])
            q, k, v = (t.view(*t.shape[:2], heads, -1).transpose(1, 2) for t in h.split(channels, dim=2))
            h = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(x.shape)
            x = x + F.linear(h, p[f"h.{i}.attn.c_proj.weight"], p[f"h.{i}.attn.c_proj.bias"])
            h = F.layer_norm(x, (channels,), p[f"h.{i}.ln_2.weight"], p[f"h.{i}.ln_2.bias"])
            h = F.gelu(F.linear(h, p[f"h.{i}.mlp.c_fc.weight"], p[f"h.{i}.mlp.c_fc.bias"]), approximate="tanh")
            x = x + F.linear(h, p[f"h.{i}.mlp.c_proj.weight"], p[f"h.{i}.mlp.c_proj.bias"])
        return F.layer_norm(x, (channels,), p["ln_f.weight"], p["ln_f.bias"]) @ p["wte.weight"].T

    groups = [{"params": [t for t in p.values() if t.dim() >= 2], "weight_decay": 0.1},
              {"params": [t for t in p.values() if t.dim() < 2], "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=3e-3, betas=(0.9, 0.95), eps=1e-8)
    losses, norms = [], []
    for step in range(steps):
        text = ((hashed(batch * (context + 1), 1000 + step) + 1) / 2 * vocabulary).long().view(batch, context + 1)
        loss = F.cross_entropy(logits(text[:, :-1]).view(-1, vocabulary), text[:, 1:].reshape(-1))
        optimiser.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(p.values(), 1.0))
        optimiser.step()
        losses.append(loss.detach())
    out.add("losses", torch.stack(losses))
    out.add("norms", torch.stack(norms))
    for name in ("wte.weight", "h.1.mlp.c_proj.bias", "h.0.ln_1.weight", "ln_f.bias"):
        out.add(name, p[name].detach().reshape(-1)[:16])
    out.write()


if __name__ == "__main__":
    torch.manual_seed(7)
    torch.set_num_threads(1)
    layers()
    training()
    images()
    functions()
    attention()
    gpt()
