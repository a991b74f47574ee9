"""t-SNE from the paper (van der Maaten & Hinton 2008), no early exaggeration."""
import numpy as np

rs = np.random.RandomState(7)
centers = rs.randn(3, 5) * 4
X = np.vstack([c + rs.randn(12, 5) for c in centers])
labels = np.repeat([0, 1, 2], 12)


def squared_distances(A):
    s = (A ** 2).sum(1)
    return s[:, None] + s[None, :] - 2 * A @ A.T


def conditional_p(D, perplexity=8.0):
    n = len(D)
    P = np.zeros((n, n))
    target = np.log(perplexity)
    for i in range(n):
        lo, hi, prec = 0.0, np.inf, 1.0
        row = np.delete(D[i], i)
        for _ in range(60):
            w = np.exp(-row * prec)
            total = w.sum() + 1e-300
            H = np.log(total) + prec * (row * w).sum() / total
            if abs(H - target) < 1e-6:
                break
            if H > target:
                lo = prec
                prec = prec * 2 if np.isinf(hi) else (prec + hi) / 2
            else:
                hi = prec
                prec = (prec + lo) / 2
        P[i, np.arange(n) != i] = w / total
    return P


def tsne(X, dims=2, n_iter=150, eta=20.0):
    P = conditional_p(squared_distances(X))
    P = (P + P.T) / (2 * len(X))
    P = np.maximum(P, 1e-12)
    Y = rs.randn(len(X), dims) * 0.1
    velocity = np.zeros_like(Y)
    for it in range(n_iter):
        num = 1 / (1 + squared_distances(Y))
        np.fill_diagonal(num, 0)
        Q = np.maximum(num / num.sum(), 1e-12)
        # gradient, eq. 5
        dY = np.zeros_like(Y)
        PQ = P - Q
        for i in range(len(X)):
            dY[i] = 4 * ((PQ[:, i] * num[:, i])[:, None] * (Y[i] - Y)).sum(0)
        momentum = 0.5 if it < 20 else 0.8
        velocity = momentum * velocity - eta * dY
        Y = Y + velocity
        if (it + 1) % 50 == 0:
            C = np.sum(P * np.log(P / Q))
            print("iteration %d: KL = %.5f" % (it + 1, C))
    return Y


Y = tsne(X)
print(Y[:3].round(2))

FAULTS = """
missing-factor | dY[i] = 4 * ((PQ[:, i] * num[:, i])[:, None] * (Y[i] - Y)).sum(0) | dY[i] = ((PQ[:, i] * num[:, i])[:, None] * (Y[i] - Y)).sum(0)
missing-term | dY[i] = 4 * ((PQ[:, i] * num[:, i])[:, None] * (Y[i] - Y)).sum(0) | dY[i] = 4 * (PQ[:, i][:, None] * (Y[i] - Y)).sum(0)
wrong-sign | PQ = P - Q | PQ = P + Q
missing-term | PQ = P - Q | PQ = P
"""
