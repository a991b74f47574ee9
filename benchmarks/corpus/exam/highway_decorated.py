import functools

import numpy as np


def counted(f):
    """How often a function was called: teaching aid."""

    @functools.wraps(f)
    def inner(*args, **kwargs):
        inner.calls += 1
        return f(*args, **kwargs)

    inner.calls = 0
    return inner


def gate_act(u):
    return 1 / (1 + np.exp(-u))


class HighwayNet:
    def __init__(self, width, depth, seed):
        rng = np.random.RandomState(seed)
        self.blocks = [
            {
                "WH": rng.randn(width, width) / np.sqrt(width),
                "bH": rng.randn(width) * 0.2,
                "WT": rng.randn(width, width) / np.sqrt(width),
                "bT": rng.randn(width) * 0.2 - 0.5,
            }
            for _ in range(depth)
        ]
        self.head = {"w": rng.randn(width), "b": rng.randn(1) * 0.1}

    def trace(self, x):
        for blk in self.blocks:
            h = np.tanh(x @ blk["WH"] + blk["bH"])
            t = gate_act(x @ blk["WT"] + blk["bT"])
            y = t * h + (1 - t) * x
            yield blk, x, h, t, y
            x = y

    @counted
    def loss(self, x, target):
        *_, (_, _, _, _, y) = self.trace(x)
        score = y @ self.head["w"] + self.head["b"]
        return np.mean(np.log(np.cosh(score - target)))

    @counted
    def gradient(self, x, target):
        path = list(self.trace(x))
        y = path[-1][-1]
        score = y @ self.head["w"] + self.head["b"]
        ds = np.tanh(score - target) / len(x)
        head = {"w": y.T @ ds, "b": np.array([ds.sum()])}
        dy = np.outer(ds, self.head["w"])
        found = []
        while path:
            blk, x_in, h, t, _ = path.pop()
            dh = dy * t
            dt = dy * (h - x_in)
            dx = dy * (1 - t)
            dzh = dh * (1 - h * h)
            dzt = dt * t * (1 - t)
            found.append(
                {
                    "WH": x_in.T @ dzh,
                    "bH": dzh.sum(axis=0),
                    "WT": x_in.T @ dzt,
                    "bT": dzt.sum(axis=0),
                }
            )
            dx += dzh @ blk["WH"].T
            dx += dzt @ blk["WT"].T
            dy = dx
        return {"blocks": found[::-1], "head": head}


# ---- problem
def problem():
    net = HighwayNet(3, 2, 2)
    rng = np.random.RandomState(7)
    x, target = rng.randn(4, 3), rng.randn(4)
    return dict(
        loss=lambda: net.loss(x, target),
        params={"blocks": net.blocks, "head": net.head},
        grads=lambda: net.gradient(x, target),
    )


FAULTS = """
missing-term | dx = dy * (1 - t) | dx = np.zeros_like(dy)
missing-term | dx += dzt @ blk["WT"].T |
missing-term | dt = dy * (h - x_in) | dt = dy * h
wrong-operand | dh = dy * t | dh = dy * (1 - t)
wrong-operand | dx += dzt @ blk["WT"].T | dx += dzt @ blk["WH"].T
transpose | dx += dzh @ blk["WH"].T | dx += dzh @ blk["WH"]
missing-activation-derivative | dzt = dt * t * (1 - t) | dzt = dt
wrong-activation-derivative | dzt = dt * t * (1 - t) | dzt = dt * (1 - t * t)
accumulation | dx += dzt @ blk["WT"].T | dx = dzt @ blk["WT"].T
loss-gradient | ds = np.tanh(score - target) / len(x) | ds = (score - target) / len(x)
swapped-gradients | return {"blocks": found[::-1], "head": head} | return {"blocks": found, "head": head}
"""
