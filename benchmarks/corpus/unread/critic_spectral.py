"""GAN critic with spectral normalisation. u, v come from a power iteration done beforehand and are constants
of the loss (as in Miyato et al.): W_bar = W / (u' W v). Hinge loss, two hidden layers, minibatch in rows."""
import numpy as np


class SNLinear:
    def __init__(self, n_in, n_out, rng):
        self.W = rng.standard_normal((n_out, n_in))
        self.b = rng.standard_normal(n_out) * 0.2
        self.grads = {}
        u = rng.standard_normal(n_out)
        for _ in range(3):
            v = self.W.T @ u
            v /= np.linalg.norm(v)
            u = self.W @ v
            u /= np.linalg.norm(u)
        self.u, self.v = u, v

    def forward(self, x):
        self.x = x
        self.sigma = self.u @ self.W @ self.v
        self.W_bar = self.W / self.sigma
        return x @ self.W_bar.T + self.b

    def backward(self, dy):
        dW_bar = dy.T @ self.x
        inner = np.sum(dW_bar * self.W_bar)
        self.grads["W"] = (dW_bar - inner * np.outer(self.u, self.v)) / self.sigma
        self.grads["b"] = dy.sum(axis=0)
        return dy @ self.W_bar


class LeakyReLU:
    def forward(self, x):
        self.neg = x < 0
        return np.where(self.neg, 0.2 * x, x)

    def backward(self, dy):
        dx = dy.copy()
        dx[self.neg] *= 0.2
        return dx


class Critic:
    def __init__(self, sizes, seed):
        rng = np.random.default_rng(seed)
        self.layers = []
        for a, b in zip(sizes[:-2], sizes[1:-1]):
            self.layers += [SNLinear(a, b, rng), LeakyReLU()]
        self.layers.append(SNLinear(sizes[-2], sizes[-1], rng))

    @property
    def linears(self):
        return [layer for layer in self.layers if isinstance(layer, SNLinear)]

    def __call__(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x[:, 0]

    def loss(self, real, fake):
        score = self(np.concatenate([real, fake]))
        n = len(real)
        return np.maximum(0, 1 - score[:n]).mean() + np.maximum(0, 1 + score[n:]).mean()

    def backward(self, real, fake):
        score = self(np.concatenate([real, fake]))
        n = len(real)
        d = np.empty_like(score)
        d[:n] = -1.0 * (score[:n] < 1) / n
        d[n:] = (score[n:] > -1) / len(fake)
        d = d[:, None]
        for layer in reversed(self.layers):
            d = layer.backward(d)
        return [(layer.grads["W"], layer.grads["b"]) for layer in self.linears]


# ---- problem
def problem():
    critic = Critic([3, 4, 4, 1], 64)
    rng = np.random.default_rng(67)
    real, fake = rng.normal(size=(5, 3)) * 3 + 0.5, rng.normal(size=(3, 3)) * 3
    return dict(loss=lambda: critic.loss(real, fake), params=[(layer.W, layer.b) for layer in critic.linears],
                grads=lambda: critic.backward(real, fake))


FAULTS = """
normalisation | self.grads["W"] = (dW_bar - inner * np.outer(self.u, self.v)) / self.sigma | self.grads["W"] = dW_bar / self.sigma
wrong-operand | inner = np.sum(dW_bar * self.W_bar) | inner = np.sum(dW_bar * self.W)
wrong-operand | return dy @ self.W_bar | return dy @ self.W
scale | d[n:] = (score[n:] > -1) / len(fake) | d[n:] = (score[n:] > -1) / n
sign | d[n:] = (score[n:] > -1) / len(fake) | d[n:] = -1.0 * (score[n:] > -1) / len(fake)
loss-gradient | d[:n] = -1.0 * (score[:n] < 1) / n | d[:n] = -1 / n
"""
