import numpy as np

rng = np.random.default_rng(131)
model = {
    "E": rng.normal(size=(9, 4)),
    "W": rng.normal(size=(4, 5)) * 0.6,
    "b": rng.normal(size=(1, 5)) * 0.1,
    "V": rng.normal(size=(5, 1)) * 0.6,
    "v0": rng.normal(size=(1, 1)) * 0.1,
}
words = np.array([[1, 4, 1], [0, 2, 8], [5, 5, 5], [3, 7, 2], [6, 1, 0]])
target = np.array([1.0, 0.0, 0.0, 1.0, 1.0])


def forward(m):
    pooled = m["E"][words].sum(axis=1)
    h = np.maximum(pooled @ m["W"] + m["b"], 0)
    logit = (h @ m["V"] + m["v0"])[:, 0]
    return pooled, h, logit


def loss():
    logit = forward(model)[-1]
    return np.mean(np.log1p(np.exp(-np.abs(logit))) + np.maximum(logit, 0) - target * logit)


def grads():
    pooled, h, logit = forward(model)
    d = ((1 / (1 + np.exp(-logit)) - target) / len(target))[:, None]
    g = {"V": h.T @ d, "v0": d.sum(axis=0, keepdims=True)}
    dh = d @ model["V"].T * (h > 0)
    g["W"], g["b"] = pooled.T @ dh, dh.sum(axis=0, keepdims=True)
    dpooled = dh @ model["W"].T
    g["E"] = np.zeros_like(model["E"])
    for i, row in enumerate(words):
        for w in row:
            g["E"][w] += dpooled[i]
    return g


# ---- problem
def problem():
    return dict(loss=loss, params=model, grads=grads)


FAULTS = """
scatter | for w in row:;;g["E"][w] += dpooled[i] | g["E"][row] += dpooled[i];;pass
scale | g["E"][w] += dpooled[i] | g["E"][w] += dpooled[i] / len(row)
scatter | g["E"][w] += dpooled[i] | g["E"][w] = dpooled[i]
missing-activation-derivative | dh = d @ model["V"].T * (h > 0) | dh = d @ model["V"].T
"""
