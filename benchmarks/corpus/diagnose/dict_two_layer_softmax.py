import numpy as np

rng = np.random.default_rng(3)
D, H, C, N = 4, 7, 3, 12
X = rng.normal(size=(N, D))
y = rng.integers(0, C, N)
model = {
    "W1": rng.normal(size=(D, H)) * 0.5,
    "b1": rng.normal(size=H) * 0.1,
    "W2": rng.normal(size=(H, C)) * 0.5,
    "b2": rng.normal(size=C) * 0.1,
}
reg = 0.05


def forward(X):
    h = np.maximum(0, X.dot(model["W1"]) + model["b1"])
    s = h.dot(model["W2"]) + model["b2"]
    e = np.exp(s - s.max(1, keepdims=True))
    return h, e / e.sum(1, keepdims=True)


def loss():
    h, p = forward(X)
    return -np.log(p[range(N), y]).mean() + 0.5 * reg * (
        np.sum(model["W1"] ** 2) + np.sum(model["W2"] ** 2)
    )


def grads():
    h, p = forward(X)
    d = p.copy()
    d[range(N), y] -= 1
    d /= N
    g = {}
    g["W2"] = h.T.dot(d) + reg * model["W2"]
    g["b2"] = d.sum(0)
    dh = d.dot(model["W2"].T)
    dh[h <= 0] = 0
    g["W1"] = X.T.dot(dh) + reg * model["W1"]
    g["b1"] = dh.sum(0)
    return g


# ---- problem
def problem():
    return dict(loss=loss, params=model, grads=grads)


FAULTS = """
scale | d /= N |
missing-activation-derivative | dh[h <= 0] = 0 |
activation-derivative-at-wrong-value | dh[h <= 0] = 0 | dh[dh <= 0] = 0
regulariser | g["W1"] = X.T.dot(dh) + reg * model["W1"] | g["W1"] = X.T.dot(dh)
regulariser | g["W1"] = X.T.dot(dh) + reg * model["W1"] | g["W1"] = X.T.dot(dh) + 2 * reg * model["W1"]
bias-reduction | g["b2"] = d.sum(0) | g["b2"] = d.mean(0)
unknown | d[range(N), y] -= 1 | d[0, y[0]] -= 1
"""
