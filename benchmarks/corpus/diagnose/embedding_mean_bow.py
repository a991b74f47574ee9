import numpy as np

rng = np.random.default_rng(19)
V, d, L, N = 9, 4, 5, 7
docs = rng.integers(0, V, (N, L))
y = rng.integers(0, 2, N).astype(float)
m = {"emb": rng.normal(size=(V, d)), "w": rng.normal(size=(d, 1)), "b": rng.normal(size=1)}
sg = lambda z: 1 / (1 + np.exp(-z))


def loss():
    p = sg(m["emb"][docs].mean(1) @ m["w"] + m["b"])[:, 0]
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def grads():
    x = m["emb"][docs].mean(1)
    p = sg(x @ m["w"] + m["b"])[:, 0]
    dz = ((p - y) / N)[:, None]
    dx = dz @ m["w"].T / L
    g = np.zeros_like(m["emb"])
    for i in range(N):
        for j in range(L):
            g[docs[i, j]] += dx[i]
    return {"emb": g, "w": x.T @ dz, "b": dz.sum(0)}


# ---- problem
def problem():
    return dict(loss=loss, params=m, grads=grads)


FAULTS = """
scatter | g[docs[i, j]] += dx[i] | g[docs[i, j]] = dx[i]
scatter | for j in range(L):;;g[docs[i, j]] += dx[i] | g[docs[i]] += dx[i]
scale | dx = dz @ m["w"].T / L | dx = dz @ m["w"].T
"""
