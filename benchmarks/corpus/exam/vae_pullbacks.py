"""A small variational autoencoder: each operation returns its value and its pullback."""
import numpy as np


def affine(w, b, x):
    def pull(dy):
        return dy @ w.T, x.T @ dy, dy.sum(0)

    return x @ w + b, pull


def softsign(x):
    y = x / (1 + np.abs(x))

    def pull(dy):
        return dy / (1 + np.abs(x)) ** 2

    return y, pull


def reparameterise(mean, logvar, eps):
    std = np.exp(0.5 * logvar)

    def pull(dz):
        return dz, dz * eps * 0.5 * std

    return mean + eps * std, pull


def gaussian_kl(mean, logvar):
    kl = -0.5 * np.sum(1 + logvar - mean**2 - np.exp(logvar))

    def pull(dkl):
        return dkl * mean, dkl * 0.5 * (np.exp(logvar) - 1)

    return kl, pull


def bernoulli_nll(logits, target):
    nll = np.sum(np.log1p(np.exp(logits)) - target * logits)

    def pull(dnll):
        return dnll * (1 / (1 + np.exp(-logits)) - target)

    return nll, pull


def elbo(theta, x, eps, beta=0.8, want_gradient=False):
    n = x.shape[0]
    pre, pull_enc = affine(theta["enc_w"], theta["enc_b"], x)
    hid, pull_act = softsign(pre)
    mean, pull_mean = affine(theta["mu_w"], theta["mu_b"], hid)
    logvar, pull_var = affine(theta["lv_w"], theta["lv_b"], hid)
    code, pull_code = reparameterise(mean, logvar, eps)
    logits, pull_dec = affine(theta["dec_w"], theta["dec_b"], code)
    nll, pull_nll = bernoulli_nll(logits, x)
    kl, pull_kl = gaussian_kl(mean, logvar)
    if not want_gradient:
        return (nll + beta * kl) / n

    g = {}
    dlogits = pull_nll(1 / n)
    dcode, g["dec_w"], g["dec_b"] = pull_dec(dlogits)
    dmean, dlogvar = pull_code(dcode)
    kmean, klogvar = pull_kl(beta / n)
    dmean = dmean + kmean
    dlogvar = dlogvar + klogvar
    dhid, g["mu_w"], g["mu_b"] = pull_mean(dmean)
    dhid_var, g["lv_w"], g["lv_b"] = pull_var(dlogvar)
    dhid = dhid + dhid_var
    dpre = pull_act(dhid)
    _, g["enc_w"], g["enc_b"] = pull_enc(dpre)
    return g


# ---- problem
def problem():
    r = np.random.default_rng(17)
    shapes = {"enc": (4, 3), "mu": (3, 2), "lv": (3, 2), "dec": (2, 4)}
    theta = {}
    for name, (i, o) in shapes.items():
        theta[name + "_w"] = r.normal(0, i**-0.5, (i, o))
        theta[name + "_b"] = r.normal(0, 0.1, o)
    x = (r.random((5, 4)) > 0.5).astype(float)
    eps = r.normal(size=(5, 2))
    return dict(
        loss=lambda: elbo(theta, x, eps),
        params=theta,
        grads=lambda: elbo(theta, x, eps, want_gradient=True),
    )


FAULTS = """
missing-term | dhid = dhid + dhid_var |
accumulation | dhid = dhid + dhid_var | dhid = dhid_var
missing-term | dmean = dmean + kmean |
scale | return dz, dz * eps * 0.5 * std | return dz, dz * eps * std
wrong-operand | return dz, dz * eps * 0.5 * std | return dz, dz * eps * 0.5 * logvar
wrong-activation-derivative | return dy / (1 + np.abs(x)) ** 2 | return dy / (1 + np.abs(x))
activation-derivative-at-wrong-value | return dy / (1 + np.abs(x)) ** 2 | return dy / (1 + np.abs(y)) ** 2
scale | kmean, klogvar = pull_kl(beta / n) | kmean, klogvar = pull_kl(1 / n)
loss-gradient | return dnll * (1 / (1 + np.exp(-logits)) - target) | return dnll * (logits - target)
missing-activation-derivative | dpre = pull_act(dhid) | dpre = dhid
swapped-gradients | dmean, dlogvar = pull_code(dcode) | dlogvar, dmean = pull_code(dcode)
bias-reduction | return dy @ w.T, x.T @ dy, dy.sum(0) | return dy @ w.T, x.T @ dy, dy.mean(0)
"""
