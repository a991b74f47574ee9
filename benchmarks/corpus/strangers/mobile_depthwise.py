"""Depthwise separable convolution in the mobile-net manner (NHWC), with ReLU6 and a squared hinge."""
from types import SimpleNamespace

import numpy as np

gen = np.random.default_rng(1704)
N, H, W, C, F, K = 3, 5, 5, 2, 3, 3

net = SimpleNamespace(
    depth=gen.normal(size=(K, K, C)),
    depth_bias=gen.normal(size=C) / 4 + 0.5,
    point=gen.normal(size=(C, F)),
    point_bias=gen.normal(size=F) / 4,
    dense=gen.normal(size=(F, 2)) * 2,
)
images = gen.normal(size=(N, H, W, C)) * 1.5
signs = np.where(gen.random((N, 2)) > 0.5, 1.0, -1.0)


def relu6(x):
    return np.minimum(np.maximum(x, 0), 6)


def same_pad(x):
    return np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))


def infer():
    padded = same_pad(images)
    d = np.zeros((N, H, W, C)) + net.depth_bias
    for r in range(K):
        for s in range(K):
            d += padded[:, r:r + H, s:s + W] * net.depth[r, s]
    da = relu6(d)
    p = da @ net.point + net.point_bias
    pa = relu6(p)
    pooled = pa.mean(axis=(1, 2))
    return SimpleNamespace(padded=padded, d=d, da=da, p=p, pa=pa, pooled=pooled, out=pooled @ net.dense)


def squared_hinge():
    gap = np.maximum(0, 1 - signs * infer().out)
    return (gap ** 2).mean()


def differentiate():
    f = infer()
    gap = np.maximum(0, 1 - signs * f.out)
    g_out = -2 * signs * gap / gap.size
    g_dense = f.pooled.T @ g_out
    g_pooled = g_out @ net.dense.T
    g_pa = np.ones((N, H, W, F)) * g_pooled[:, None, None, :] / (H * W)
    g_p = g_pa * ((f.p > 0) & (f.p < 6))
    g_point = np.tensordot(f.da, g_p, axes=([0, 1, 2], [0, 1, 2]))
    g_da = g_p @ net.point.T
    g_d = g_da * ((f.d > 0) & (f.d < 6))
    g_depth = np.empty_like(net.depth)
    for r in range(K):
        for s in range(K):
            g_depth[r, s] = (f.padded[:, r:r + H, s:s + W] * g_d).sum(axis=(0, 1, 2))
    return dict(depth=g_depth, depth_bias=g_d.sum(axis=(0, 1, 2)), point=g_point,
                point_bias=g_p.sum(axis=(0, 1, 2)), dense=g_dense)


# ---- problem
def problem():
    return dict(loss=squared_hinge, params=net, grads=differentiate)


FAULTS = """
indexing | g_depth[r, s] = (f.padded[:, r:r + H, s:s + W] * g_d).sum(axis=(0, 1, 2)) | g_depth[s, r] = (f.padded[:, r:r + H, s:s + W] * g_d).sum(axis=(0, 1, 2))
loss-gradient | g_out = -2 * signs * gap / gap.size | g_out = -signs * (gap > 0) / gap.size
scale | g_out = -2 * signs * gap / gap.size | g_out = -2 * signs * gap / N
missing-activation-derivative | g_d = g_da * ((f.d > 0) & (f.d < 6)) | g_d = g_da
indexing | g_depth[r, s] = (f.padded[:, r:r + H, s:s + W] * g_d).sum(axis=(0, 1, 2)) | g_depth[r, s] = (f.padded[:, K - 1 - r:K - 1 - r + H, K - 1 - s:K - 1 - s + W] * g_d).sum(axis=(0, 1, 2))
bias-reduction | point_bias=g_p.sum(axis=(0, 1, 2)), dense=g_dense) | point_bias=g_p.sum(axis=(1, 2)).mean(axis=0), dense=g_dense)
wrong-operand | g_point = np.tensordot(f.da, g_p, axes=([0, 1, 2], [0, 1, 2])) | g_point = np.tensordot(f.d, g_p, axes=([0, 1, 2], [0, 1, 2]))
shape | point_bias=g_p.sum(axis=(0, 1, 2)), dense=g_dense) | point_bias=g_p.sum(axis=(0, 1)), dense=g_dense)
raw-error-propagated | g_da = g_p @ net.point.T | g_da = g_pa @ net.point.T
"""
