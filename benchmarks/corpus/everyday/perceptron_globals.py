# globals in functions, RandomState, my notebook exported as .py
# %%
import numpy as np
R = np.random.RandomState(21)
# %% [markdown]
# ## Data: is the point in the circle?
# %%
def data(n):
    global X, T
    X = R.uniform(-1, 1, (2, n))
    T = (np.sum(X ** 2, 0) < 0.5) * 1.0
    T = T[None, :]
data(150)
# %%
def init(nh):
    global W1, W2, B1, B2
    W1 = R.normal(0, 1, (nh, 2)); B1 = R.normal(0, .1, (nh, 1))
    W2 = R.normal(0, 1, (1, nh)); B2 = np.zeros((1, 1))
init(9)
# %%
def fprop():
    global Z1, A1, Z2, A2
    Z1 = W1 @ X + B1
    A1 = np.arctan(Z1)
    Z2 = W2 @ A1 + B2
    A2 = 0.5 * (1 + np.tanh(Z2 / 2))
    return A2
def err():
    return 0.5 * np.sum((A2 - T) ** 2)
def bprop():
    global gW1, gW2, gB1, gB2
    D2 = (A2 - T) * A2 * (1 - A2)
    gW2 = D2 @ A1.T
    gB2 = np.sum(D2, 1, keepdims=True)
    D1 = (W2.T @ D2) / (1 + Z1 ** 2)
    gW1 = D1 @ X.T
    gB1 = np.sum(D1, 1, keepdims=True)
def learn(eta):
    global W1, W2, B1, B2
    W1 = W1 - eta * gW1
    W2 = W2 - eta * gW2
    B1 = B1 - eta * gB1
    B2 = B2 - eta * gB2
# %%
E = []
eta = 0.05
for k in range(500):
    fprop()
    E.append(err())
    bprop()
    learn(eta)
    if k > 0 and E[-1] > E[-2]:
        eta *= 0.9
# %%
print('first', E[0], 'last', E[-1], 'eta', eta)
print('correct', np.mean((fprop() > 0.5) == (T > 0.5)))

FAULTS = """
wrong-variable | D1 = (W2.T @ D2) / (1 + Z1 ** 2) | D1 = (W2.T @ D2) / (1 + A1 ** 2)
wrong-activation-derivative | D1 = (W2.T @ D2) / (1 + Z1 ** 2) | D1 = (W2.T @ D2) * (1 - A1 ** 2)
missing-activation-derivative | D2 = (A2 - T) * A2 * (1 - A2) | D2 = A2 - T
wrong-variable | gW2 = D2 @ A1.T | gW2 = D2 @ Z1.T
wrong-gradient | B1 = B1 - eta * gB1 | B1 = B1 - eta * gB2
never-updated | B2 = B2 - eta * gB2 | B2 = B2 - eta * 0
"""
