# CNN from scratch, channels last, one image at a time, only loops so that I see what happens
import numpy as np

np.random.seed(2024)
n_img, size, n_filt, k, n_class = 4, 6, 3, 3, 3
images = np.random.randn(n_img, size, size, 2)
labels = np.array([0, 2, 1, 2])

filters = np.random.randn(n_filt, k, k, 2) / 3
filter_bias = np.random.randn(n_filt) * 0.1
out_len = size - k + 1
pool_len = out_len // 2
fc_w = np.random.randn(pool_len * pool_len * n_filt, n_class) * 0.5
fc_b = np.random.randn(n_class) * 0.1
weights = {'filters': filters, 'filter_bias': filter_bias, 'fc_w': fc_w, 'fc_b': fc_b}


def conv_forward(img):
    out = np.zeros((out_len, out_len, n_filt))
    for i in range(out_len):
        for j in range(out_len):
            patch = img[i:i + k, j:j + k, :]
            for f in range(n_filt):
                out[i, j, f] = np.sum(patch * filters[f]) + filter_bias[f]
    return out


def pool_forward(a):
    out = np.zeros((pool_len, pool_len, n_filt))
    for i in range(pool_len):
        for j in range(pool_len):
            out[i, j] = a[2 * i:2 * i + 2, 2 * j:2 * j + 2].max(axis=(0, 1))
    return out


def pool_backward(d_out, a):
    d_a = np.zeros_like(a)
    for i in range(pool_len):
        for j in range(pool_len):
            for f in range(n_filt):
                window = a[2 * i:2 * i + 2, 2 * j:2 * j + 2, f]
                r, c = np.unravel_index(window.argmax(), window.shape)
                d_a[2 * i + r, 2 * j + c, f] = d_out[i, j, f]
    return d_a


def conv_backward(d_conv, img, grads):
    for i in range(out_len):
        for j in range(out_len):
            patch = img[i:i + k, j:j + k, :]
            for f in range(n_filt):
                grads['filters'][f] += d_conv[i, j, f] * patch
    grads['filter_bias'] += d_conv.sum(axis=(0, 1))


def classify(img):
    conv = conv_forward(img)
    act = np.maximum(conv, 0)
    flat = pool_forward(act).reshape(-1)
    scores = flat @ fc_w + fc_b
    e = np.exp(scores - scores.max())
    return conv, act, flat, e / e.sum()


def loss():
    return -np.mean([np.log(classify(img)[-1][lab]) for img, lab in zip(images, labels)])


def backprop():
    grads = {name: np.zeros_like(w) for name, w in weights.items()}
    for img, lab in zip(images, labels):
        conv, act, flat, probs = classify(img)
        d_scores = probs.copy()
        d_scores[lab] -= 1
        d_scores /= n_img
        grads['fc_w'] += np.outer(flat, d_scores)
        grads['fc_b'] += d_scores
        d_flat = fc_w @ d_scores
        d_act = pool_backward(d_flat.reshape(pool_len, pool_len, n_filt), act)
        d_conv = d_act * (conv > 0)
        conv_backward(d_conv, img, grads)
    return grads


# ---- problem
def problem():
    return dict(loss=loss, params=weights, grads=backprop)


FAULTS = """
indexing | d_a[2 * i + r, 2 * j + c, f] = d_out[i, j, f] | d_a[2 * i + c, 2 * j + r, f] = d_out[i, j, f]
indexing | patch = img[i:i + k, j:j + k, :];;for f in range(n_filt):;;    grads | patch = img[j:j + k, i:i + k, :];;for f in range(n_filt):;;    grads
accumulation | grads['filters'][f] += d_conv[i, j, f] * patch | grads['filters'][f] = d_conv[i, j, f] * patch
missing-activation-derivative | d_conv = d_act * (conv > 0) | d_conv = d_act
bias-reduction | grads['filter_bias'] += d_conv.sum(axis=(0, 1)) | grads['filter_bias'] += d_conv.mean(axis=(0, 1))
scale | d_scores /= n_img | d_scores /= n_class
softmax-jacobian | d_scores[lab] -= 1 | d_scores = -np.eye(n_class)[lab] * (1 - probs)
indexing | for j in range(out_len):;;        patch = img[i:i + k, j:j + k, :];;        for f in range(n_filt):;;            grads | for j in range(out_len - 1):;;    patch = img[i:i + k, j:j + k, :];;    for f in range(n_filt):;;        grads
"""
