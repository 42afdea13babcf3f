"""Single operations in PyTorch, on the numbers that kernels.cpp uses: with its outputs allocated by each call, and, where
it can, with outputs that are there already."""

import torch
from peer import Peer, filled, samples

ROWS, COLUMNS = 4096, 1024
aten = torch.ops.aten


def activations(peer):
    x, dy = filled((ROWS, COLUMNS), 1), filled((ROWS, COLUMNS), 2)
    y, dx = torch.empty_like(x), torch.empty_like(x)
    functions = {
        "relu": (lambda: torch.relu(x), lambda: torch.clamp_min(x, 0, out=y),
                 lambda: aten.threshold_backward(dy, y0["relu"], 0),
                 lambda: aten.threshold_backward.grad_input(dy, y0["relu"], 0, grad_input=dx)),
        "tanh": (lambda: torch.tanh(x), lambda: torch.tanh(x, out=y), lambda: aten.tanh_backward(dy, y0["tanh"]),
                 lambda: aten.tanh_backward.grad_input(dy, y0["tanh"], grad_input=dx)),
        "gelu": (lambda: aten.gelu(x), lambda: aten.gelu.out(x, out=y), lambda: aten.gelu_backward(dy, x),
                 lambda: aten.gelu_backward.grad_input(dy, x, grad_input=dx)),
        "gelu_tanh": (lambda: aten.gelu(x, approximate="tanh"), lambda: aten.gelu.out(x, approximate="tanh", out=y),
                      lambda: aten.gelu_backward(dy, x, approximate="tanh"),
                      lambda: aten.gelu_backward.grad_input(dy, x, approximate="tanh", grad_input=dx)),
    }
    y0 = {name: forward() for name, (forward, _, _, _) in functions.items()}
    for name, (forward, forward_out, backward, backward_out) in functions.items():
        peer.work(f"{name} {ROWS}x{COLUMNS}", samples(forward()), {"allocating": forward, "in place": forward_out})
        peer.work(f"{name} backward {ROWS}x{COLUMNS}", samples(backward()),
                  {"allocating": backward, "in place": backward_out})


def softmaxes(peer):
    for rows in (ROWS, 16 * ROWS):
        x, dy = filled((rows, COLUMNS), 1), filled((rows, COLUMNS), 2)
        y, dx = torch.softmax(x, 1), torch.empty_like(x)
        peer.work(f"softmax {rows}x{COLUMNS}", samples(y),
                  {"allocating": lambda: torch.softmax(x, 1), "in place": lambda: torch.softmax(x, 1, out=y)})
        peer.work(f"softmax backward {rows}x{COLUMNS}",
                  samples(aten._softmax_backward_data(dy, y, 1, torch.float32)),
                  {"allocating": lambda: aten._softmax_backward_data(dy, y, 1, torch.float32),
                   "in place": lambda: aten._softmax_backward_data.out(dy, y, 1, torch.float32, grad_input=dx)})


def layernorms(peer):
    for rows in (ROWS, 16 * ROWS):
        x, dy, gamma, beta = filled((rows, COLUMNS), 1), filled((rows, COLUMNS), 2), filled((COLUMNS,), 3), filled((COLUMNS,), 4)
        (y, mean, rstd), wanted = aten.native_layer_norm(x, [COLUMNS], gamma, beta, 1e-5), [True, True, True]
        out = torch.empty_like(x), torch.empty_like(mean), torch.empty_like(rstd)
        peer.work(f"layernorm {rows}x{COLUMNS}", samples(y),
                  {"allocating": lambda: aten.native_layer_norm(x, [COLUMNS], gamma, beta, 1e-5),
                   "in place": lambda: aten.native_layer_norm.out(x, [COLUMNS], gamma, beta, 1e-5,
                                                                  out0=out[0], out1=out[1], out2=out[2])})
        back = (dy, x, [COLUMNS], mean, rstd, gamma, beta, wanted)
        dx, d_gamma, d_beta = aten.native_layer_norm_backward(*back)
        into = {"out0": torch.empty_like(dx), "out1": torch.empty_like(d_gamma), "out2": torch.empty_like(d_beta)}
        peer.work(f"layernorm backward {rows}x{COLUMNS}", samples(dx) + samples(d_gamma),
                  {"allocating": lambda: aten.native_layer_norm_backward(*back),
                   "in place": lambda: aten.native_layer_norm_backward.out(*back, **into)})


def biased_gelus(peer):
    x, bias = filled((ROWS, COLUMNS), 1), filled((COLUMNS,), 2)
    y, sums = torch.empty_like(x), torch.empty_like(x)
    for name, form in (("gelu", "none"), ("gelu_tanh", "tanh")):
        peer.work(f"bias + {name} {ROWS}x{COLUMNS}", samples(aten.gelu(x + bias, approximate=form)),
                  {"allocating": lambda form=form: aten.gelu(x + bias, approximate=form),
                   "in place": lambda form=form: aten.gelu.out(torch.add(x, bias, out=sums), approximate=form, out=y)})


def main():
    peer = Peer()
    activations(peer)
    biased_gelus(peer)
    softmaxes(peer)
    layernorms(peer)
    peer.print()


main()
