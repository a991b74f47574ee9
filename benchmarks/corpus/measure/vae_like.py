import numpy as np


class Vae(object):
    def __init__(self, n, k):
        rng = np.random.default_rng(61)
        shapes = {"enc": (n, 2 * k), "enc_b": (2 * k,), "dec": (k, n), "dec_b": (n,)}
        self.p = {name: 0.5 * rng.standard_normal(s) for name, s in shapes.items()}
        self.noise = rng.standard_normal((4, k))
        self.k = k

    def elbo(self, x):
        both = x @ self.p["enc"] + self.p["enc_b"]
        self.mu, self.logvar = both[:, : self.k], both[:, self.k :]
        self.sigma = np.exp(0.5 * self.logvar)
        self.z = self.mu + self.sigma * self.noise
        self.recon = self.z @ self.p["dec"] + self.p["dec_b"]
        fit = 0.5 * ((self.recon - x) ** 2).sum()
        kl = -0.5 * (1 + self.logvar - self.mu**2 - np.exp(self.logvar)).sum()
        return (fit + kl) / x.shape[0]

    def backprop(self, x):
        self.elbo(x)
        g, n = {}, x.shape[0]
        drecon = (self.recon - x) / n
        g["dec"], g["dec_b"] = self.z.T @ drecon, drecon.sum(0)
        dz = drecon @ self.p["dec"].T
        dmu = dz + self.mu / n
        dsigma = dz * self.noise
        dlogvar = dsigma * 0.5 * self.sigma + 0.5 * (np.exp(self.logvar) - 1) / n
        dboth = np.concatenate([dmu, dlogvar], axis=1)
        g["enc"], g["enc_b"] = x.T @ dboth, dboth.sum(0)
        return g


# ---- problem
def problem():
    x = np.random.default_rng(2).standard_normal((4, 3))
    net = Vae(3, 2)
    return dict(loss=lambda: net.elbo(x), params=net.p, grads=lambda: net.backprop(x))


FAULTS = """
missing-term | dmu = dz + self.mu / n | dmu = dz
missing-term | dlogvar = dsigma * 0.5 * self.sigma + 0.5 * (np.exp(self.logvar) - 1) / n | dlogvar = dsigma * 0.5 * self.sigma
scale | dlogvar = dsigma * 0.5 * self.sigma + | dlogvar = dsigma * self.sigma +
scale | 0.5 * (np.exp(self.logvar) - 1) / n | 0.5 * (np.exp(self.logvar) - 1)
sign | 0.5 * (np.exp(self.logvar) - 1) / n | 0.5 * (1 - np.exp(self.logvar)) / n
wrong-operand | dsigma = dz * self.noise | dsigma = dz * self.sigma
wrong-operand | dsigma = dz * self.noise | dsigma = dz
swapped-gradients | dboth = np.concatenate([dmu, dlogvar], axis=1) | dboth = np.concatenate([dlogvar, dmu], axis=1)
scale | drecon = (self.recon - x) / n | drecon = 2 * (self.recon - x) / n
wrong-operand | g["dec"], g["dec_b"] = self.z.T @ drecon, drecon.sum(0) | g["dec"], g["dec_b"] = self.mu.T @ drecon, drecon.sum(0)
"""
