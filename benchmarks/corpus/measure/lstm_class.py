import numpy as np


def sigm(a):
    return 1.0 / (1.0 + np.exp(-a))


class LSTM:
    def __init__(self, d, h, seed=4):
        g = np.random.default_rng(seed)
        self.h = h
        self.W = g.normal(0, 0.5, (d + h, 4 * h))
        self.b = g.normal(0, 0.2, (4 * h,))
        self.V = g.normal(0, 0.5, (h, 2))

    def forward(self, xs):
        n = xs.shape[1]
        h_t, c_t = np.zeros((n, self.h)), np.zeros((n, self.h))
        self.steps = []
        for x in xs:
            joined = np.hstack([x, h_t])
            a = joined @ self.W + self.b
            i, f, o = (sigm(part) for part in np.split(a[:, : 3 * self.h], 3, axis=1))
            g = np.tanh(a[:, 3 * self.h :])
            c_prev = c_t
            c_t = f * c_prev + i * g
            tc = np.tanh(c_t)
            h_t = o * tc
            self.steps.append((joined, i, f, o, g, c_prev, tc))
        self.last = h_t
        return h_t @ self.V

    def cost(self, xs, target):
        return 0.5 * np.mean(np.sum((self.forward(xs) - target) ** 2, axis=1))

    def backward(self, xs, target):
        out = self.forward(xs)
        n = xs.shape[1]
        dout = (out - target) / n
        dV = self.last.T @ dout
        dh = dout @ self.V.T
        dc = np.zeros_like(dh)
        dW, db = np.zeros_like(self.W), np.zeros_like(self.b)
        for joined, i, f, o, g, c_prev, tc in reversed(self.steps):
            do = dh * tc
            dc = dc + dh * o * (1 - tc**2)
            di, df, dg = dc * g, dc * c_prev, dc * i
            da = np.hstack(
                [di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)]
            )
            dW += joined.T @ da
            db += da.sum(axis=0)
            dh = (da @ self.W.T)[:, -self.h :]
            dc = dc * f
        return dict(W=dW, b=db, V=dV)


# ---- problem
def problem():
    r = np.random.default_rng(0)
    net = LSTM(2, 3)
    xs, target = r.standard_normal((4, 3, 2)), r.standard_normal((3, 2))
    return dict(
        loss=lambda: net.cost(xs, target),
        params=dict(W=net.W, b=net.b, V=net.V),
        grads=lambda: net.backward(xs, target),
    )


FAULTS = """
recurrence | dc = dc + dh * o * (1 - tc**2) | dc = dh * o * (1 - tc**2)
recurrence | dc = dc * f |
missing-activation-derivative | dc = dc + dh * o * (1 - tc**2) | dc = dc + dh * o
wrong-operand | di, df, dg = dc * g, dc * c_prev, dc * i | di, df, dg = dc * i, dc * c_prev, dc * g
wrong-operand | di, df, dg = dc * g, dc * c_prev, dc * i | di, df, dg = dc * g, dc * tc, dc * i
wrong-activation-derivative | dg * (1 - g**2)] | dg * g * (1 - g)]
indexing | dh = (da @ self.W.T)[:, -self.h :] | dh = (da @ self.W.T)[:, : self.h]
accumulation | dW += joined.T @ da | dW = joined.T @ da
scale | dout = (out - target) / n | dout = 2 * (out - target) / n
"""
