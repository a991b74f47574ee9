import math, random

random.seed(5)
W = [[random.uniform(-1, 1) for _ in range(3)] for _ in range(4)]
c = [random.uniform(-1, 1) for _ in range(4)]
V = [[random.uniform(-1, 1) for _ in range(4)] for _ in range(2)]
d = [random.uniform(-1, 1) for _ in range(2)]
data = [
    ([random.gauss(0, 1) for _ in range(3)], [float(i % 2), float(i % 3 == 0)]) for i in range(6)
]
net = {"W": W, "c": c, "V": V, "d": d}


def forward(x):
    h = [math.tanh(sum(w * xi for w, xi in zip(row, x)) + b) for row, b in zip(W, c)]
    o = [sum(v * hi for v, hi in zip(row, h)) + b for row, b in zip(V, d)]
    return h, o


def loss():
    t = 0.0
    for x, y in data:
        _, o = forward(x)
        t += sum((oi - yi) ** 2 for oi, yi in zip(o, y))
    return t / len(data)


def grads():
    gW = [[0.0] * 3 for _ in range(4)]
    gc = [0.0] * 4
    gV = [[0.0] * 4 for _ in range(2)]
    gd = [0.0] * 2
    n = len(data)
    for x, y in data:
        h, o = forward(x)
        do = [2 * (oi - yi) / n for oi, yi in zip(o, y)]
        for k in range(2):
            gd[k] += do[k]
            for j in range(4):
                gV[k][j] += do[k] * h[j]
        for j in range(4):
            dh = sum(do[k] * V[k][j] for k in range(2))
            dz = dh * (1 - h[j] ** 2)
            gc[j] += dz
            for i in range(3):
                gW[j][i] += dz * x[i]
    return {"W": gW, "c": gc, "V": gV, "d": gd}


# ---- problem
def problem():
    return dict(loss=loss, params=net, grads=grads)


FAULTS = """
missing-activation-derivative | dz = dh * (1 - h[j] ** 2) | dz = dh
bias-reduction | gc[j] += dz | gc[j] = dz
missing-activation-derivative | gW[j][i] += dz * x[i] | gW[j][i] += dh * x[i]
indexing | gV[k][j] += do[k] * h[j] | gV[k][j] = do[k] * h[j]
scale | do = [2 * (oi - yi) / n for oi, yi in zip(o, y)] | do = [(oi - yi) / n for oi, yi in zip(o, y)]
"""
