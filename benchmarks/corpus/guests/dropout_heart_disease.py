"""Heart disease (4 of its columns), ReLU, inverted dropout in two places, weighted BCE."""
import numpy as np

KEEP = 0.7
POS_WEIGHT = 2.5


def draw_masks(n, sizes, seed):
    rng = np.random.default_rng(seed)
    return [rng.random((n, s)) < KEEP for s in sizes]


class HeartNet:
    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.p = {'W1': rng.normal(size=(4, 6)), 'b1': rng.normal(size=6) * 0.3,
                  'W2': rng.normal(size=(6, 5)), 'b2': rng.normal(size=5) * 0.3,
                  'W3': rng.normal(size=(5, 1)), 'b3': np.array([0.1])}

    def forward(self, X, masks):
        p, c = self.p, {}
        c['X'] = X
        c['Z1'] = X @ p['W1'] + p['b1']
        c['A1'] = np.maximum(c['Z1'], 0)
        c['D1'] = c['A1'] * masks[0] / KEEP
        c['Z2'] = c['D1'] @ p['W2'] + p['b2']
        c['A2'] = c['Z2'] / (1 + np.exp(-c['Z2']))
        c['D2'] = c['A2'] * masks[1] / KEEP
        c['Z3'] = c['D2'] @ p['W3'] + p['b3']
        c['P'] = 1 / (1 + np.exp(-c['Z3']))
        return c

    def loss(self, X, y, masks):
        P = self.forward(X, masks)['P']
        return -np.mean(POS_WEIGHT * y * np.log(P) + (1 - y) * np.log(1 - P))

    def backward(self, X, y, masks):
        c, p, g = self.forward(X, masks), self.p, {}
        dZ3 = (c['P'] * (1 - y) - POS_WEIGHT * y * (1 - c['P'])) / len(y)
        g['W3'] = c['D2'].T @ dZ3
        g['b3'] = dZ3.sum(axis=0)
        dD2 = dZ3 @ p['W3'].T
        dA2 = dD2 * masks[1] / KEEP
        s = 1 / (1 + np.exp(-c['Z2']))
        dZ2 = dA2 * (s + c['Z2'] * s * (1 - s))
        g['W2'] = c['D1'].T @ dZ2
        g['b2'] = dZ2.sum(axis=0)
        dD1 = dZ2 @ p['W2'].T
        dA1 = dD1 * masks[0] / KEEP
        dZ1 = dA1 * (c['Z1'] > 0)
        g['W1'] = c['X'].T @ dZ1
        g['b1'] = dZ1.sum(axis=0)
        return g


# ---- problem
def problem():
    rng = np.random.default_rng(70)
    net = HeartNet(71)
    X = rng.normal(size=(9, 4))
    y = (rng.random((9, 1)) < 0.5).astype(float)
    masks = draw_masks(9, (6, 5), 72)
    return dict(loss=lambda: net.loss(X, y, masks), params=net.p, grads=lambda: net.backward(X, y, masks))


FAULTS = """
dropout-mask | dA2 = dD2 * masks[1] / KEEP | dA2 = dD2
dropout-mask | dA1 = dD1 * masks[0] / KEEP | dA1 = dD1 * masks[0]
wrong-operand | g['W2'] = c['D1'].T @ dZ2 | g['W2'] = c['A1'].T @ dZ2
wrong-activation-derivative | dZ2 = dA2 * (s + c['Z2'] * s * (1 - s)) | dZ2 = dA2 * s * (1 - s)
loss-gradient | dZ3 = (c['P'] * (1 - y) - POS_WEIGHT * y * (1 - c['P'])) / len(y) | dZ3 = (c['P'] - y) / len(y)
dropout-mask | dA2 = dD2 * masks[1] / KEEP | dA2 = dD2 * masks[1] * KEEP
missing-activation-derivative | dZ1 = dA1 * (c['Z1'] > 0) | dZ1 = dA1
wrong-operand | g['W3'] = c['D2'].T @ dZ3 | g['W3'] = c['Z2'].T @ dZ3
bias-reduction | g['b1'] = dZ1.sum(axis=0) | g['b1'] = dZ1.mean(axis=0)
dropout-mask | dA1 = dD1 * masks[0] / KEEP | dA1 = dD1 / KEEP
"""
