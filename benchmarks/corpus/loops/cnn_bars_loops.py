import numpy as np
np.random.seed(0)

# make pictures of horizontal / vertical bars 8x8
imgs = []
labels = []
for i in range(24):
    img = np.random.rand(8, 8) * 0.3
    k = np.random.randint(1, 7)
    if i % 2 == 0:
        img[k, :] += 1
        labels.append(0)
    else:
        img[:, k] += 1
        labels.append(1)
    imgs.append(img)

# network: conv 3x3 (2 filters) -> relu -> maxpool 2 -> fc -> softmax
filters = np.random.randn(2, 3, 3) * 0.3
fbias = np.zeros(2)
W = np.random.randn(18, 2) * 0.1
b = np.zeros(2)


def conv(img):
    out = np.zeros((2, 6, 6))
    for f in range(2):
        for i in range(6):
            for j in range(6):
                out[f, i, j] = np.sum(img[i:i+3, j:j+3] * filters[f]) + fbias[f]
    return out


def pool(x):
    out = np.zeros((2, 3, 3))
    for f in range(2):
        for i in range(3):
            for j in range(3):
                out[f, i, j] = np.max(x[f, 2*i:2*i+2, 2*j:2*j+2])
    return out


def unpool(dout, x, pooled):
    dx = np.zeros_like(x)
    for f in range(2):
        for i in range(3):
            for j in range(3):
                window = x[f, 2*i:2*i+2, 2*j:2*j+2]
                dx[f, 2*i:2*i+2, 2*j:2*j+2] = (window == pooled[f, i, j]) * dout[f, i, j]
    return dx


def conv_grad(dout, img):
    dfilters = np.zeros_like(filters)
    for f in range(2):
        for i in range(6):
            for j in range(6):
                dfilters[f] += dout[f, i, j] * img[i:i+3, j:j+3]
    return dfilters, dout.sum(axis=(1, 2))


lr = 0.05
for epoch in range(4):
    total = 0
    correct = 0
    for img, label in zip(imgs, labels):
        # forward
        c = conv(img)
        r = np.where(c > 0, c, 0.01 * c)
        p = pool(r)
        flat = p.reshape(-1)
        scores = flat @ W + b
        e = np.exp(scores - scores.max())
        probs = e / e.sum()
        loss = -np.log(probs[label])
        total += loss
        correct += int(probs.argmax() == label)
        # backward
        dscores = probs.copy()
        dscores[label] -= 1
        dW = np.outer(flat, dscores)
        db = dscores
        dp = (W @ dscores).reshape(2, 3, 3)
        dr = unpool(dp, r, p)
        dc = dr * np.where(c > 0, 1, 0.01)
        dfilters, dfbias = conv_grad(dc, img)
        # update
        W -= lr * dW
        b -= lr * db
        filters -= lr * dfilters
        fbias -= lr * dfbias
    print("epoch", epoch, "loss", total / 24, "acc", correct / 24)

FAULTS = """
overwritten | dfilters[f] += dout[f, i, j] * img[i:i+3, j:j+3] | dfilters[f] = dout[f, i, j] * img[i:i+3, j:j+3]
wrong-activation-derivative | dc = dr * np.where(c > 0, 1, 0.01) | dc = dr
wrong-sign | dscores[label] -= 1 | dscores[label] += 1
wrong-operand | dx[f, 2*i:2*i+2, 2*j:2*j+2] = (window == pooled[f, i, j]) * dout[f, i, j] | dx[f, 2*i:2*i+2, 2*j:2*j+2] = dout[f, i, j]
wrong-index | dfilters[f] += dout[f, i, j] * img[i:i+3, j:j+3] | dfilters[f] += dout[f, j, i] * img[i:i+3, j:j+3]
"""
