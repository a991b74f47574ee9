import numpy as np


class Var:
    """Array with a list of (parent, function of the cotangent)"""
    __slots__ = ('val', 'bar', 'links')

    def __init__(self, val, links=()):
        self.val = np.asarray(val, float)
        self.bar = None
        self.links = links

    def __matmul__(self, w):
        return Var(self.val @ w.val, [(self, lambda g: g @ w.val.T), (w, lambda g: self.val.T @ g)])

    def __add__(self, other):
        return Var(self.val + other.val, [(self, lambda g: squash(g, self.val.shape)),
                                          (other, lambda g: squash(g, other.val.shape))])

    def __mul__(self, other):
        return Var(self.val * other.val, [(self, lambda g: squash(g * other.val, self.val.shape)),
                                          (other, lambda g: squash(g * self.val, other.val.shape))])

    def tanh(self):
        t = np.tanh(self.val)
        return Var(t, [(self, lambda g: g * (1 - t * t))])

    def softmax(self):
        e = np.exp(self.val - self.val.max(-1, keepdims=True))
        s = e / e.sum(-1, keepdims=True)
        return Var(s, [(self, lambda g: s * (g - (g * s).sum(-1, keepdims=True)))])

    def column(self, j):
        def spread(g):
            full = np.zeros_like(self.val)
            full[:, j:j + 1] = g
            return full
        return Var(self.val[:, j:j + 1], [(self, spread)])

    def mse(self, y):
        d = self.val - y
        return Var((d ** 2).mean(), [(self, lambda g: g * 2 * d / d.size)])

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if id(v) not in seen:
                seen.add(id(v))
                for parent, _ in v.links:
                    visit(parent)
                order.append(v)
        visit(self)
        for v in order:
            v.bar = np.zeros_like(v.val)
        self.bar = np.ones(())
        for v in reversed(order):
            for parent, pull in v.links:
                parent.bar = parent.bar + pull(v.bar)


def squash(g, shape):
    """undo broadcasting"""
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for ax, n in enumerate(shape):
        if n == 1 and g.shape[ax] != 1:
            g = g.sum(axis=ax, keepdims=True)
    return g


rnd = np.random.default_rng(64)
gating = Var(rnd.normal(size=(3, 2)))
experts = [(Var(rnd.normal(size=(3, 4))), Var(rnd.normal(size=4) / 2), Var(rnd.normal(size=(4, 2))))
           for _ in range(2)]
data = Var(rnd.normal(size=(7, 3)))
want = rnd.normal(size=(7, 2))


def mixture():
    share = (data @ gating).softmax()
    total = None
    for j, (w, b, v) in enumerate(experts):
        vote = (data @ w + b).tanh() @ v
        part = share.column(j) * vote
        total = part if total is None else total + part
    return total.mse(want)


def collect():
    mixture().backward()
    return {'gating': gating.bar, 'experts': [tuple(p.bar for p in e) for e in experts]}


# ---- problem
def problem():
    params = {'gating': gating.val, 'experts': [tuple(p.val for p in e) for e in experts]}
    return dict(loss=lambda: float(mixture().val), params=params, grads=collect)


FAULTS = """
softmax-jacobian | return Var(s, [(self, lambda g: s * (g - (g * s).sum(-1, keepdims=True)))]) | return Var(s, [(self, lambda g: g * s * (1 - s))])
wrong-activation-derivative | return Var(t, [(self, lambda g: g * (1 - t * t))]) | return Var(t, [(self, lambda g: g * (1 - t))])
accumulation | parent.bar = parent.bar + pull(v.bar) | parent.bar = pull(v.bar)
bias-reduction | g = g.sum(axis=0) | g = g.mean(axis=0)
scale | return Var((d ** 2).mean(), [(self, lambda g: g * 2 * d / d.size)]) | return Var((d ** 2).mean(), [(self, lambda g: g * 2 * d)])
indexing | full[:, j:j + 1] = g | full[:, :1] = g
wrong-operand | return Var(self.val * other.val, [(self, lambda g: squash(g * other.val, self.val.shape)), | return Var(self.val * other.val, [(self, lambda g: squash(g * self.val, self.val.shape)),
missing-activation-derivative | return Var(t, [(self, lambda g: g * (1 - t * t))]) | return Var(t, [(self, lambda g: g)])
"""
