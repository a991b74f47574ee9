"""A hypernetwork writes the weights of a small target net for each task embedding."""
import numpy as np


def init(rng, tasks=3, e=2, h=4, d=2):
    n = d * 3 + 3
    return {
        "emb": rng.normal(size=(tasks, e)),
        "hyper": [(rng.normal(size=(e, h)), rng.normal(size=h) * 0.1), (rng.normal(size=(h, n)) * 0.5, rng.normal(size=n) * 0.1)],
        "readout": rng.normal(size=3),
    }


def target_net(p, task, x):
    (A, a), (B, b) = p["hyper"]
    e = p["emb"][task]
    u = np.tanh(e @ A + a)
    flat = u @ B + b
    d = x.shape[1]
    W, c = flat[:d * 3].reshape(d, 3), flat[d * 3:]
    h = np.sin(x @ W + c)
    return h @ p["readout"], (e, u, W, c, h)


def loss(p, batches):
    return sum(np.mean((target_net(p, task, x)[0] - y) ** 2) for task, x, y in batches)


def grad(p, batches):
    (A, a), (B, b) = p["hyper"]
    dA, da, dB, db = np.zeros_like(A), np.zeros_like(a), np.zeros_like(B), np.zeros_like(b)
    demb, dread = np.zeros_like(p["emb"]), np.zeros_like(p["readout"])
    for task, x, y in batches:
        out, (e, u, W, c, h) = target_net(p, task, x)
        dout = 2 * (out - y) / len(y)
        dread += h.T @ dout
        dh = np.outer(dout, p["readout"])
        dz = dh * np.cos(x @ W + c)
        dflat = np.concatenate([(x.T @ dz).ravel(), dz.sum(axis=0)])
        dB += np.outer(u, dflat)
        db += dflat
        du = B @ dflat
        dpre = du * (1 - u**2)
        dA += np.outer(e, dpre)
        da += dpre
        demb[task] += A @ dpre
    return {"emb": demb, "hyper": [(dA, da), (dB, db)], "readout": dread}


# ---- problem
def problem():
    rng = np.random.default_rng(14)
    p = init(rng)
    batches = [(task, rng.normal(size=(4, 2)), rng.normal(size=4)) for task in (0, 2, 1, 0)]
    return dict(params=p, loss=lambda: loss(p, batches), grads=lambda: grad(p, batches))


FAULTS = """
accumulation | demb[task] += A @ dpre | demb[task] = A @ dpre
transpose | dflat = np.concatenate([(x.T @ dz).ravel(), dz.sum(axis=0)]) | dflat = np.concatenate([(dz.T @ x).ravel(), dz.sum(axis=0)])
bias-reduction | dflat = np.concatenate([(x.T @ dz).ravel(), dz.sum(axis=0)]) | dflat = np.concatenate([(x.T @ dz).ravel(), dz.mean(axis=0)])
wrong-activation-derivative | dz = dh * np.cos(x @ W + c) | dz = dh * -np.cos(x @ W + c)
raw-error-propagated | demb[task] += A @ dpre | demb[task] += A @ du
activation-derivative-at-wrong-value | dz = dh * np.cos(x @ W + c) | dz = dh * np.cos(h)
"""
