import numpy as np

rng = np.random.RandomState(7)
centers = rng.uniform(-2, 2, (3, 4))
X = np.concatenate([c + 0.6 * rng.randn(20, 4) for c in centers])
y = np.repeat([0, 1, 2], 20)
Y = np.eye(3)[y]

W1 = rng.randn(4, 8) * 0.3
b1 = rng.randn(8) * 0.01
W2 = rng.randn(8, 3) * 0.3
b2 = rng.randn(3) * 0.01

lr = 0.01
beta_1 = 0.9
beta_2 = 0.999
epsilon = 1e-8
state = {id_: (0, 0) for id_ in range(4)}


def adam(i, g, t):
    m, v = state[i]
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g ** 2
    state[i] = (m, v)
    m_hat = m / (1 - beta_1 ** t)
    v_hat = v / (1 - beta_2 ** t)
    return lr * m_hat / (np.sqrt(v_hat) + epsilon)


for t in range(1, 151):
    # Forward
    Z1 = X.dot(W1) + b1
    A1 = np.maximum(Z1, 0)
    Z2 = A1.dot(W2) + b2
    E = np.exp(Z2 - Z2.max(axis=1)[:, None])
    P = E / E.sum(axis=1)[:, None]
    cross_entropy = -(Y * np.log(P)).sum() / len(X)

    # Backward
    dZ2 = (P - Y) / len(X)
    dW2 = A1.T.dot(dZ2)
    db2 = dZ2.sum(axis=0)
    dA1 = dZ2.dot(W2.T)
    dZ1 = dA1 * (Z1 > 0)
    dW1 = X.T.dot(dZ1)
    db1 = dZ1.sum(axis=0)

    # Adam
    W1 -= adam(0, dW1, t)
    b1 -= adam(1, db1, t)
    W2 -= adam(2, dW2, t)
    b2 -= adam(3, db2, t)

    if t % 50 == 0:
        print('iteration', t, 'cross entropy', cross_entropy, 'accuracy', (P.argmax(1) == y).mean())


FAULTS = """
missing-activation-derivative | dZ1 = dA1 * (Z1 > 0) | dZ1 = dA1
wrong-operand | dW2 = A1.T.dot(dZ2) | dW2 = Z1.T.dot(dZ2)
bias-reduction | db1 = dZ1.sum(axis=0) | db1 = dZ1.sum()
scale | dW1 = X.T.dot(dZ1) | dW1 = X.T.dot(dZ1) / len(X)
"""
