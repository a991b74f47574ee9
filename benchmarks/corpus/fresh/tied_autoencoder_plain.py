import numpy as np

P = {}


def init(n=5, k=3):
    r = np.random.default_rng(41)
    P.update(W=r.normal(size=(k, n)) * 0.7, enc=r.normal(size=k) * 0.3, dec=r.normal(size=n) * 0.3)


def reconstruct(x):
    code = np.tanh(x @ P["W"].T + P["enc"])
    out = 1 / (1 + np.exp(-(code @ P["W"] + P["dec"])))
    return code, out


def loss(x):
    _, out = reconstruct(x)
    return -(x * np.log(out) + (1 - x) * np.log(1 - out)).sum() / len(x)


def grads(x):
    code, out = reconstruct(x)
    dout = (out - x) / len(x)
    dcode = dout @ P["W"].T * (1 - code**2)
    dW = code.T @ dout + dcode.T @ x
    return dict(W=dW, enc=dcode.sum(0), dec=dout.sum(0))


# ---- problem
def problem():
    init()
    x = np.random.default_rng(42).random((7, 5))
    return dict(loss=lambda: loss(x), params=P, grads=lambda: grads(x))


FAULTS = """
missing-term | dW = code.T @ dout + dcode.T @ x | dW = dcode.T @ x
missing-term | dW = code.T @ dout + dcode.T @ x | dW = code.T @ dout
missing-activation-derivative | dcode = dout @ P["W"].T * (1 - code**2) | dcode = dout @ P["W"].T
sign | dW = code.T @ dout + dcode.T @ x | dW = code.T @ dout - dcode.T @ x
bias-reduction | enc=dcode.sum(0) | enc=dcode.mean(0)
"""
