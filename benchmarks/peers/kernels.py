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
        "sigmoid": (lambda: torch.sigmoid(x), lambda: torch.sigmoid(x, out=y), lambda: aten.sigmoid_backward(dy, y0["sigmoid"]),
                    lambda: aten.sigmoid_backward.grad_input(dy, y0["sigmoid"], grad_input=dx)),
        "silu": (lambda: aten.silu(x), lambda: aten.silu.out(x, out=y), lambda: aten.silu_backward(dy, x),
                 lambda: aten.silu_backward.grad_input(dy, x, grad_input=dx)),
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


def optimizers(peer):
    """Rules by the fused kernels that PyTorch has, and by its optimisers as a training loop calls them."""
    gradient, start = filled((ROWS, COLUMNS), 1), filled((ROWS, COLUMNS), 2)
    weight, first, second = torch.empty_like(start), torch.empty_like(start), torch.empty_like(start)
    weight.grad, taken = gradient, torch.tensor(9.0)

    def reset():
        weight.copy_(start), first.fill_(0.5), second.fill_(0.5), taken.fill_(9)

    def optimizer(kind, state, **settings):
        """Its step, with the arrays of this comparison for its state."""
        made = kind([weight], **settings)
        made.state[weight].update(state)
        return made.step

    adam = dict(lr=1e-3, beta1=0.9, beta2=0.999, weight_decay=0.0, eps=1e-8, amsgrad=False, maximize=False)
    step = torch.tensor(9.0)
    sgd = dict(weight_decay=0.0, dampening=0.0, nesterov=False, maximize=False, is_first_step=False)
    works = {
        "sgd": {"fused": lambda: torch._fused_sgd_([weight], [gradient], [], momentum=0.0, lr=1e-3, **sgd),
                "optimizer": optimizer(torch.optim.SGD, {}, lr=1e-3, foreach=True)},
        "momentum": {"fused": lambda: torch._fused_sgd_([weight], [gradient], [first], momentum=0.9, lr=1e-3, **sgd),
                     "optimizer": optimizer(torch.optim.SGD, {"momentum_buffer": first}, lr=1e-3, momentum=0.9, fused=True)},
        "adagrad": {"fused": lambda: torch._fused_adagrad_([weight], [gradient], [second], [step], lr=1e-3, lr_decay=0.0,
                                                           weight_decay=0.0, eps=1e-10, maximize=False),
                    "foreach": optimizer(torch.optim.Adagrad, {"sum": second, "step": taken}, lr=1e-3, foreach=True)},
        "rmsprop": {"foreach": optimizer(torch.optim.RMSprop, {"square_avg": second, "step": taken}, lr=1e-3, foreach=True),
                    "loop": optimizer(torch.optim.RMSprop, {"square_avg": second, "step": taken}, lr=1e-3, foreach=False)},
        "adam": {"fused": lambda: torch._fused_adamw_([weight], [gradient], [first], [second], [], [step.fill_(10)], **adam),
                 "optimizer": optimizer(torch.optim.AdamW, {"exp_avg": first, "exp_avg_sq": second, "step": taken}, lr=1e-3,
                                        weight_decay=0.0, fused=True)},
    }
    for rule, variants in works.items():
        for run in variants.values():
            reset()
            run()
            check = samples(weight)
        peer.work(f"{rule} {ROWS}x{COLUMNS}", check, variants)


def attentions(peer):
    for shape in ((4, 12, 256, 64), (1, 8, 1024, 64)):
        q, k, v, d_out = (filled(shape, number) for number in (1, 2, 3, 4))
        leaves = [x.clone().requires_grad_() for x in (q, k, v)]

        def forward(q=q, k=k, v=v):
            return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)

        def by_autograd(leaves=leaves, d_out=d_out):
            y = torch.nn.functional.scaled_dot_product_attention(*leaves, is_causal=True)
            return torch.autograd.grad(y, leaves, d_out)

        def by_operators(q=q, k=k, v=v, d_out=d_out):
            y, log_sum = aten._scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, True)
            return aten._scaled_dot_product_flash_attention_for_cpu_backward(d_out, q, k, v, y, log_sum, 0.0, True)

        sizes = "x".join(map(str, shape))
        peer.work(f"attention {sizes}", samples(forward()), {"allocating": forward})
        peer.work(f"attention forward + backward {sizes}", [x for d in by_autograd() for x in samples(d)],
                  {"autograd": by_autograd, "operators": by_operators})


def matmuls(peer):
    shapes = [(n, n, n) for n in (256, 512, 1024, 2048)]
    shapes += [(100, 512, 784), (768, 128, 128), (768, 512, 128), (256, 768, 768), (256, 3072, 768)]
    for m, n, k in shapes:
        for transposed in "-" if m == n else "-ab":
            a = filled((k, m), 1).t() if transposed == "a" else filled((m, k), 1)
            b = filled((n, k), 2).t() if transposed == "b" else filled((k, n), 2)
            c = torch.empty(m, n)
            peer.work(f"matmul {m}x{n}x{k} {transposed}", samples(a @ b),
                      {"allocating": lambda a=a, b=b: a @ b, "in place": lambda a=a, b=b, c=c: torch.matmul(a, b, out=c)})


def main():
    peer = Peer()
    activations(peer)
    biased_gelus(peer)
    optimizers(peer)
    softmaxes(peer)
    layernorms(peer)
    attentions(peer)
    matmuls(peer)
    peer.print()


main()
