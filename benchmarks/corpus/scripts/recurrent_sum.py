# the simplest possible RNN: s_k = s_{k-1} * wRec + x_k * wx  (it has to learn to count the ones)
import numpy as np

np.random.seed(seed=1)
nb_of_samples = 20
sequence_len = 10
X = np.zeros((nb_of_samples, sequence_len))
for row_idx in range(nb_of_samples):
    X[row_idx, :] = np.around(np.random.rand(sequence_len)).astype(int)
t = np.sum(X, axis=1)


def update_state(xk, sk, wx, wRec):
    return xk * wx + sk * wRec


def forward_states(X, wx, wRec):
    S = np.zeros((X.shape[0], X.shape[1] + 1))
    for k in range(0, X.shape[1]):
        S[:, k + 1] = update_state(X[:, k], S[:, k], wx, wRec)
    return S


def loss(y, t):
    return np.mean((t - y) ** 2)


def output_gradient(y, t):
    return 2. * (y - t)


def backward_gradient(X, S, grad_out, wRec):
    grad_over_time = np.zeros((X.shape[0], X.shape[1] + 1))
    grad_over_time[:, -1] = grad_out
    wx_grad = 0
    wRec_grad = 0
    for k in range(X.shape[1], 0, -1):
        wx_grad += np.sum(np.mean(grad_over_time[:, k] * X[:, k - 1], axis=0))
        wRec_grad += np.sum(np.mean(grad_over_time[:, k] * S[:, k - 1], axis=0))
        grad_over_time[:, k - 1] = grad_over_time[:, k] * wRec
    return wx_grad, wRec_grad


wx, wRec = 0.6, 0.7
mu = 0.002
ls_of_ws = [(wx, wRec)]
for i in range(100):
    S = forward_states(X, wx, wRec)
    wx_grad, wRec_grad = backward_gradient(X, S, output_gradient(S[:, -1], t), wRec)
    wx, wRec = wx - mu * wx_grad, wRec - mu * wRec_grad
    ls_of_ws.append((wx, wRec))

y = forward_states(X, wx, wRec)[:, -1]
print(f'Final weights are: wx = {wx:.4f}, wRec = {wRec:.4f}, loss {loss(y, t):.4f}')


FAULTS = """
wrong-operand | wRec_grad += np.sum(np.mean(grad_over_time[:, k] * S[:, k - 1], axis=0)) | wRec_grad += np.sum(np.mean(grad_over_time[:, k] * S[:, k], axis=0))
wrong-operand | grad_over_time[:, k - 1] = grad_over_time[:, k] * wRec | grad_over_time[:, k - 1] = grad_over_time[:, k] * S[:, k - 1]
accumulation | wx_grad += np.sum(np.mean(grad_over_time[:, k] * X[:, k - 1], axis=0)) | wx_grad = np.sum(np.mean(grad_over_time[:, k] * X[:, k - 1], axis=0))
scale | return 2. * (y - t) | return y - t
"""
