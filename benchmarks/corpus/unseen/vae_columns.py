"""Variational autoencoder, samples in columns. The noise is drawn once and kept."""
import numpy as np


class VAE:
    def __init__(self, nx=5, nh=4, nz=2, beta=0.7, seed=31):
        rng = np.random.default_rng(seed)
        w = lambda *s: rng.normal(0, 0.6, s)
        self.theta = dict(
            We=w(nh, nx), be=w(nh, 1), Wm=w(nz, nh), bm=w(nz, 1), Wl=w(nz, nh), bl=w(nz, 1),
            Wd=w(nh, nz), bd=w(nh, 1), Wo=w(nx, nh), bo=w(nx, 1),
        )
        self.beta = beta

    def encode_decode(self, x, eps):
        th = self.theta
        h = np.tanh(th['We'] @ x + th['be'])
        mu = th['Wm'] @ h + th['bm']
        logvar = th['Wl'] @ h + th['bl']
        sd = np.exp(0.5 * logvar)
        z = mu + sd * eps
        k = np.tanh(th['Wd'] @ z + th['bd'])
        xr = 1 / (1 + np.exp(-(th['Wo'] @ k + th['bo'])))
        return h, mu, logvar, sd, z, k, xr

    def elbo_loss(self, x, eps):
        _, mu, logvar, _, _, _, xr = self.encode_decode(x, eps)
        rec = -np.sum(x * np.log(xr) + (1 - x) * np.log(1 - xr))
        kl = -0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar))
        return (rec + self.beta * kl) / x.shape[1]

    def backprop(self, x, eps):
        th = self.theta
        m = x.shape[1]
        h, mu, logvar, sd, z, k, xr = self.encode_decode(x, eps)
        d = {}
        # decoder
        delta_o = (xr - x) / m
        d['Wo'] = delta_o @ k.T
        d['bo'] = np.sum(delta_o, axis=1, keepdims=True)
        delta_k = th['Wo'].T @ delta_o * (1 - k**2)
        d['Wd'] = delta_k @ z.T
        d['bd'] = np.sum(delta_k, axis=1, keepdims=True)
        delta_z = th['Wd'].T @ delta_k
        # reparametrisation and Kullback-Leibler
        delta_mu = delta_z + self.beta * mu / m
        delta_lv = delta_z * eps * 0.5 * sd
        delta_lv += self.beta * 0.5 * (np.exp(logvar) - 1) / m
        d['Wm'], d['bm'] = delta_mu @ h.T, np.sum(delta_mu, axis=1, keepdims=True)
        d['Wl'], d['bl'] = delta_lv @ h.T, np.sum(delta_lv, axis=1, keepdims=True)
        # encoder
        delta_h = th['Wm'].T @ delta_mu + th['Wl'].T @ delta_lv
        delta_h *= 1 - h**2
        d['We'] = delta_h @ x.T
        d['be'] = np.sum(delta_h, axis=1, keepdims=True)
        return d


vae = VAE()
rng = np.random.default_rng(1312)
x = rng.uniform(size=(5, 4))
eps = rng.standard_normal((2, 4))


# ---- problem
def problem():
    return dict(
        loss=lambda: vae.elbo_loss(x, eps), params=vae.theta, grads=lambda: vae.backprop(x, eps)
    )


FAULTS = """
loss-gradient | delta_lv += self.beta * 0.5 * (np.exp(logvar) - 1) / m | delta_lv += self.beta * 0.5 * (logvar - 1) / m
missing-term | delta_lv += self.beta * 0.5 * (np.exp(logvar) - 1) / m |
sign | delta_mu = delta_z + self.beta * mu / m | delta_mu = delta_z - self.beta * mu / m
missing-activation-derivative | delta_lv = delta_z * eps * 0.5 * sd | delta_lv = delta_z * eps
scale | delta_lv = delta_z * eps * 0.5 * sd | delta_lv = delta_z * eps * sd
loss-gradient | delta_o = (xr - x) / m | delta_o = (xr - x) * xr * (1 - xr) / m
missing-term | delta_h = th['Wm'].T @ delta_mu + th['Wl'].T @ delta_lv | delta_h = th['Wm'].T @ delta_mu
wrong-operand | d['Wd'] = delta_k @ z.T | d['Wd'] = delta_k @ mu.T
bias-reduction | d['be'] = np.sum(delta_h, axis=1, keepdims=True) | d['be'] = np.mean(delta_h, axis=1, keepdims=True)
"""
