from collections import namedtuple

import numpy as np

Cell = namedtuple("Cell", "Wz Uz bz Wr Ur br Wh Uh bh Wy by")
Trace = namedtuple("Trace", "x h z r cand new")


def sigma(v):
    return 0.5 * (1 + np.tanh(0.5 * v))


def make_cell(d, n, seed):
    r = np.random.RandomState(seed)

    def gate():
        return r.uniform(-0.8, 0.8, (n, d)), r.uniform(-0.8, 0.8, (n, n)), r.uniform(-0.3, 0.3, n)

    return Cell(*gate(), *gate(), *gate(), r.uniform(-1, 1, (1, n)), r.uniform(-0.3, 0.3, 1))


def step(cell, h, x):
    z = sigma(cell.Wz @ x + cell.Uz @ h + cell.bz)
    r = sigma(cell.Wr @ x + cell.Ur @ h + cell.br)
    cand = np.tanh(cell.Wh @ x + cell.Uh @ (r * h) + cell.bh)
    new = (1 - z) * h + z * cand
    return Trace(x, h, z, r, cand, new)


def unroll(cell, xs):
    h = np.zeros(len(cell.bz))
    for x in xs:
        trace = step(cell, h, x)
        yield trace
        h = trace.new


def cost(cell, xs, ys):
    return sum(
        0.5 * float(((cell.Wy @ tr.new + cell.by - y) ** 2).sum())
        for tr, y in zip(unroll(cell, xs), ys)
    )


def bptt(cell, xs, ys):
    g = {name: np.zeros_like(value) for name, value in cell._asdict().items()}
    traces = list(unroll(cell, xs))
    carry = np.zeros_like(cell.bz)
    for tr, y in zip(traces[::-1], ys[::-1]):
        err = cell.Wy @ tr.new + cell.by - y
        g["Wy"] += np.outer(err, tr.new)
        g["by"] += err
        dh = cell.Wy.T @ err + carry
        dcand = dh * tr.z * (1 - tr.cand**2)
        dz = dh * (tr.cand - tr.h) * tr.z * (1 - tr.z)
        drh = cell.Uh.T @ dcand
        dr = drh * tr.h * tr.r * (1 - tr.r)
        for k, d, rec in (("z", dz, tr.h), ("r", dr, tr.h), ("h", dcand, tr.r * tr.h)):
            g["W" + k] += np.outer(d, tr.x)
            g["U" + k] += np.outer(d, rec)
            g["b" + k] += d
        carry = dh * (1 - tr.z)
        carry = carry + drh * tr.r
        carry = carry + cell.Uz.T @ dz
        carry = carry + cell.Ur.T @ dr
    return g


# ---- problem
def problem():
    cell = make_cell(2, 3, 12)
    r = np.random.RandomState(9)
    xs, ys = r.randn(5, 2), r.randn(5, 1)
    return dict(
        loss=lambda: cost(cell, xs, ys),
        params=cell._asdict(),
        grads=lambda: bptt(cell, xs, ys),
    )


FAULTS = """
recurrence | carry = carry + drh * tr.r |
recurrence | carry = dh * (1 - tr.z) | carry = 0
recurrence | carry = carry + cell.Uz.T @ dz | carry = cell.Uz.T @ dz
recurrence | dh = cell.Wy.T @ err + carry | dh = cell.Wy.T @ err
wrong-operand | dz = dh * (tr.cand - tr.h) * tr.z * (1 - tr.z) | dz = dh * (tr.cand - tr.new) * tr.z * (1 - tr.z)
sign | dz = dh * (tr.cand - tr.h) * tr.z * (1 - tr.z) | dz = dh * (tr.h - tr.cand) * tr.z * (1 - tr.z)
missing-activation-derivative | dr = drh * tr.h * tr.r * (1 - tr.r) | dr = drh * tr.h
wrong-activation-derivative | dcand = dh * tr.z * (1 - tr.cand**2) | dcand = dh * tr.z * tr.cand * (1 - tr.cand)
wrong-operand | ("h", dcand, tr.r * tr.h)): | ("h", dcand, tr.h)):
transpose | drh = cell.Uh.T @ dcand | drh = cell.Uh @ dcand
accumulation | g["U" + k] += np.outer(d, rec) | g["U" + k] = np.outer(d, rec)
"""
