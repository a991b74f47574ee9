"""Batch normalisation by hand (Kaggle notebook exported to .py)"""
# %% [code]
import numpy as np

# %% [code]
np.random.seed(17)
n = 400
X = np.random.randn(n, 8) * np.array([1, 5, 0.2, 3, 1, 1, 10, 0.5]) + 2
logit = X[:, 0] - 0.4 * X[:, 1] + 3 * X[:, 2] * np.sign(X[:, 4] - 2)
y = (logit > np.median(logit)).astype(float).reshape(-1, 1)

# %% [code]
def batchnorm_forward(x, gamma, beta, eps=1e-5):
    mu = x.mean(axis=0)
    xmu = x - mu
    var = (xmu ** 2).mean(axis=0)
    ivar = 1.0 / np.sqrt(var + eps)
    xhat = xmu * ivar
    return gamma * xhat + beta, (xhat, ivar, gamma)

def batchnorm_backward(dout, cache):
    xhat, ivar, gamma = cache
    m = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dx = ivar / m * (m * dxhat - dxhat.sum(axis=0) - xhat * (dxhat * xhat).sum(axis=0))
    return dx, dgamma, dbeta

# %% [code]
hidden = 12
p = {
    'W1': np.random.randn(8, hidden) * 0.3,
    'gamma': np.ones(hidden),
    'beta': np.zeros(hidden),
    'W2': np.random.randn(hidden, 1) * 0.3,
    'b2': np.zeros(1),
}
velocity = {k: np.zeros_like(v) for k, v in p.items()}

def forward(p, xb):
    z = xb @ p['W1']
    zn, bn_cache = batchnorm_forward(z, p['gamma'], p['beta'])
    a = np.maximum(zn, 0)
    out = 1 / (1 + np.exp(-(a @ p['W2'] + p['b2'])))
    return out, (xb, bn_cache, zn, a)

def backward(p, out, yb, cache):
    xb, bn_cache, zn, a = cache
    g = {}
    dlogit = (out - yb) / len(yb)
    g['W2'] = a.T @ dlogit
    g['b2'] = dlogit.sum(axis=0)
    da = dlogit @ p['W2'].T
    dzn = da * (zn > 0)
    dz, g['gamma'], g['beta'] = batchnorm_backward(dzn, bn_cache)
    g['W1'] = xb.T @ dz
    return g

# %% [code]
lr, mom = 0.1, 0.9
for epoch in range(12):
    order = np.random.permutation(n)
    losses = []
    for i in range(0, n, 50):
        b = order[i:i + 50]
        out, cache = forward(p, X[b])
        losses.append(-np.mean(y[b] * np.log(out + 1e-9) + (1 - y[b]) * np.log(1 - out + 1e-9)))
        g = backward(p, out, y[b], cache)
        for k in p:
            velocity[k] = mom * velocity[k] - lr * g[k]
            p[k] += velocity[k]
    if epoch % 3 == 0:
        print('epoch', epoch, 'logloss', np.mean(losses))

FAULTS = """
variance-term-forgotten-in-dx | dx = ivar / m * (m * dxhat - dxhat.sum(axis=0) - xhat * (dxhat * xhat).sum(axis=0)) | dx = ivar / m * (m * dxhat - dxhat.sum(axis=0))
uses-wrong-sum,-dbeta-and-dgamma-both-without-xhat | dgamma = (dout * xhat).sum(axis=0) | dgamma = dout.sum(axis=0)
gamma-forgotten...-uses-dout-after-mean-over-axis-1 | dxhat = dout * gamma | dxhat = dout * gamma * ivar
relu-mask-on-a>=0-(never-masks) | dzn = da * (zn > 0) | dzn = da * (a >= 0)
layer-input-wrong:-zn-instead-of-a | g['W2'] = a.T @ dlogit | g['W2'] = zn.T @ dlogit
"""
