# %% [markdown]
# Batch normalisation and dropout by hand

# %%
import numpy as np

rng = np.random.RandomState(11)
X = rng.randn(9, 4)
T = np.eye(3)[rng.randint(0, 3, 9)]
W1 = rng.randn(4, 6) * 0.6
b1 = np.zeros(6) + 0.1
gamma, beta = 1 + 0.3 * rng.randn(6), 0.2 * rng.randn(6)
W2 = rng.randn(6, 3) * 0.6
b2 = 0.1 * rng.randn(3)
keep = 0.75
mask = rng.rand(9, 6) < keep
eps = 1e-3
decay = 0.02

# %%
def forward():
    z1 = X @ W1 + b1
    mu = z1.mean(0)
    var = ((z1 - mu) ** 2).mean(0)
    std = np.sqrt(var + eps)
    xhat = (z1 - mu) / std
    bn = gamma * xhat + beta
    a1 = np.where(bn > 0, bn, np.exp(bn) - 1)
    d1 = a1 * mask / keep
    z2 = d1 @ W2 + b2
    p = np.exp(z2 - z2.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    return z1, mu, std, xhat, bn, a1, d1, p


# %%
def loss():
    p = forward()[-1]
    data = -np.sum(T * np.log(p)) / len(X)
    return data + decay * (np.sum(W1**2) + np.sum(W2**2))


# %%
def grads():
    z1, mu, std, xhat, bn, a1, d1, p = forward()
    N = len(X)
    dz2 = (p - T) / N
    dW2 = d1.T @ dz2 + 2 * decay * W2
    db2 = dz2.sum(0)
    dd1 = dz2 @ W2.T
    da1 = dd1 * mask / keep
    dbn = da1 * np.where(bn > 0, 1, a1 + 1)
    dgamma = (dbn * xhat).sum(0)
    dbeta = dbn.sum(0)
    dxhat = dbn * gamma
    dvar = (dxhat * (z1 - mu) * -0.5 * std**-3).sum(0)
    dmu = -(dxhat / std).sum(0)
    dz1 = dxhat / std + dvar * 2 * (z1 - mu) / N + dmu / N
    dW1 = X.T @ dz1 + 2 * decay * W1
    db1 = dz1.sum(0)
    return dict(W1=dW1, gamma=dgamma, beta=dbeta, W2=dW2, b2=db2)


# ---- problem
def problem():
    return dict(
        loss=loss,
        params=dict(W1=W1, gamma=gamma, beta=beta, W2=W2, b2=b2),
        grads=grads,
    )


FAULTS = """
dropout-mask | da1 = dd1 * mask / keep | da1 = dd1 / keep
dropout-mask | da1 = dd1 * mask / keep | da1 = dd1 * mask
wrong-activation-derivative | dbn = da1 * np.where(bn > 0, 1, a1 + 1) | dbn = da1 * np.where(bn > 0, 1, a1)
activation-derivative-at-wrong-value | dbn = da1 * np.where(bn > 0, 1, a1 + 1) | dbn = da1 * np.where(z1 > 0, 1, a1 + 1)
normalisation | dvar = (dxhat * (z1 - mu) * -0.5 * std**-3).sum(0) | dvar = (dxhat * (z1 - mu) * -0.5 * std**-1).sum(0)
normalisation | dz1 = dxhat / std + dvar * 2 * (z1 - mu) / N + dmu / N | dz1 = dxhat / std
normalisation | dz1 = dxhat / std + dvar * 2 * (z1 - mu) / N + dmu / N | dz1 = dxhat / std + dvar * 2 * (z1 - mu) + dmu / N
normalisation | dxhat = dbn * gamma | dxhat = dbn
wrong-operand | dgamma = (dbn * xhat).sum(0) | dgamma = (dbn * z1).sum(0)
regulariser | dW2 = d1.T @ dz2 + 2 * decay * W2 | dW2 = d1.T @ dz2 + decay * W2
regulariser | dW1 = X.T @ dz1 + 2 * decay * W1 | dW1 = X.T @ dz1
wrong-operand | dW2 = d1.T @ dz2 + 2 * decay * W2 | dW2 = a1.T @ dz2 + 2 * decay * W2
"""
