# Assignment 1, Q3: two matrices, naive loops (student version). W is D x C.
import numpy as np


def softmax_loss_naive(P, X, y, reg):
    """Returns (loss, grads)"""
    W1, b1, W2 = P["W1"], P["b1"], P["W2"]
    dW1 = np.zeros_like(W1)
    db1 = np.zeros_like(b1)
    dW2 = np.zeros_like(W2)
    loss = 0.0
    num_train = X.shape[0]
    num_classes = W2.shape[1]
    for i in range(num_train):
        h = np.tanh(X[i].dot(W1) + b1)
        scores = h.dot(W2)
        scores = scores - scores.max()
        probs = np.exp(scores) / np.sum(np.exp(scores))
        loss += -np.log(probs[y[i]])
        dh = np.zeros_like(h)
        for j in range(num_classes):
            dscore = probs[j]
            if j == y[i]:
                dscore -= 1
            dW2[:, j] += dscore * h
            dh += dscore * W2[:, j]
        dpre = dh * (1 - h**2)
        db1 += dpre
        for d in range(X.shape[1]):
            dW1[d] += X[i, d] * dpre
    loss /= num_train
    dW1 /= num_train
    db1 /= num_train
    dW2 /= num_train
    loss += reg * np.sum(W1 * W1) + reg * np.sum(W2 * W2)
    dW1 += 2 * reg * W1
    dW2 += 2 * reg * W2
    return loss, {"W1": dW1, "b1": db1, "W2": dW2}


# ---- problem
def problem():
    rng = np.random.default_rng(231)
    X = rng.normal(size=(6, 4))
    y = np.array([0, 2, 1, 1, 0, 2])
    P = {"W1": rng.normal(size=(4, 5)) * 0.5, "b1": rng.normal(size=5) * 0.1, "W2": rng.normal(size=(5, 3)) * 0.5}
    return dict(params=P, loss=lambda: softmax_loss_naive(P, X, y, 0.05)[0],
                grads=lambda: softmax_loss_naive(P, X, y, 0.05)[1])


FAULTS = """
loss-gradient | if j == y[i]: | if j != y[i]:
accumulation | dW2[:, j] += dscore * h | dW2[:, j] = dscore * h
accumulation | dh += dscore * W2[:, j] | dh = dscore * W2[:, j]
scale | db1 /= num_train |
regulariser | dW1 += 2 * reg * W1 | dW1 += reg * W1
wrong-activation-derivative | dpre = dh * (1 - h**2) | dpre = dh * (1 - h)
"""
