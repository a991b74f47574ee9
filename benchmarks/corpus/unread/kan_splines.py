# Kolmogorov-Arnold layer: every edge (i -> o) has its own function = silu base + cubic B-spline on a fixed grid.
# I evaluate the basis with the Cox-de Boor recursion and differentiate it with the usual difference formula.
import numpy as np


def basis(x, knots, degree):
    """x (n, d) -> (n, d, number of splines)"""
    x = x[..., None]
    B = ((x >= knots[:-1]) & (x < knots[1:])).astype(float)
    for p in range(1, degree + 1):
        a = (x - knots[:-p - 1]) / (knots[p:-1] - knots[:-p - 1])
        b = (knots[p + 1:] - x) / (knots[p + 1:] - knots[1:-p])
        B = a * B[..., :-1] + b * B[..., 1:]
    return B


def basis_slope(x, knots, degree):
    low = basis(x, knots, degree - 1)
    left = degree / (knots[degree:-1] - knots[:-degree - 1])
    right = degree / (knots[degree + 1:] - knots[1:-degree])
    return left * low[..., :-1] - right * low[..., 1:]


class KANLayer:
    degree = 3

    def __init__(self, n_in, n_out, rng):
        self.knots = np.linspace(-4, 4, 10)
        self.coef = rng.normal(size=(n_in, n_out, 6)) * 0.6
        self.base = rng.normal(size=(n_in, n_out)) * 0.6

    def forward(self, x):
        self.x = x
        self.B = basis(x, self.knots, self.degree)
        self.sg = 1 / (1 + np.exp(-x))
        self.silu = x * self.sg
        return np.einsum("nik,iok->no", self.B, self.coef) + self.silu @ self.base

    def backward(self, g):
        self.g_coef = np.einsum("nik,no->iok", self.B, g)
        self.g_base = self.silu.T @ g
        slope = basis_slope(self.x, self.knots, self.degree)
        gB = np.einsum("no,iok->nik", g, self.coef)
        dx = np.sum(gB * slope, axis=2)
        dx += (g @ self.base.T) * (self.sg + self.silu * (1 - self.sg))
        return dx


class KAN:
    def __init__(self, sizes, seed):
        rng = np.random.default_rng(seed)
        self.layers = [KANLayer(a, b, rng) for a, b in zip(sizes, sizes[1:])]

    def mse(self, x, y):
        for layer in self.layers:
            x = layer.forward(x)
        self.diff = x - y
        return np.mean(self.diff ** 2) + 0.01 * sum(np.sum(l.coef ** 2) for l in self.layers)

    def grad(self, x, y):
        self.mse(x, y)
        g = 2 * self.diff / self.diff.size
        for layer in reversed(self.layers):
            g = layer.backward(g)
        return [(l.g_coef + 0.02 * l.coef, l.g_base) for l in self.layers]


# ---- problem
def problem():
    kan = KAN([2, 2, 1], 70)
    rng = np.random.default_rng(71)
    x, y = rng.uniform(-1.5, 1.5, size=(8, 2)), rng.normal(size=(8, 1))
    return dict(loss=lambda: kan.mse(x, y), params=[(l.coef, l.base) for l in kan.layers], grads=lambda: kan.grad(x, y))


FAULTS = """
missing-term | dx += (g @ self.base.T) * (self.sg + self.silu * (1 - self.sg)) | dx = (g @ self.base.T) * (self.sg + self.silu * (1 - self.sg))
wrong-activation-derivative | dx += (g @ self.base.T) * (self.sg + self.silu * (1 - self.sg)) | dx += (g @ self.base.T) * self.sg * (1 - self.sg)
scale | left = degree / (knots[degree:-1] - knots[:-degree - 1]) | left = 1 / (knots[degree:-1] - knots[:-degree - 1])
sign | return left * low[..., :-1] - right * low[..., 1:] | return left * low[..., :-1] + right * low[..., 1:]
missing-term | dx = np.sum(gB * slope, axis=2) | dx = np.sum(gB, axis=2)
regulariser | return [(l.g_coef + 0.02 * l.coef, l.g_base) for l in self.layers] | return [(l.g_coef + 0.01 * l.coef, l.g_base) for l in self.layers]
wrong-operand | dx = np.sum(gB * slope, axis=2) | dx = np.sum(gB * self.B, axis=2)
"""
