# %% [markdown]
# Wine quality regression, everything global because it is a notebook
# %%
import numpy as np

rng = np.random.default_rng(2024)
X = rng.normal(size=(10, 4))
y = rng.normal(size=10) + X[:, 0]

# %% weights
Wa = rng.normal(size=(4, 6)) * 0.7
ba = rng.normal(size=6) * 0.1
Wb = rng.normal(size=(6, 6)) * 0.6
bb = rng.normal(size=6) * 0.1
wc = rng.normal(size=6)
bc = np.array(0.3)
alpha = 1.3


# %% helpers
def elu(v):
    return np.where(v > 0, v, alpha * (np.exp(v) - 1))


def elu_grad(v):
    return np.where(v > 0, 1, alpha * np.exp(v))


# %% forward
def fwd():
    za = X @ Wa + ba
    ha = elu(za)
    zb = ha @ Wb + bb
    hb = np.tanh(zb)
    pred = hb @ wc + bc
    return za, ha, zb, hb, pred


def loss():
    resid = fwd()[-1] - y
    return np.mean(np.log(np.cosh(resid)))


# %% backward
def bwd():
    za, ha, zb, hb, pred = fwd()
    dpred = np.tanh(pred - y) / len(y)
    dwc = hb.T @ dpred
    dbc = dpred.sum()
    dhb = np.outer(dpred, wc)
    dzb = dhb * (1 - hb ** 2)
    dWb = ha.T @ dzb
    dbb = dzb.sum(axis=0)
    dha = dzb @ Wb.T
    dza = dha * elu_grad(za)
    dWa = X.T @ dza
    dba = dza.sum(axis=0)
    return dWa, dba, dWb, dbb, dwc, dbc


# ---- problem
def problem():
    return dict(loss=loss, params=(Wa, ba, Wb, bb, wc, bc), grads=bwd)


FAULTS = """
loss-gradient | dpred = np.tanh(pred - y) / len(y) | dpred = (pred - y) / len(y)
scale | dpred = np.tanh(pred - y) / len(y) | dpred = np.tanh(pred - y)
transpose | dha = dzb @ Wb.T | dha = dzb @ Wb
transpose | dWb = ha.T @ dzb | dWb = dzb.T @ ha
activation-derivative-at-wrong-value | dza = dha * elu_grad(za) | dza = dha * elu_grad(ha)
wrong-operand | dWb = ha.T @ dzb | dWb = hb.T @ dzb
wrong-operand | dWb = ha.T @ dzb | dWb = za.T @ dzb
wrong-activation-derivative | dzb = dhb * (1 - hb ** 2) | dzb = dhb * (1 - hb)
swapped-gradients | return dWa, dba, dWb, dbb, dwc, dbc | return dWa, dbb, dWb, dba, dwc, dbc
activation-derivative-at-wrong-value | dzb = dhb * (1 - hb ** 2) | dzb = dhb * (1 - zb ** 2)
shape | dbb = dzb.sum(axis=0) | dbb = dzb.sum(axis=0, keepdims=True)
"""
