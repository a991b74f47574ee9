import numpy as np


def autoencoder(W, hid_bias, vis_bias, sparsity=0.1, weight=0.3, slope=1.0):
    """Returns loss(v) and gradient(v), closures over the parameters; units are rows."""

    def squash(u):
        return 1.0 / (1.0 + np.exp(-slope * u))

    def up(v):
        return squash(np.dot(W, v) + hid_bias[:, np.newaxis])

    def down(h):
        return np.dot(W.T, h) + vis_bias[:, np.newaxis]

    def loss(v):
        h = up(v)
        recon = down(h)
        rho = h.mean(axis=1)
        kl = sparsity * np.log(sparsity / rho) + (1 - sparsity) * np.log((1 - sparsity) / (1 - rho))
        return np.sum((recon - v) ** 2) / (2 * v.shape[1]) + weight * kl.sum()

    def gradient(v):
        m = v.shape[1]
        h = up(v)
        delta_out = (down(h) - v) / m
        rho = h.mean(axis=1, keepdims=True)
        sparse = weight * ((1 - sparsity) / (1 - rho) - sparsity / rho) / m
        delta_hid = (np.dot(W, delta_out) + sparse) * slope * h * (1 - h)
        grad_W = np.dot(delta_hid, v.T) + np.dot(h, delta_out.T)
        return grad_W, delta_hid.sum(axis=1), delta_out.sum(axis=1)

    return loss, gradient


# ---- problem
def problem():
    rng = np.random.RandomState(23)
    W, hb, vb = rng.randn(3, 5) * 0.6, rng.randn(3) * 0.3, rng.randn(5) * 0.3
    v = rng.randn(5, 6)
    loss, gradient = autoencoder(W, hb, vb, slope=1.5)
    return dict(loss=lambda: loss(v), params=(W, hb, vb), grads=lambda: gradient(v))


FAULTS = """
missing-term | grad_W = np.dot(delta_hid, v.T) + np.dot(h, delta_out.T) | grad_W = np.dot(delta_hid, v.T)
missing-term | delta_hid = (np.dot(W, delta_out) + sparse) * slope * h * (1 - h) | delta_hid = np.dot(W, delta_out) * slope * h * (1 - h)
wrong-activation-derivative | delta_hid = (np.dot(W, delta_out) + sparse) * slope * h * (1 - h) | delta_hid = (np.dot(W, delta_out) + sparse) * h * (1 - h)
sign | sparse = weight * ((1 - sparsity) / (1 - rho) - sparsity / rho) / m | sparse = weight * ((1 - sparsity) / (1 - rho) + sparsity / rho) / m
scale | sparse = weight * ((1 - sparsity) / (1 - rho) - sparsity / rho) / m | sparse = weight * ((1 - sparsity) / (1 - rho) - sparsity / rho)
loss-gradient | delta_out = (down(h) - v) / m | delta_out = down(h) / m
scale | delta_out = (down(h) - v) / m | delta_out = 2 * (down(h) - v) / m
wrong-operand | grad_W = np.dot(delta_hid, v.T) + np.dot(h, delta_out.T) | grad_W = np.dot(delta_hid, v.T) + np.dot(h, v.T)
bias-reduction | return grad_W, delta_hid.sum(axis=1), delta_out.sum(axis=1) | return grad_W, delta_hid.mean(axis=1), delta_out.sum(axis=1)
early-reduction | rho = h.mean(axis=1, keepdims=True) | rho = h.mean()
"""
