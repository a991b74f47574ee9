"""Conv1d - SiLU - squeeze-and-excitation - global max pool - linear; signals are (batch, time, channel)."""
import numpy as np

sigmoid = lambda v: 1 / (1 + np.exp(-v))


class Cache(dict):
    __getattr__ = dict.__getitem__


def conv1d(x, w, b):
    k = w.shape[0]
    T = x.shape[1] - k + 1
    out = np.zeros((x.shape[0], T, w.shape[2])) + b
    for j in range(k):
        out += x[:, j:j + T] @ w[j]
    return out


def conv1d_grads(x, w, d):
    k, T = w.shape[0], d.shape[1]
    dw = np.stack([np.tensordot(x[:, j:j + T], d, axes=((0, 1), (0, 1))) for j in range(k)])
    db = d.sum((0, 1))
    return dw, db


def forward(p, x):
    z = conv1d(x, p['conv_w'], p['conv_b'])
    a = z * sigmoid(z)
    squeezed = a.mean(axis=1)
    u = np.maximum(squeezed @ p['down'] , 0)
    scale = sigmoid(u @ p['up'] + p['up_b'])
    s = a * scale[:, None, :]
    best = s.argmax(axis=1)
    pooled = np.take_along_axis(s, best[:, None, :], axis=1)[:, 0]
    y = pooled @ p['fc']
    return y, Cache(x=x, z=z, a=a, squeezed=squeezed, u=u, scale=scale, best=best, pooled=pooled)


def loss_fn(p, x, t):
    y, _ = forward(p, x)
    return np.abs(y - t).sum() / len(x)


def grad_fn(p, x, t):
    y, c = forward(p, x)
    dy = np.sign(y - t) / len(x)
    g = {'fc': c.pooled.T @ dy}
    dpooled = dy @ p['fc'].T
    ds = np.zeros_like(c.a)
    np.put_along_axis(ds, c.best[:, None, :], dpooled[:, None, :], axis=1)
    da = ds * c.scale[:, None, :]
    dscale = (ds * c.a).sum(axis=1)
    dv = dscale * c.scale * (1 - c.scale)
    g['up'] = c.u.T @ dv
    g['up_b'] = dv.sum(0)
    du = (dv @ p['up'].T) * (c.u > 0)
    g['down'] = c.squeezed.T @ du
    dsq = du @ p['down'].T
    da += dsq[:, None, :] / c.a.shape[1]
    sg = sigmoid(c.z)
    dz = da * (sg + c.z * sg * (1 - sg))
    g['conv_w'], g['conv_b'] = conv1d_grads(c.x, p['conv_w'], dz)
    return g


# ---- problem
def problem():
    rng = np.random.default_rng(17090)
    p = {'conv_w': rng.normal(size=(3, 2, 4)), 'conv_b': rng.normal(size=4) / 3,
         'down': rng.normal(size=(4, 3)), 'up': rng.normal(size=(3, 4)), 'up_b': rng.normal(size=4) / 3,
         'fc': rng.normal(size=(4, 2))}
    x, t = rng.normal(size=(5, 7, 2)), rng.normal(size=(5, 2))
    return dict(loss=lambda: loss_fn(p, x, t), params=p, grads=lambda: grad_fn(p, x, t))


FAULTS = """
missing-term | da += dsq[:, None, :] / c.a.shape[1] |
scale | da += dsq[:, None, :] / c.a.shape[1] | da += dsq[:, None, :]
wrong-activation-derivative | dz = da * (sg + c.z * sg * (1 - sg)) | dz = da * sg * (1 - sg)
missing-activation-derivative | dv = dscale * c.scale * (1 - c.scale) | dv = dscale
bias-reduction | db = d.sum((0, 1)) | db = d.sum(0).mean(0)
indexing | dw = np.stack([np.tensordot(x[:, j:j + T], d, axes=((0, 1), (0, 1))) for j in range(k)]) | dw = np.stack([np.tensordot(x[:, k - 1 - j:k - 1 - j + T], d, axes=((0, 1), (0, 1))) for j in range(k)])
wrong-operand | dscale = (ds * c.a).sum(axis=1) | dscale = (ds * c.z).sum(axis=1)
loss-gradient | dy = np.sign(y - t) / len(x) | dy = (y - t) / len(x)
"""
