# Kaggle: "Titanic from scratch" – best val weights are kept in a dict, early stop
import copy
import numpy as np

np.random.seed(1912)

# fake passengers as I can't upload the csv here
N = 240
pclass = np.random.choice([1, 2, 3], N, p=[.25, .2, .55])
sex = np.random.randint(0, 2, N)
age = np.clip(np.random.normal(30, 14, N), 1, 80)
fare = np.exp(np.random.normal(4 - pclass * 0.6, 0.5))
logit = 2.4 * sex - 0.9 * (pclass - 2) - 0.02 * (age - 30) - 0.8
survived = (np.random.rand(N) < 1 / (1 + np.exp(-logit))).astype(int)

features = np.vstack([pclass, sex, age, np.log(fare)]).T.astype(float)
features -= features.mean(0)
features /= features.std(0)
X_train, X_val = features[:180], features[180:]
y_train, y_val = survived[:180].reshape(-1, 1), survived[180:].reshape(-1, 1)

model = {
    "W1": np.random.randn(4, 8) * 0.5, "b1": np.zeros((1, 8)),
    "W2": np.random.randn(8, 8) * 0.35, "b2": np.zeros((1, 8)),
    "W3": np.random.randn(8, 1) * 0.35, "b3": np.zeros((1, 1)),
}

def forward(model, X):
    Z1 = X @ model["W1"] + model["b1"]
    A1 = np.tanh(Z1)
    Z2 = A1 @ model["W2"] + model["b2"]
    A2 = np.maximum(0, Z2)
    Z3 = A2 @ model["W3"] + model["b3"]
    P = 1 / (1 + np.exp(-Z3))
    return P, (Z1, A1, Z2, A2, Z3)

def bce(P, y):
    P = np.clip(P, 1e-7, 1 - 1e-7)
    return float(np.mean(-(y * np.log(P) + (1 - y) * np.log(1 - P))))

def backward(model, X, y, P, cache):
    Z1, A1, Z2, A2, Z3 = cache
    m = X.shape[0]
    g = {}
    dZ3 = P - y
    g["W3"] = A2.T @ dZ3 / m
    g["b3"] = dZ3.mean(axis=0, keepdims=True)
    dZ2 = (dZ3 @ model["W3"].T) * (Z2 > 0)
    g["W2"] = A1.T @ dZ2 / m
    g["b2"] = dZ2.mean(axis=0, keepdims=True)
    dZ1 = (dZ2 @ model["W2"].T) * (1 - A1 ** 2)
    g["W1"] = X.T @ dZ1 / m
    g["b1"] = dZ1.mean(axis=0, keepdims=True)
    return g

best = {"loss": 1e9, "epoch": -1, "weights": None}
log = {"train": [], "val": []}
lr = 0.3
for epoch in range(300):
    P, cache = forward(model, X_train)
    g = backward(model, X_train, y_train, P, cache)
    for k in model:
        model[k] -= lr * g[k]
    log["train"].append(bce(P, y_train))
    log["val"].append(bce(forward(model, X_val)[0], y_val))
    if log["val"][-1] < best["loss"]:
        best = {"loss": log["val"][-1], "epoch": epoch, "weights": copy.deepcopy(model)}
    elif epoch - best["epoch"] > 30:
        print("no improvement for 30 epochs, stopping at", epoch)
        break
    if epoch % 25 == 0:
        print("epoch", epoch, {k: round(v[-1], 4) for k, v in log.items()})

model = best["weights"]
acc = ((forward(model, X_val)[0] > 0.5) == y_val).mean()
print("best epoch", best["epoch"], "val acc", acc)

FAULTS = """
missing-factor | g["W2"] = A1.T @ dZ2 / m | g["W2"] = A1.T @ dZ2
sum-for-mean | g["b1"] = dZ1.mean(axis=0, keepdims=True) | g["b1"] = dZ1.sum(axis=0, keepdims=True)
wrong-variable | g["W2"] = A1.T @ dZ2 / m | g["W2"] = Z1.T @ dZ2 / m
missing-transpose | dZ1 = (dZ2 @ model["W2"].T) * (1 - A1 ** 2) | dZ1 = (dZ2 @ model["W2"]) * (1 - A1 ** 2)
wrong-mask | dZ2 = (dZ3 @ model["W3"].T) * (Z2 > 0) | dZ2 = (dZ3 @ model["W3"].T) * (Z1 > 0)
wrong-activation-derivative | dZ1 = (dZ2 @ model["W2"].T) * (1 - A1 ** 2) | dZ1 = (dZ2 @ model["W2"].T) * (1 - Z1 ** 2)
"""
