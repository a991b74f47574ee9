import numpy as np

# Recurrent tagger: layer norm inside the cell, a label at every step, learnable initial state.
# Everything is (time, batch, features).


class LayerNormRnn:
    def __init__(self, n_in, n_state, n_tags, seed):
        r = np.random.RandomState(seed)
        self.theta = dict(
            Wx=r.randn(n_in, n_state), Wh=r.randn(n_state, n_state) * .8,
            g=1 + r.randn(n_state) * .2, b=r.randn(n_state) * .2,
            Wo=r.randn(n_state, n_tags), bo=r.randn(n_tags) * .2, h0=r.randn(n_state) * .5)

    def cell(self, x, h):
        th = self.theta
        a = x @ th['Wx'] + h @ th['Wh']
        mu = a.mean(axis=1, keepdims=True)
        sd = np.sqrt(a.var(axis=1, keepdims=True) + 1e-2)
        n = (a - mu) / sd
        return sd, n, np.tanh(th['g'] * n + th['b'])

    def loss(self, xs, tags):
        T, N = xs.shape[:2]
        th = self.theta
        h = np.tile(th['h0'], (N, 1))
        self.trail = []
        total = 0.
        for t in range(T):
            sd, n, h_new = self.cell(xs[t], h)
            o = h_new @ th['Wo'] + th['bo']
            p = np.exp(o - o.max(axis=1, keepdims=True))
            p = p / p.sum(axis=1, keepdims=True)
            total -= np.log(p[np.arange(N), tags[t]]).sum()
            self.trail.append((h, sd, n, h_new, p))
            h = h_new
        return total / N

    def grad(self, xs, tags):
        self.loss(xs, tags)
        T, N = xs.shape[:2]
        th = self.theta
        gr = {k: np.zeros_like(v) for k, v in th.items()}
        carry = 0
        for t in range(T - 1, -1, -1):
            h_old, sd, n, h, p = self.trail[t]
            do = p.copy()
            do[np.arange(N), tags[t]] -= 1
            do /= N
            gr['Wo'] += h.T @ do
            gr['bo'] += do.sum(axis=0)
            dh = do @ th['Wo'].T + carry
            ds = dh * (1 - h ** 2)
            gr['g'] += (ds * n).sum(axis=0)
            gr['b'] += ds.sum(axis=0)
            dn = ds * th['g']
            da = (dn - dn.mean(axis=1, keepdims=True) - n * (dn * n).mean(axis=1, keepdims=True)) / sd
            gr['Wx'] += xs[t].T @ da
            gr['Wh'] += h_old.T @ da
            carry = da @ th['Wh'].T
        gr['h0'] = carry.sum(axis=0)
        return gr


# ---- problem
def problem():
    rnn = LayerNormRnn(2, 4, 3, 616)
    r = np.random.RandomState(617)
    xs, tags = r.randn(4, 5, 2), r.randint(0, 3, (4, 5))
    return dict(loss=lambda: rnn.loss(xs, tags), params=rnn.theta, grads=lambda: rnn.grad(xs, tags))


FAULTS = """
recurrence | dh = do @ th['Wo'].T + carry | dh = do @ th['Wo'].T
normalisation | da = (dn - dn.mean(axis=1, keepdims=True) - n * (dn * n).mean(axis=1, keepdims=True)) / sd | da = (dn - dn.mean(axis=1, keepdims=True)) / sd
normalisation | da = (dn - dn.mean(axis=1, keepdims=True) - n * (dn * n).mean(axis=1, keepdims=True)) / sd | da = (dn - dn.mean(axis=0, keepdims=True) - n * (dn * n).mean(axis=0, keepdims=True)) / sd
wrong-operand | gr['Wh'] += h_old.T @ da | gr['Wh'] += h.T @ da
indexing | for t in range(T - 1, -1, -1): | for t in range(T - 1, 0, -1):
transpose | carry = da @ th['Wh'].T | carry = da @ th['Wh']
bias-reduction | gr['h0'] = carry.sum(axis=0) | gr['h0'] = carry.mean(axis=0)
accumulation | gr['g'] += (ds * n).sum(axis=0) | gr['g'] = (ds * n).sum(axis=0)
raw-error-propagated | dn = ds * th['g'] | dn = dh * th['g']
"""
