# after years of Matlab: np.matrix everywhere, * is the matrix product, samples are columns
import numpy as np
import warnings

warnings.simplefilter('ignore', PendingDeprecationWarning)
np.random.seed(271)

X = np.matrix(np.random.randn(3, 6))
T = np.matrix(np.random.randn(2, 6))
M = np.matrix((np.random.rand(4, 6) < 0.75) / 0.75)     # dropout, drawn once
W1 = np.matrix(np.random.randn(4, 3))
b1 = np.matrix(np.random.randn(4, 1)) * 0.3
W2 = np.matrix(np.random.randn(4, 4))
b2 = np.matrix(np.random.randn(4, 1)) * 0.3
W3 = np.matrix(np.random.randn(2, 4))
eta = 0.01
nSamples = X.shape[1]


def netForward():
    H1 = np.tanh(W1 * X + b1)
    H1d = np.multiply(H1, M)
    H2 = 1 / (1 + np.exp(-(W2 * H1d + b2)))
    return H1, H1d, H2, W3 * H2


def netCost():
    E = netForward()[3] - T
    return np.sum(np.multiply(E, E)) / (2 * nSamples)


def trainEpoch():
    global W1, b1, W2, b2, W3
    H1, H1d, H2, Y = netForward()
    D3 = (Y - T) / nSamples
    E2 = W3.T * D3
    D2 = np.multiply(E2, np.multiply(H2, 1 - H2))
    E1 = np.multiply(W2.T * D2, M)
    D1 = np.multiply(E1, 1 - np.square(H1))
    W3 = W3 - eta * D3 * H2.T
    W2 = W2 - eta * D2 * H1d.T
    b2 = b2 - eta * D2.sum(axis=1)
    W1 = W1 - eta * D1 * X.T
    b1 = b1 - eta * D1.sum(axis=1)


# ---- problem
def problem():
    return dict(loss=netCost, names=["W1", "b1", "W2", "b2", "W3"], step=trainEpoch, lr=eta)


FAULTS = """
dropout-mask | E1 = np.multiply(W2.T * D2, M) | E1 = W2.T * D2
dropout-mask | E1 = np.multiply(W2.T * D2, M) | E1 = np.multiply(W2.T * D2, M > 0)
transpose | E1 = np.multiply(W2.T * D2, M) | E1 = np.multiply(W2 * D2, M)
wrong-operand | W3 = W3 - eta * D3 * H2.T | W3 = W3 - eta * D3 * H1d.T
missing-activation-derivative | D2 = np.multiply(E2, np.multiply(H2, 1 - H2)) | D2 = E2
raw-error-propagated | E1 = np.multiply(W2.T * D2, M) | E1 = np.multiply(W2.T * E2, M)
updated-weights-used | E2 = W3.T * D3;;D2 = np.multiply(E2, np.multiply(H2, 1 - H2));;E1 = np.multiply(W2.T * D2, M);;D1 = np.multiply(E1, 1 - np.square(H1));;W3 = W3 - eta * D3 * H2.T | W3 = W3 - eta * D3 * H2.T;;E2 = W3.T * D3;;D2 = np.multiply(E2, np.multiply(H2, 1 - H2));;E1 = np.multiply(W2.T * D2, M);;D1 = np.multiply(E1, 1 - np.square(H1))
bias-reduction | b2 = b2 - eta * D2.sum(axis=1) | b2 = b2 - eta * D2.mean(axis=1)
early-reduction | W1 = W1 - eta * D1 * X.T | W1 = W1 - eta * D1.sum(axis=1) * X.mean(axis=1).T
"""
