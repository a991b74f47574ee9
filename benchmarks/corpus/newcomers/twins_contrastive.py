"""Signature verification: one encoder applied to both images, contrastive loss with a margin."""
import numpy as np

MARGIN = 1.5


def encode(net, x):
    h = np.tanh(x @ net['W1'] + net['b1'])
    return np.arctan(h @ net['W2'] + net['b2']), h


def encode_backward(net, x, h, z, dz, grads):
    dz = dz * np.cos(z) ** 2
    grads['W2'] += h.T @ dz
    grads['b2'] += dz.sum(0)
    dh = (dz @ net['W2'].T) * (1 - h ** 2)
    grads['W1'] += x.T @ dh
    grads['b1'] += dh.sum(0)


def contrastive(net, left, right, same):
    zl, _ = encode(net, left)
    zr, _ = encode(net, right)
    dist = np.sqrt(((zl - zr) ** 2).sum(1))
    pull = same * dist ** 2
    push = (1 - same) * np.maximum(0, MARGIN - dist) ** 2
    return 0.5 * (pull + push).mean()


def contrastive_grad(net, left, right, same):
    zl, hl = encode(net, left)
    zr, hr = encode(net, right)
    diff = zl - zr
    dist = np.sqrt((diff ** 2).sum(1))
    d_dist = same * dist - (1 - same) * np.maximum(0, MARGIN - dist)
    d_dist /= len(dist)
    d_diff = (d_dist / dist)[:, None] * diff
    grads = {k: np.zeros_like(v) for k, v in net.items()}
    encode_backward(net, left, hl, zl, d_diff, grads)
    encode_backward(net, right, hr, zr, -d_diff, grads)
    return grads


# ---- problem
def problem():
    rng = np.random.default_rng(1215)
    net = {'W1': rng.normal(size=(4, 5)), 'b1': rng.normal(size=5) * .2,
           'W2': rng.normal(size=(5, 3)) * .6, 'b2': rng.normal(size=3) * .4}
    left, right = rng.normal(size=(10, 4)), rng.normal(size=(10, 4))
    same = np.array([1., 0, 0, 1, 0, 1, 0, 0, 1, 0])
    return dict(loss=lambda: contrastive(net, left, right, same), params=net,
                grads=lambda: contrastive_grad(net, left, right, same))


FAULTS = """
missing-term | encode_backward(net, right, hr, zr, -d_diff, grads) |
sign | encode_backward(net, right, hr, zr, -d_diff, grads) | encode_backward(net, right, hr, zr, d_diff, grads)
wrong-operand | encode_backward(net, right, hr, zr, -d_diff, grads) | encode_backward(net, right, hl, zr, -d_diff, grads)
wrong-operand | encode_backward(net, right, hr, zr, -d_diff, grads) | encode_backward(net, left, hr, zr, -d_diff, grads)
sign | d_dist = same * dist - (1 - same) * np.maximum(0, MARGIN - dist) | d_dist = same * dist + (1 - same) * np.maximum(0, MARGIN - dist)
accumulation | grads['W2'] += h.T @ dz | grads['W2'] = h.T @ dz
scale | d_dist /= len(dist) |
missing-activation-derivative | dh = (dz @ net['W2'].T) * (1 - h ** 2) | dh = dz @ net['W2'].T
wrong-activation-derivative | dh = (dz @ net['W2'].T) * (1 - h ** 2) | dh = (dz @ net['W2'].T) * h * (1 - h)
"""
