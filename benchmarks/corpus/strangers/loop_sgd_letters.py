# plain SGD, everything corrected on the way back; layers in one list
import numpy as np

R = np.random.RandomState(1986)
A = 0.03                                     # learning rate


def mk(i, o, kind):
    return dict(W=R.randn(o, i) / np.sqrt(i), c=R.randn(o, 1) / 4, kind=kind)


N = [mk(4, 5, 'softsign'), mk(5, 5, 'cos'), mk(5, 5, 'softplus'), mk(5, 3, 'softmax')]
X = R.randn(4, 8)
K = R.randint(0, 3, 8)
Y = np.eye(3)[:, K]


def act(kind, z):
    if kind == 'softsign':
        return z / (1 + np.abs(z))
    if kind == 'cos':
        return np.cos(z)
    if kind == 'softplus':
        return np.logaddexp(0, z)
    e = np.exp(z - z.max(0))
    return e / e.sum(0)


def slope(kind, z):
    if kind == 'softsign':
        return 1 / (1 + np.abs(z)) ** 2
    if kind == 'cos':
        return -np.sin(z)
    return 1 / (1 + np.exp(-z))


def up(x):
    for n in N:
        n['x'] = x
        n['z'] = n['W'] @ x + n['c']
        x = act(n['kind'], n['z'])
    return x


def E():
    return -np.mean(np.log(up(X)[K, np.arange(8)]))


def learn():
    P = up(X)
    D = (P - Y) / 8
    for l in range(len(N) - 1, -1, -1):
        n = N[l]
        below = n['W'].T @ D
        n['W'] = n['W'] - A * D @ n['x'].T
        n['c'] = n['c'] - A * D.sum(axis=1, keepdims=True)
        if l > 0:
            D = below * slope(N[l - 1]['kind'], N[l - 1]['z'])


# ---- problem
def problem():
    weights = [{k: n[k] for k in ('W', 'c')} for n in N]

    def loss(p):
        for n, q in zip(N, p):
            n.update(q)
        return E()

    def step(p):
        for n, q in zip(N, p):
            n.update(q)
        learn()
        for n, q in zip(N, p):
            q['W'], q['c'] = n['W'], n['c']
    return dict(loss=loss, params=weights, step=step, lr=A)


FAULTS = """
updated-weights-used | below = n['W'].T @ D;;n['W'] = n['W'] - A * D @ n['x'].T | n['W'] = n['W'] - A * D @ n['x'].T;;below = n['W'].T @ D
activation-derivative-at-wrong-value | D = below * slope(N[l - 1]['kind'], N[l - 1]['z']) | D = below * slope(N[l - 1]['kind'], n['x'])
missing-activation-derivative | D = below * slope(N[l - 1]['kind'], N[l - 1]['z']) | D = below
sign | return -np.sin(z) | return np.sin(z)
bias-reduction | n['c'] = n['c'] - A * D.sum(axis=1, keepdims=True) | n['c'] = n['c'] - A * D.mean(axis=1, keepdims=True)
softmax-jacobian | D = (P - Y) / 8 | D = -Y * (1 - P) / 8
wrong-activation-derivative | return 1 / (1 + np.abs(z)) ** 2 | return 1 / (1 + np.abs(z))
loss-gradient | D = (P - Y) / 8 | D = 2 * (P - Y) * P * (1 - P) / 8
"""
