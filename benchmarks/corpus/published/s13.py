# Multiclass SVM (Weston-Watkins hinge), hand-made blobs, vectorised
import numpy as np

def svm_loss_vectorized(W, X, y, reg):
    num_train = X.shape[0]
    scores = X @ W
    correct = scores[np.arange(num_train), y].reshape(-1, 1)
    margins = np.maximum(0, scores - correct + 1.0)
    margins[np.arange(num_train), y] = 0
    loss = margins.sum() / num_train + reg * np.sum(W * W)

    binary = (margins > 0).astype(float)
    row_sum = binary.sum(axis=1)
    binary[np.arange(num_train), y] = -row_sum
    dW = X.T @ binary / num_train + 2 * reg * W
    return loss, dW

class LinearSVM:
    def __init__(self, reg=0.02, lr=0.05):
        self.W = None
        self.reg = reg
        self.lr = lr

    def fit(self, X, y, epochs=20, bs=25):
        n, d = X.shape
        if self.W is None:
            self.W = 0.01 * np.random.randn(d, y.max() + 1)
        for ep in range(epochs):
            perm = np.random.permutation(n)
            for s in range(0, n, bs):
                xb = X[perm[s:s + bs]]
                yb = y[perm[s:s + bs]]
                loss, g = svm_loss_vectorized(self.W, xb, yb, self.reg)
                self.W -= self.lr * g
        return self

    def score(self, X, y):
        return np.mean((X @ self.W).argmax(1) == y)

if __name__ == "__main__":
    np.random.seed(8)
    centers = np.array([[2, 0], [-1, 2], [-1, -2], [3, 3]])
    y = np.random.randint(0, 4, 200)
    X = centers[y] + 0.8 * np.random.randn(200, 2)
    X = np.hstack([X, np.ones((200, 1))])   # bias trick
    clf = LinearSVM().fit(X, y)
    print("Training accuracy: %.2f" % clf.score(X, y))

FAULTS = """
correct-class-column--1-instead-of-minus-the-count | binary[np.arange(num_train), y] = -row_sum | binary[np.arange(num_train), y] = -1
1/N-missing | dW = X.T @ binary / num_train + 2 * reg * W | dW = X.T @ binary + 2 * reg * W
sum-over-wrong-axis-broadcast | row_sum = binary.sum(axis=1) | row_sum = binary.mean(axis=1)
regulariser-forgotten-->-factor | dW = X.T @ binary / num_train + 2 * reg * W | dW = X.T @ binary / num_train
margins-themselves-instead-of-the-indicator | binary = (margins > 0).astype(float) | binary = margins.copy()
"""
