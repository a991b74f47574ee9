import numpy as np
from math import pi, sqrt

# pre-norm feed-forward block: x + W2 gelu(W1 LN(x)), then a linear head; MSE


def linear_forward(x, w, b):
    return x @ w + b, (x, w)


def linear_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(0)


def gelu_forward(x):
    inner = sqrt(2 / pi) * (x + 0.044715 * x**3)
    th = np.tanh(inner)
    return 0.5 * x * (1 + th), (x, th)


def gelu_backward(dout, cache):
    x, th = cache
    dinner = sqrt(2 / pi) * (1 + 3 * 0.044715 * x**2)
    return dout * (0.5 * (1 + th) + 0.5 * x * (1 - th**2) * dinner)


def layernorm_forward(x, gamma, beta, eps=1e-5):
    mu = x.mean(1, keepdims=True)
    inv = 1 / np.sqrt(x.var(1, keepdims=True) + eps)
    xhat = (x - mu) * inv
    return gamma * xhat + beta, (xhat, inv, gamma)


def layernorm_backward(dout, cache):
    xhat, inv, gamma = cache
    dgamma = (dout * xhat).sum(0)
    dbeta = dout.sum(0)
    dxhat = dout * gamma
    d = dxhat.shape[1]
    dx = dxhat - dxhat.sum(1, keepdims=True) / d - xhat * (dxhat * xhat).mean(1, keepdims=True)
    return dx * inv, dgamma, dbeta


def model(x, t, p):
    a, c_in = linear_forward(x, p["w_in"], p["b_in"])
    n, c_ln = layernorm_forward(a, p["g"], p["be"])
    u, c_up = linear_forward(n, p["w_up"], p["b_up"])
    v, c_act = gelu_forward(u)
    w, c_down = linear_forward(v, p["w_down"], p["b_down"])
    s = a + w
    y, c_out = linear_forward(s, p["w_out"], p["b_out"])
    return ((y - t) ** 2).mean(), (y, c_in, c_ln, c_up, c_act, c_down, c_out)


def model_grads(x, t, p):
    _, (y, c_in, c_ln, c_up, c_act, c_down, c_out) = model(x, t, p)
    g = {}
    dy = 2 * (y - t) / y.size
    ds, g["w_out"], g["b_out"] = linear_backward(dy, c_out)
    dv, g["w_down"], g["b_down"] = linear_backward(ds, c_down)
    du = gelu_backward(dv, c_act)
    dn, g["w_up"], g["b_up"] = linear_backward(du, c_up)
    da, g["g"], g["be"] = layernorm_backward(dn, c_ln)
    da = da + ds
    _, g["w_in"], g["b_in"] = linear_backward(da, c_in)
    return g


rng = np.random.default_rng(17)
x, t = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
shapes = dict(w_in=(3, 4), b_in=4, g=4, be=4, w_up=(4, 5), b_up=5, w_down=(5, 4), b_down=4,
              w_out=(4, 2), b_out=2)
p = {k: rng.normal(size=s) * 0.6 for k, s in shapes.items()}


# ---- problem
def problem():
    return dict(
        loss=lambda: model(x, t, p)[0], params=p, grads=lambda: model_grads(x, t, p)
    )


FAULTS = """
normalisation | dxhat.sum(1, keepdims=True) / d - xhat * (dxhat * xhat).mean(1, keepdims=True) | dxhat.sum(1, keepdims=True) / d
normalisation | dx = dxhat - dxhat.sum(1, keepdims=True) / d - xhat | dx = dxhat - xhat
normalisation | (dxhat * xhat).mean(1, keepdims=True) | (dxhat * xhat).mean(0, keepdims=True)
wrong-operand | dgamma = (dout * xhat).sum(0) | dgamma = (dout * gamma).sum(0)
wrong-activation-derivative | 0.5 * x * (1 - th**2) * dinner) | 0.5 * x * (1 - th**2))
wrong-activation-derivative | dinner = sqrt(2 / pi) * (1 + 3 * 0.044715 * x**2) | dinner = sqrt(2 / pi) * (1 + 0.044715 * x**2)
missing-term | da = da + ds |
scale | dy = 2 * (y - t) / y.size | dy = 2 * (y - t) / len(y)
normalisation | return dx * inv, dgamma, dbeta | return dx, dgamma, dbeta
"""
