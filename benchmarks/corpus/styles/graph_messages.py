import numpy as np

edges = [(0, 1), (1, 2), (2, 0), (3, 1), (4, 3), (2, 4), (0, 3)]
src = np.array([s for s, _ in edges])
dst = np.array([d for _, d in edges])


def init(rng, widths):
    return [
        {"self": rng.normal(0, 0.6, (a, b)), "msg": rng.normal(0, 0.6, (a, b)), "b": rng.normal(0, 0.2, b)}
        for a, b in zip(widths[:-1], widths[1:])
    ]


def propagate(params, x):
    degree = np.maximum(np.bincount(dst, minlength=len(x)), 1)[:, None]
    for layer in params:
        inbox = np.zeros_like(x)
        np.add.at(inbox, dst, x[src])
        inbox = inbox / degree
        pre = x @ layer["self"] + inbox @ layer["msg"] + layer["b"]
        yield x, inbox, pre, degree
        x = np.maximum(pre, 0.1 * pre)


def energy(params, x, target):
    *_, (_, _, last, _) = propagate(params, x)
    gap = last.mean(axis=0) - target
    return float(gap @ gap)


def energy_grad(params, x, target):
    steps = list(propagate(params, x))
    last = steps[-1][2]
    d = np.tile(2 * (last.mean(axis=0) - target) / len(last), (len(last), 1))
    grads = [None] * len(params)
    for k in range(len(params) - 1, -1, -1):
        x, inbox, pre, degree = steps[k]
        if k < len(params) - 1:
            d = d * np.where(pre > 0, 1.0, 0.1)
        grads[k] = {"self": x.T @ d, "msg": inbox.T @ d, "b": d.sum(axis=0)}
        dinbox = (d @ params[k]["msg"].T) / degree
        dx = d @ params[k]["self"].T
        np.add.at(dx, src, dinbox[dst])
        d = dx
    return grads


# ---- problem
def problem():
    rng = np.random.default_rng(64)
    params = init(rng, [3, 4, 5, 2])
    x, target = rng.normal(size=(5, 3)), rng.normal(size=2)
    return dict(
        loss=lambda: energy(params, x, target),
        params=params,
        grads=lambda: energy_grad(params, x, target),
    )


FAULTS = """
scatter | np.add.at(dx, src, dinbox[dst]) | dx[src] += dinbox[dst]
indexing | np.add.at(dx, src, dinbox[dst]) | np.add.at(dx, dst, dinbox[src])
missing-term | np.add.at(dx, src, dinbox[dst]) |
scale | d = np.tile(2 * (last.mean(axis=0) - target) / len(last), (len(last), 1)) | d = np.tile(2 * (last.mean(axis=0) - target), (len(last), 1))
missing-term | dinbox = (d @ params[k]["msg"].T) / degree | dinbox = d @ params[k]["msg"].T
wrong-operand | dinbox = (d @ params[k]["msg"].T) / degree | dinbox = (d @ params[k]["self"].T) / degree
wrong-operand | grads[k] = {"self": x.T @ d, "msg": inbox.T @ d, "b": d.sum(axis=0)} | grads[k] = {"self": x.T @ d, "msg": x.T @ d, "b": d.sum(axis=0)}
wrong-activation-derivative | d = d * np.where(pre > 0, 1.0, 0.1) | d = d * np.where(pre > 0, 1.0, 0.0)
activation-derivative-at-wrong-value | d = d * np.where(pre > 0, 1.0, 0.1) | d = d * np.where(d > 0, 1.0, 0.1)
sign | d = np.tile(2 * (last.mean(axis=0) - target) / len(last), (len(last), 1)) | d = np.tile(2 * (target - last.mean(axis=0)) / len(last), (len(last), 1))
swapped-gradients | grads[k] = {"self": x.T @ d, "msg": inbox.T @ d, "b": d.sum(axis=0)} | grads[k] = {"self": inbox.T @ d, "msg": x.T @ d, "b": d.sum(axis=0)}
"""
