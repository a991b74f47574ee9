import numpy as np


def gelu(x):
    return 0.5 * x * (1 + np.tanh(0.8 * (x + 0.05 * x**3)))


def gelu_prime(x):
    t = np.tanh(0.8 * (x + 0.05 * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * 0.8 * (1 + 0.15 * x**2)


class Mixer:
    """Tokens are mixed, then channels, each with a skip connection."""

    def __init__(self, tokens, channels, seed=3):
        r = np.random.default_rng(seed)
        self.theta = {
            "mix": 0.5 * r.normal(size=(tokens, tokens)),
            "bias_mix": 0.3 * r.normal(size=tokens),
            "chan": 0.5 * r.normal(size=(channels, channels)),
            "head": r.normal(size=channels),
        }

    def forward(self, x):
        p = self.theta
        u = np.einsum("st,btc->bsc", p["mix"], x) + p["bias_mix"][None, :, None]
        h = x + gelu(u)
        v = np.einsum("bsc,cd->bsd", h, p["chan"])
        g = h + np.tanh(v)
        pooled = g.mean(axis=1)
        out = np.einsum("bc,c->b", pooled, p["head"])
        self.saved = x, u, h, v, g, pooled, out
        return out

    def loss(self, x, y):
        return 0.5 * np.mean((self.forward(x) - y) ** 2)

    def backward(self, x, y):
        self.forward(x)
        p = self.theta
        x, u, h, v, g, pooled, out = self.saved
        batch, tokens, _ = x.shape
        dout = (out - y) / batch
        dhead = np.einsum("b,bc->c", dout, pooled)
        dpooled = np.einsum("b,c->bc", dout, p["head"])
        dg = np.repeat(dpooled[:, None, :], tokens, axis=1) / tokens
        dv = dg * (1 - np.tanh(v) ** 2)
        dchan = np.einsum("bsc,bsd->cd", h, dv)
        dh = dg + np.einsum("bsd,cd->bsc", dv, p["chan"])
        du = dh * gelu_prime(u)
        dmix = np.einsum("bsc,btc->st", du, x)
        dbias = du.sum(axis=(0, 2))
        return {"mix": dmix, "bias_mix": dbias, "chan": dchan, "head": dhead}


# ---- problem
def problem():
    r = np.random.default_rng(0)
    net = Mixer(3, 4)
    x, y = r.normal(size=(5, 3, 4)), r.normal(size=5)
    return dict(
        loss=lambda: net.loss(x, y), params=net.theta, grads=lambda: net.backward(x, y)
    )


FAULTS = """
sign | dout = (out - y) / batch | dout = (y - out) / batch
scale | dout = (out - y) / batch | dout = (out - y)
scale | dg = np.repeat(dpooled[:, None, :], tokens, axis=1) / tokens | dg = np.repeat(dpooled[:, None, :], tokens, axis=1)
missing-activation-derivative | dv = dg * (1 - np.tanh(v) ** 2) | dv = dg
wrong-activation-derivative | dv = dg * (1 - np.tanh(v) ** 2) | dv = dg * (1 - np.tanh(v))
activation-derivative-at-wrong-value | dv = dg * (1 - np.tanh(v) ** 2) | dv = dg * (1 - np.tanh(h) ** 2)
missing-term | dh = dg + np.einsum("bsd,cd->bsc", dv, p["chan"]) | dh = np.einsum("bsd,cd->bsc", dv, p["chan"])
transpose | np.einsum("bsd,cd->bsc", dv, p["chan"]) | np.einsum("bsc,cd->bsd", dv, p["chan"])
activation-derivative-at-wrong-value | du = dh * gelu_prime(u) | du = dh * gelu_prime(h)
missing-activation-derivative | du = dh * gelu_prime(u) | du = dh
bias-reduction | dbias = du.sum(axis=(0, 2)) | dbias = du.mean(axis=(0, 2))
wrong-operand | dmix = np.einsum("bsc,btc->st", du, x) | dmix = np.einsum("bsc,btc->st", du, h)
wrong-operand | dchan = np.einsum("bsc,bsd->cd", h, dv) | dchan = np.einsum("bsc,bsd->cd", g, dv)
wrong-activation-derivative | 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * 0.8 | 0.5 * (1 + t) + 0.5 * x * (1 - t) * 0.8
"""
