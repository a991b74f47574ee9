"""Crammer-Singer SVM with a scikit-learn face."""
import numpy as np


class MulticlassSVM:
    def __init__(self, C=1.0, learning_rate=0.1, n_iter=150, batch_size=20, random_state=None, verbose=0):
        self.C = C
        self.learning_rate = learning_rate
        self.n_iter = n_iter
        self.batch_size = batch_size
        self.random_state = random_state
        self.verbose = verbose

    def _loss_grad(self, W, X, y):
        n = X.shape[0]
        rows = np.arange(n)
        scores = X @ W
        margins = np.maximum(0, scores - scores[rows, y][:, None] + 1.0)
        margins[rows, y] = 0
        loss = 0.5 * np.sum(W[:-1] ** 2) + self.C * margins.sum() / n

        coef = (margins > 0).astype(float)
        coef[rows, y] = -coef.sum(axis=1)
        dW = self.C * X.T @ coef / n
        dW[:-1] += W[:-1]
        return loss, dW

    def fit(self, X, y):
        rng = np.random.RandomState(self.random_state)
        self.classes_, y = np.unique(y, return_inverse=True)
        X = np.hstack([X, np.ones((len(X), 1))])      # bias column
        self.W_ = 0.01 * rng.randn(X.shape[1], len(self.classes_))
        self.loss_curve_ = []
        for t in range(1, self.n_iter + 1):
            idx = rng.choice(len(X), self.batch_size, replace=False)
            loss, dW = self._loss_grad(self.W_, X[idx], y[idx])
            self.W_ -= self.learning_rate / np.sqrt(t) * dW
            self.loss_curve_.append(loss)
            if self.verbose and t % 50 == 0:
                print(f"[SVM] iter {t} loss {loss:.4f}")
        return self

    def decision_function(self, X):
        return X @ self.W_[:-1] + self.W_[-1]

    def predict(self, X):
        return self.classes_[self.decision_function(X).argmax(axis=1)]


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    X = np.vstack([rng.randn(25, 3) + c for c in ([2, 0, 0], [0, 2, 0], [0, 0, 2])])
    y = np.repeat(["a", "b", "c"], 25)
    clf = MulticlassSVM(C=5.0, random_state=1, verbose=1).fit(X, y)
    print("train accuracy", (clf.predict(X) == y).mean())

FAULTS = """
missing-term | coef[rows, y] = -coef.sum(axis=1) | coef[rows, y] = -1
wrong-sign | coef[rows, y] = -coef.sum(axis=1) | coef[rows, y] = coef.sum(axis=1)
missing-term | dW[:-1] += W[:-1] | pass
missing-factor | dW = self.C * X.T @ coef / n | dW = X.T @ coef / n
wrong-index | dW[:-1] += W[:-1] | dW[1:] += W[1:]
wrong-operand | coef = (margins > 0).astype(float) | coef = margins.copy()
"""
