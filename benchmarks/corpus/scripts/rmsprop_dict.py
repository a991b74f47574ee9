import numpy as np

rng = np.random.default_rng(8)
data = rng.uniform(-2, 2, size=(64, 2))
labels = (np.hypot(data[:, 0], data[:, 1]) < 1.3).astype(float).reshape(-1, 1)

hp = {"lr": 0.01, "rho": 0.9, "eps": 1e-8, "epochs": 150, "hidden": 10}

params = {
    "w1": rng.normal(0, 0.7, (2, hp["hidden"])),
    "b1": np.zeros(hp["hidden"]),
    "w2": rng.normal(0, 0.7, (hp["hidden"], 1)),
    "b2": np.zeros(1),
}
cache = {k: np.zeros_like(v) for k, v in params.items()}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def bce(p, y):
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()


for epoch in range(hp["epochs"]):
    z1 = data @ params["w1"] + params["b1"]
    a1 = sigmoid(z1)
    p = sigmoid(a1 @ params["w2"] + params["b2"])
    loss = bce(p, labels)

    grads = {}
    dz2 = (p - labels) / len(data)
    grads["w2"] = a1.T @ dz2
    grads["b2"] = dz2.sum(0)
    dz1 = dz2 @ params["w2"].T * a1 * (1 - a1)
    grads["w1"] = data.T @ dz1
    grads["b1"] = dz1.sum(0)

    for k in params:
        cache[k] = hp["rho"] * cache[k] + (1 - hp["rho"]) * grads[k] ** 2
        params[k] -= hp["lr"] * grads[k] / (np.sqrt(cache[k]) + hp["eps"])

    if epoch % 50 == 0:
        print(f"{epoch:4d}  loss={loss:.4f}")


FAULTS = """
activation-derivative-at-wrong-value | dz1 = dz2 @ params["w2"].T * a1 * (1 - a1) | dz1 = dz2 @ params["w2"].T * z1 * (1 - z1)
bias-reduction | grads["b1"] = dz1.sum(0) | grads["b1"] = dz1.mean(0)
scale | grads["w2"] = a1.T @ dz2 | grads["w2"] = a1.T @ dz2 / len(data)
missing-activation-derivative | dz1 = dz2 @ params["w2"].T * a1 * (1 - a1) | dz1 = dz2 @ params["w2"].T
"""
