# contrastive pretraining: two views of each sample, temperature scaled cosine similarities
import numpy as np

rs = np.random.RandomState(2002)
n, d_in, d_hid, d_out, tau = 4, 5, 4, 3, 0.5
view1 = rs.randn(n, d_in)
view2 = view1 + 0.3 * rs.randn(n, d_in)
both = np.concatenate([view1, view2])
partner = np.roll(np.arange(2 * n), n)


class Projector:
    W1 = rs.randn(d_in, d_hid) * .6
    b1 = rs.randn(d_hid) * .2
    W2 = rs.randn(d_hid, d_out) * .8
    b2 = rs.randn(d_out) * .3

    @classmethod
    def encode(cls, x):
        a = x @ cls.W1 + cls.b1
        h = np.log(1 + np.exp(a))
        z = h @ cls.W2 + cls.b2
        r = np.linalg.norm(z, axis=1, keepdims=True)
        return a, h, z, r, z / r

    @classmethod
    def nt_xent(cls):
        *_, u = cls.encode(both)
        sim = u @ u.T / tau
        np.fill_diagonal(sim, -np.inf)
        lse = np.log(np.exp(sim).sum(axis=1))
        return np.mean(lse - sim[np.arange(2 * n), partner])

    @classmethod
    def d_nt_xent(cls):
        a, h, z, r, u = cls.encode(both)
        sim = u @ u.T / tau
        np.fill_diagonal(sim, -np.inf)
        q = np.exp(sim)
        q /= q.sum(axis=1, keepdims=True)
        dsim = q
        dsim[np.arange(2 * n), partner] -= 1
        dsim /= 2 * n
        # u stands on both sides of the product
        du = (dsim + dsim.T) @ u / tau
        dz = (du - u * np.sum(u * du, axis=1, keepdims=True)) / r
        dh = dz @ cls.W2.T
        da = dh / (1 + np.exp(-a))
        return {
            'W2': h.T @ dz, 'b2': dz.sum(axis=0),
            'W1': both.T @ da, 'b1': da.sum(axis=0),
        }


# ---- problem
def problem():
    params = {k: getattr(Projector, k) for k in ('W1', 'b1', 'W2', 'b2')}
    return dict(loss=Projector.nt_xent, params=params, grads=Projector.d_nt_xent)


FAULTS = """
missing-term | du = (dsim + dsim.T) @ u / tau | du = dsim @ u / tau
scale | du = (dsim + dsim.T) @ u / tau | du = (dsim + dsim.T) @ u
scale | dsim /= 2 * n | dsim /= n
normalisation | dz = (du - u * np.sum(u * du, axis=1, keepdims=True)) / r | dz = du / r
wrong-operand | dz = (du - u * np.sum(u * du, axis=1, keepdims=True)) / r | dz = (du - z * np.sum(z * du, axis=1, keepdims=True)) / r
activation-derivative-at-wrong-value | da = dh / (1 + np.exp(-a)) | da = dh / (1 + np.exp(-h))
indexing | dsim[np.arange(2 * n), partner] -= 1 | dsim[np.arange(n), partner[:n]] -= 1
"""
