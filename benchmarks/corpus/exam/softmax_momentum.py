import numpy as np

# Softmax regression with one hidden layer of cubic units, trained with momentum.
rng = np.random.default_rng(8)
N, D, H, K = 6, 3, 3, 3
X = rng.standard_normal((N, D))
Y = np.eye(K)[[0, 1, 2, 2, 1, 0]]

weights = [rng.standard_normal((D, H)) * 0.5, rng.standard_normal((H, K)) * 0.5]
biases = [rng.standard_normal(H) * 0.3, rng.standard_normal(K) * 0.3]
velocity = [np.zeros_like(p) for p in weights + biases]
mu, lr = 0.9, 0.2


def cubic(z):
    return z**3 / 3


def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def forward():
    z1 = X @ weights[0] + biases[0]
    a1 = cubic(z1)
    return z1, a1, softmax(a1 @ weights[1] + biases[1])


def cross_entropy():
    return -np.mean(np.log(np.sum(forward()[-1] * Y, axis=1)))


def momentum_step():
    z1, a1, p = forward()
    err = (p - Y) / N
    hidden_err = err @ weights[1].T * z1**2
    grads = [X.T @ hidden_err, a1.T @ err, np.sum(hidden_err, axis=0), np.sum(err, axis=0)]
    for k, g in enumerate(grads):
        velocity[k] = mu * velocity[k] - lr * g
    for k in range(2):
        weights[k] += velocity[k]
        biases[k] += velocity[k + 2]


# ---- problem
def problem():
    return dict(
        params={"weights": weights, "biases": biases},
        loss=cross_entropy,
        step=momentum_step,
        lr=lr,
    )


FAULTS = """
loss-gradient | err = (p - Y) / N | err = p * (1 - p) * (p - Y) / N
loss-gradient | err = (p - Y) / N | err = -Y / p / N
sign | velocity[k] = mu * velocity[k] - lr * g | velocity[k] = mu * velocity[k] + lr * g
scale | err = (p - Y) / N | err = (p - Y) / N / K
early-reduction | grads = [X.T @ hidden_err, a1.T @ err, | grads = [np.outer(X.mean(axis=0), hidden_err.sum(axis=0)), a1.T @ err,
transpose | hidden_err = err @ weights[1].T * z1**2 | hidden_err = err @ weights[1] * z1**2
activation-derivative-at-wrong-value | hidden_err = err @ weights[1].T * z1**2 | hidden_err = err @ weights[1].T * a1**2
swapped-gradients | biases[k] += velocity[k + 2] | biases[k] += velocity[3 - k]
wrong-operand | np.sum(hidden_err, axis=0), np.sum(err, axis=0)] | np.sum(err, axis=0), np.sum(err, axis=0)]
transpose | a1.T @ err, np.sum(hidden_err | err.T @ a1, np.sum(hidden_err
wrong-activation-derivative | hidden_err = err @ weights[1].T * z1**2 | hidden_err = err @ weights[1].T * z1
"""
