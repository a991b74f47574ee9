import numpy as np

# Two layer multiclass SVM written with np.matrix, samples are columns
np.random.seed(10)
X = np.matrix(np.random.randn(3, 5))
labels = [0, 2, 1, 1, 0]
W1 = np.matrix(np.random.randn(4, 3))
b1 = np.matrix(np.random.randn(4, 1) * 0.2)
W2 = np.matrix(np.random.randn(3, 4))
b2 = np.matrix(np.random.randn(3, 1) * 0.2)
margin = 1.0
weight_decay = 0.02
eta = 0.1


def arctan_layer(W, b, A):
    Z = W * A + b
    return Z, np.arctan(Z)


def hinge():
    _, H = arctan_layer(W1, b1, X)
    S = W2 * H + b2
    total = 0.0
    for n, c in enumerate(labels):
        for j in range(S.shape[0]):
            if j != c:
                total += max(0.0, float(S[j, n] - S[c, n]) + margin)
    decay = np.sum(np.power(W1, 2)) + np.sum(np.power(W2, 2))
    return total / len(labels) + weight_decay * decay


def gradient_descent():
    global W1, b1, W2, b2
    N = len(labels)
    Z, H = arctan_layer(W1, b1, X)
    S = W2 * H + b2
    dS = np.matrix(np.zeros(S.shape))
    for n, c in enumerate(labels):
        for j in range(S.shape[0]):
            if j == c:
                continue
            if S[j, n] - S[c, n] + margin > 0:
                dS[j, n] += 1
                dS[c, n] -= 1
    dS = dS / N
    dW2 = dS * H.T + 2 * weight_decay * W2
    db2 = np.sum(dS, axis=1)
    dH = W2.T * dS
    dZ = np.multiply(dH, 1 / (1 + np.power(Z, 2)))
    dW1 = dZ * X.T + 2 * weight_decay * W1
    db1 = np.sum(dZ, axis=1)
    W2 = W2 - eta * dW2
    b2 = b2 - eta * db2
    W1 = W1 - eta * dW1
    b1 = b1 - eta * db1


# ---- problem
def problem():
    return dict(names=["W1", "b1", "W2", "b2"], loss=hinge, step=gradient_descent, lr=eta)


FAULTS = """
loss-gradient | dS[c, n] -= 1 |
loss-gradient | dS[c, n] -= 1 | dS[c, n] = -1
loss-gradient | if S[j, n] - S[c, n] + margin > 0: | if S[j, n] - S[c, n] > 0:
activation-derivative-at-wrong-value | dZ = np.multiply(dH, 1 / (1 + np.power(Z, 2))) | dZ = np.multiply(dH, 1 / (1 + np.power(H, 2)))
wrong-activation-derivative | dZ = np.multiply(dH, 1 / (1 + np.power(Z, 2))) | dZ = np.multiply(dH, 1 - np.power(H, 2))
missing-activation-derivative | db1 = np.sum(dZ, axis=1) | db1 = np.sum(dH, axis=1)
wrong-operand | dH = W2.T * dS | dH = W2.T * S
regulariser | dW1 = dZ * X.T + 2 * weight_decay * W1 | dW1 = dZ * X.T + 2 * weight_decay
wrong-operand | dW2 = dS * H.T + 2 * weight_decay * W2 | dW2 = dS * Z.T + 2 * weight_decay * W2
scale | dS = dS / N |
bias-reduction | db1 = np.sum(dZ, axis=1) | db1 = np.mean(dZ, axis=1)
"""
