import numpy as np

rng = np.random.default_rng(7)


class Module:
    def parameters(self):
        for value in vars(self).values():
            if isinstance(value, Param):
                yield value
            elif isinstance(value, Module):
                yield from value.parameters()


class Param:
    def __init__(self, value):
        self.value = value
        self.grad = np.zeros_like(value)


class Proj(Module):
    def __init__(self, i, o):
        self.w = Param(rng.normal(0, i**-0.5, (i, o)))
        self.c = Param(rng.normal(0, 0.1, o))

    def fwd(self, x):
        self.x = x
        return x @ self.w.value + self.c.value

    def bwd(self, dy):
        self.w.grad += np.einsum("bti,bto->io", self.x, dy)
        self.c.grad += dy.sum(axis=(0, 1))
        return dy @ self.w.value.T


class LayerNorm(Module):
    def __init__(self, n):
        self.g, self.s = Param(rng.uniform(0.7, 1.3, n)), Param(rng.normal(0, 0.1, n))

    def fwd(self, x):
        self.inv = 1 / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        self.hat = (x - x.mean(-1, keepdims=True)) * self.inv
        return self.hat * self.g.value + self.s.value

    def bwd(self, dy):
        self.g.grad += (dy * self.hat).sum((0, 1))
        self.s.grad += dy.sum((0, 1))
        dh = dy * self.g.value
        return self.inv * (
            dh - dh.mean(-1, keepdims=True) - self.hat * (dh * self.hat).mean(-1, keepdims=True)
        )


class FeedForward(Module):
    def __init__(self, n):
        self.up, self.down = Proj(n, 2 * n), Proj(2 * n, n)

    def fwd(self, x):
        self.pre = self.up.fwd(x)
        return self.down.fwd(np.maximum(self.pre, 0) ** 2)

    def bwd(self, dy):
        da = self.down.bwd(dy)
        return self.up.bwd(da * 2 * np.maximum(self.pre, 0))


class Block(Module):
    def __init__(self, n):
        self.n1, self.n2 = LayerNorm(n), LayerNorm(n)
        self.mix, self.ff = Proj(n, n), FeedForward(n)

    def fwd(self, x):
        x = x + np.cumsum(self.mix.fwd(self.n1.fwd(x)), axis=1)
        return x + self.ff.fwd(self.n2.fwd(x))

    def bwd(self, dy):
        dx = dy + self.n2.bwd(self.ff.bwd(dy))
        dmix = np.flip(np.cumsum(np.flip(dx, 1), axis=1), 1)
        return dx + self.n1.bwd(self.mix.bwd(dmix))


class Model(Module):
    def __init__(self, vocab, n):
        self.table = Param(rng.normal(0, 0.8, (vocab, n)))
        self.one, self.two = Block(n), Block(n)
        self.read = Proj(n, vocab)

    def logits(self, ids):
        return self.read.fwd(self.two.fwd(self.one.fwd(self.table.value[ids])))

    def loss(self, ids, after):
        z = self.logits(ids)
        logp = z - np.log(np.exp(z).sum(-1, keepdims=True))
        return -np.take_along_axis(logp, after[..., None], -1).mean()

    def backward(self, ids, after):
        z = self.logits(ids)
        for p in self.parameters():
            p.grad[...] = 0
        dz = np.exp(z) / np.exp(z).sum(-1, keepdims=True)
        dz -= np.eye(z.shape[-1])[after]
        dz /= after.size
        dx = self.one.bwd(self.two.bwd(self.read.bwd(dz)))
        np.add.at(self.table.grad, ids, dx)
        return [p.grad for p in self.parameters()]


# ---- problem
def problem():
    model = Model(5, 3)
    r = np.random.default_rng(1)
    ids = r.integers(0, 5, (2, 4))
    after = r.integers(0, 5, (2, 4))
    return dict(
        loss=lambda: model.loss(ids, after),
        params=[p.value for p in model.parameters()],
        grads=lambda: model.backward(ids, after),
    )


FAULTS = """
scale | dz /= after.size | dz /= len(after)
wrong-activation-derivative | return self.up.bwd(da * 2 * np.maximum(self.pre, 0)) | return self.up.bwd(da * (self.pre > 0))
scale | return self.up.bwd(da * 2 * np.maximum(self.pre, 0)) | return self.up.bwd(da * np.maximum(self.pre, 0))
missing-term | dx = dy + self.n2.bwd(self.ff.bwd(dy)) | dx = self.n2.bwd(self.ff.bwd(dy))
missing-term | return dx + self.n1.bwd(self.mix.bwd(dmix)) | return dy + self.n1.bwd(self.mix.bwd(dmix))
normalisation | dh - dh.mean(-1, keepdims=True) - self.hat * (dh * self.hat).mean(-1, keepdims=True) | dh - dh.mean(-1, keepdims=True)
normalisation | dh = dy * self.g.value | dh = dy
wrong-operand | self.g.grad += (dy * self.hat).sum((0, 1)) | self.g.grad += (dy * self.inv).sum((0, 1))
wrong-operand | dmix = np.flip(np.cumsum(np.flip(dx, 1), axis=1), 1) | dmix = np.cumsum(dx, axis=1)
scatter | np.add.at(self.table.grad, ids, dx) | self.table.grad[ids] += dx
loss-gradient | dz -= np.eye(z.shape[-1])[after] | dz -= np.eye(z.shape[-1])[ids]
"""
