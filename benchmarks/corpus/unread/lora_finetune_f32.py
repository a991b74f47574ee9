"""LoRA from first principles. Frozen two-layer MLP in float32, adapters on both linears.

y = x W + (alpha / r) x A B.  Only A1, B1, A2, B2 and the layer norm gain get gradients.
"""
import numpy as np

f32 = np.float32


class LoRALinear:
    def __init__(self, d_in, d_out, r, alpha, rng):
        self.W = rng.standard_normal((d_in, d_out)).astype(f32) * f32(0.6)
        self.A = rng.standard_normal((d_in, r)).astype(f32) * f32(0.6)
        self.B = rng.standard_normal((r, d_out)).astype(f32) * f32(0.4)
        self.scaling = f32(alpha / r)

    def forward(self, x):
        self.x = x
        self.xA = x @ self.A
        return x @ self.W + self.scaling * (self.xA @ self.B)

    def backward(self, dy):
        self.grad_B = self.scaling * (self.xA.T @ dy)
        dxA = self.scaling * (dy @ self.B.T)
        self.grad_A = self.x.T @ dxA
        return dy @ self.W.T + dxA @ self.A.T


class Model:
    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.lin1 = LoRALinear(4, 5, 2, 3.0, rng)
        self.lin2 = LoRALinear(5, 3, 2, 3.0, rng)
        self.gain = np.ones(5, f32) + f32(0.2) * rng.standard_normal(5).astype(f32)

    def forward(self, x):
        z = self.lin1.forward(x)
        self.sig = f32(1) / (f32(1) + np.exp(-z))
        self.z = z
        a = z * self.sig
        self.a = a
        self.mu = a.mean(axis=1, keepdims=True)
        self.std = np.sqrt(a.var(axis=1, keepdims=True) + f32(1e-3))
        self.n = (a - self.mu) / self.std
        return self.lin2.forward(self.gain * self.n)

    def loss(self, x, y):
        p = self.forward(x)
        return np.sum((p - y) ** 2, dtype=f32) / f32(len(x))

    def backward(self, x, y):
        p = self.forward(x)
        d = f32(2) * (p - y) / f32(len(x))
        d = self.lin2.backward(d)
        self.grad_gain = (d * self.n).sum(axis=0)
        d = d * self.gain
        d = (d - d.mean(axis=1, keepdims=True) - self.n * (d * self.n).mean(axis=1, keepdims=True)) / self.std
        d = d * (self.sig + self.a * (f32(1) - self.sig))
        self.lin1.backward(d)
        return [self.lin1.grad_A, self.lin1.grad_B, self.lin2.grad_A, self.lin2.grad_B, self.grad_gain]


# ---- problem
def problem():
    model = Model(100)
    rng = np.random.default_rng(101)
    x = rng.standard_normal((6, 4)).astype(f32)
    y = rng.standard_normal((6, 3)).astype(f32)
    params = [model.lin1.A, model.lin1.B, model.lin2.A, model.lin2.B, model.gain]
    return dict(loss=lambda: model.loss(x, y), params=params, grads=lambda: model.backward(x, y))


FAULTS = """
missing-term | return dy @ self.W.T + dxA @ self.A.T | return dy @ self.W.T
scale | dxA = self.scaling * (dy @ self.B.T) | dxA = dy @ self.B.T
wrong-activation-derivative | d = d * (self.sig + self.a * (f32(1) - self.sig)) | d = d * (self.sig + self.sig * (f32(1) - self.sig))
activation-derivative-at-wrong-value | d = d * (self.sig + self.a * (f32(1) - self.sig)) | d = d * (self.sig + self.n * (f32(1) - self.sig))
missing-term | d = d * self.gain |
normalisation | self.n * (d * self.n).mean(axis=1, keepdims=True)) / self.std | self.n * (d * self.n).sum(axis=1, keepdims=True)) / self.std
"""
