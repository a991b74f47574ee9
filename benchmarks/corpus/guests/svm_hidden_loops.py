"""Multiclass SVM (Weston-Watkins) on top of one hidden layer, naive version with loops."""
import numpy as np


def hidden(x, W1, b1):
    return np.maximum(x.dot(W1) + b1, 0.2 * (x.dot(W1) + b1))


def svm_loss_naive(W1, b1, W2, X, y, reg, want_grad=False):
    dW1, db1, dW2 = np.zeros(W1.shape), np.zeros(b1.shape), np.zeros(W2.shape)
    num_train, num_classes = X.shape[0], W2.shape[1]
    loss = 0.0
    for i in range(num_train):
        pre = X[i].dot(W1) + b1
        h = hidden(X[i], W1, b1)
        scores = h.dot(W2)
        correct = scores[y[i]]
        dscores = np.zeros(num_classes)
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = scores[j] - correct + 1
            if margin > 0:
                loss += margin
                dscores[j] += 1
                dscores[y[i]] -= 1
        dW2 += np.outer(h, dscores)
        dh = W2.dot(dscores)
        dpre = dh.copy()
        dpre[pre < 0] *= 0.2
        dW1 += np.outer(X[i], dpre)
        db1 += dpre
    loss /= num_train
    dW1 /= num_train
    db1 /= num_train
    dW2 /= num_train
    loss += reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
    dW1 += 2 * reg * W1
    dW2 += 2 * reg * W2
    return (dW1, db1, dW2) if want_grad else loss


# ---- problem
def problem():
    rng = np.random.default_rng(231)
    W1, b1, W2 = rng.normal(size=(4, 5)), rng.normal(size=5) * 0.3, rng.normal(size=(5, 3))
    X, y = rng.normal(size=(7, 4)), np.array([0, 2, 1, 1, 0, 2, 0])
    return dict(loss=lambda: svm_loss_naive(W1, b1, W2, X, y, 0.05), params=(W1, b1, W2),
                grads=lambda: svm_loss_naive(W1, b1, W2, X, y, 0.05, want_grad=True))


FAULTS = """
missing-term | dscores[y[i]] -= 1 |
accumulation | dscores[y[i]] -= 1 | dscores[y[i]] = -1
scale | dW2 /= num_train |
regulariser | dW1 += 2 * reg * W1 | dW1 += reg * W1
regulariser | dW2 += 2 * reg * W2 |
missing-activation-derivative | dpre[pre < 0] *= 0.2 |
wrong-activation-derivative | dpre[pre < 0] *= 0.2 | dpre[pre < 0] = 0
accumulation | dW1 += np.outer(X[i], dpre) | dW1 = np.outer(X[i], dpre)
sign | dscores[y[i]] -= 1 | dscores[y[i]] += 1
"""
