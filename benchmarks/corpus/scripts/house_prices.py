import numpy as np

CONFIG = {
    "learning_rate": 0.05,
    "max_epochs": 400,
    "patience": 10,
    "hidden_units": 8,
    "weight_decay": 1e-3,
    "seed": 2024,
}

rng = np.random.default_rng(CONFIG["seed"])
area = rng.uniform(30, 200, 80)
rooms = rng.integers(1, 7, 80)
price = 2.5 * area + 10 * rooms + 0.01 * area ** 2 + rng.normal(0, 15, 80)
features = np.c_[area, rooms]
features = (features - features.mean(axis=0)) / features.std(axis=0)
price = ((price - price.mean()) / price.std())[:, None]
X_train, X_val = features[:60], features[60:]
y_train, y_val = price[:60], price[60:]

n_hidden = CONFIG["hidden_units"]
weights = [rng.normal(0, 0.5, (2, n_hidden)), rng.normal(0, 0.5, (n_hidden, 1))]
biases = [np.zeros(n_hidden), np.zeros(1)]


def predict(X):
    hidden = np.tanh(X @ weights[0] + biases[0])
    return hidden, hidden @ weights[1] + biases[1]


best_val, wait = np.inf, 0
for epoch in range(CONFIG["max_epochs"]):
    hidden, y_hat = predict(X_train)
    residual = y_hat - y_train
    train_loss = (residual ** 2).mean() + CONFIG["weight_decay"] * sum((W ** 2).sum() for W in weights)

    d_out = 2 * residual / len(X_train)
    grad_W1 = hidden.T @ d_out + 2 * CONFIG["weight_decay"] * weights[1]
    grad_b1 = d_out.sum(axis=0)
    d_hidden = (d_out @ weights[1].T) * (1 - hidden ** 2)
    grad_W0 = X_train.T @ d_hidden + 2 * CONFIG["weight_decay"] * weights[0]
    grad_b0 = d_hidden.sum(axis=0)

    weights[0] -= CONFIG["learning_rate"] * grad_W0
    weights[1] -= CONFIG["learning_rate"] * grad_W1
    biases[0] -= CONFIG["learning_rate"] * grad_b0
    biases[1] -= CONFIG["learning_rate"] * grad_b1

    val_loss = ((predict(X_val)[1] - y_val) ** 2).mean()
    if epoch % 50 == 0:
        print(f"{epoch:3d} train {train_loss:.4f} val {val_loss:.4f}")
    if val_loss < best_val - 1e-5:
        best_val, wait = val_loss, 0
    else:
        wait += 1
        if wait >= CONFIG["patience"]:
            print("early stopping at", epoch)
            break


FAULTS = """
regulariser | grad_W0 = X_train.T @ d_hidden + 2 * CONFIG["weight_decay"] * weights[0] | grad_W0 = X_train.T @ d_hidden
scale | d_out = 2 * residual / len(X_train) | d_out = residual / len(X_train)
wrong-operand | biases[0] -= CONFIG["learning_rate"] * grad_b0 | biases[0] -= CONFIG["learning_rate"] * grad_b1
raw-error-propagated | d_hidden = (d_out @ weights[1].T) * (1 - hidden ** 2) | d_hidden = (residual @ weights[1].T) * (1 - hidden ** 2)
"""
