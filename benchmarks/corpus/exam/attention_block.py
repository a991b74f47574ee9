import numpy as np
from dataclasses import dataclass, field


@dataclass
class Attention:
    """Single block: multi head self attention, residual, layer norm, feed forward."""

    d: int
    heads: int
    seed: int = 0
    p: dict = field(default_factory=dict)
    tape: dict = field(default_factory=dict)

    def __post_init__(self):
        rng = np.random.default_rng(self.seed)
        for name in ("Wq", "Wk", "Wv", "Wo"):
            self.p[name] = rng.normal(0, self.d**-0.5, (self.d, self.d))
        self.p["g"] = 1 + 0.1 * rng.normal(size=self.d)
        self.p["c"] = 0.1 * rng.normal(size=self.d)
        self.p["V"] = rng.normal(0, self.d**-0.5, (self.d, 2))

    def split(self, x):
        b, t, _ = x.shape
        return x.reshape(b, t, self.heads, -1).transpose(0, 2, 1, 3)

    def merge(self, x):
        b, _, t, _ = x.shape
        return x.transpose(0, 2, 1, 3).reshape(b, t, -1)

    def __call__(self, x):
        p = self.p
        q, k, v = (self.split(x @ p[w]) for w in ("Wq", "Wk", "Wv"))
        scale = 1 / np.sqrt(q.shape[-1])
        scores = np.einsum("bhid,bhjd->bhij", q, k) * scale
        future = np.triu(np.ones(scores.shape[-2:], bool), 1)
        scores = np.where(future, -1e9, scores)
        e = np.exp(scores - scores.max(-1, keepdims=True))
        att = e / e.sum(-1, keepdims=True)
        mixed = self.merge(np.einsum("bhij,bhjd->bhid", att, v))
        res = x + mixed @ p["Wo"]
        mu = res.mean(-1, keepdims=True)
        sigma = np.sqrt(res.var(-1, keepdims=True) + 1e-6)
        norm = (res - mu) / sigma
        h = norm * p["g"] + p["c"]
        out = h.mean(axis=1) @ p["V"]
        self.tape = dict(
            x=x, q=q, k=k, v=v, scale=scale, att=att, mixed=mixed, sigma=sigma, norm=norm, h=h
        )
        return out

    def mse(self, x, y):
        return ((self(x) - y) ** 2).mean()

    def pullback(self, dout):
        p, s = self.p, self.tape
        x, att = s["x"], s["att"]
        t = x.shape[1]
        grads = {"V": s["h"].mean(axis=1).T @ dout}
        dh = np.repeat((dout @ p["V"].T)[:, None, :], t, axis=1) / t
        grads["g"] = (dh * s["norm"]).sum(axis=(0, 1))
        grads["c"] = dh.sum(axis=(0, 1))
        dnorm = dh * p["g"]
        centred = dnorm - dnorm.mean(-1, keepdims=True)
        dres = (centred - s["norm"] * (dnorm * s["norm"]).mean(-1, keepdims=True)) / s["sigma"]
        grads["Wo"] = np.einsum("bti,btj->ij", s["mixed"], dres)
        dmixed = self.split(dres @ p["Wo"].T)
        dv = np.einsum("bhij,bhid->bhjd", att, dmixed)
        datt = np.einsum("bhid,bhjd->bhij", dmixed, s["v"])
        dscores = att * (datt - np.sum(datt * att, axis=-1, keepdims=True))
        dscores = dscores * s["scale"]
        dq = np.einsum("bhij,bhjd->bhid", dscores, s["k"])
        dk = np.einsum("bhij,bhid->bhjd", dscores, s["q"])
        for name, dz in zip(("Wq", "Wk", "Wv"), (dq, dk, dv)):
            grads[name] = np.einsum("bti,btj->ij", x, self.merge(dz))
        return grads


# ---- problem
def problem():
    rng = np.random.default_rng(6)
    net = Attention(4, 2, seed=1)
    x, y = rng.normal(size=(2, 4, 4)), rng.normal(size=(2, 2))

    def grads():
        diff = net(x) - y
        return net.pullback(2 * diff / diff.size)

    return dict(loss=lambda: net.mse(x, y), params=net.p, grads=grads)


FAULTS = """
softmax-jacobian | dscores = att * (datt - np.sum(datt * att, axis=-1, keepdims=True)) | dscores = att * (1 - att) * datt
softmax-jacobian | dscores = att * (datt - np.sum(datt * att, axis=-1, keepdims=True)) | dscores = att * (datt - np.sum(datt * att, axis=-2, keepdims=True))
scale | dscores = dscores * s["scale"] |
transpose | dk = np.einsum("bhij,bhid->bhjd", dscores, s["q"]) | dk = np.einsum("bhij,bhjd->bhid", dscores, s["q"])
transpose | dv = np.einsum("bhij,bhid->bhjd", att, dmixed) | dv = np.einsum("bhij,bhjd->bhid", att, dmixed)
wrong-operand | dq = np.einsum("bhij,bhjd->bhid", dscores, s["k"]) | dq = np.einsum("bhij,bhjd->bhid", dscores, s["q"])
normalisation | dres = (centred - s["norm"] * (dnorm * s["norm"]).mean(-1, keepdims=True)) / s["sigma"] | dres = centred / s["sigma"]
normalisation | centred = dnorm - dnorm.mean(-1, keepdims=True) | centred = dnorm - dnorm.mean(1, keepdims=True)
scale | dh = np.repeat((dout @ p["V"].T)[:, None, :], t, axis=1) / t | dh = np.repeat((dout @ p["V"].T)[:, None, :], t, axis=1)
swapped-gradients | (dq, dk, dv)): | (dk, dq, dv)):
"""
