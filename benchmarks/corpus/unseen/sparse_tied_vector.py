import numpy as np

'''
Sparse autoencoder with tied weights (decoder = encoder transposed).
theta = [W (hidden x visible) | b_hidden | b_visible], columns of `patches` are examples,
cost = squared error + weight decay + KL sparsity penalty.
'''

visible, hidden, m = 5, 4, 6
decay, rho, beta = 0.02, 0.2, 0.5
patches = np.random.default_rng(30).uniform(0.1, 0.9, size=(visible, m))


def sigmoid(x):
    return 1. / (1. + np.exp(-x))


def initialize(seed=1):
    r = np.sqrt(6) / np.sqrt(hidden + visible + 1)
    gen = np.random.default_rng(seed)
    return np.concatenate([gen.uniform(-r, r, hidden * visible), gen.uniform(-.3, .3, hidden + visible)])


def sparse_autoencoder_cost(theta, want_gradient=False):
    W = theta[:hidden * visible].reshape(hidden, visible)
    b1 = theta[hidden * visible:hidden * visible + hidden]
    b2 = theta[hidden * visible + hidden:]

    a2 = sigmoid(W.dot(patches) + b1[:, None])
    a3 = sigmoid(W.T.dot(a2) + b2[:, None])
    rho_hat = np.mean(a2, axis=1)
    kl = np.sum(rho * np.log(rho / rho_hat) + (1 - rho) * np.log((1 - rho) / (1 - rho_hat)))
    cost = 0.5 * np.sum((a3 - patches) ** 2) / m + 0.5 * decay * np.sum(W ** 2) + beta * kl
    if not want_gradient:
        return cost

    delta3 = (a3 - patches) * a3 * (1 - a3)
    sparsity = beta * (-rho / rho_hat + (1 - rho) / (1 - rho_hat))
    delta2 = (W.dot(delta3) + sparsity[:, None]) * a2 * (1 - a2)

    W_encode = delta2.dot(patches.T) / m
    W_decode = delta3.dot(a2.T) / m
    W_grad = W_encode + W_decode.T + decay * W
    b1_grad = np.mean(delta2, axis=1)
    b2_grad = np.mean(delta3, axis=1)
    return np.concatenate([W_grad.ravel(), b1_grad, b2_grad])


# ---- problem
def problem():
    return dict(
        loss=sparse_autoencoder_cost,
        params=initialize(),
        grads=lambda theta: sparse_autoencoder_cost(theta, want_gradient=True),
    )


FAULTS = """
missing-term | W_grad = W_encode + W_decode.T + decay * W | W_grad = W_encode + decay * W
regulariser | W_grad = W_encode + W_decode.T + decay * W | W_grad = W_encode + W_decode.T
missing-term | delta2 = (W.dot(delta3) + sparsity[:, None]) * a2 * (1 - a2) | delta2 = W.dot(delta3) * a2 * (1 - a2)
missing-activation-derivative | delta2 = (W.dot(delta3) + sparsity[:, None]) * a2 * (1 - a2) | delta2 = W.dot(delta3) * a2 * (1 - a2) + sparsity[:, None]
loss-gradient | sparsity = beta * (-rho / rho_hat + (1 - rho) / (1 - rho_hat)) | sparsity = beta * (rho_hat - rho)
loss-gradient | delta3 = (a3 - patches) * a3 * (1 - a3) | delta3 = a3 - patches
sign | sparsity = beta * (-rho / rho_hat + (1 - rho) / (1 - rho_hat)) | sparsity = beta * (rho / rho_hat - (1 - rho) / (1 - rho_hat))
bias-reduction | b2_grad = np.mean(delta3, axis=1) | b2_grad = np.sum(delta3, axis=1)
indexing | return np.concatenate([W_grad.ravel(), b1_grad, b2_grad]) | return np.concatenate([W_grad.ravel(), b2_grad, b1_grad])
"""
