"""WGAN-GP critic with the gradient penalty differentiated by hand (double backprop), softplus net.

critic(x) = v . softplus(W2 softplus(W1 x + b1) + b2)
penalty   = mean (|d critic / dx| - 1)^2  at interpolates
"""
import numpy as np


def sp(z):
    return np.logaddexp(0, z)


def sg(z):
    return 1 / (1 + np.exp(-z))


def critic(P, x):
    W1, b1, W2, b2, v = P
    z1 = x @ W1.T + b1
    h1 = sp(z1)
    z2 = h1 @ W2.T + b2
    return sp(z2) @ v, z1, h1, z2


def input_gradient(P, z1, z2):
    W1, b1, W2, b2, v = P
    d2 = v * sg(z2)
    e1 = d2 @ W2
    d1 = e1 * sg(z1)
    return d1 @ W1, d1, e1, d2


def loss(P, real, fake, mixed, weight):
    _, z1, _, z2 = critic(P, mixed)
    gx = input_gradient(P, z1, z2)[0]
    norm = np.sqrt(np.sum(gx ** 2, axis=1))
    return critic(P, fake)[0].mean() - critic(P, real)[0].mean() + weight * np.mean((norm - 1) ** 2)


def critic_grad(P, x, up, extra=None):
    """Gradient of sum(up * critic(x)); extra = additional cotangents of z1 and z2."""
    W1, b1, W2, b2, v = P
    _, z1, h1, z2 = critic(P, x)
    gv = sp(z2).T @ up
    gz2 = np.outer(up, v) * sg(z2)
    if extra is not None:
        gz2 = gz2 + extra[1]
    gz1 = gz2 @ W2 * sg(z1)
    if extra is not None:
        gz1 = gz1 + extra[0]
    return [gz1.T @ x, gz1.sum(0), gz2.T @ h1, gz2.sum(0), gv]


def penalty_grad(P, mixed, weight):
    W1, b1, W2, b2, v = P
    _, z1, h1, z2 = critic(P, mixed)
    gx, d1, e1, d2 = input_gradient(P, z1, z2)
    norm = np.sqrt(np.sum(gx ** 2, axis=1, keepdims=True))
    bar_gx = weight * 2 * (norm - 1) * gx / norm / len(mixed)
    # reverse through input_gradient
    bar_W1 = d1.T @ bar_gx
    bar_d1 = bar_gx @ W1.T
    bar_e1 = bar_d1 * sg(z1)
    bar_z1 = bar_d1 * e1 * sg(z1) * (1 - sg(z1))
    bar_W2 = d2.T @ bar_e1
    bar_d2 = bar_e1 @ W2.T
    bar_v = (bar_d2 * sg(z2)).sum(axis=0)
    bar_z2 = bar_d2 * v * sg(z2) * (1 - sg(z2))
    # and on through the forward pass that gave z1, z2
    G = critic_grad(P, mixed, np.zeros(len(mixed)), (bar_z1, bar_z2))
    G[0] = G[0] + bar_W1
    G[2] = G[2] + bar_W2
    G[4] = G[4] + bar_v
    return G


def grad(P, real, fake, mixed, weight):
    from_fake = critic_grad(P, fake, np.full(len(fake), 1 / len(fake)))
    from_real = critic_grad(P, real, np.full(len(real), -1 / len(real)))
    from_gp = penalty_grad(P, mixed, weight)
    return [a + b + c for a, b, c in zip(from_fake, from_real, from_gp)]


# ---- problem
def problem():
    rng = np.random.default_rng(2017)
    P = [rng.normal(size=s) for s in [(4, 2), (4,), (3, 4), (3,), (3,)]]
    real, fake = rng.normal(size=(5, 2)), rng.normal(size=(5, 2)) + 1
    mix = rng.uniform(size=(5, 1))
    mixed = mix * real + (1 - mix) * fake
    return dict(loss=lambda: loss(P, real, fake, mixed, 2.0), params=P, grads=lambda: grad(P, real, fake, mixed, 2.0))


FAULTS = """
missing-term | G[2] = G[2] + bar_W2 |
missing-term | gz1 = gz1 + extra[0] | gz1 = extra[0]
wrong-activation-derivative | bar_z1 = bar_d1 * e1 * sg(z1) * (1 - sg(z1)) | bar_z1 = bar_d1 * e1 * (1 - sg(z1))
wrong-operand | bar_z1 = bar_d1 * e1 * sg(z1) * (1 - sg(z1)) | bar_z1 = bar_d1 * d1 * sg(z1) * (1 - sg(z1))
missing-term | bar_gx = weight * 2 * (norm - 1) * gx / norm / len(mixed) | bar_gx = weight * 2 * (norm - 1) * gx / len(mixed)
wrong-operand | bar_W2 = d2.T @ bar_e1 | bar_W2 = d2.T @ bar_d1
missing-term | bar_z2 = bar_d2 * v * sg(z2) * (1 - sg(z2)) | bar_z2 = bar_d2 * sg(z2) * (1 - sg(z2))
sign | from_real = critic_grad(P, real, np.full(len(real), -1 / len(real))) | from_real = critic_grad(P, real, np.full(len(real), 1 / len(real)))
missing-activation-derivative | bar_e1 = bar_d1 * sg(z1) | bar_e1 = bar_d1
"""
