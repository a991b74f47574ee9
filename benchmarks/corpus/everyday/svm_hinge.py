# Multiclass SVM (Weston-Watkins hinge), fully vectorised, + linear lr decay. Game-dev: which enemy type?
import numpy as np

SEED = 404
rng = np.random.default_rng(SEED)

ENEMIES = ["slime", "bat", "golem", "wizard"]
# features: speed, hp, size, magic
PROTOS = np.array([[1, 2, 1, 0], [5, 1, 0.5, 0], [0.5, 9, 4, 0], [2, 3, 1.5, 6]], dtype=np.float64)


def spawn(n):
    kind = rng.integers(0, len(ENEMIES), n)
    return PROTOS[kind] + rng.normal(0, 0.9, (n, 4)), kind


def svm_loss(W, X, y, reg):
    """W: (D+1, C), X with a column of ones."""
    n = X.shape[0]
    scores = X @ W
    correct = scores[np.arange(n), y][:, np.newaxis]
    margins = np.maximum(0, scores - correct + 1.0)
    margins[np.arange(n), y] = 0
    loss = margins.sum() / n + reg * np.sum(W[:-1] * W[:-1])

    coeff = (margins > 0).astype(float)
    coeff[np.arange(n), y] = -coeff.sum(axis=1)
    dW = X.T @ coeff / n
    dW[:-1] += 2 * reg * W[:-1]
    return loss, dW


class LinearSVM(object):
    W = None

    def train(self, X, y, lr=0.05, reg=1e-3, steps=300, batch=32, verbose=False):
        X = np.hstack([X, np.ones((len(X), 1))])
        if self.W is None:
            self.W = 0.01 * rng.standard_normal((X.shape[1], y.max() + 1))
        hist = []
        for t in range(steps):
            pick = rng.choice(len(X), batch, replace=False)
            loss, grad = svm_loss(self.W, X[pick], y[pick], reg)
            hist.append(loss)
            self.W -= lr * (1 - t / steps) * grad
            if verbose and t % 100 == 0:
                print("step %d/%d: loss %.3f" % (t, steps, loss))
        return hist

    def __call__(self, X):
        return np.argmax(np.hstack([X, np.ones((len(X), 1))]) @ self.W, axis=1)


X, y = spawn(300)
mean, std = X.mean(0), X.std(0)
clf = LinearSVM()
hist = clf.train((X - mean) / std, y, verbose=True)
Xt, yt = spawn(100)
print("hit rate:", np.mean(clf((Xt - mean) / std) == yt))

FAULTS = """
missing-term | coeff[np.arange(n), y] = -coeff.sum(axis=1) | coeff[np.arange(n), y] = -1
wrong-sign | coeff[np.arange(n), y] = -coeff.sum(axis=1) | coeff[np.arange(n), y] = coeff.sum(axis=1)
missing-factor | dW = X.T @ coeff / n | dW = X.T @ coeff
missing-factor | dW[:-1] += 2 * reg * W[:-1] | dW[:-1] += reg * W[:-1]
regulariser-on-bias | dW[:-1] += 2 * reg * W[:-1] | dW += 2 * reg * W
wrong-variable | coeff = (margins > 0).astype(float) | coeff = (scores > 0).astype(float)
"""
