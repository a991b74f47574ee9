# shared trunk, a regression head, a classification head and a counting head,
# weighted by learned log variances (Kendall & Gal)
import numpy as np

seed = np.random.default_rng(1705)
n, d, h = 9, 4, 5
X = seed.normal(size=(n, d))
y_reg = seed.normal(size=(n, 1))
y_cls = seed.integers(0, 2, size=(n, 1)).astype(float)
y_cnt = seed.poisson(1.5, size=(n, 1)).astype(float)

params = {}
params['trunk_W'] = seed.normal(size=(d, h)) / 2
params['trunk_b'] = seed.normal(size=(1, h)) / 4
for task in ('reg', 'cls', 'cnt'):
    params[task + '_W'] = seed.normal(size=(h, 1)) / 2
    params[task + '_b'] = seed.normal(size=(1, 1)) / 4
    params[task + '_s'] = seed.normal(size=1) / 3


def gelu(x):
    return 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x ** 3)))


def gelu_prime(x):
    t = np.tanh(0.7978845608 * (x + 0.044715 * x ** 3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t ** 2) * 0.7978845608 * (1 + 0.134145 * x ** 2)


def outputs():
    z = X @ params['trunk_W'] + params['trunk_b']
    a = gelu(z)
    return z, a, {t: a @ params[t + '_W'] + params[t + '_b'] for t in ('reg', 'cls', 'cnt')}


def task_losses(o):
    return {
        'reg': np.mean((o['reg'] - y_reg) ** 2),
        'cls': np.mean(np.logaddexp(0, o['cls']) - y_cls * o['cls']),
        'cnt': np.mean(np.exp(o['cnt']) - y_cnt * o['cnt']),
    }


def total_loss():
    losses = task_losses(outputs()[2])
    return sum((np.exp(-params[t + '_s']) * losses[t] + params[t + '_s'] / 2).item() for t in losses)


def total_grad():
    z, a, o = outputs()
    losses = task_losses(o)
    errors = {
        'reg': 2 * (o['reg'] - y_reg) / n,
        'cls': (1 / (1 + np.exp(-o['cls'])) - y_cls) / n,
        'cnt': (np.exp(o['cnt']) - y_cnt) / n,
    }
    grads = {}
    da = np.zeros_like(a)
    for t, e in errors.items():
        weight = np.exp(-params[t + '_s'])
        grads[t + '_s'] = 0.5 - weight * losses[t]
        e = weight * e
        grads[t + '_W'] = a.T @ e
        grads[t + '_b'] = e.sum(axis=0, keepdims=True)
        da += e @ params[t + '_W'].T
    dz = da * gelu_prime(z)
    grads['trunk_W'] = X.T @ dz
    grads['trunk_b'] = dz.sum(axis=0, keepdims=True)
    return grads


# ---- problem
def problem():
    return dict(loss=total_loss, params=params, grads=total_grad)


FAULTS = """
accumulation | da += e @ params[t + '_W'].T | da = e @ params[t + '_W'].T
sign | grads[t + '_s'] = 0.5 - weight * losses[t] | grads[t + '_s'] = 0.5 + weight * losses[t]
loss-gradient | 'cnt': (np.exp(o['cnt']) - y_cnt) / n, | 'cnt': (o['cnt'] - y_cnt) / n,
wrong-activation-derivative | return 0.5 * (1 + t) + 0.5 * x * (1 - t ** 2) * 0.7978845608 * (1 + 0.134145 * x ** 2) | return 0.5 * (1 + t) + 0.5 * x * (1 - t ** 2)
activation-derivative-at-wrong-value | dz = da * gelu_prime(z) | dz = da * gelu_prime(a)
shape | grads['trunk_b'] = dz.sum(axis=0, keepdims=True) | grads['trunk_b'] = dz
scale | 'reg': 2 * (o['reg'] - y_reg) / n, | 'reg': (o['reg'] - y_reg) / n,
bias-reduction | grads[t + '_b'] = e.sum(axis=0, keepdims=True) | grads[t + '_b'] = e.mean(axis=0, keepdims=True)
missing-term | grads[t + '_s'] = 0.5 - weight * losses[t] | grads[t + '_s'] = -weight * losses[t]
"""
