import numpy as np

# column samples; the architecture is a list of strings and numbers

SELU_A, SELU_L = 1.6733, 1.0507

ACTIVATIONS = {
    # name: (function of z, derivative as a function of z and a)
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z, a: a * (1 - a)),
    "tanh": (np.tanh, lambda z, a: 1 - a**2),
    "selu": (
        lambda z: SELU_L * np.where(z > 0, z, SELU_A * (np.exp(z) - 1)),
        lambda z, a: SELU_L * np.where(z > 0, 1.0, SELU_A * np.exp(z)),
    ),
    "sine": (np.sin, lambda z, a: np.cos(z)),
    "linear": (lambda z: z, lambda z, a: np.ones_like(z)),
}


class DeepNet:
    def __init__(self, spec, seed=0):
        rng = np.random.default_rng(seed)
        self.layers = []
        fan_in = spec[0]
        for fan_out, kind in zip(spec[1::2], spec[2::2]):
            W = rng.normal(0, 1 / np.sqrt(fan_in), (fan_out, fan_in))
            b = rng.normal(0, 0.2, (fan_out, 1))
            self.layers.append((W, b, kind))
            fan_in = fan_out

    def forward(self, X):
        zs, acts = [], [X]
        for W, b, kind in self.layers:
            z = W @ acts[-1] + b
            zs.append(z)
            acts.append(ACTIVATIONS[kind][0](z))
        return zs, acts

    def cost(self, X, Y):
        """Poisson deviance without its constant: the outputs are log rates."""
        out = self.forward(X)[1][-1]
        return np.sum(np.exp(out) - Y * out) / X.shape[1]

    def gradients(self, X, Y):
        zs, acts = self.forward(X)
        m = X.shape[1]
        dA = (np.exp(acts[-1]) - Y) / m
        dWs, dbs = [], []
        for l in range(len(self.layers) - 1, -1, -1):
            W, b, kind = self.layers[l]
            slope = ACTIVATIONS[kind][1]
            dZ = dA * slope(zs[l], acts[l + 1])
            dWs.append(dZ @ acts[l].T)
            dbs.append(dZ.sum(axis=1).reshape(b.shape))
            dA = W.T @ dZ
        dWs.reverse()
        dbs.reverse()
        return [(dW, db) for dW, db in zip(dWs, dbs)]


# ---- problem
def problem():
    net = DeepNet([3, 4, "sine", 4, "selu", 3, "sigmoid", 2, "tanh", 2, "linear"], seed=6)
    rng = np.random.default_rng(1)
    X, Y = rng.normal(size=(3, 5)), rng.poisson(2.0, (2, 5)).astype(float)
    return dict(
        loss=lambda: net.cost(X, Y),
        params=[(W, b) for W, b, _ in net.layers],
        grads=lambda: net.gradients(X, Y),
    )


FAULTS = """
activation-derivative-at-wrong-value | "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z, a: a * (1 - a)), | "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z, a: z * (1 - z)),
activation-derivative-at-wrong-value | "tanh": (np.tanh, lambda z, a: 1 - a**2), | "tanh": (np.tanh, lambda z, a: 1 - z**2),
activation-derivative-at-wrong-value | "sine": (np.sin, lambda z, a: np.cos(z)), | "sine": (np.sin, lambda z, a: np.cos(a)),
wrong-activation-derivative | "sine": (np.sin, lambda z, a: np.cos(z)), | "sine": (np.sin, lambda z, a: np.sqrt(1 - a**2)),
wrong-activation-derivative | lambda z, a: SELU_L * np.where(z > 0, 1.0, SELU_A * np.exp(z)), | lambda z, a: np.where(z > 0, 1.0, SELU_A * np.exp(z)),
wrong-activation-derivative | lambda z, a: SELU_L * np.where(z > 0, 1.0, SELU_A * np.exp(z)), | lambda z, a: SELU_L * np.where(z > 0, 1.0, SELU_A),
wrong-activation-derivative | "tanh": (np.tanh, lambda z, a: 1 - a**2), | "tanh": (np.tanh, lambda z, a: a * (1 - a)),
missing-activation-derivative | dZ = dA * slope(zs[l], acts[l + 1]) | dZ = dA
raw-error-propagated | dA = W.T @ dZ | dA = W.T @ dA
bias-reduction | dbs.append(dZ.sum(axis=1).reshape(b.shape)) | dbs.append(dZ.mean(axis=1).reshape(b.shape))
bias-reduction | dbs.append(dZ.sum(axis=1).reshape(b.shape)) | dbs.append(dZ[:, :1])
loss-gradient | dA = (np.exp(acts[-1]) - Y) / m | dA = (acts[-1] - Y) / m
loss-gradient | dA = (np.exp(acts[-1]) - Y) / m | dA = (1 - Y / np.exp(acts[-1])) / m
"""
