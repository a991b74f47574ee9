"""CNN from scratch without tricks: one convolution (loops), ReLU, flatten, dense, softmax."""
import numpy as np


def conv_forward(image, filters, bias, stride=1):
    n_f, _, k, _ = filters.shape
    _, h, w = image.shape
    out_h, out_w = (h - k) // stride + 1, (w - k) // stride + 1
    out = np.zeros((n_f, out_h, out_w))
    for f in range(n_f):
        for i in range(out_h):
            for j in range(out_w):
                r, c = i * stride, j * stride
                out[f, i, j] = np.sum(filters[f] * image[:, r:r + k, c:c + k]) + bias[f]
    return out


def conv_backward(dconv, image, filters, stride=1):
    n_f, _, k, _ = filters.shape
    dfilt = np.zeros(filters.shape)
    dbias = np.zeros(n_f)
    dimage = np.zeros(image.shape)
    for f in range(n_f):
        for i in range(dconv.shape[1]):
            for j in range(dconv.shape[2]):
                r, c = i * stride, j * stride
                dfilt[f] += dconv[f, i, j] * image[:, r:r + k, c:c + k]
                dimage[:, r:r + k, c:c + k] += dconv[f, i, j] * filters[f]
        dbias[f] = np.sum(dconv[f])
    return dimage, dfilt, dbias


def conv(image, label, params, want_grads=True):
    f1, b1, f2, b2, w3, b3 = params
    conv1 = conv_forward(image, f1, b1)
    relu1 = conv1 * (conv1 > 0)
    conv2 = conv_forward(relu1, f2, b2, stride=2)
    relu2 = conv2 * (conv2 > 0)
    fc = relu2.reshape(-1)
    scores = w3 @ fc + b3
    probs = np.exp(scores) / np.exp(scores).sum()
    loss = -np.log(probs[label])
    if not want_grads:
        return loss

    dscores = probs.copy()
    dscores[label] -= 1
    dw3 = np.outer(dscores, fc)
    db3 = dscores
    dfc = w3.T @ dscores
    drelu2 = dfc.reshape(conv2.shape)
    dconv2 = drelu2 * (conv2 > 0)
    drelu1, df2, db2 = conv_backward(dconv2, relu1, f2, stride=2)
    dconv1 = drelu1 * (conv1 > 0)
    _, df1, db1 = conv_backward(dconv1, image, f1)
    return [df1, db1, df2, db2, dw3, db3]


# ---- problem
def problem():
    r = np.random.default_rng(28)
    shapes = [(2, 1, 2, 2), (2,), (3, 2, 2, 2), (3,), (4, 12), (4,)]
    params = [r.normal(size=s) * 0.6 for s in shapes]
    image = r.normal(size=(1, 6, 5))
    return dict(loss=lambda: conv(image, 1, params, False), params=params,
                grads=lambda: conv(image, 1, params))


FAULTS = """
missing-activation-derivative | dconv1 = drelu1 * (conv1 > 0) | dconv1 = drelu1
accumulation | dfilt[f] += dconv[f, i, j] * image[:, r:r + k, c:c + k] | dfilt[f] = dconv[f, i, j] * image[:, r:r + k, c:c + k]
accumulation | dimage[:, r:r + k, c:c + k] += dconv[f, i, j] * filters[f] | dimage[:, r:r + k, c:c + k] = dconv[f, i, j] * filters[f]
indexing | for i in range(dconv.shape[1]): | for i in range(dconv.shape[1] - 1):
indexing | drelu1, df2, db2 = conv_backward(dconv2, relu1, f2, stride=2) | drelu1, df2, db2 = conv_backward(dconv2, relu1, f2)
bias-reduction | dbias[f] = np.sum(dconv[f]) | dbias[f] = np.mean(dconv[f])
wrong-operand | conv_backward(dconv2, relu1, f2, stride=2) | conv_backward(dconv2, conv1, f2, stride=2)
transpose | drelu2 = dfc.reshape(conv2.shape) | drelu2 = dfc.reshape(conv2.shape[::-1]).T
softmax-jacobian | dscores = probs.copy();;dscores[label] -= 1 | dscores = np.zeros_like(probs);;dscores[label] = probs[label] - 1
"""
