"""Denoising autoencoder, tied weights, one example per column (after a UFLDL exercise)."""
import numpy as np


def f(z):
    return 1. / (1. + np.exp(-z))


def cost_and_grad(W, b, c, noisy, clean, weight_decay, sparsity, want_sparse):
    """Returns J, (gradW, gradb, gradc)."""
    m = clean.shape[1]
    a2 = f(W.dot(noisy) + b)
    a3 = f(W.T.dot(a2) + c)
    rho_hat = a2.mean(axis=1, keepdims=True)
    kl = sparsity * np.log(sparsity / rho_hat) + (1 - sparsity) * np.log((1 - sparsity) / (1 - rho_hat))
    J = 0.5 / m * np.sum((a3 - clean) ** 2) + weight_decay / 2 * np.sum(W ** 2) + want_sparse * kl.sum()

    delta3 = (a3 - clean) * a3 * (1 - a3) / m
    sparse_term = want_sparse * (-sparsity / rho_hat + (1 - sparsity) / (1 - rho_hat)) / m
    delta2 = (W.dot(delta3) + sparse_term) * a2 * (1 - a2)
    gradW_dec = a2.dot(delta3.T)
    gradW_enc = delta2.dot(noisy.T)
    gradW = gradW_enc + gradW_dec
    gradW = gradW + weight_decay * W
    gradb = delta2.sum(axis=1, keepdims=True)
    gradc = delta3.sum(axis=1, keepdims=True)
    return J, (gradW, gradb, gradc)


# ---- problem
def problem():
    rng = np.random.default_rng(33)
    W, b, c = rng.normal(size=(4, 6)), rng.normal(size=(4, 1)) * 0.2, rng.normal(size=(6, 1)) * 0.2
    clean = rng.random((6, 8))
    noisy = clean + rng.normal(size=clean.shape) * 0.1

    def run():
        return cost_and_grad(W, b, c, noisy, clean, 0.02, 0.15, 0.3)

    return dict(loss=lambda: run()[0], params=(W, b, c), grads=lambda: run()[1])


FAULTS = """
missing-term | gradW = gradW_enc + gradW_dec | gradW = gradW_enc
missing-term | delta2 = (W.dot(delta3) + sparse_term) * a2 * (1 - a2) | delta2 = W.dot(delta3) * a2 * (1 - a2)
regulariser | gradW = gradW + weight_decay * W |
regulariser | gradW = gradW + weight_decay * W | gradW = gradW + weight_decay / 2 * W
sign | sparse_term = want_sparse * (-sparsity / rho_hat + (1 - sparsity) / (1 - rho_hat)) / m | sparse_term = want_sparse * (sparsity / rho_hat - (1 - sparsity) / (1 - rho_hat)) / m
loss-gradient | delta3 = (a3 - clean) * a3 * (1 - a3) / m | delta3 = (a3 - clean) / m
wrong-operand | gradW_enc = delta2.dot(noisy.T) | gradW_enc = delta2.dot(clean.T)
bias-reduction | gradb = delta2.sum(axis=1, keepdims=True) | gradb = delta2.mean(axis=1, keepdims=True)
missing-activation-derivative | delta2 = (W.dot(delta3) + sparse_term) * a2 * (1 - a2) | delta2 = W.dot(delta3) + sparse_term
raw-error-propagated | delta2 = (W.dot(delta3) + sparse_term) * a2 * (1 - a2) | delta2 = (W.dot(a3 - clean) / m + sparse_term) * a2 * (1 - a2)
"""
