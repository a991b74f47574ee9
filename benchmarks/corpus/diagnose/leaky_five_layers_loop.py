import numpy as np

rng = np.random.default_rng(11)
dims = [4, 6, 6, 5, 3]
theta = []
for i, o in zip(dims, dims[1:]):
    theta += [rng.normal(size=(i, o)) * 0.7, rng.normal(size=(o,)) * 0.2]
X = rng.normal(size=(7, 4))
T = np.eye(3)[rng.integers(0, 3, 7)]
act = lambda z: np.where(z > 0, z, 0.1 * z)
dact = lambda z: np.where(z > 0, 1, 0.1)


def run():
    a, cache = X, []
    for k in range(0, len(theta), 2):
        z = a @ theta[k] + theta[k + 1]
        cache.append((a, z))
        a = act(z) if k < len(theta) - 2 else z
    return a, cache


def loss():
    z, _ = run()
    m = z.max(1, keepdims=True)
    lse = m[:, 0] + np.log(np.exp(z - m).sum(1))
    return float(np.mean(lse - (z * T).sum(1)))


def grads():
    z, cache = run()
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    d = (p - T) / len(X)
    out = [None] * len(theta)
    for k in reversed(range(0, len(theta), 2)):
        a, z = cache[k // 2]
        if k < len(theta) - 2:
            d = d * dact(z)
        out[k] = a.T @ d
        out[k + 1] = d.sum(0)
        d = d @ theta[k].T
    return out


# ---- problem
def problem():
    return dict(loss=loss, params=theta, grads=grads)


FAULTS = """
wrong-activation-derivative | if k < len(theta) - 2:;;d = d * dact(z) | d = d * dact(z)
wrong-activation-derivative | dact = lambda z: np.where(z > 0, 1, 0.1) | dact = lambda z: np.where(z > 0, 1, 0.01)
wrong-activation-derivative | dact = lambda z: np.where(z > 0, 1, 0.1) | dact = lambda z: np.where(z > 0, 1, 0)
missing-activation-derivative | if k < len(theta) - 2:;;d = d * dact(z) | pass
scale | d = d @ theta[k].T | d = d @ theta[k].T / len(X)
scale | d = (p - T) / len(X) | d = p - T
indexing | out[k] = a.T @ d | out[k] = a[:-1].T @ d[:-1]
"""
