import numpy as np


class Cell:
    names = ("Wz", "Wr", "Wn", "Uz", "Ur", "Un")

    def __init__(self, n_in, n_h):
        rs = np.random.RandomState(23)
        for name in self.names:
            setattr(self, name, rs.randn(n_in if name[0] == "W" else n_h, n_h) * 0.5)

    def step(self, x, h):
        z = 1 / (1 + np.exp(-(x @ self.Wz + h @ self.Uz)))
        r = 1 / (1 + np.exp(-(x @ self.Wr + h @ self.Ur)))
        n = np.tanh(x @ self.Wn + (r * h) @ self.Un)
        return (1 - z) * n + z * h, (x, h, z, r, n)

    def unroll(self, xs, h):
        for x in xs:
            h, memory = self.step(x, h)
            yield h, memory

    def step_back(self, d, memory, g):
        x, h, z, r, n = memory
        dz = d * (h - n) * z * (1 - z)
        dn = d * (1 - z) * (1 - n**2)
        drh = dn @ self.Un.T
        dr = drh * h * r * (1 - r)
        g["Wz"] += np.outer(x, dz)
        g["Wr"] += np.outer(x, dr)
        g["Wn"] += np.outer(x, dn)
        g["Uz"] += np.outer(h, dz)
        g["Ur"] += np.outer(h, dr)
        g["Un"] += np.outer(r * h, dn)
        return d * z + drh * r + dz @ self.Uz.T + dr @ self.Ur.T


def sequence_loss(cell, xs, goal):
    return sum(0.5 * np.sum((h - g) ** 2) for (h, _), g in zip(cell.unroll(xs, np.zeros(3)), goal))


def sequence_grads(cell, xs, goal):
    history = list(cell.unroll(xs, np.zeros(3)))
    grads = {name: np.zeros_like(getattr(cell, name)) for name in Cell.names}
    carry = 0.0
    for (h, memory), g in zip(history[::-1], goal[::-1]):
        carry = cell.step_back(h - g + carry, memory, grads)
    return grads


# ---- problem
def problem():
    rs = np.random.RandomState(1)
    cell = Cell(2, 3)
    xs, goal = rs.randn(4, 2), rs.randn(4, 3)
    return dict(
        loss=lambda: sequence_loss(cell, xs, goal),
        params={name: getattr(cell, name) for name in Cell.names},
        grads=lambda: sequence_grads(cell, xs, goal),
    )


FAULTS = """
recurrence | carry = cell.step_back(h - g + carry, memory, grads) | carry = cell.step_back(h - g, memory, grads)
missing-term | return d * z + drh * r + dz @ self.Uz.T + dr @ self.Ur.T | return drh * r + dz @ self.Uz.T + dr @ self.Ur.T
wrong-operand | return d * z + drh * r + dz @ self.Uz.T + dr @ self.Ur.T | return d * z + drh + dz @ self.Uz.T + dr @ self.Ur.T
sign | dz = d * (h - n) * z * (1 - z) | dz = d * (n - h) * z * (1 - z)
wrong-operand | dn = d * (1 - z) * (1 - n**2) | dn = d * z * (1 - n**2)
wrong-operand | g["Un"] += np.outer(r * h, dn) | g["Un"] += np.outer(h, dn)
transpose | dz @ self.Uz.T + | dz @ self.Uz +
missing-activation-derivative | dr = drh * h * r * (1 - r) | dr = drh * h
accumulation | g["Ur"] += np.outer(h, dr) | g["Ur"] = np.outer(h, dr)
sign | carry = cell.step_back(h - g + carry, memory, grads) | carry = cell.step_back(g - h + carry, memory, grads)
"""
