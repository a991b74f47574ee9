"""Allocation-free ELU regressor: every buffer is created once and written with out=."""
import numpy as np


class Workspace:
    def __init__(self, n, widths):
        self.z = [np.empty((n, w)) for w in widths[1:]]
        self.h = [np.empty((n, w)) for w in widths]
        self.d = [np.empty((n, w)) for w in widths]
        self.slope = [np.empty((n, w)) for w in widths[1:]]


class Regressor:
    def __init__(self, widths, n, rng):
        self.kernels = [rng.normal(size=(i, o)) / np.sqrt(i) for i, o in zip(widths, widths[1:])]
        self.shifts = [rng.normal(size=o) / 3 for o in widths[1:]]
        self.d_kernels = [np.empty_like(k) for k in self.kernels]
        self.d_shifts = [np.empty_like(s) for s in self.shifts]
        self.ws = Workspace(n, widths)
        self.residual = np.empty((n, widths[-1]))

    def forward(self, x):
        ws, last = self.ws, len(self.kernels) - 1
        np.copyto(ws.h[0], x)
        for l, (k, s) in enumerate(zip(self.kernels, self.shifts)):
            np.matmul(ws.h[l], k, out=ws.z[l])
            np.add(ws.z[l], s, out=ws.z[l])
            if l == last:
                np.copyto(ws.h[l + 1], ws.z[l])
            else:
                np.expm1(np.minimum(ws.z[l], 0), out=ws.h[l + 1])
                np.maximum(ws.z[l], ws.h[l + 1], out=ws.h[l + 1])
        return ws.h[-1]

    def loss(self, x, y):
        np.subtract(self.forward(x), y, out=self.residual)
        return float(np.vdot(self.residual, self.residual)) / len(x)

    def backward(self, x, y):
        ws, last = self.ws, len(self.kernels) - 1
        self.loss(x, y)
        np.multiply(self.residual, 2.0 / len(x), out=ws.d[-1])
        for l in range(last, -1, -1):
            if l < last:
                np.exp(np.minimum(ws.z[l], 0), out=ws.slope[l])
                np.multiply(ws.d[l + 1], ws.slope[l], out=ws.d[l + 1])
            np.matmul(ws.h[l].T, ws.d[l + 1], out=self.d_kernels[l])
            np.sum(ws.d[l + 1], axis=0, out=self.d_shifts[l])
            np.matmul(ws.d[l + 1], self.kernels[l].T, out=ws.d[l])
        return self.d_kernels, self.d_shifts


# ---- problem
def problem():
    rng = np.random.default_rng(6021)
    net = Regressor([3, 4, 4, 2], 9, rng)
    x, y = rng.normal(size=(9, 3)), rng.normal(size=(9, 2))
    return dict(loss=lambda: net.loss(x, y), params=(net.kernels, net.shifts),
                grads=lambda: net.backward(x, y))


FAULTS = """
missing-activation-derivative | np.multiply(ws.d[l + 1], ws.slope[l], out=ws.d[l + 1]) |
wrong-activation-derivative | np.exp(np.minimum(ws.z[l], 0), out=ws.slope[l]) | np.expm1(np.minimum(ws.z[l], 0), out=ws.slope[l])
activation-derivative-at-wrong-value | np.exp(np.minimum(ws.z[l], 0), out=ws.slope[l]) | np.exp(np.minimum(ws.h[l + 1], 0), out=ws.slope[l])
scale | np.multiply(self.residual, 2.0 / len(x), out=ws.d[-1]) | np.multiply(self.residual, 2.0 / self.residual.size, out=ws.d[-1])
transpose | np.matmul(ws.d[l + 1], self.kernels[l].T, out=ws.d[l]) | np.matmul(ws.d[l + 1], self.kernels[l].reshape(ws.d[l + 1].shape[1], -1), out=ws.d[l])
bias-reduction | np.sum(ws.d[l + 1], axis=0, out=self.d_shifts[l]) | np.mean(ws.d[l + 1], axis=0, out=self.d_shifts[l])
sign | np.subtract(self.forward(x), y, out=self.residual) | np.subtract(y, self.forward(x), out=self.residual)
"""
