import numpy as np
from dataclasses import dataclass, field


@dataclass
class Embedder:
    """Two layers and a unit sphere; the three legs of a triplet share the weights."""

    w1: np.ndarray
    b1: np.ndarray
    w2: np.ndarray
    grad: dict = field(default_factory=dict)

    def embed(self, x):
        a = x @ self.w1 + self.b1
        r = np.maximum(a, 0)
        u = r @ self.w2
        length = np.sqrt((u * u).sum(axis=1, keepdims=True))
        return u / length, (x, a, r, length)

    def embed_backward(self, de, e, saved):
        x, a, r, length = saved
        du = (de - e * (e * de).sum(axis=1, keepdims=True)) / length
        self.grad['w2'] = self.grad.get('w2', 0) + r.T @ du
        dr = du @ self.w2.T
        da = dr * (a > 0)
        self.grad['w1'] = self.grad.get('w1', 0) + x.T @ da
        self.grad['b1'] = self.grad.get('b1', 0) + da.sum(axis=0)


MARGIN = 0.2


def triplet_loss(net, anchor, positive, negative):
    ea, _ = net.embed(anchor)
    ep, _ = net.embed(positive)
    en, _ = net.embed(negative)
    gap = ((ea - ep) ** 2).sum(1) - ((ea - en) ** 2).sum(1) + MARGIN
    return np.maximum(gap, 0).mean()


def triplet_grad(net, anchor, positive, negative):
    net.grad = {}
    ea, sa = net.embed(anchor)
    ep, sp = net.embed(positive)
    en, sn = net.embed(negative)
    gap = ((ea - ep) ** 2).sum(1) - ((ea - en) ** 2).sum(1) + MARGIN
    on = (gap > 0)[:, None] / len(gap)
    dea = 2 * on * (en - ep)
    dep = -2 * on * (ea - ep)
    den = 2 * on * (ea - en)
    for de, e, s in ((dea, ea, sa), (dep, ep, sp), (den, en, sn)):
        net.embed_backward(de, e, s)
    return net.grad


g = np.random.default_rng(66)
net = Embedder(g.normal(size=(4, 5)), 0.8 + g.normal(size=5) * 0.3, g.normal(size=(5, 3)))
anchor, positive, negative = g.normal(size=(3, 6, 4))


# ---- problem
def problem():
    return dict(
        loss=lambda: triplet_loss(net, anchor, positive, negative),
        params={'w1': net.w1, 'b1': net.b1, 'w2': net.w2},
        grads=lambda: triplet_grad(net, anchor, positive, negative),
    )


FAULTS = """
sign | den = 2 * on * (ea - en) | den = -2 * on * (ea - en)
missing-term | dea = 2 * on * (en - ep) | dea = 2 * on * (ea - ep)
normalisation | du = (de - e * (e * de).sum(axis=1, keepdims=True)) / length | du = de / length
accumulation | self.grad['w1'] = self.grad.get('w1', 0) + x.T @ da | self.grad['w1'] = x.T @ da
activation-derivative-at-wrong-value | da = dr * (a > 0) | da = dr * (dr > 0)
scale | on = (gap > 0)[:, None] / len(gap) | on = (gap > 0)[:, None] * 1.0
loss-gradient | on = (gap > 0)[:, None] / len(gap) | on = np.ones((len(gap), 1)) / len(gap)
missing-term | for de, e, s in ((dea, ea, sa), (dep, ep, sp), (den, en, sn)): | for de, e, s in ((dea, ea, sa), (dep, ep, sp)):
"""
