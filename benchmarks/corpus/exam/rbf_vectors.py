import numpy as np


def pairwise(X, C):
    return ((X[:, np.newaxis, :] - C[np.newaxis, :, :]) ** 2).sum(axis=2)


def rbf_forward(model, X):
    dist2 = pairwise(X, model["centres"])
    gamma = np.exp(model["log_gamma"])
    phi = np.exp(-gamma * dist2)
    return phi @ model["weights"] + model["offset"], (dist2, gamma, phi)


def pseudo_huber(r, d=0.8):
    return d * d * (np.sqrt(1 + (r / d) ** 2) - 1)


def pseudo_huber_slope(r, d=0.8):
    return r / np.sqrt(1 + (r / d) ** 2)


def rbf_cost(model, X, y, ridge):
    out, _ = rbf_forward(model, X)
    return pseudo_huber(out - y).mean() + ridge * np.abs(model["weights"]).sum()


def rbf_gradients(model, X, y, ridge):
    out, (dist2, gamma, phi) = rbf_forward(model, X)
    delta = pseudo_huber_slope(out - y) / len(y)
    grads = dict.fromkeys(model)
    grads["offset"] = np.atleast_1d(delta.sum())
    grads["weights"] = phi.T @ delta + ridge * np.sign(model["weights"])
    dphi = np.outer(delta, model["weights"])
    dexponent = dphi * phi
    ddist2 = -dexponent * gamma
    dgamma = -(dexponent * dist2).sum(axis=0)
    grads["log_gamma"] = dgamma * gamma
    difference = X[:, None, :] - model["centres"][None, :, :]
    grads["centres"] = -2 * (ddist2[:, :, None] * difference).sum(axis=0)
    return grads


# ---- problem
def problem():
    rng = np.random.default_rng(33)
    X, y = rng.normal(size=(6, 2)), rng.normal(size=6)
    model = {
        "centres": rng.normal(size=(4, 2)),
        "log_gamma": 0.3 * rng.normal(size=4),
        "weights": rng.normal(size=4),
        "offset": np.array([0.2]),
    }
    return dict(
        loss=lambda: rbf_cost(model, X, y, 0.05),
        params=model,
        grads=lambda: rbf_gradients(model, X, y, 0.05),
    )


FAULTS = """
sign | grads["centres"] = -2 * (ddist2[:, :, None] * difference).sum(axis=0) | grads["centres"] = 2 * (ddist2[:, :, None] * difference).sum(axis=0)
scale | grads["centres"] = -2 * (ddist2[:, :, None] * difference).sum(axis=0) | grads["centres"] = -(ddist2[:, :, None] * difference).sum(axis=0)
missing-activation-derivative | grads["log_gamma"] = dgamma * gamma | grads["log_gamma"] = dgamma
wrong-operand | grads["log_gamma"] = dgamma * gamma | grads["log_gamma"] = dgamma * model["log_gamma"]
missing-activation-derivative | dexponent = dphi * phi | dexponent = dphi
activation-derivative-at-wrong-value | dexponent = dphi * phi | dexponent = dphi * np.exp(phi)
regulariser | grads["weights"] = phi.T @ delta + ridge * np.sign(model["weights"]) | grads["weights"] = phi.T @ delta + ridge * model["weights"]
loss-gradient | return r / np.sqrt(1 + (r / d) ** 2) | return r / (1 + (r / d) ** 2)
wrong-operand | ddist2 = -dexponent * gamma | ddist2 = -dexponent * dist2
bias-reduction | grads["offset"] = np.atleast_1d(delta.sum()) | grads["offset"] = np.atleast_1d(delta.mean())
"""
