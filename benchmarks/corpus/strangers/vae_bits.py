"""VAE for binary vectors. The noise is drawn once so that the loss is a function."""
import numpy as np

nprng = np.random.default_rng(20131220)
N, NX, NH, NZ = 5, 6, 5, 2
bits = nprng.integers(0, 2, size=(N, NX)).astype(float)
noise = nprng.normal(size=(N, NZ))
BETA = 0.3


def glorot(a, b):
    return nprng.uniform(-1, 1, size=(a, b)) * np.sqrt(6 / (a + b))


class Encoder:
    def __init__(self):
        self.W, self.b = glorot(NX, NH), np.full(NH, .1)
        self.W_mu, self.b_mu = glorot(NH, NZ), np.zeros(NZ) + .05
        self.W_lv, self.b_lv = glorot(NH, NZ), np.zeros(NZ) - .3

    def __call__(self, x):
        self.x = x
        self.h = np.tanh(x @ self.W + self.b)
        return self.h @ self.W_mu + self.b_mu, self.h @ self.W_lv + self.b_lv

    def grad(self, d_mu, d_lv):
        dh = d_mu @ self.W_mu.T + d_lv @ self.W_lv.T
        da = dh * (1 - self.h ** 2)
        return {'W': self.x.T @ da, 'b': da.sum(0),
                'W_mu': self.h.T @ d_mu, 'b_mu': d_mu.sum(0),
                'W_lv': self.h.T @ d_lv, 'b_lv': d_lv.sum(0)}


class Decoder:
    def __init__(self):
        self.W, self.b = glorot(NZ, NH), np.full(NH, -.1)
        self.V, self.c = glorot(NH, NX), np.zeros(NX) + .02

    def __call__(self, z):
        self.z = z
        self.pre = z @ self.W + self.b
        self.h = np.logaddexp(0, self.pre)
        return self.h @ self.V + self.c

    def grad(self, d_logit):
        dh = d_logit @ self.V.T
        da = dh / (1 + np.exp(-self.pre))
        g = {'W': self.z.T @ da, 'b': da.sum(0), 'V': self.h.T @ d_logit, 'c': d_logit.sum(0)}
        return g, da @ self.W.T


enc, dec = Encoder(), Decoder()


def elbo_loss():
    mu, lv = enc(bits)
    z = mu + np.exp(lv / 2) * noise
    logit = dec(z)
    bce = np.logaddexp(0, logit) - bits * logit
    kl = -0.5 * (1 + lv - mu ** 2 - np.exp(lv))
    return (bce.sum() + BETA * kl.sum()) / N


def elbo_grads():
    mu, lv = enc(bits)
    std = np.exp(lv / 2)
    logit = dec(mu + std * noise)
    d_logit = (1 / (1 + np.exp(-logit)) - bits) / N
    g_dec, dz = dec.grad(d_logit)
    d_mu = dz + BETA * mu / N
    d_lv = dz * noise * std / 2 + BETA * 0.5 * (np.exp(lv) - 1) / N
    return {'enc': enc.grad(d_mu, d_lv), 'dec': g_dec}


# ---- problem
def problem():
    params = {'enc': dict(vars(enc)), 'dec': dict(vars(dec))}
    return dict(loss=elbo_loss, params=params, grads=elbo_grads)


FAULTS = """
missing-term | d_mu = dz + BETA * mu / N | d_mu = dz
sign | d_lv = dz * noise * std / 2 + BETA * 0.5 * (np.exp(lv) - 1) / N | d_lv = dz * noise * std / 2 + BETA * 0.5 * (1 - np.exp(lv)) / N
scale | d_logit = (1 / (1 + np.exp(-logit)) - bits) / N | d_logit = (1 / (1 + np.exp(-logit)) - bits) / bits.size
missing-term | dh = d_mu @ self.W_mu.T + d_lv @ self.W_lv.T | dh = d_mu @ self.W_mu.T
wrong-operand | dh = d_mu @ self.W_mu.T + d_lv @ self.W_lv.T | dh = d_mu @ self.W_mu.T + d_lv @ self.W_mu.T
swapped-gradients | 'W_mu': self.h.T @ d_mu, 'b_mu': d_mu.sum(0),;;'W_lv': self.h.T @ d_lv, | 'W_mu': self.h.T @ d_lv, 'b_mu': d_mu.sum(0),;;'W_lv': self.h.T @ d_mu,
activation-derivative-at-wrong-value | da = dh / (1 + np.exp(-self.pre)) | da = dh / (1 + np.exp(-self.h))
missing-activation-derivative | da = dh * (1 - self.h ** 2) | da = dh
loss-gradient | d_logit = (1 / (1 + np.exp(-logit)) - bits) / N | d_logit = (logit - bits) / N
"""
