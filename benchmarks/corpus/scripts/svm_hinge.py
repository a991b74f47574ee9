import numpy as np


class SVM:
    """Linear SVM trained by full-batch sub-gradient descent."""

    def __init__(self, learning_rate=0.01, lambda_param=0.01, n_iters=200):
        self.lr = learning_rate
        self.lambda_param = lambda_param
        self.n_iters = n_iters
        self.w = None
        self.b = None

    def fit(self, X, y):
        n_samples, n_features = X.shape
        y_ = np.where(y <= 0, -1, 1)
        self.w = np.random.uniform(-1, 1, n_features)
        self.b = 0
        self.costs = []
        for _ in range(self.n_iters):
            margin = y_ * (X @ self.w + self.b)
            cost = self.lambda_param * np.dot(self.w, self.w) + np.maximum(0, 1 - margin).mean()
            self.costs.append(cost)
            bad = margin < 1
            dw = 2 * self.lambda_param * self.w - (X[bad] * y_[bad, None]).sum(axis=0) / n_samples
            db = -y_[bad].sum() / n_samples
            self.w -= self.lr * dw
            self.b -= self.lr * db
        return self

    def predict(self, X):
        return np.sign(X @ self.w + self.b)


if __name__ == "__main__":
    np.random.seed(40)
    X = np.vstack([np.random.randn(25, 2) + 1.5, np.random.randn(25, 2) - 1])
    y = np.array([1] * 25 + [0] * 25)
    clf = SVM()
    clf.fit(X, y)
    print("weights", clf.w, "bias", clf.b, "cost", clf.costs[-1])
    print("accuracy", np.mean(clf.predict(X) == np.where(y <= 0, -1, 1)))


FAULTS = """
regulariser | dw = 2 * self.lambda_param * self.w - (X[bad] * y_[bad, None]).sum(axis=0) / n_samples | dw = self.lambda_param * self.w - (X[bad] * y_[bad, None]).sum(axis=0) / n_samples
indexing | bad = margin < 1 | bad = margin < 0
sign | db = -y_[bad].sum() / n_samples | db = y_[bad].sum() / n_samples
scale | dw = 2 * self.lambda_param * self.w - (X[bad] * y_[bad, None]).sum(axis=0) / n_samples | dw = 2 * self.lambda_param * self.w - (X[bad] * y_[bad, None]).mean(axis=0)
"""
