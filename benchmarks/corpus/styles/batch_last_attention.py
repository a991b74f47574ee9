import numpy as np

HEADS = 2


def soft(a):
    a = np.exp(a - a.max(axis=2, keepdims=True))
    return a / a.sum(axis=2, keepdims=True)


class SelfAttention:
    """Arrays are (features, time, batch): the batch comes last."""

    def __init__(self, width, rng):
        shape = (HEADS, width, width // HEADS)
        self.q, self.k, self.v = (rng.normal(0, 0.5, shape) for _ in range(3))
        self.o = rng.normal(0, 0.5, (HEADS, width // HEADS, width))

    def __call__(self, x):
        q = np.einsum("hde,dtb->hetb", self.q, x)
        k = np.einsum("hde,dsb->hesb", self.k, x)
        v = np.einsum("hde,dsb->hesb", self.v, x)
        root = np.sqrt(self.q.shape[2])
        scores = np.einsum("hetb,hesb->htsb", q, k) / root
        steps = x.shape[1]
        blocked = np.triu(np.ones((steps, steps), bool), 1)
        scores = np.where(blocked[None, :, :, None], -1e9, scores)
        weights = soft(scores)
        mixed = np.einsum("htsb,hesb->hetb", weights, v)
        self.kept = x, q, k, v, root, weights, mixed
        return np.einsum("hed,hetb->dtb", self.o, mixed) + x

    def pull(self, g):
        x, q, k, v, root, weights, mixed = self.kept
        go = np.einsum("dtb,hetb->hed", g, mixed)
        gmixed = np.einsum("hed,dtb->hetb", self.o, g)
        gweights = np.einsum("hetb,hesb->htsb", gmixed, v)
        gv = np.einsum("htsb,hetb->hesb", weights, gmixed)
        inner = np.einsum("htsb,htsb->htb", gweights, weights)
        gscores = weights * (gweights - inner[:, :, None]) / root
        gq = np.einsum("htsb,hesb->hetb", gscores, k)
        gk = np.einsum("htsb,hetb->hesb", gscores, q)
        gx = g + np.einsum("hde,hetb->dtb", self.q, gq)
        gx += np.einsum("hde,hesb->dsb", self.k, gk)
        gx += np.einsum("hde,hesb->dsb", self.v, gv)
        outer = [np.einsum("dtb,hetb->hde", x, each) for each in (gq, gk, gv)]
        return gx, outer + [go]


def loss(stack, x, y):
    for block in stack:
        x = block(x)
    return 0.5 * np.mean((x - y) ** 2)


def grads(stack, x, y):
    for block in stack:
        x = block(x)
    g = (x - y) / x.size
    out = []
    for block in stack[::-1]:
        g, mine = block.pull(g)
        out = [mine] + out
    return out


# ---- problem
def problem():
    rng = np.random.default_rng(2)
    stack = [SelfAttention(4, rng), SelfAttention(4, rng)]
    x, y = rng.normal(size=(4, 3, 2)), rng.normal(size=(4, 3, 2))
    return dict(
        loss=lambda: loss(stack, x, y),
        params=[[s.q, s.k, s.v, s.o] for s in stack],
        grads=lambda: grads(stack, x, y),
    )


FAULTS = """
scale | gscores = weights * (gweights - inner[:, :, None]) / root | gscores = weights * (gweights - inner[:, :, None])
softmax-jacobian | gscores = weights * (gweights - inner[:, :, None]) / root | gscores = weights * gweights / root
softmax-jacobian | gscores = weights * (gweights - inner[:, :, None]) / root | gscores = weights * (1 - weights) * gweights / root
missing-term | gx = g + np.einsum("hde,hetb->dtb", self.q, gq) | gx = np.einsum("hde,hetb->dtb", self.q, gq)
missing-term | gx += np.einsum("hde,hesb->dsb", self.k, gk) |
accumulation | gx += np.einsum("hde,hesb->dsb", self.v, gv) | gx = np.einsum("hde,hesb->dsb", self.v, gv)
wrong-operand | gk = np.einsum("htsb,hetb->hesb", gscores, q) | gk = np.einsum("htsb,hetb->hesb", gscores, k)
transpose | gq = np.einsum("htsb,hesb->hetb", gscores, k) | gq = np.einsum("hstb,hesb->hetb", gscores, k)
wrong-operand | gv = np.einsum("htsb,hetb->hesb", weights, gmixed) | gv = np.einsum("htsb,hetb->hesb", gweights, gmixed)
swapped-gradients | for each in (gq, gk, gv)] | for each in (gk, gq, gv)]
"""
