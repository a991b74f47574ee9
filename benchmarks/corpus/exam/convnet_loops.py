import numpy as np

# one image at a time, plain loops, as in the lecture


def conv(image, kernels, bias, stride):
    n, k, _ = kernels.shape
    out = (image.shape[0] - k) // stride + 1
    result = np.zeros((n, out, out))
    for f in range(n):
        for i in range(out):
            for j in range(out):
                patch = image[i * stride : i * stride + k, j * stride : j * stride + k]
                result[f, i, j] = np.sum(patch * kernels[f]) + bias[f]
    return result


def conv_backward(dout, image, kernels, stride):
    n, k, _ = kernels.shape
    dkernels = np.zeros(kernels.shape)
    dbias = np.zeros(n)
    dimage = np.zeros(image.shape)
    for f in range(n):
        for i in range(dout.shape[1]):
            for j in range(dout.shape[2]):
                r, c = i * stride, j * stride
                dkernels[f] += dout[f, i, j] * image[r : r + k, c : c + k]
                dimage[r : r + k, c : c + k] += dout[f, i, j] * kernels[f]
        dbias[f] = np.sum(dout[f])
    return dkernels, dbias, dimage


def maxpool(maps, size, stride):
    n, h, w = maps.shape
    out = (h - size) // stride + 1
    result = np.zeros((n, out, out))
    where = {}
    for f in range(n):
        for i in range(out):
            for j in range(out):
                window = maps[f, i * stride : i * stride + size, j * stride : j * stride + size]
                a, b = np.unravel_index(np.argmax(window), window.shape)
                result[f, i, j] = window[a, b]
                where[f, i, j] = (i * stride + a, j * stride + b)
    return result, where


def maxpool_backward(dout, where, shape):
    dmaps = np.zeros(shape)
    for (f, i, j), (a, b) in where.items():
        dmaps[f, a, b] += dout[f, i, j]
    return dmaps


def softmax(scores):
    e = np.exp(scores - scores.max())
    return e / e.sum()


def softmax_grad(p):
    return np.diag(p) - np.outer(p, p)


def run(images, labels, net, learn=False):
    total = 0.0
    grads = {name: np.zeros_like(value) for name, value in net.items()}
    for image, label in zip(images, labels):
        smooth = conv(image, net["pre"][None], np.zeros(1), 1)[0]
        z = conv(smooth, net["K"], net["bK"], 1)
        a = np.maximum(z, 0.1 * z)
        pooled, where = maxpool(a, 2, 1)
        flat = pooled.ravel()
        p = softmax(net["W"] @ flat + net["b"])
        total -= np.log(p[label])
        if not learn:
            continue
        dp = np.zeros_like(p)
        dp[label] = -1 / p[label]
        ds = softmax_grad(p) @ dp
        grads["W"] += np.outer(ds, flat)
        grads["b"] += ds
        dpooled = (net["W"].T @ ds).reshape(pooled.shape)
        da = maxpool_backward(dpooled, where, a.shape)
        dz = np.where(z > 0, da, 0.1 * da)
        dK, dbK, dsmooth = conv_backward(dz, smooth, net["K"], 1)
        grads["K"] += dK
        grads["bK"] += dbK
        dpre, _, _ = conv_backward(dsmooth[None], image, net["pre"][None], 1)
        grads["pre"] += dpre[0]
    return grads if learn else total


# ---- problem
def problem():
    g = np.random.default_rng(2)
    net = {
        "pre": 0.6 * g.normal(size=(2, 2)),
        "K": 0.6 * g.normal(size=(2, 2, 2)),
        "bK": 0.2 * g.normal(size=2),
        "W": 0.5 * g.normal(size=(3, 8)),
        "b": 0.1 * g.normal(size=3),
    }
    images, labels = g.normal(size=(2, 5, 5)), [2, 0]
    return dict(
        loss=lambda: run(images, labels, net),
        params=net,
        grads=lambda: run(images, labels, net, learn=True),
    )


FAULTS = """
accumulation | dimage[r : r + k, c : c + k] += dout[f, i, j] * kernels[f] | dimage[r : r + k, c : c + k] = dout[f, i, j] * kernels[f]
accumulation | dmaps[f, a, b] += dout[f, i, j] | dmaps[f, a, b] = dout[f, i, j]
indexing | dkernels[f] += dout[f, i, j] * image[r : r + k, c : c + k] | dkernels[f] += dout[f, j, i] * image[r : r + k, c : c + k]
indexing | dimage[r : r + k, c : c + k] += dout[f, i, j] * kernels[f] | dimage[r : r + k, c : c + k] += dout[f, i, j] * kernels[f, ::-1, ::-1]
softmax-jacobian | return np.diag(p) - np.outer(p, p) | return np.diag(p * (1 - p))
missing-activation-derivative | dz = np.where(z > 0, da, 0.1 * da) | dz = da
wrong-activation-derivative | dz = np.where(z > 0, da, 0.1 * da) | dz = np.where(z > 0, da, 0.0)
activation-derivative-at-wrong-value | dz = np.where(z > 0, da, 0.1 * da) | dz = np.where(da > 0, da, 0.1 * da)
bias-reduction | dbias[f] = np.sum(dout[f]) | dbias[f] = np.sum(dout)
bias-reduction | dbias[f] = np.sum(dout[f]) | dbias[f] = np.mean(dout[f])
accumulation | grads["K"] += dK | grads["K"] = dK
"""
