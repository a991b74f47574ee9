"""Variational autoencoder for tiny faces (fixed noise so that the loss is a function)."""
import numpy as np

sigmoid = lambda a: 1 / (1 + np.exp(-a))


class VAE:
    def __init__(self, d, h, z, seed=0):
        r = np.random.default_rng(seed)
        make = lambda *s: r.normal(size=s) * 0.5
        self.enc_W, self.enc_b = make(d, h), make(h)
        self.mu_W, self.mu_b = make(h, z), make(z)
        self.lv_W, self.lv_b = make(h, z), make(z)
        self.dec_W, self.dec_b = make(z, h), make(h)
        self.out_W, self.out_b = make(h, d), make(d)

    def encode(self, x):
        self.x = x
        self.h_enc = np.tanh(x @ self.enc_W + self.enc_b)
        self.mu = self.h_enc @ self.mu_W + self.mu_b
        self.logvar = self.h_enc @ self.lv_W + self.lv_b

    def decode(self, eps):
        self.eps = eps
        self.std = np.exp(0.5 * self.logvar)
        self.z = self.mu + self.std * eps
        self.h_dec = np.tanh(self.z @ self.dec_W + self.dec_b)
        self.xr = sigmoid(self.h_dec @ self.out_W + self.out_b)

    def elbo(self, x, eps):
        self.encode(x)
        self.decode(eps)
        bce = -np.sum(x * np.log(self.xr) + (1 - x) * np.log(1 - self.xr))
        kl = -0.5 * np.sum(1 + self.logvar - self.mu ** 2 - np.exp(self.logvar))
        return (bce + kl) / len(x)

    def backward(self, x, eps):
        self.elbo(x, eps)
        n = len(x)
        d_out = (self.xr - x) / n
        g = {'out_W': self.h_dec.T @ d_out, 'out_b': d_out.sum(0)}
        d_hdec = d_out @ self.out_W.T * (1 - self.h_dec ** 2)
        g['dec_W'], g['dec_b'] = self.z.T @ d_hdec, d_hdec.sum(0)
        d_z = d_hdec @ self.dec_W.T
        d_mu = d_z + self.mu / n
        d_logvar = d_z * self.eps * 0.5 * self.std
        d_logvar += 0.5 * (np.exp(self.logvar) - 1) / n
        g['mu_W'], g['mu_b'] = self.h_enc.T @ d_mu, d_mu.sum(0)
        g['lv_W'], g['lv_b'] = self.h_enc.T @ d_logvar, d_logvar.sum(0)
        d_henc = d_mu @ self.mu_W.T + d_logvar @ self.lv_W.T
        d_a = d_henc * (1 - self.h_enc ** 2)
        g['enc_W'], g['enc_b'] = self.x.T @ d_a, d_a.sum(0)
        return g


# ---- problem
def problem():
    rng = np.random.default_rng(1)
    vae = VAE(5, 4, 2, 9)
    x, eps = rng.uniform(0.1, 0.9, (6, 5)), rng.normal(size=(6, 2))
    names = [n for n in vars(vae) if n[-2:] in ('_W', '_b')]
    return dict(loss=lambda: vae.elbo(x, eps), params={n: getattr(vae, n) for n in names},
                grads=lambda: vae.backward(x, eps))


FAULTS = """
missing-term | d_logvar += 0.5 * (np.exp(self.logvar) - 1) / n |
missing-term | d_mu = d_z + self.mu / n | d_mu = d_z
sign | d_logvar += 0.5 * (np.exp(self.logvar) - 1) / n | d_logvar -= 0.5 * (np.exp(self.logvar) - 1) / n
missing-term | d_henc = d_mu @ self.mu_W.T + d_logvar @ self.lv_W.T | d_henc = d_mu @ self.mu_W.T
loss-gradient | d_out = (self.xr - x) / n | d_out = (self.xr - x) * self.xr * (1 - self.xr) / n
missing-activation-derivative | d_a = d_henc * (1 - self.h_enc ** 2) | d_a = d_henc
wrong-operand | g['dec_W'], g['dec_b'] = self.z.T @ d_hdec, d_hdec.sum(0) | g['dec_W'], g['dec_b'] = self.mu.T @ d_hdec, d_hdec.sum(0)
swapped-gradients | g['mu_W'], g['mu_b'] = self.h_enc.T @ d_mu, d_mu.sum(0);;g['lv_W'], g['lv_b'] = self.h_enc.T @ d_logvar, d_logvar.sum(0) | g['lv_W'], g['lv_b'] = self.h_enc.T @ d_mu, d_mu.sum(0);;g['mu_W'], g['mu_b'] = self.h_enc.T @ d_logvar, d_logvar.sum(0)
early-reduction | g['enc_W'], g['enc_b'] = self.x.T @ d_a, d_a.sum(0) | g['enc_W'], g['enc_b'] = np.outer(self.x.mean(0), d_a.sum(0)), d_a.sum(0)
"""
