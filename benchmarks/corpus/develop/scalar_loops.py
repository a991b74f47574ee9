import math
import random


def dot(u, v):
    return sum(a * b for a, b in zip(u, v))


class Tiny:
    def __init__(self, n, h, seed=11):
        rnd = random.Random(seed)
        self.w = [[rnd.uniform(-1, 1) for _ in range(n)] for _ in range(h)]
        self.c = [rnd.uniform(-1, 1) for _ in range(h)]
        self.v = [rnd.uniform(-1, 1) for _ in range(h)]
        self.d = [rnd.uniform(-1, 1)]

    def predict(self, x):
        self.hid = [math.tanh(dot(row, x) + c) for row, c in zip(self.w, self.c)]
        return dot(self.v, self.hid) + self.d[0]

    def loss(self, xs, ts):
        total = 0.0
        for x, t in zip(xs, ts):
            total += 0.5 * (self.predict(x) - t) ** 2
        return total / len(xs)

    def gradients(self, xs, ts):
        n, h = len(self.w[0]), len(self.w)
        gw = [[0.0] * n for _ in range(h)]
        gc = [0.0] * h
        gv = [0.0] * h
        gd = 0.0
        for x, t in zip(xs, ts):
            p = self.predict(x)
            delta = (p - t) / len(xs)
            gd += delta
            for j in range(h):
                gv[j] += delta * self.hid[j]
                back = delta * self.v[j] * (1 - self.hid[j] ** 2)
                gc[j] += back
                for i in range(n):
                    gw[j][i] += back * x[i]
        return gw, gc, gv, [gd]


# ---- problem
def problem():
    rnd = random.Random(1)
    xs = [[rnd.uniform(-1, 1) for _ in range(3)] for _ in range(4)]
    ts = [rnd.uniform(-1, 1) for _ in range(4)]
    net = Tiny(3, 4)
    return dict(
        loss=lambda: net.loss(xs, ts),
        params=dict(w=net.w, c=net.c, v=net.v, d=net.d),
        grads=lambda: dict(zip("wcvd", net.gradients(xs, ts))),
    )


FAULTS = """
sign | delta = (p - t) / len(xs) | delta = (t - p) / len(xs)
scale | delta = (p - t) / len(xs) | delta = p - t
accumulation | gc[j] += back | gc[j] = back
accumulation | gw[j][i] += back * x[i] | gw[j][i] = back * x[i]
missing-activation-derivative | back = delta * self.v[j] * (1 - self.hid[j] ** 2) | back = delta * self.v[j]
wrong-activation-derivative | (1 - self.hid[j] ** 2) | self.hid[j] * (1 - self.hid[j])
wrong-operand | gv[j] += delta * self.hid[j] | gv[j] += delta * self.v[j]
indexing | for i in range(n): | for i in range(n - 1):
indexing | gw[j][i] += back * x[i] | gw[j][i] += back * x[i - 1]
"""
