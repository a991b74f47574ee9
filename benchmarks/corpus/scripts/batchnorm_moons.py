import numpy as np

np.random.seed(33)
n = 40
angle = np.random.rand(n) * np.pi
half = np.arange(n) % 2
X = np.c_[np.where(half, 1 - np.cos(angle), np.cos(angle)),
          np.where(half, 0.5 - np.sin(angle), np.sin(angle))] + 0.1 * np.random.randn(n, 2)
y = half.reshape(-1, 1).astype(np.float64)

param = dict(W1=np.random.randn(2, 6), gamma=np.ones(6), beta=np.zeros(6),
             W2=np.random.randn(6, 1), b2=np.zeros(1))
eps = 1e-5


def batchnorm_forward(x, gamma, beta):
    mu, var = x.mean(axis=0), x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    return gamma * xhat + beta, (xhat, var, gamma)


def batchnorm_backward(dout, cache):
    xhat, var, gamma = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dx = (N * dxhat - dxhat.sum(axis=0) - xhat * (dxhat * xhat).sum(axis=0)) / (N * np.sqrt(var + eps))
    return dx, dgamma, dbeta


def model_loss(param, X, y):
    z = X @ param['W1']
    zn, bn_cache = batchnorm_forward(z, param['gamma'], param['beta'])
    a = np.tanh(zn)
    p = 1 / (1 + np.exp(-(a @ param['W2'] + param['b2'])))
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    grad = {}
    d2 = (p - y) / len(X)
    grad['W2'] = a.T @ d2
    grad['b2'] = d2.sum(axis=0)
    dzn = d2 @ param['W2'].T * (1 - a ** 2)
    dz, grad['gamma'], grad['beta'] = batchnorm_backward(dzn, bn_cache)
    grad['W1'] = X.T @ dz
    return loss, grad


for i in range(100):
    loss, grad = model_loss(param, X, y)
    for k, g in grad.items():
        param[k] -= 0.5 * g
    if i % 20 == 0:
        print(i, loss)


FAULTS = """
normalisation | dx = (N * dxhat - dxhat.sum(axis=0) - xhat * (dxhat * xhat).sum(axis=0)) / (N * np.sqrt(var + eps)) | dx = dxhat / np.sqrt(var + eps)
wrong-operand | dgamma = (dout * xhat).sum(axis=0) | dgamma = (dout * gamma).sum(axis=0)
missing-term | dxhat = dout * gamma | dxhat = dout * gamma * dgamma
wrong-activation-derivative | dzn = d2 @ param['W2'].T * (1 - a ** 2) | dzn = d2 @ param['W2'].T * a * (1 - a)
"""
