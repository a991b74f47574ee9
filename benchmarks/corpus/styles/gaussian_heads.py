import numpy as np

rs = np.random.RandomState(321)
P = dict(
    trunk=(rs.randn(4, 6) * 0.6, rs.randn(6) * 0.2),
    mean=(rs.randn(6, 2) * 0.6, rs.randn(2) * 0.2),
    logvar=(rs.randn(6, 2) * 0.4, rs.randn(2) * 0.2),
)
L2 = 1e-2


def affine(name, x):
    return x @ P[name][0] + P[name][1]


def forward(x):
    h = np.tanh(affine("trunk", x))
    return h, affine("mean", h), affine("logvar", h)


def nll(x, y):
    _, mu, s = forward(x)
    per_item = 0.5 * (s + (y - mu) ** 2 * np.exp(-s))
    return per_item.sum(axis=1).mean() + L2 * sum(np.sum(W * W) for W, _ in P.values())


def backward(x, y):
    h, mu, s = forward(x)
    n = x.shape[0]
    precision = np.exp(-s)
    resid = mu - y
    d_mu = resid * precision / n
    d_s = 0.5 * (1 - resid**2 * precision) / n
    d_h = d_mu @ P["mean"][0].T
    d_h = d_h + d_s @ P["logvar"][0].T
    d_pre = d_h * (1 - h) * (1 + h)

    def pair(inputs, delta, name):
        return inputs.T @ delta + 2 * L2 * P[name][0], np.einsum("nk->k", delta)

    return {
        "trunk": pair(x, d_pre, "trunk"),
        "mean": pair(h, d_mu, "mean"),
        "logvar": pair(h, d_s, "logvar"),
    }


# ---- problem
def problem():
    r = np.random.RandomState(4)
    x, y = r.randn(7, 4), r.randn(7, 2)
    return dict(loss=lambda: nll(x, y), params=P, grads=lambda: backward(x, y))


FAULTS = """
loss-gradient | d_s = 0.5 * (1 - resid**2 * precision) / n | d_s = 0.5 * (1 - resid * precision) / n
loss-gradient | d_s = 0.5 * (1 - resid**2 * precision) / n | d_s = -0.5 * resid**2 * precision / n
loss-gradient | d_mu = resid * precision / n | d_mu = resid / n
scale | d_mu = resid * precision / n | d_mu = 2 * resid * precision / n
missing-term | d_h = d_h + d_s @ P["logvar"][0].T | d_h = d_h
accumulation | d_h = d_h + d_s @ P["logvar"][0].T | d_h = d_s @ P["logvar"][0].T
wrong-activation-derivative | d_pre = d_h * (1 - h) * (1 + h) | d_pre = d_h * (1 - h) * h
missing-activation-derivative | "trunk": pair(x, d_pre, "trunk"), | "trunk": pair(x, d_h, "trunk"),
regulariser | return inputs.T @ delta + 2 * L2 * P[name][0], np.einsum("nk->k", delta) | return inputs.T @ delta + L2 * P[name][0], np.einsum("nk->k", delta)
regulariser | return inputs.T @ delta + 2 * L2 * P[name][0], np.einsum("nk->k", delta) | return inputs.T @ delta, np.einsum("nk->k", delta)
wrong-operand | "mean": pair(h, d_mu, "mean"), | "mean": pair(h, d_s, "mean"),
swapped-gradients | "mean": pair(h, d_mu, "mean"),;;"logvar": pair(h, d_s, "logvar"), | "mean": pair(h, d_s, "logvar"),;;"logvar": pair(h, d_mu, "mean"),
"""
