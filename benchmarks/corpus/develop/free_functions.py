import numpy as np


def init(sizes, seed=3):
    r = np.random.default_rng(seed)
    return {
        f"{k}{i}": r.standard_normal(s) * 0.7
        for i in range(1, len(sizes))
        for k, s in (("W", (sizes[i - 1], sizes[i])), ("b", (1, sizes[i])))
    }


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(params, X):
    cache = {"A0": X}
    n = len(params) // 2
    for i in range(1, n + 1):
        z = cache[f"A{i-1}"] @ params[f"W{i}"] + params[f"b{i}"]
        cache[f"Z{i}"] = z
        cache[f"A{i}"] = sigmoid(z) if i == n else np.tanh(z)
    return cache


def cost(params, X, Y):
    out = forward(params, X)[f"A{len(params) // 2}"]
    m = X.shape[0]
    return -np.sum(Y * np.log(out) + (1 - Y) * np.log(1 - out)) / m


def backward(params, X, Y):
    cache = forward(params, X)
    m = X.shape[0]
    n = len(params) // 2
    grads = {}
    dZ = cache[f"A{n}"] - Y
    for i in range(n, 0, -1):
        grads[f"W{i}"] = cache[f"A{i-1}"].T @ dZ / m
        grads[f"b{i}"] = np.sum(dZ, axis=0, keepdims=True) / m
        if i > 1:
            dA = dZ @ params[f"W{i}"].T
            dZ = dA * (1 - cache[f"A{i-1}"] ** 2)
    return grads


# ---- problem
def problem():
    r = np.random.default_rng(0)
    X, Y = r.standard_normal((5, 3)), r.integers(0, 2, (5, 2)).astype(float)
    params = init([3, 4, 5, 2])
    return dict(
        loss=lambda p: cost(p, X, Y), params=params, grads=lambda p: backward(p, X, Y)
    )


FAULTS = """
sign | dZ = cache[f"A{n}"] - Y | dZ = Y - cache[f"A{n}"]
scale | cache[f"A{i-1}"].T @ dZ / m | cache[f"A{i-1}"].T @ dZ
missing-activation-derivative | dZ = dA * (1 - cache[f"A{i-1}"] ** 2) | dZ = dA
activation-derivative-at-wrong-value | (1 - cache[f"A{i-1}"] ** 2) | (1 - cache[f"Z{i-1}"] ** 2)
wrong-activation-derivative | (1 - cache[f"A{i-1}"] ** 2) | cache[f"A{i-1}"] * (1 - cache[f"A{i-1}"])
bias-reduction | np.sum(dZ, axis=0, keepdims=True) / m | np.mean(dZ) / m
loss-gradient | dZ = cache[f"A{n}"] - Y | dZ = (cache[f"A{n}"] - Y) * cache[f"A{n}"] * (1 - cache[f"A{n}"])
wrong-operand | cache[f"A{i-1}"].T @ dZ / m | cache[f"Z{i-1}"].T @ dZ / m if i > 1 else cache["A0"].T @ dZ / m
early-reduction | dA = dZ @ params[f"W{i}"].T | dA = np.mean(dZ, axis=0, keepdims=True) @ params[f"W{i}"].T
"""
