# Soft decision tree (Frosst & Hinton 2017), depth 3, complete binary tree in arrays.
# inner node i has children 2i+1 (left, prob 1-p) and 2i+2 (right, prob p)
import numpy as np

DEPTH = 2
INNER = 2 ** DEPTH - 1
LEAVES = 2 ** DEPTH


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def forward(params, X):
    gates = sigmoid(params["beta"] * (X @ params["W"].T + params["b"]))  # (n, INNER)
    reach = np.ones((len(X), INNER + LEAVES))
    for i in range(INNER):
        reach[:, 2 * i + 1] = reach[:, i] * (1 - gates[:, i])
        reach[:, 2 * i + 2] = reach[:, i] * gates[:, i]
    q = np.exp(params["leaf"])
    q = q / q.sum(axis=1, keepdims=True)
    return gates, reach, q


def loss(params, X, y, lam):
    """Mixture likelihood + penalty that keeps the gates balanced."""
    gates, reach, q = forward(params, X)
    like = reach[:, INNER:] @ q
    nll = -np.log(like[np.arange(len(X)), y]).mean()
    alpha = (reach[:, :INNER] * gates).sum(axis=0) / reach[:, :INNER].sum(axis=0)
    return nll - lam * np.sum(0.5 * np.log(alpha) + 0.5 * np.log(1 - alpha))


def backward(params, X, y, lam):
    n = len(X)
    gates, reach, q = forward(params, X)
    rows = np.arange(n)
    like = (reach[:, INNER:] @ q)[rows, y]
    dlike = -1 / like / n
    dreach = np.zeros_like(reach)
    dreach[:, INNER:] = dlike[:, None] * q[:, y].T
    dq = np.zeros_like(q)
    for k in range(n):
        dq[:, y[k]] += dlike[k] * reach[k, INNER:]
    dleaf = q * (dq - np.sum(q * dq, axis=1, keepdims=True))

    top = (reach[:, :INNER] * gates).sum(axis=0)
    mass = reach[:, :INNER].sum(axis=0)
    alpha = top / mass
    dalpha = -lam * (0.5 / alpha - 0.5 / (1 - alpha))
    dgates = reach[:, :INNER] * dalpha / mass
    dreach[:, :INNER] += (gates - alpha) * dalpha / mass

    for i in range(INNER - 1, -1, -1):
        left, right = dreach[:, 2 * i + 1], dreach[:, 2 * i + 2]
        dgates[:, i] += (right - left) * reach[:, i]
        dreach[:, i] += left * (1 - gates[:, i]) + right * gates[:, i]

    lin = X @ params["W"].T + params["b"]
    dz = dgates * gates * (1 - gates)
    dlin = dz * params["beta"]
    return {"W": dlin.T @ X, "b": dlin.sum(axis=0), "beta": (dz * lin).sum(axis=0), "leaf": dleaf}


# ---- problem
def problem():
    rng = np.random.default_rng(60)
    params = {"W": rng.normal(size=(INNER, 3)), "b": rng.normal(size=INNER) * 0.3,
              "beta": rng.uniform(0.7, 1.5, INNER), "leaf": rng.normal(size=(LEAVES, 3))}
    X, y = rng.normal(size=(7, 3)), rng.integers(0, 3, 7)
    return dict(loss=lambda: loss(params, X, y, 0.2), params=params, grads=lambda: backward(params, X, y, 0.2))


FAULTS = """
sign | dgates[:, i] += (right - left) * reach[:, i] | dgates[:, i] += (left - right) * reach[:, i]
accumulation | dgates[:, i] += (right - left) * reach[:, i] | dgates[:, i] = (right - left) * reach[:, i]
indexing | for i in range(INNER - 1, -1, -1): | for i in range(INNER):
missing-term | dreach[:, :INNER] += (gates - alpha) * dalpha / mass | dreach[:, :INNER] += gates * dalpha / mass
missing-term | dreach[:, i] += left * (1 - gates[:, i]) + right * gates[:, i] | dreach[:, i] += right * gates[:, i]
missing-term | dlin = dz * params["beta"] | dlin = dz
sign | dalpha = -lam * (0.5 / alpha - 0.5 / (1 - alpha)) | dalpha = -lam * (0.5 / alpha + 0.5 / (1 - alpha))
"""
