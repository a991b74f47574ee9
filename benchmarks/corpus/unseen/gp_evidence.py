# Gaussian process regression: negative log marginal likelihood and its gradient
# with respect to log hyperparameters (lengthscales, signal, noise) and a linear mean
import numpy as np


class GP:
    def __init__(self, X, y):
        self.X, self.y = X, y
        self.n, self.d = X.shape

    def kernel(self, theta):
        ell = np.exp(theta[:self.d])
        sf2 = np.exp(2 * theta[self.d])
        diff = self.X[:, None, :] - self.X[None, :, :]
        sq = diff**2 / ell**2
        K = sf2 * np.exp(-0.5 * sq.sum(-1))
        return K, sq

    def mean(self, theta):
        w = theta[self.d + 2:-1]
        return self.X @ w + theta[-1]

    def nlml(self, theta):
        K, _ = self.kernel(theta)
        Ky = K + np.exp(2 * theta[self.d + 1]) * np.eye(self.n)
        L = np.linalg.cholesky(Ky)
        r = self.y - self.mean(theta)
        alpha = np.linalg.solve(L.T, np.linalg.solve(L, r))
        return 0.5 * r @ alpha + np.log(np.diag(L)).sum() + 0.5 * self.n * np.log(2 * np.pi)

    def dnlml(self, theta):
        K, sq = self.kernel(theta)
        noise = np.exp(2 * theta[self.d + 1])
        Kinv = np.linalg.inv(K + noise * np.eye(self.n))
        r = self.y - self.mean(theta)
        alpha = Kinv @ r
        Q = Kinv - np.outer(alpha, alpha)   # d nlml / d Ky = Q / 2

        out = np.zeros(len(theta))
        for j in range(self.d):
            dK = K * sq[:, :, j]
            out[j] = 0.5 * np.sum(Q * dK)
        out[self.d] = np.sum(Q * K)
        out[self.d + 1] = noise * np.trace(Q)
        out[self.d + 2:-1] = -self.X.T @ alpha
        out[-1] = -alpha.sum()
        return out


rng = np.random.default_rng(2)
X = rng.uniform(-2, 2, size=(9, 2))
y = np.sin(X[:, 0]) + 0.5 * X[:, 1] + 0.2 * rng.normal(size=9)
gp = GP(X, y)


# ---- problem
def problem():
    theta0 = np.array([0.1, 0.4, -0.2, -1.0, 0.3, -0.4, 0.2])
    return dict(loss=gp.nlml, params=theta0, grads=gp.dnlml)


FAULTS = """
sign | Q = Kinv - np.outer(alpha, alpha) | Q = np.outer(alpha, alpha) - Kinv
missing-term | Q = Kinv - np.outer(alpha, alpha) | Q = -np.outer(alpha, alpha)
scale | out[self.d] = np.sum(Q * K) | out[self.d] = 0.5 * np.sum(Q * K)
wrong-operand | out[self.d + 2:-1] = -self.X.T @ alpha | out[self.d + 2:-1] = -self.X.T @ r
missing-activation-derivative | out[self.d + 1] = noise * np.trace(Q) | out[self.d + 1] = np.trace(Q)
sign | out[-1] = -alpha.sum() | out[-1] = alpha.sum()
indexing | dK = K * sq[:, :, j] | dK = K * sq[:, :, 0]
wrong-activation-derivative | dK = K * sq[:, :, j] | dK = K * np.sqrt(sq[:, :, j])
"""
