"""Tied-weights autoencoder with sparsity (KL) penalty. Converted from my old MATLAB/UFLDL homework."""
import numpy as np


def sigm(z):
    return 1.0 / (1.0 + np.exp(-z))


def load_patches(n=150, d=16):
    rs = np.random.RandomState(99)
    basis = rs.rand(4, d)
    codes = rs.rand(n, 4)
    patches = codes.dot(basis)
    patches -= patches.min()
    return 0.1 + 0.8 * patches / patches.max()


def sparse_cost(theta, X, lam, rho, beta):
    W, b, c = theta["W"], theta["b"], theta["c"]
    m = X.shape[0]
    # encode / decode
    a = sigm(X.dot(W) + b)
    xhat = sigm(a.dot(W.T) + c)
    rho_hat = a.mean(axis=0)
    J = 0.5 / m * np.sum((xhat - X) ** 2)
    J += 0.5 * lam * np.sum(W * W)
    J += beta * np.sum(rho * np.log(rho / rho_hat) + (1 - rho) * np.log((1 - rho) / (1 - rho_hat)))

    d3 = (xhat - X) * xhat * (1 - xhat) / m
    sparsity = beta * (-rho / rho_hat + (1 - rho) / (1 - rho_hat)) / m
    d2 = (d3.dot(W) + sparsity) * a * (1 - a)
    Wgrad = X.T.dot(d2) + d3.T.dot(a) + lam * W
    bgrad = d2.sum(axis=0)
    cgrad = d3.sum(axis=0)
    return J, {"W": Wgrad, "b": bgrad, "c": cgrad}


def main():
    X = load_patches()
    n, d = X.shape
    k = 6
    rs = np.random.RandomState(4)
    r = np.sqrt(6) / np.sqrt(k + d + 1)
    theta = {"W": rs.rand(d, k) * 2 * r - r, "b": np.zeros(k), "c": np.zeros(d)}
    alpha = 0.5
    last = None
    for it in range(120):
        J, grad = sparse_cost(theta, X, 1e-3, 0.2, 0.1)
        if last is not None and J > last:
            alpha *= 0.7
        last = J
        for key in theta:
            theta[key] = theta[key] - alpha * grad[key]
        if it % 30 == 0:
            print("Iteration %4d | Cost: %4.6e" % (it, J))


main()

FAULTS = """
missing-term | Wgrad = X.T.dot(d2) + d3.T.dot(a) + lam * W | Wgrad = X.T.dot(d2) + lam * W
missing-regulariser | Wgrad = X.T.dot(d2) + d3.T.dot(a) + lam * W | Wgrad = X.T.dot(d2) + d3.T.dot(a)
missing-factor | sparsity = beta * (-rho / rho_hat + (1 - rho) / (1 - rho_hat)) / m | sparsity = beta * (-rho / rho_hat + (1 - rho) / (1 - rho_hat))
wrong-sign | sparsity = beta * (-rho / rho_hat + (1 - rho) / (1 - rho_hat)) / m | sparsity = beta * (rho / rho_hat + (1 - rho) / (1 - rho_hat)) / m
missing-activation-derivative | d2 = (d3.dot(W) + sparsity) * a * (1 - a) | d2 = d3.dot(W) * a * (1 - a) + sparsity
forgotten-derivative | d3 = (xhat - X) * xhat * (1 - xhat) / m | d3 = (xhat - X) / m
"""
