"""Each primitive gives its value and a function that pulls a cotangent back."""
import numpy as np


def affine(x, w, b):
    def pull(ct):
        return ct @ w.T, x.T @ ct, ct.sum(0)
    return x @ w + b, pull


def softplus(x):
    return np.logaddexp(0, x), lambda ct: ct / (1 + np.exp(-x))


def swish(x):
    s = 1 / (1 + np.exp(-x))
    return x * s, lambda ct: ct * (s + x * s * (1 - s))


def huber(pred, target, delta=0.7):
    r = pred - target
    small = np.abs(r) <= delta
    value = np.where(small, 0.5 * r ** 2, delta * (np.abs(r) - 0.5 * delta)).mean()

    def pull(ct=1.0):
        return ct * np.where(small, r, delta * np.sign(r)) / r.size
    return value, pull


def network(theta, x, t):
    a, pull_a = affine(x, theta['w0'], theta['b0'])
    b, pull_b = swish(a)
    c, pull_c = affine(b, theta['w1'], theta['b1'])
    d, pull_d = softplus(c)
    e, pull_e = affine(d, theta['w2'], theta['b2'])
    f, pull_f = huber(e, t)

    def pullback():
        de = pull_f()
        dd, gw2, gb2 = pull_e(de)
        dc = pull_d(dd)
        db, gw1, gb1 = pull_c(dc)
        da = pull_b(db)
        _, gw0, gb0 = pull_a(da)
        return dict(w0=gw0, b0=gb0, w1=gw1, b1=gb1, w2=gw2, b2=gb2)
    return f, pullback


# ---- problem
def problem():
    g = np.random.default_rng(55)
    sizes = [3, 5, 4, 2]
    theta = {}
    for i, (n, k) in enumerate(zip(sizes, sizes[1:])):
        theta[f'w{i}'] = g.normal(size=(n, k))
        theta[f'b{i}'] = 0.3 * g.normal(size=k)
    x, t = g.normal(size=(8, 3)), 2 * g.normal(size=(8, 2))
    return dict(loss=lambda: network(theta, x, t)[0], params=theta,
                grads=lambda: network(theta, x, t)[1]())


FAULTS = """
wrong-activation-derivative | lambda ct: ct / (1 + np.exp(-x)) | lambda ct: ct / (1 + np.exp(x))
missing-term | lambda ct: ct * (s + x * s * (1 - s)) | lambda ct: ct * s
loss-gradient | return ct * np.where(small, r, delta * np.sign(r)) / r.size | return ct * r / r.size
scale | return ct * np.where(small, r, delta * np.sign(r)) / r.size | return ct * np.where(small, r, delta * np.sign(r)) / len(r)
missing-activation-derivative | da = pull_b(db) | da = db
missing-gradient | b0=gb0, | b0=np.zeros_like(gb0),
wrong-activation-derivative | lambda ct: ct * (s + x * s * (1 - s)) | lambda ct: ct * s * (1 - s)
bias-reduction | return ct @ w.T, x.T @ ct, ct.sum(0) | return ct @ w.T, x.T @ ct, ct[0]
"""
