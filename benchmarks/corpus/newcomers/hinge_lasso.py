"""Multiclass SVM on hidden features (course notes style), L1 on the output weights, loops over samples."""
import numpy as np


def svm_loss_vectorless(W1, W2, X, y, l1, margin=1.0, with_grad=False):
    num_train = X.shape[0]
    num_classes = W2.shape[1]
    dW1 = np.zeros(W1.shape)
    dW2 = np.zeros(W2.shape)
    loss = 0.0
    for i in range(num_train):
        pre = X[i].dot(W1)
        hid = np.maximum(pre, 0.1 * pre)
        scores = hid.dot(W2)
        correct = scores[y[i]]
        dscores = np.zeros(num_classes)
        for j in range(num_classes):
            if j == y[i]:
                continue
            m = scores[j] - correct + margin
            if m > 0:
                loss += m
                dscores[j] += 1
                dscores[y[i]] -= 1
        dW2 += np.outer(hid, dscores)
        dhid = W2.dot(dscores)
        dpre = dhid * np.where(pre > 0, 1, 0.1)
        dW1 += np.outer(X[i], dpre)
    loss /= num_train
    dW1 /= num_train
    dW2 /= num_train
    loss += l1 * np.abs(W2).sum()
    dW2 += l1 * np.sign(W2)
    return (loss, dW1, dW2) if with_grad else loss


# ---- problem
def problem():
    rng = np.random.default_rng(231)
    W1, W2 = rng.normal(size=(4, 5)), rng.normal(size=(5, 3))
    X, y = rng.normal(size=(8, 4)), rng.integers(0, 3, 8)
    return dict(loss=lambda: svm_loss_vectorless(W1, W2, X, y, 0.05), params=[W1, W2],
                grads=lambda: list(svm_loss_vectorless(W1, W2, X, y, 0.05, with_grad=True)[1:]))


FAULTS = """
missing-term | dscores[y[i]] -= 1 |
scale | dW1 /= num_train |
accumulation | dscores[y[i]] -= 1 | dscores[y[i]] = -1
accumulation | dW2 += np.outer(hid, dscores) | dW2 = np.outer(hid, dscores)
regulariser | dW2 += l1 * np.sign(W2) | dW2 += l1 * W2
regulariser | dW2 += l1 * np.sign(W2) |
missing-activation-derivative | dpre = dhid * np.where(pre > 0, 1, 0.1) | dpre = dhid
wrong-activation-derivative | np.where(pre > 0, 1, 0.1) | (pre > 0)
wrong-operand | dW2 += np.outer(hid, dscores) | dW2 += np.outer(pre, dscores)
"""
