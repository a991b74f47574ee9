import numpy as np
rng = np.random.RandomState(42)

# ----- cell 1: "load" the data
n_rows, n_feats = 12, 5
X_train = rng.randn(n_rows, n_feats)
y_train = (rng.rand(n_rows) > .6).astype(float)
class_weight = np.where(y_train == 1, 2.5, 0.8)

# ----- cell 2: init
def init(sizes=(5, 6, 4, 1)):
    model = {}
    for i in range(len(sizes) - 1):
        model['W%d' % i] = rng.randn(sizes[i], sizes[i + 1]) * np.sqrt(2. / sizes[i])
        model['b%d' % i] = rng.randn(sizes[i + 1]) * .1
    return model

model = init()
REG = 0.03
KEEP = .75
drop = (rng.rand(n_rows, 6) < KEEP) * 1.0   # same mask all the time, for debugging

# ----- cell 3: forward
def forward(m):
    h0 = X_train @ m['W0'] + m['b0']
    r0 = np.maximum(0, h0)
    d0 = r0 * drop / KEEP
    h1 = d0 @ m['W1'] + m['b1']
    r1 = np.where(h1 > 0, h1, .1 * h1)
    logit = (r1 @ m['W2'] + m['b2']).ravel()
    p = 1 / (1 + np.exp(-logit))
    return p, dict(h0=h0, d0=d0, h1=h1, r1=r1)

def logloss(m):
    p, _ = forward(m)
    ll = -(y_train * np.log(p) + (1 - y_train) * np.log(1 - p))
    penalty = sum((m['W%d' % i] ** 2).sum() for i in range(3))
    return (class_weight * ll).mean() + REG * penalty

# ----- cell 4: backward
def gradients(m):
    p, c = forward(m)
    g = {}
    dlogit = (class_weight * (p - y_train) / n_rows)[:, None]
    g['W2'] = c['r1'].T @ dlogit
    g['b2'] = dlogit.sum(0)
    dh1 = dlogit @ m['W2'].T
    dh1 = np.where(c['h1'] > 0, dh1, .1 * dh1)
    g['W1'] = c['d0'].T @ dh1
    g['b1'] = dh1.sum(0)
    dd0 = dh1 @ m['W1'].T
    dr0 = dd0 * drop / KEEP
    dh0 = dr0 * (c['h0'] > 0)
    g['W0'] = X_train.T @ dh0
    g['b0'] = dh0.sum(0)
    for i in range(3):
        g['W%d' % i] += 2 * REG * m['W%d' % i]
    return g


# ---- problem
def problem():
    return dict(loss=lambda: logloss(model), params=model, grads=lambda: gradients(model))


FAULTS = """
loss-gradient | dlogit = (class_weight * (p - y_train) / n_rows)[:, None] | dlogit = (class_weight * (p - y_train) * p * (1 - p) / n_rows)[:, None]
dropout-mask | dr0 = dd0 * drop / KEEP | dr0 = dd0 * drop
missing-activation-derivative | dh0 = dr0 * (c['h0'] > 0) | dh0 = dr0
wrong-activation-derivative | dh1 = np.where(c['h1'] > 0, dh1, .1 * dh1) | dh1 = np.where(c['h1'] > 0, dh1, 0)
regulariser | g['W%d' % i] += 2 * REG * m['W%d' % i] | g['W%d' % i] += REG * m['W%d' % i]
bias-reduction | g['b1'] = dh1.sum(0) | g['b1'] = dh1.mean(0)
wrong-operand | g['W2'] = c['r1'].T @ dlogit | g['W2'] = c['h1'].T @ dlogit
scale | dlogit = (class_weight * (p - y_train) / n_rows)[:, None] | dlogit = (class_weight * (p - y_train))[:, None]
"""
